"""Leaves out what a subtitle file has after the film's end. Pure.

A subtitle file may have a cue with a wrong hour, or may belong to a longer cut of the film. Such a
cue would make the film longer, with hours of nothing.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from indicsubs_contract.transcript import Segment, Timing
from indicsubs_text.clock import clock
from indicsubs_text.cues import Cue
from indicsubs_text.excerpts import first_few


def without_text_after_film(
    segments: Sequence[Segment], film_end_ms: int | None
) -> tuple[Sequence[Segment], tuple[str, ...]]:
    """The segments, of which those after the film's end have no text, and warnings.

    Only segments from a subtitle file count. Segments that were heard are in the film, even where
    its header states a shorter length.

    Args:
        segments: The segments in order of time.
        film_end_ms: The film's end; None or 0 where it is unknown.
    """
    after = [segment for segment in segments if _is_after(segment, film_end_ms)]
    if not after:
        return segments, ()
    kept = [
        replace(segment, text="", cues=()) if _is_after(segment, film_end_ms) else segment
        for segment in segments
    ]
    return kept, _warnings([segment.start_ms for segment in after], film_end_ms)


def _is_after(segment: Segment, film_end_ms: int | None) -> bool:
    return segment.timing is Timing.SUBTITLE and 0 < (film_end_ms or 0) <= segment.start_ms


def _warnings(starts_ms: Sequence[int], film_end_ms: int | None) -> tuple[str, ...]:
    """A warning that names the starts of what was left out; none where nothing was."""
    if not starts_ms:
        return ()
    named = first_few([*map(clock, starts_ms)])
    return (
        (
            f"{len(starts_ms)} line(s) were left out, because they begin after the film's end"
            f" ({clock(film_end_ms or 0)}): {named}."
            " Correct their times, or give the subtitles of this cut of the film."
        ),
    )


def within_film(
    cues: Iterable[Cue], film_end_ms: int | None
) -> tuple[tuple[Cue, ...], tuple[str, ...]]:
    """The cues that begin before the film's end, which end there at the latest, and warnings.

    Args:
        cues: The cues in order of time.
        film_end_ms: The film's end; None or 0 where it is unknown.
    """
    if not film_end_ms:
        return tuple(cues), ()
    kept: list[Cue] = []
    after: list[int] = []
    cut: list[int] = []
    for cue in cues:
        if cue.start_ms >= film_end_ms:
            after.append(cue.start_ms)
            continue
        if cue.end_ms > film_end_ms:
            cut.append(cue.start_ms)
        kept.append(replace(cue, end_ms=min(cue.end_ms, film_end_ms)))
    warnings = _warnings(after, film_end_ms)
    if cut:
        named = first_few([*map(clock, cut)])
        warnings += (f"{len(cut)} cue(s) end with the film instead of after it: {named}.",)
    return tuple(kept), warnings
