"""The results and errors of all subtitle readers, and the times that they accept."""

import re
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.cues import Cue
from indicsubs_text.excerpts import first_few

HOURS_LIMIT = 1_000
"""The number of hours that a time must stay below. No film is that long, so a longer time is a
typing error; and times in containers and in Python's ``timedelta`` overflow with larger ones."""
MS_LIMIT = HOURS_LIMIT * 3_600_000
MINUS_SIGNS = "-\N{MINUS SIGN}"
"""The signs of a negative time."""
_LONGEST_FIELD = 9
"""The most digits of hours, minutes or seconds. Python cannot convert thousands of digits."""


class FileCue(msgspec.Struct, frozen=True, kw_only=True):
    """A cue, with its place and its text in the file."""

    cue: Cue
    place: str
    """The place in the file where the cue begins, for messages: ``line 7``."""
    raw_text: str = ""
    """The text as it is in the file, with its markup. Matroska stores SubRip in this form. Empty
    for TTML and JSON."""
    dropped_tags: int = 0
    """The number of tags and overrides in the raw text that the cue does not keep. The italics of a
    song are kept as its kind."""


class SubtitleFile(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of a subtitle file."""

    entries: tuple[FileCue, ...]
    """The cues in order of time; cues with the same times are in the order of the file."""
    warnings: tuple[str, ...] = ()
    """Warnings for a person, such as an assumed encoding, or cues that were left out."""
    kind: SubtitleFormat | None = None
    """The format of the content, where it was looked at; the file's name may say another one."""

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The cues, in the same order."""
        return tuple(entry.cue for entry in self.entries)


class MalformedSubtitlesError(ValueError):
    """The text of a subtitle file cannot be read.

    Args:
        place: The place of the problem: ``line 7``.
        reason: The problem, as a clause whose subject is the place: ``has no end time``.
        found: The text at that place; the message shows its beginning.
    """

    def __init__(self, place: str, reason: str, found: str = "") -> None:
        start = found.strip().partition("\n")[0]
        shown = f": {start[:60]!r}" if start else ""
        super().__init__(f"{place} {reason}{shown}")


def find_times(
    line: str, place: str, *, times: re.Pattern[str], like_times: re.Pattern[str]
) -> tuple[int, int] | MalformedSubtitlesError | None:
    """Returns the times, in milliseconds, of the cue that begins on a line; None for other lines.

    The error is returned and not raised, because a cue with damaged times is no reason to refuse
    the other cues; see :func:`in_order`.

    Args:
        line: A line of the file.
        place: The place of the line in messages: ``line 7``.
        times: Matches a line of two times. Its eight groups are the four arguments of
            :func:`parse_time` for the start, then for the end.
        like_times: Matches a line that looks like times. It is an error where ``times`` does not
            match.
    """
    if ">" not in line:  # most lines, at a tenth of the time
        return None
    found = times.fullmatch(line)
    if found is None:
        if like_times.fullmatch(line):
            return MalformedSubtitlesError(place, "has times that cannot be read", line)
        return None
    return parse_times(found, place)


def parse_times(found: re.Match[str], place: str) -> tuple[int, int] | MalformedSubtitlesError:
    """Returns the times of a line, in milliseconds, or an error where no film has them.

    Args:
        found: A line of two times, with the groups that :func:`find_times` names.
        place: The place of the line in messages.
    """
    try:
        return parse_time(*found.groups()[:4]), parse_time(*found.groups()[4:])
    except ValueError as error:
        return MalformedSubtitlesError(place, str(error), found.string)


def in_order(
    found: Iterable[FileCue | MalformedSubtitlesError], warnings: tuple[str, ...] = ()
) -> SubtitleFile:
    """Returns a subtitle file of cues that were found in any order, sorted by time.

    Parts of the file that cannot be read are left out with a warning. A cue that starts before 0,
    as a file has it whose times were moved, starts at 0; a cue that ends before 0 is left out.

    Args:
        found: The cues, and an error for each part of the file that cannot be read.
        warnings: Warnings of the reader.

    Raises:
        MalformedSubtitlesError: The first error, where nothing was found besides errors.
    """
    entries: list[FileCue] = []
    damaged: list[MalformedSubtitlesError] = []
    early: list[str] = []
    moved: list[str] = []
    for each in found:
        if isinstance(each, MalformedSubtitlesError):
            damaged.append(each)
        elif min(each.cue.start_ms, each.cue.end_ms) >= 0:
            entries.append(each)
        elif each.cue.start_ms < 0 and each.cue.end_ms <= 0:
            early.append(each.place)
        else:
            moved.append(each.place)
            times = {"start_ms": max(0, each.cue.start_ms), "end_ms": max(0, each.cue.end_ms)}
            entries.append(replace(each, cue=replace(each.cue, **times)))
    if damaged and not entries:
        raise damaged[0]
    reported = (
        (damaged, "part(s) that cannot be read were left out"),
        (early, "cue(s) before the film's start were left out"),
        (moved, "cue(s) with a time before the film's start were moved to its start"),
    )
    counted = tuple(
        f"{len(places)} {what}: {first_few([*map(str, places)], separator='; ')}."
        for places, what in reported
        if places
    )
    ordered = sorted(entries, key=lambda entry: (entry.cue.start_ms, entry.cue.end_ms))
    return SubtitleFile(entries=tuple(ordered), warnings=(*warnings, *counted))


def parse_time(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    """Returns a time in milliseconds, rounded to the nearest, from the digits of its fields.

    A time with a minus sign before any of its fields is negative: programs that move the times of a
    file write ``-00:00:01,500`` or ``00:00:-1,500``.

    >>> parse_time(None, "00", "01", "5"), parse_time("1", "0", "0", "041708")
    (1500, 3600042)
    >>> parse_time("-00", "00", "01", "5"), parse_time("00", "00", "-1", "-500")
    (-1500, -1500)

    Raises:
        ValueError: The time is not less than ``HOURS_LIMIT`` hours.
    """
    given = (hours or "0", minutes, seconds, fraction or "")
    *fields, decimals = (field.lstrip(MINUS_SIGNS) for field in given)
    if max(map(len, fields)) <= _LONGEST_FIELD:
        whole_hours, whole_minutes, whole_seconds = map(int, fields)
        ms = round(int(decimals[:6].ljust(6, "0")) / 1000)
        ms += 1000 * (60 * (60 * whole_hours + whole_minutes) + whole_seconds)
        if ms < MS_LIMIT:
            return ms if [*fields, decimals] == [*given] else -ms
    raise ValueError(f"has a time of {HOURS_LIMIT} hours or more")
