"""Stages subtitle_generation and mux: from timed text to cues, and into the film."""
