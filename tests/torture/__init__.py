"""Kills commands at any moment, gives them again, and compares the files with undisturbed ones."""
