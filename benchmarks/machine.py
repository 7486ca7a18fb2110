"""Describes the machine of a measurement, for the caption of its table."""

import os
import platform
from pathlib import Path


def processor() -> str:
    """Returns the name of the processor and the number of processors."""
    info = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (info.read_text(encoding="utf-8").splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} processors"
