"""The report as a CSV table for spreadsheet programs: one row for each cue of each language.

Quarantined segments without a cue have rows at the end, which have no number and no file.
"""

import csv
import io
from collections.abc import Iterator

from indicsubs_common.report.document import (
    LanguageReport,
    NotedSegment,
    Report,
    ReportCue,
)

COLUMNS = (
    "language", "file", "number", "start_ms", "end_ms", "start", "end", "duration_ms", "gap_ms",
    "characters", "code_points", "lines", "longest_line", "characters_per_second",
    "words_per_minute", "confidence", "word_score", "timed_by", "timing_confidence",
    "text_language", "points", "flags", "details", "text",
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
    if not report.quarantined_shown:
        writer.writerows(
            _quarantined_row(report.languages[0].tag, segment)
            for segment in report.noted_segments
            if segment.quarantined is not None
        )
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
    yield " ".join(cue.timed_by)
    yield cue.timing_confidence
    yield cue.text_language
    yield cue.points
    yield " ".join(f"{flag.kind}:{flag.rule}" for flag in cue.flags)
    yield _text("\n".join(flag.detail for flag in cue.flags))
    yield _text("\n".join(cue.lines))


def _quarantined_row(tag: str, segment: NotedSegment) -> list[object]:
    """The row of a segment that has no cue; the columns that measure a cue are empty."""
    known: dict[str, object] = {
        "language": tag,
        "start_ms": segment.start_ms,
        "end_ms": segment.end_ms,
        "start": _clock(segment.start_ms),
        "end": _clock(segment.end_ms),
        "duration_ms": segment.end_ms - segment.start_ms,
        "timed_by": segment.timed_by,
        "timing_confidence": segment.timing_confidence,
        "text_language": segment.language,
        "flags": "hearing:quarantined",
        "details": _text(segment.quarantined or ""),
        "text": _text(segment.text),
    }
    return [known.get(column) for column in COLUMNS]


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _clock(ms: int) -> str:
    """The time as in SubRip, but with a point: a comma would separate columns."""
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
