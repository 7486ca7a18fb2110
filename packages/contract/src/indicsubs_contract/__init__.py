"""The contract between the stages of indicsubs and their orchestrator.

``stages`` names the stages, and ``engines`` the environments that they run in. ``messages`` holds
the types that cross the pipe, ``transcript`` those that are written to files. ``wire`` encodes
messages, ``documents`` reads files, ``harness`` is the stage's end of the pipe, and ``context`` is
what the harness gives a stage besides its request.
"""
