"""Checks the packages that are installed in an environment, by the lists that come with them."""

import csv
import re
from pathlib import Path

_DIST_INFO = re.compile(r"(?P<name>.+)-[^-]+\.dist-info")


def damaged_packages(environment: Path) -> tuple[str, ...]:
    """Returns the names of the packages of which files are missing or have another size.

    Every package lists its files with their sizes in RECORD (packaging.python.org, Recording
    installed projects). A package that was removed with its list is not found here; `uv sync
    --check` finds it.
    """
    damaged: list[str] = []
    for packages in environment.glob("lib/python*/site-packages"):
        for folder in sorted(packages.glob("*.dist-info")):
            match = _DIST_INFO.fullmatch(folder.name)
            if match and not _is_whole(packages, folder / "RECORD"):
                damaged.append(match["name"].replace("_", "-"))
    return tuple(damaged)


def _is_whole(packages: Path, record: Path) -> bool:
    try:
        with record.open(encoding="utf-8", newline="") as file:
            return all(
                (packages / path).stat().st_size == int(size or (packages / path).stat().st_size)
                for path, _, size in csv.reader(file)
            )
    except (OSError, ValueError):  # a file is missing, or the list is damaged
        return False
