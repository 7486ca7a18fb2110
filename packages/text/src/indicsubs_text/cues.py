"""The cue: what is shown, and when. Everything that is laid out, written or checked is cues."""

from typing import TypeAlias

import msgspec

from indicsubs_contract.transcript import SegmentKind

CueKind: TypeAlias = SegmentKind


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of text shown together, on the film's own clock, half-open [start, end)."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    """Plain text without markup; the dashes of two speakers and the notes of a song are in it."""
    kind: CueKind = "speech"
    """What it shows; a format renders a song in italics, for instance."""
    segments: tuple[int, ...] = ()
    """The indices of the transcript's segments whose text it shows."""
