"""Converts text to another script, and Romanised lines to their language's own script."""
