"""The pages of docs/reference, generated from the code: pure functions from code to Markdown.

``python -m docs.generate`` writes them. A test compares the committed pages with what the functions
return, so that a page never differs from the code.
"""
