"""Joins the cues of a subtitle file into the sentences that were spoken. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from indicsubs_contract.transcript import TURN, Segment, SegmentCue, SegmentKind, Timing
from indicsubs_text.cues import Cue
from indicsubs_text.sentences import ends_sentence
from indicsubs_translation.lines import DIALOGUE_DASH

JOIN_WITHIN_MS = 1_500
"""After a longer pause, a cue begins a new sentence."""
OVERLAP_MS = 200
"""Cues that overlap by more are shown together, such as a sign and a line, and are not joined."""
LONGEST_SENTENCE = 300
"""The most characters of a joined sentence: about four full cues, fewer than the model takes."""
PUNCTUATED_SHARE = 0.1
"""Where a smaller share of the cues ends a sentence, the file counts as unpunctuated, and every cue
becomes one sentence."""

_NOTES = "♩♪♫♬"
_SOUND = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_BRACKETS = "[]()"


class _Part(NamedTuple):
    """The words of one speaker in one cue."""

    start_ms: int
    end_ms: int
    text: str
    opens: bool
    """Whether the part always begins a sentence: a new speaker, a line of song, or a sound."""
    kind: SegmentKind
    speaker: str | None


def sentences_from_cues(cues: Iterable[Cue]) -> list[Segment]:
    """Joins cues into sentences.

    A cue that does not end a sentence continues in the next one, unless a pause, another speaker, a
    song or the limit of length is between them. The time of a cue with two speakers is divided by
    the lengths of their texts. The notes of a song and the brackets around a sound are removed;
    empty cues and repeated ones are left out; cues may come in any order.

    Only notes and brackets mark songs and sounds here. The kind of the cue is ignored, because
    other subtitles also use italics for voices off screen.

    Returns:
        Segments in order of time, each with its cues and their own times.
    """
    parts = sorted(
        (part for cue in _normalised(cues) for part in _speakers(cue)),
        key=lambda part: part.start_ms,
    )
    ends = sum(_is_ended(part) for part in parts)
    joins = ends >= PUNCTUATED_SHARE * len(parts)
    groups: list[list[_Part]] = []
    for part in parts:
        if joins and groups and _continues(groups[-1], part):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [_segment(group) for group in groups]


def kind_of(text: str) -> tuple[SegmentKind, str]:
    """Returns the kind of a line, and its text without the notes or brackets that show the kind.

    >>> kind_of("♪ चलो ♪"), kind_of("[door slams]"), kind_of("♪"), kind_of("(No) more.")
    (('song', 'चलो'), ('sound', 'door slams'), ('speech', '♪'), ('speech', '(No) more.'))
    """
    bare = text.strip()
    if bare[:1] in _NOTES and (song := bare.strip(_NOTES + " ")):
        return "song", song
    if _SOUND.fullmatch(bare) and (sound := bare.strip(_BRACKETS + " ")):
        return "sound", sound
    return "speech", text


def with_kind(segment: Segment) -> Segment:
    """Returns the segment with the kind that its notes or brackets show, and texts without them."""
    kind, text = kind_of(segment.text)
    if kind == "speech":
        return segment
    marks = _NOTES if kind == "song" else _BRACKETS
    words = (replace(word, text=word.text.strip(marks + " ")) for word in segment.words)
    cues = segment.cues
    if cues is not UNSET:
        bare = (replace(cue, text=cue.text.strip(marks + " ")) for cue in cues)
        cues = tuple(cue for cue in bare if cue.text)
    words = tuple(word for word in words if word.text)
    return replace(segment, kind=kind, text=text, words=words, cues=cues)


def _normalised(cues: Iterable[Cue]) -> list[Cue]:
    """Cues in order of time, without empty lines, repeated spaces, empty cues and repeated cues."""
    clean: dict[Cue, None] = {}
    for cue in cues:
        lines = tuple(filter(None, (" ".join(line.split()) for line in cue.lines)))
        if lines:
            end_ms = max(cue.start_ms, cue.end_ms)
            clean[Cue(start_ms=cue.start_ms, end_ms=end_ms, lines=lines, speaker=cue.speaker)] = (
                None
            )
    return sorted(clean, key=lambda cue: (cue.start_ms, cue.end_ms))


def _speakers(cue: Cue) -> list[_Part]:
    turns: list[tuple[list[str], bool]] = []
    for line in cue.lines:
        dash = DIALOGUE_DASH.match(line)
        spoken = line[dash.end() :] if dash else line
        sung = spoken[0] in _NOTES
        before = turns[-1][0] if turns and not dash else None
        if before and before[0][0] in _NOTES:  # a song continues, whether with notes or without
            before[-1] = _without_notes(before[-1], last=True)
            before.append(_without_notes(spoken, first=True))
        elif before and not sung:
            before.append(spoken)
        else:
            turns.append(([spoken], bool(dash) or sung))
    texts = [" ".join(lines) for lines, _ in turns]
    length = sum(map(len, texts))
    parts: list[_Part] = []
    length_before = 0
    for number, (text, (_, opens)) in enumerate(zip(texts, turns, strict=True), 1):
        start, end = (
            cue.start_ms + (cue.end_ms - cue.start_ms) * count // length
            for count in (length_before, length_before + len(text))
        )
        kind, bare = kind_of(text)
        speaker = f"{TURN}{number}" if len(turns) > 1 else cue.speaker
        parts.append(_Part(start, end, bare, opens or kind != "speech", kind, speaker))
        length_before += len(text)
    return parts


def _without_notes(line: str, *, first: bool = False, last: bool = False) -> str:
    bare = line.lstrip(_NOTES + " ") if first else line
    return (bare.rstrip(_NOTES + " ") if last else bare) or line


def _continues(group: list[_Part], part: _Part) -> bool:
    last = group[-1]
    length = sum(len(joined.text) + 1 for joined in group) + len(part.text)
    return (
        not part.opens
        and last.kind == "speech"
        and last.text[0] not in _NOTES
        and (part.speaker == group[0].speaker or None in {part.speaker, group[0].speaker})
        and not _is_ended(last)
        and -OVERLAP_MS <= part.start_ms - last.end_ms <= JOIN_WITHIN_MS
        and length <= LONGEST_SENTENCE
    )


def _is_ended(part: _Part) -> bool:
    return ends_sentence(part.text.split()[-1])


def _segment(group: list[_Part]) -> Segment:
    return Segment(
        start_ms=group[0].start_ms,
        end_ms=max(part.end_ms for part in group),
        text=" ".join(part.text for part in group),
        timing=Timing.SUBTITLE,
        kind=group[0].kind,
        speaker=group[0].speaker,
        cues=tuple(
            SegmentCue(text=part.text, start_ms=part.start_ms, end_ms=part.end_ms) for part in group
        ),
    )
