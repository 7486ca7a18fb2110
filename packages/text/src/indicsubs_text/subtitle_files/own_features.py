"""Finds what a subtitle file holds besides lines and times, which other formats cannot keep.

What indicsubs itself writes does not count: italics of a whole cue, the font of a cue in another
language, and the settings of its WebVTT. Pure.
"""

import re
from collections.abc import Iterator, Sequence

from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile
from indicsubs_text.subtitle_files.text_encoding import decode

_EVENT = re.compile(r"^(Dialogue|Comment):\s*(.*)$", re.MULTILINE)
_FIELDS = 10
"""The number of fields of an event of ASS: layer, start, end, style, name, three margins, effect
and text."""
_STYLE = re.compile(r"^Style:\s*([^,\n]*)", re.MULTILINE)
_OWN_OVERRIDES = re.compile(r"\{\\fn[^\\{}]+\\fs[\d.]+\}|\{\\i1\}|\{\}")
_BRACE = re.compile(r"\\[{}]")
"""A brace that is text."""
_OVERRIDE = re.compile(r"\{[^{}]*\\[^{}]*\}")
_PLACE = re.compile(r"\\(?:an?\d|pos|move|org|i?clip)")
_DRAWING = re.compile(r"\\p[1-9]")
_KARAOKE = re.compile(r"\\[kK][fo]?\d")
_SECTION = re.compile(r"^\[(Fonts|Graphics)\]", re.MULTILINE | re.IGNORECASE)
_COORDINATES = re.compile(r"-->.*\b[XY][12]:", re.IGNORECASE)
_SETTINGS = re.compile(r"^.*-->\s*\S+([ \t]+\S.*)$", re.MULTILINE)
_OWN_SETTINGS = "position:50% size:90% align:center"
_BLOCK = re.compile(r"^(STYLE|REGION|NOTE)\b(?! Language: )", re.MULTILINE)
_BLOCKS = {"STYLE": "style", "REGION": "region", "NOTE": "note"}


def own_features(data: bytes, file: SubtitleFile) -> tuple[str, ...]:
    """Returns what other formats cannot keep of a file, as nouns: ``2 style(s)``.

    Args:
        data: The content of the file, which can be decoded.
        file: The file, as ``read_subtitles`` read it.
    """
    text = decode(data).text
    finders = {"ass": _of_ass, "srt": _of_subrip, "vtt": _of_webvtt}
    finder = finders.get(file.kind or "srt")
    return tuple(finder(text, file)) if finder else ()


def _of_ass(text: str, _: SubtitleFile) -> Iterator[str]:
    styles = set(_STYLE.findall(text))
    events = [
        (kind, fields.split(",", _FIELDS - 1))
        for kind, fields in _EVENT.findall(text)
        if fields.count(",") >= _FIELDS - 1
    ]
    lines = [fields for kind, fields in events if kind == "Dialogue"]
    texts = [_OWN_OVERRIDES.sub("", _BRACE.sub("", fields[-1])) for fields in lines]
    overrides = [found for line in texts for found in _OVERRIDE.findall(line)]
    yield from _counted(len(styles) if len(styles) > 1 else 0, "style")
    yield from _counted(sum(not _PLACE.search(each) for each in overrides), "override")
    placed = sum(
        bool(_PLACE.search(line)) or _has_margins(fields)
        for line, fields in zip(texts, lines, strict=True)
    )
    yield from _counted(placed, "position")
    yield from _counted(sum(bool(_DRAWING.search(line)) for line in texts), "drawing")
    yield from _counted(sum(bool(_KARAOKE.search(line)) for line in texts), "karaoke line")
    yield from _counted(len({fields[0].strip() for fields in lines} - {"0"}), "layer")
    yield from _counted(sum(kind == "Comment" for kind, _ in events), "comment")
    yield from _counted(len(_SECTION.findall(text)), "section of embedded files")


def _has_margins(fields: Sequence[str]) -> bool:
    return any(margin.strip("0 ") for margin in fields[5:8])


def _of_subrip(text: str, file: SubtitleFile) -> Iterator[str]:
    yield from _counted(sum(entry.dropped_tags for entry in file.entries), "tag")
    yield from _counted(len(_COORDINATES.findall(text)), "position")


def _of_webvtt(text: str, file: SubtitleFile) -> Iterator[str]:
    yield from _counted(sum(entry.dropped_tags for entry in file.entries), "tag")
    settings = [found.strip() for found in _SETTINGS.findall(text)]
    yield from _counted(sum(found != _OWN_SETTINGS for found in settings), "cue setting")
    blocks = _BLOCK.findall(text)
    for block, name in _BLOCKS.items():
        yield from _counted(blocks.count(block), name)


def _counted(count: int, noun: str) -> Iterator[str]:
    if count:
        first, *others = noun.split(" of ")
        yield " of ".join([f"{count} {first}(s)", *others])
