"""Subtitle files: one module for each format, which writes cues as text and reads them back.

Every part of indicsubs reads and writes subtitle files through these modules. ``formats`` has the
table of all formats.
"""
