"""What the stages of indicsubs and their orchestrator say to each other.

``stages`` names the stages and where each runs; ``messages`` and ``transcript`` are the types that
cross the pipe and lie in files; ``wire`` encodes them; ``harness`` is the stage's end of the pipe;
``languages``, ``speech`` and ``sentences`` are the pure knowledge that several members share.
"""
