"""Jobs on disk: their specification, results, edits and published files."""
