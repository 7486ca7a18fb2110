"""What is measured: one module for each library, run by ``benchmarks.speech.worker``.

The functions take and return what JSON can hold. They are called in the environment of their
library, each call in a process of its own.
"""
