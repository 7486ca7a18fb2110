"""The cue type, which layout, writers, readers and checks share."""

from typing import TypeAlias

import msgspec

from indicsubs_contract.transcript import SegmentKind

CueKind: TypeAlias = SegmentKind


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of text shown together, on the film's own clock, half-open [start, end)."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    """Plain text without markup; it includes the dashes of two speakers and the notes of a song."""
    kind: CueKind = "speech"
    """The kind of the text; a song, for instance, is shown in italics."""
    segments: tuple[int, ...] = ()
    """The indices of the transcript's segments whose text the cue shows."""
    speaker: str | None = None
    """The speaker of the whole cue, where a subtitle file names one; otherwise None."""
    language: str | None = None
    """Tag of the language of its text, where this is not the language of the subtitles."""
