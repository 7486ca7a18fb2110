"""What both sides of the comparison agree on. It needs nothing but Python."""

PAD, EOS = 1, 2
CASES, ANSWERS = "cases.json", "answers.json"


def padded(batch: list[list[int]], side: str) -> list[list[int]]:
    """Sources filled to one length, on the ``left`` (as upstream's tokenizer does) or ``right``."""
    width = max(map(len, batch))
    fill = [[PAD] * (width - len(source)) for source in batch]
    return [
        [*pad, *source] if side == "left" else [*source, *pad]
        for source, pad in zip(batch, fill, strict=True)
    ]


def trimmed(rows: list[list[int]]) -> list[list[int]]:
    """Outputs without the decoder's start, up to their first end."""
    return [row[1 : row.index(EOS, 1) + 1] if EOS in row[1:] else row[1:] for row in rows]
