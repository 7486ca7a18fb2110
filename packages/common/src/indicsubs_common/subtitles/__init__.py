"""Lays words out as cues: cue boundaries, line breaks, times, and the check against the rules."""
