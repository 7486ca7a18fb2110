"""The command line: options, commands, and the displays of a run."""
