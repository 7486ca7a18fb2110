"""The samples of 3GPP timed text (mov_text), of which a track of MP4 shows one at a time."""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from indicsubs_text.subtitle_files.timed_text import JOINER, TimedText

_LONGEST = 0xFFFF
"""The most bytes of text in a sample, whose length has 16 bits (3GPP TS 26.245, 5.17)."""
_ITALIC = 2
"""The flag for italics in a style record's face style flags."""
_TAGS = {1: "b", _ITALIC: "i", 4: "u"}
"""SubRip's tags for the face style flags (3GPP TS 26.245, 5.16)."""
_MARKUP = re.compile(r"<[/A-Za-z]|\{\\")
_BOX_HEADER, _RECORD = 8, 12
"""Bytes of a box's header and of a style record."""
_WHITE = 0xFFFF_FFFF
_FONT_SIZE = 16


class Sample(NamedTuple):
    """The texts that are shown together from ``start_ms`` to ``end_ms``."""

    start_ms: int
    end_ms: int
    texts: tuple[TimedText, ...]


def samples(texts: Iterable[TimedText]) -> list[Sample]:
    """The samples of a track, in order of time.

    Where texts overlap, all that are shown at the same time become one sample, one below the other
    in the order of their starts. A text that lasts no time is shown for a millisecond.

    >>> [(s.start_ms, s.end_ms, [t.text for t in s.texts]) for s in samples(
    ...     [TimedText(0, 30, "a"), TimedText(10, 20, "b")])]
    [(0, 10, ['a']), (10, 20, ['a', 'b']), (20, 30, ['a'])]
    """
    ordered = [
        text._replace(end_ms=max(text.end_ms, text.start_ms + 1))
        for text in sorted(texts, key=lambda text: text.start_ms)
    ]
    found: list[Sample] = []
    shown: list[TimedText] = []
    upcoming = ordered[::-1]
    times = sorted({time for text in ordered for time in (text.start_ms, text.end_ms)})
    for start_ms, end_ms in pairwise(times):
        shown = [text for text in shown if text.end_ms > start_ms]
        while upcoming and upcoming[-1].start_ms == start_ms:
            shown.append(upcoming.pop())
        if shown:
            found.append(Sample(start_ms, end_ms, tuple(shown)))
    return found


def encoded(sample: Sample) -> bytes:
    """The sample's bytes: its length, its text, and a style record for each text in italics.

    Text beyond 65,535 bytes is left out (:func:`is_shortened`). The structure is that of 3GPP
    TS 26.245, 5.16 and 5.17.1.1.
    """
    text = _text(sample).encode()[:_LONGEST].decode(errors="ignore")
    styles: list[bytes] = []
    at = 0
    for part in sample.texts:
        end = min(at + len(part.text), len(text))
        if part.italic and end > at:
            styles.append(struct.pack(">HHHBBI", at, end, 1, _ITALIC, _FONT_SIZE, _WHITE))
        at += len(part.text) + 1
    data = text.encode()
    data = struct.pack(">H", len(data)) + data
    if not styles:
        return data
    box = struct.pack(">4sH", b"styl", len(styles)) + b"".join(styles)
    return data + struct.pack(">I", 4 + len(box)) + box


def as_subrip(data: bytes) -> str:
    """The text of a sample as SubRip stores it, with bold, italic and underlined parts marked.

    Colours, sizes and places of the text are left out. The text is empty in the samples that fill
    the time between cues.
    """
    length = int.from_bytes(data[:2], "big")
    raw = data[2 : 2 + length]
    utf_16 = raw.startswith((b"\xfe\xff", b"\xff\xfe"))
    text = raw.decode("utf-16" if utf_16 else "utf-8", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    opened: dict[int, str] = {}
    closed: dict[int, str] = {}
    for start, end, face in _faces(data[2 + length :]):
        for flag, tag in _TAGS.items():
            if face & flag and start < end:
                opened[start] = f"{opened.get(start, '')}<{tag}>"
                closed[end] = f"</{tag}>{closed.get(end, '')}"
    parts = [
        f"{closed.get(at, '')}{opened.get(at, '')}{_escaped(text, at)}"
        for at in range(len(text) + 1)
    ]
    rest = "".join(tags for at, tags in sorted(closed.items()) if at > len(text))
    lines = "".join([*parts, rest]).strip().split("\n")
    return "\n".join(line or JOINER for line in lines) if lines != [""] else ""


def _faces(boxes: bytes) -> Iterator[tuple[int, int, int]]:
    """The start, the end and the face flags of each style record behind a sample's text."""
    while len(boxes) >= _BOX_HEADER:
        size = int.from_bytes(boxes[:4], "big")
        if boxes[4:8] == b"styl":
            content = boxes[_BOX_HEADER + 2 : size]
            for at in range(0, len(content) - _RECORD + 1, _RECORD):
                start, end, _, face = struct.unpack_from(">HHHB", content, at)
                yield start, end, face
        boxes = boxes[max(size, _BOX_HEADER) :]


def _escaped(text: str, at: int) -> str:
    """The character ``at``, separated from the next one where the two would begin markup."""
    return text[at : at + 1] + (JOINER if _MARKUP.match(text, at) else "")


def is_shortened(track: Sequence[Sample]) -> bool:
    """Whether a sample of the track has more text than MP4 can carry."""
    return any(len(_text(sample).encode()) > _LONGEST for sample in track)


def _text(sample: Sample) -> str:
    return "\n".join(part.text for part in sample.texts)
