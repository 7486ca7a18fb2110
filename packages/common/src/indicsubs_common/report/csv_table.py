"""The report as a CSV table for spreadsheet programs: one row for each cue of each language."""

import csv
import io
from collections.abc import Iterator

from indicsubs_common.report.document import LanguageReport, Report, ReportCue

COLUMNS = (
    "language", "file", "number", "start_ms", "end_ms", "start", "end", "duration_ms", "gap_ms",
    "characters", "code_points", "lines", "longest_line", "characters_per_second",
    "words_per_minute", "confidence", "word_score", "points", "flags", "details", "text",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheet programs run a cell as a formula if it begins with one of these."""


def to_csv(report: Report) -> bytes:
    """Returns the table as RFC 4180 describes it, in UTF-8 with a byte-order mark.

    Without the mark, Excel reads the file in the machine's own code page and garbles Indic text;
    LibreOffice, pandas and Python's ``utf-8-sig`` read both. A text that a spreadsheet program
    would run as a formula, such as a line that begins with a dash, gets an apostrophe before it.
    The exact text is in ``report.json``.
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
    """The time as in SubRip, but with a point: a comma would separate columns."""
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
