"""Generates the pages of docs/reference: pure functions that turn code into Markdown.

``python -m docs.generate`` writes them. A test compares the committed pages with the output of
the functions, so that a page never differs from the code.
"""
