"""Copies a film into a new container, with subtitle tracks added."""
