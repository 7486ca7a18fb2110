"""The code that both sides of the comparison share. It imports only the standard library."""

from typing import Any

PAD, EOS = 1, 2
CASES, ANSWERS = "cases.json", "answers.json"


def searches(case: dict[str, Any]) -> list[list[list[int]]]:
    """Returns the batches of ids of a case: all its sources at once, or each source alone.

    In both cases a source has the padding of its batch.
    """
    rows = padded(case["batch"], case["side"])
    return [[row] for row in rows] if case["alone"] else [rows]


def padded(batch: list[list[int]], side: str) -> list[list[int]]:
    """Returns sources of one length, padded on the ``left`` (as upstream does) or ``right``."""
    width = max(map(len, batch))
    fill = [[PAD] * (width - len(source)) for source in batch]
    return [
        [*pad, *source] if side == "left" else [*source, *pad]
        for source, pad in zip(batch, fill, strict=True)
    ]


def trimmed(rows: list[list[int]]) -> list[list[int]]:
    """Returns outputs without the decoder's start, up to the first end."""
    return [row[1 : row.index(EOS, 1) + 1] if EOS in row[1:] else row[1:] for row in rows]
