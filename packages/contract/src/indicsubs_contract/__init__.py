"""The contract between the stages of indicsubs and their orchestrator.

``stages`` names the stages, and ``engines`` names the environments that they run in. ``messages``
holds the types that are sent through the pipe, and ``transcript`` holds the types that are written
to files. ``wire`` encodes messages, ``documents`` reads files, and ``harness`` is the stage's end
of the pipe. ``context`` holds the object that the harness gives a stage besides its request.
"""
