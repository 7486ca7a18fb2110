"""The shot changes of a film.

A shot change that :mod:`~indicsubs_common.shots.shot_changes` finds is a *cut*: from one frame to
the next, the whole picture changes. Fades and dissolves are not found.
"""
