"""Reads the times of TTML: clock times, frames, ticks, durations, and the times around a paragraph.

Source: Timed Text Markup Language 2, https://www.w3.org/TR/ttml2/, "Parameter Attribute Vocabulary"
for the rates and "Timing" for expressions of time. Earlier drafts (DFXP) have the same times under
other namespaces.
"""

import re
from fractions import Fraction
from xml.etree import ElementTree

import msgspec

from indicsubs_text.subtitle_files.subtitle_file import (
    HOURS_LIMIT,
    MINUS_SIGNS,
    MS_LIMIT,
    MalformedSubtitlesError,
    parse_time,
)

_CLOCK = re.compile(r"(-?\d{2,}):([0-5]\d):([0-5]\d)(?:\.(\d+)|:(\d{2,6})(?:\.(\d{1,6}))?)?")
_OFFSET = re.compile(r"(-?\d{1,15}(?:\.\d{1,9})?)(h|ms|m|s|f|t)")
_RATE = re.compile(r"\d{1,9}")
_RATIO = re.compile(r"(\d{1,9})[ :](\d{1,9})")
_DEFAULT_FRAME_RATE = 30
_DROPPED_PER_MINUTE = 2
"""The frame numbers that drop-frame time leaves out at the start of nine minutes of ten (SMPTE
12M)."""


