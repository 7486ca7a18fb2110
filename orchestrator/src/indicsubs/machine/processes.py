"""What running processes do, as Linux shows it in /proc."""

import os
import time
from pathlib import Path

_PROC = Path("/proc")
_MEASURED_S = 0.5


def cpu_cores_used(process: int) -> float | None:
    """Returns how many CPU cores the descendants of a process use, measured for half a second.

    Returns None where that cannot be seen: on other systems than Linux, and for processes of
    another machine or container.
    """
    before = _cpu_ticks(process)
    began = time.monotonic()
    time.sleep(_MEASURED_S)
    after = _cpu_ticks(process)
    if not before or not after:
        return None
    ticks = sum(after[each] - before[each] for each in before.keys() & after.keys())
    return ticks / os.sysconf("SC_CLK_TCK") / (time.monotonic() - began)


def _cpu_ticks(process: int) -> dict[int, int]:
    """Returns the CPU time of each descendant of a process, in clock ticks."""
    ticks: dict[int, int] = {}
    parents: dict[int, int] = {}
    for folder in _PROC.glob("[0-9]*"):
        try:
            # The name of the program stands in parentheses, and may contain any character.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            # Fields 4, 14 and 15 of proc_pid_stat(5); the list begins with field 3.
            parents[int(folder.name)] = int(fields[1])
            ticks[int(folder.name)] = int(fields[11]) + int(fields[12])
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
    return {each: ticks[each] for each in ticks if _descends(each, process, parents)}


def _descends(process: int, ancestor: int, parents: dict[int, int]) -> bool:
    seen: set[int] = set()
    while (parent := parents.get(process)) and parent not in seen:
        if parent == ancestor:
            return True
        seen.add(parent)
        process = parent
    return False
