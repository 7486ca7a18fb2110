"""The cue: lines of text and when they are shown. Layout, writers, readers and checks share it."""

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
    """What the text is; a song is shown in italics, for instance."""
    segments: tuple[int, ...] = ()
    """The indices of the transcript's segments whose text the cue shows."""
    speaker: str | None = None
    """Who speaks all of it, where a subtitle file names a speaker."""
