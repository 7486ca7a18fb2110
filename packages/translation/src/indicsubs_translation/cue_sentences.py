"""Cues of a subtitle file to the sentences that were said: pure, and knowing no file format."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from indicsubs_contract.transcript import TURN, Segment, SegmentKind, Timing, Word
from indicsubs_text.markup import MARKUP
from indicsubs_text.sentences import ends_sentence
from indicsubs_text.subtitle_files.timed_text import from_srt_line
from indicsubs_translation.lines import DIALOGUE_DASH

JOIN_WITHIN_MS = 1_500
"""A sentence does not go on in the next cue after a longer pause than this."""
OVERLAP_MS = 200
"""Cues that overlap by more are shown together, as a sign and a line are: never one sentence."""
LONGEST_SENTENCE = 300
"""Characters beyond which no cue is joined: some four full cues, less than the model takes."""
PUNCTUATED_SHARE = 0.1
"""With fewer cues than this ending a sentence, the file has no punctuation: its lack tells nothing,
and every cue stands for itself."""

_NOTES = "♩♪♫♬"
_SOUND = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_BRACKETS = "[]()"


class Cue(NamedTuple):
    """What a subtitle file shows from ``start_ms`` to ``end_ms``."""

    start_ms: int
    end_ms: int
    text: str
    """Its lines, with the markup of the file."""
    speaker: str | None = None
    """Who says all of it, where the file tells."""


class _Part(NamedTuple):
    """What one speaker says in one cue."""

    start_ms: int
    end_ms: int
    text: str
    opens: bool
    """A new speaker begins, a line of song, or a sound: it continues nothing."""
    kind: SegmentKind
    speaker: str | None


def sentences_from_cues(cues: Iterable[Cue]) -> list[Segment]:
    """Join cues into sentences.

    A cue that does not end a sentence goes on in the next one, unless there is a pause, another
    speaker, a song or the limit of length. Of a cue with two speakers, each gets a share of its
    time by the length of what is said. Markup goes, and so do the notes of a song and the brackets
    around a sound; empty cues and repeated ones are left out; cues may come in any order.

    Returns:
        Segments in order of time. The words of each are its cues, with their own times.
    """
    parts = sorted(
        (part for cue in _tidy(cues) for part in _speakers(cue)), key=lambda part: part.start_ms
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
    """What a line is, and its text without the marks that say so.

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
    """Tell a song and a sound by their marks, which leave its text and its words."""
    kind, text = kind_of(segment.text)
    if kind == "speech":
        return segment
    marks = _NOTES if kind == "song" else _BRACKETS
    words = (replace(word, text=word.text.strip(marks + " ")) for word in segment.words)
    return replace(segment, kind=kind, text=text, words=tuple(word for word in words if word.text))


def _tidy(cues: Iterable[Cue]) -> list[Cue]:
    clean: dict[Cue, None] = {}
    for start_ms, end_ms, text, speaker in cues:
        lines = (
            " ".join(from_srt_line(MARKUP.sub("", line)).split()) for line in text.splitlines()
        )
        plain = "\n".join(filter(None, lines))
        if plain:
            clean[Cue(start_ms, max(start_ms, end_ms), plain, speaker)] = None
    return sorted(clean, key=lambda cue: (cue.start_ms, cue.end_ms))


def _speakers(cue: Cue) -> list[_Part]:
    turns: list[tuple[list[str], bool]] = []
    for line in cue.text.splitlines():
        dash = DIALOGUE_DASH.match(line)
        said = line[dash.end() :] if dash else line
        sung = said[0] in _NOTES
        before = turns[-1][0] if turns and not dash else None
        if before and before[0][0] in _NOTES:  # a song goes on, whether with notes or without
            before[-1] = _without_notes(before[-1], last=True)
            before.append(_without_notes(said, first=True))
        elif before and not sung:
            before.append(said)
        else:
            turns.append(([said], bool(dash) or sung))
    texts = [" ".join(lines) for lines, _ in turns]
    length = sum(map(len, texts))
    parts: list[_Part] = []
    said_before = 0
    for number, (text, (_, opens)) in enumerate(zip(texts, turns, strict=True), 1):
        start, end = (
            cue.start_ms + (cue.end_ms - cue.start_ms) * count // length
            for count in (said_before, said_before + len(text))
        )
        kind, bare = kind_of(text)
        speaker = f"{TURN}{number}" if len(turns) > 1 else cue.speaker
        parts.append(_Part(start, end, bare, opens or kind != "speech", kind, speaker))
        said_before += len(text)
    return parts


def _without_notes(line: str, *, first: bool = False, last: bool = False) -> str:
    bare = line.lstrip(_NOTES + " ") if first else line
    return (bare.rstrip(_NOTES + " ") if last else bare) or line


def _continues(group: list[_Part], part: _Part) -> bool:
    last = group[-1]
    length = sum(len(said.text) + 1 for said in group) + len(part.text)
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
        words=tuple(
            Word(text=part.text, start_ms=part.start_ms, end_ms=part.end_ms) for part in group
        ),
    )
