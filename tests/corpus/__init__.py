"""Films and subtitle files as people have them, made from a seed, and runs of the product on each.

`just corpus` makes 320 files and runs the whole product on each. `just test-corpus` makes fewer and
runs the stages that open them, one after the other, in minutes.
"""
