"""Texts about a planned run: how long it takes, how much it writes, and what it lacks."""

from indicsubs.cli.progress_text import duration_text
from indicsubs.run.planning import Plan

_UNKNOWN = "unknown"


def wall_text(wall_ms: int | None) -> str:
    """Returns a time that was estimated.

    >>> wall_text(None), wall_text(4200), wall_text(600_000)
    ('unknown', '4 s', '10 minutes')
    """
    if wall_ms is None:
        return _UNKNOWN
    return f"{wall_ms / 1000:.0f} s" if wall_ms < 60_000 else duration_text(wall_ms / 1000)


def plan_lines(plan: Plan) -> list[str]:
    """Returns sentences about a whole run."""
    why = "" if plan.film_ms else " (no job has opened the film, so its length is not known)"
    if plan.wall_ms is None and plan.film_ms:
        why = " (no earlier job with this profile has run all these stages)"
    time = f"{wall_text(plan.wall_ms)}{'' if plan.wall_ms is not None else why}"
    disk = f"{_size_text(plan.bytes)}, {_size_text(plan.free_bytes)} are free"
    lines = [f"Time: {time}. Disk: {disk}."]
    if plan.bytes is not None and plan.free_bytes is not None and plan.bytes > plan.free_bytes:
        lines.append("The disk is too small. Make room, or choose another --output.")
    if plan.missing:
        lines.append(plan.missing)
    return lines


def _size_text(size: int | None) -> str:
    return _UNKNOWN if size is None else f"{size / 1e6:,.0f} MB"
