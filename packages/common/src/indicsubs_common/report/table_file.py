"""The report as a table for spreadsheet programs: one row per cue of each language."""

import csv
import io
from collections.abc import Iterator

from indicsubs_common.report.measures import LanguageReport, Report, ReportCue

COLUMNS = (
    "language", "file", "number", "start_ms", "end_ms", "start", "end", "duration_ms", "gap_ms",
    "characters", "code_points", "lines", "longest_line", "characters_per_second",
    "words_per_minute", "confidence", "word_score", "points", "flags", "details", "text",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is run as a formula by spreadsheet programs."""


def to_csv(report: Report) -> bytes:
    """RFC 4180 in UTF-8, with a byte-order mark.

    Without the mark, Excel takes the file for the machine's own code page and shows Indic text as
    rubbish; LibreOffice, Python's ``utf-8-sig`` and pandas read both. A text that would be run as a
    formula, such as a line that begins with a dash, gets an apostrophe before it: the exact text
    stands in the JSON.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for language in report.languages:
        writer.writerows(_row(language, cue) for cue in language.cues)
    return table.getvalue().encode("utf-8-sig")


def _row(language: LanguageReport, cue: ReportCue) -> Iterator[object]:
    yield language.tag
    yield _text(language.file)
    yield cue.number
    yield cue.start_ms
    yield cue.end_ms
    yield _clock(cue.start_ms)
    yield _clock(cue.end_ms)
    yield cue.duration_ms
    yield cue.gap_ms
    yield cue.characters
    yield cue.code_points
    yield len(cue.lines)
    yield max(cue.line_characters, default=0)
    yield cue.characters_per_second
    yield cue.words_per_minute
    yield cue.confidence
    yield cue.word_score
    yield cue.points
    yield " ".join(f"{flag.kind}:{flag.rule}" for flag in cue.flags)
    yield _text("\n".join(flag.detail for flag in cue.flags))
    yield _text("\n".join(cue.lines))


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _clock(ms: int) -> str:
    """As SubRip writes it, with a point, which no spreadsheet takes for a column."""
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
