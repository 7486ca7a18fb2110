"""Follows a log file while a run writes it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

_LOOK_EVERY_S = 0.3


def followed(path: Path, goes_on: Callable[[], bool]) -> Iterator[str]:
    """Yields the text of a file, then what is added to it, as whole lines where there are.

    Args:
        path: The file, which may not exist yet.
        goes_on: Returns whether more text may come.
    """
    position = 0
    while True:
        is_last_look = not goes_on()  # before reading, so that the last lines are not missed
        data = _from(path, position)
        end = len(data) if is_last_look else data.rfind(b"\n") + 1
        if end:
            position += end
            yield data[:end].decode(errors="replace")
        if is_last_look:
            return
        time.sleep(_LOOK_EVERY_S)


def _from(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read()
    except FileNotFoundError:
        return b""
