"""Rules that hold for any input of a reader, and a coverage-guided search for one that breaks them.

Atheris (Google's fuzzer for Python, over libFuzzer) is not in the lock; ``just fuzz`` installs it.
"""
