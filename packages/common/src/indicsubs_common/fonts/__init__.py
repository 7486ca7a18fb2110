"""Font files: the user's own, and those of this machine."""
