"""Laying words out as cues: boundaries, lines, times, and the check against the rules."""