class TimeScale(msgspec.Struct, frozen=True, kw_only=True):
    """The rates that a document declares for its times."""

    frame_rate: Fraction
    """Frames per second."""
    nominal_rate: int
    """The whole number of frames in a second of a clock time: 30 for 29.97 frames per second."""
    sub_frame_rate: int
    """Sub-frames per frame."""
    tick_rate: Fraction
    """Ticks per second."""
    counts_frames: bool
    """Whether clock times are SMPTE time codes, which count frames instead of seconds."""
    drops_frames: bool
    """Whether the time codes leave out frame numbers, to keep up with a clock."""

    def ms(self, time: str) -> Fraction:
        """Returns a time in milliseconds.

        Raises:
            ValueError: The time has a form that TTML does not have, or is too long for a film.
        """
        time = time.strip()
        if found := _CLOCK.fullmatch(time):
            ms = self._clock_ms(*found.groups())
        elif found := _OFFSET.fullmatch(time):
            number, metric = found.groups()
            ms = Fraction(number) * self._units()[metric]
        else:
            raise ValueError("has a time of a form that TTML does not have")
        if abs(ms) >= MS_LIMIT:
            raise ValueError(f"has a time of {HOURS_LIMIT} hours or more")
        return ms

    def _units(self) -> dict[str, Fraction]:
        """Returns the milliseconds of each metric of an offset time."""
        return {
            "h": Fraction(3_600_000),
            "m": Fraction(60_000),
            "s": Fraction(1000),
            "ms": Fraction(1),
            "f": 1000 / self.frame_rate,
            "t": 1000 / self.tick_rate,
        }

    def _clock_ms(
        self,
        hours: str,
        minutes: str,
        seconds: str,
        decimals: str | None,
        frames: str | None,
        sub_frames: str | None,
    ) -> Fraction:
        ms = Fraction(parse_time(hours.lstrip(MINUS_SIGNS), minutes, seconds, decimals))
        frame = Fraction(frames or 0) + Fraction(sub_frames or 0) / self.sub_frame_rate
        if self.counts_frames:
            frame += ms * self.nominal_rate / 1000
            ms = Fraction(0)
        if self.drops_frames:
            whole_minutes = 60 * int(hours.lstrip(MINUS_SIGNS)) + int(minutes)
            frame -= _DROPPED_PER_MINUTE * (whole_minutes - whole_minutes // 10)
        ms += frame * 1000 / self.frame_rate
        return -ms if hours[0] in MINUS_SIGNS else ms


class Interval(msgspec.Struct, frozen=True):
    """The time in which an element is shown, in milliseconds."""

    begin_ms: Fraction
    end_ms: Fraction | None
    """None where neither the element nor one around it has an end."""
    has_begin: bool
    """Whether the element or one around it says when it begins."""


WHOLE_FILM = Interval(Fraction(0), None, has_begin=False)
_TIMES = ("begin", "end", "dur")


def has_times(element: ElementTree.Element) -> bool:
    """Returns whether an element has times of its own."""
    return any(element.get(name) is not None for name in _TIMES)


def interval(
    element: ElementTree.Element, around: Interval, scale: TimeScale, place: str
) -> Interval:
    """Returns the time of an element. Its times count from the beginning of the element around it.

    Where it has both ``end`` and ``dur``, the earlier end holds, and the end of the element around
    it is a limit.

    Args:
        element: The element.
        around: The time of the element around it.
        scale: The rates of the document.
        place: The place of the element in messages: ``line 7``.

    Raises:
        MalformedSubtitlesError: A time cannot be read, or elements are to be shown one after
            another, which no subtitles need.
    """
    if element.get("timeContainer") == "seq":
        raise MalformedSubtitlesError(place, 'has a timeContainer "seq", which is not supported')
    begin, end, duration = (_ms(element.get(name), scale, place) for name in _TIMES)
    start = around.begin_ms + (begin or 0)
    ends = [
        around.end_ms,
        None if end is None else around.begin_ms + end,
        None if duration is None else start + duration,
    ]
    return Interval(
        begin_ms=start,
        end_ms=min((each for each in ends if each is not None), default=None),
        has_begin=around.has_begin or begin is not None,
    )


def _ms(text: str | None, scale: TimeScale, place: str) -> Fraction | None:
    if text is None:
        return None
    try:
        return scale.ms(text)
    except ValueError as error:
        raise MalformedSubtitlesError(place, str(error), text) from error


def time_scale(root: ElementTree.Element, namespace: str) -> TimeScale:
    """Returns the rates of a document.

    Args:
        root: The element ``tt``.
        namespace: The namespace of its parameters.

    Raises:
        ValueError: A rate cannot be read, or the times are of a kind that says nothing about a
            place in a film.
    """

    def parameter(name: str, default: str, values: re.Pattern[str]) -> re.Match[str]:
        value = root.get(f"{{{namespace}}}{name}", default)
        found = values.fullmatch(value.strip())
        if found is None:
            raise ValueError(f"has a {name} that is not supported ({value[:20]!r})")
        return found

    def rate(name: str, default: int) -> int:
        value = int(parameter(name, str(default), _RATE)[0])
        if value == 0:
            raise ValueError(f"has a {name} of 0")
        return value

    counts_frames = parameter("timeBase", "media", re.compile("media|smpte"))[0] == "smpte"
    drop_mode = parameter("dropMode", "nonDrop", re.compile("nonDrop|dropNTSC"))[0]
    nominal_rate = rate("frameRate", _DEFAULT_FRAME_RATE)
    over, under = map(int, parameter("frameRateMultiplier", "1 1", _RATIO).groups())
    if 0 in {over, under}:
        raise ValueError("has a frameRateMultiplier of 0")
    frame_rate = Fraction(nominal_rate * over, under)
    sub_frame_rate = rate("subFrameRate", 1)
    has_frames = root.get(f"{{{namespace}}}frameRate") is not None
    has_ticks = root.get(f"{{{namespace}}}tickRate") is not None
    ticks = frame_rate * sub_frame_rate if has_frames else Fraction(1)
    return TimeScale(
        frame_rate=frame_rate,
        nominal_rate=nominal_rate,
        sub_frame_rate=sub_frame_rate,
        tick_rate=Fraction(rate("tickRate", 1)) if has_ticks else ticks,
        counts_frames=counts_frames,
        drops_frames=counts_frames and drop_mode == "dropNTSC",
    )
