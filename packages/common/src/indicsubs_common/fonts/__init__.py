"""Font files: the user's font, and the fonts of this machine."""
