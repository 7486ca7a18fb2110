"""The command line: options, commands, and what a run looks like."""
