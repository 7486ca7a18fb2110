"""Dialogue made for measuring: words with times as an aligner gives them, cuts, and a reference.

The same for the same seed. What is said is put together from clauses that ``dialogue.toml`` has in
phrases, so that where a line may break well is known without asking the code that is measured.
A sentence is a clause alone, or with one or two clauses joined to it, or a single word.

* Words take 55 ms a grapheme cluster and 90 ms more, times the speaker's pace (0.8 to 1.25, anew
  for each turn of one to five sentences) and a chance of a fifth. Nine sentences in ten of three
  words or more come to 12 to 20 characters a second: some of it is faster than anybody reads.
* Half of the commas are pauses of 120 to 450 ms.
* Between sentences of one turn there are 80 to 700 ms, between turns 150 to 1,200 ms; one turn in
  twelve begins 100 to 900 ms before the one before has ended. A scene has two to five turns; four
  to eight seconds without speech come after it.
* Shots last 0.8 s and an exponential time of mean 4 s.
* The reference has a cue for each sentence, of one line if it fits in 42 characters, otherwise of
  two that break between phrases, as even as that allows; a sentence that has no room is parted
  between clauses, and a clause that has none between phrases. It comes with its speech and stays
  half a second longer where there is time. Nobody subtitled it: it shows how close a layout comes
  to clause and phrase, no more.
"""

import random
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec

from indicsubs_contract.transcript import Segment, Timing, Word
from indicsubs_text.cues import Cue
from indicsubs_text.graphemes import characters

LINE, LINES = 42, 2
"""Of the reference: what the profile ``house`` has in every language of ``spoken()``."""
LINGER_MS, GAP_MS = 500, 80
"""Of the reference's cues."""
MARKS = ",،.?؟।۔"
"""Take no time."""
SILENCE_MS = 4_000
"""After a scene, at the least."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a language's sentences are made of; ``|`` parts phrases."""

    words: tuple[str, ...]
    """Sentences of a word or two."""
    clauses: tuple[str, ...]
    joined: tuple[str, ...]
    """Clauses that go on after another."""
    stop: str
    comma: str = ","
    question: str = "?"


@cache
def spoken() -> dict[str, Spoken]:
    """By language tag, from ``dialogue.toml`` beside this module."""
    written = Path(__file__).with_suffix(".toml").read_bytes()
    return msgspec.toml.decode(written, type=dict[str, Spoken])


class Dialogue(NamedTuple):
    """What is said in a film that nobody made."""

    language: str
    segments: list[Segment]
    """A sentence each, in order of their starts."""
    cuts_ms: tuple[int, ...]
    reference: list[Cue]
    scene_ends_ms: tuple[int, ...]
    """When each scene is over, within the silence after it."""


class _Sentence(NamedTuple):
    phrases: list[str]
    opens_clause: list[bool]
    """Of each phrase."""


def make_dialogue(language: str, cues: int, seed: int = 0) -> Dialogue:
    """Scene after scene until the reference has so many cues.

    Raises:
        KeyError: Nothing is written in the language.
    """
    sayings = spoken()[language]
    chance = random.Random(f"{language} {seed}")  # noqa: S311 - no secret
    segments: list[Segment] = []
    parts: list[list[tuple[int, int, tuple[str, ...]]]] = []
    scene_ends: list[int] = []
    now = 2_000
    while sum(map(len, parts)) < cues:
        for turn in range(chance.randint(2, 5)):
            if turn:
                now += _between_turns(now - segments[-1].start_ms, chance)
            pace = chance.uniform(0.8, 1.25)
            for number in range(chance.randint(1, 5)):
                now += chance.randint(80, 700) if number else 0
                sentence = _sentence(sayings, chance)
                segments.append(_say(sentence, now, pace, chance))
                parts.append(_cues_of(sentence))
                now = segments[-1].end_ms
        scene_ends.append(now + SILENCE_MS // 2)
        now += SILENCE_MS + chance.randint(0, 4_000)
    cuts = _cuts(now, chance)
    return Dialogue(language, segments, cuts, _reference(segments, parts), tuple(scene_ends))


def _between_turns(said_ms: int, chance: random.Random) -> int:
    """The time from the end of a turn to the next: negative where they overlap.

    Args:
        said_ms: How long the last sentence of the turn is.
        chance: Where numbers come from.
    """
    if chance.random() < 1 / 12:
        return -min(said_ms - 100, chance.randint(100, 900))
    return chance.randint(150, 1_200)


def _sentence(language: Spoken, chance: random.Random) -> _Sentence:
    """A word or two one time in six, a clause alone or with one or two more."""
    stop = language.question if chance.random() < 0.15 else language.stop
    if chance.random() < 1 / 6:
        return _Sentence([chance.choice(language.words) + stop], [True])
    joined = chance.choices((0, 1, 2), (5, 3, 1))[0]
    clauses = [chance.choice(language.clauses), *chance.sample(language.joined, joined)]
    phrases: list[str] = []
    opens: list[bool] = []
    for index, clause in enumerate(clauses):
        comma = index + 1 < len(clauses) and chance.random() < 0.7
        for number, phrase in enumerate(clause.split(" | ")):
            phrases.append(phrase)
            opens.append(number == 0)
        phrases[-1] += language.comma if comma else ""
    phrases[0] = phrases[0][0].upper() + phrases[0][1:]
    phrases[-1] += stop
    return _Sentence(phrases, opens)


def _say(sentence: _Sentence, start_ms: int, pace: float, chance: random.Random) -> Segment:
    text = " ".join(sentence.phrases)
    words: list[Word] = []
    at = start_ms
    for word in text.split():
        count = characters(word.strip(MARKS), "graphemes")
        lasts = round(pace * (90 + 55 * count) * chance.uniform(0.8, 1.2))
        words.append(Word(text=word, start_ms=at, end_ms=at + lasts))
        at += lasts
        if word.endswith((",", "،")) and chance.random() < 0.5:
            at += chance.randint(120, 450)
    return Segment(
        start_ms=start_ms,
        end_ms=words[-1].end_ms,
        text=text,
        timing=Timing.ALIGNED,
        words=tuple(words),
    )


def _cuts(until_ms: int, chance: random.Random) -> tuple[int, ...]:
    cuts: list[int] = []
    at = 0
    while at < until_ms:
        at += 800 + round(chance.expovariate(1 / 4_000))
        cuts.append(at)
    return tuple(cuts)


def _cues_of(sentence: _Sentence) -> list[tuple[int, int, tuple[str, ...]]]:
    """The cues of a sentence: first and last of its words, its lines."""
    phrases, opens = sentence
    starts = [index for index, opened in enumerate(opens) if opened]
    whole = _lines(phrases)
    groups = [phrases]
    if whole is None:
        groups = [phrases[a:z] for a, z in pairwise([*starts, len(phrases)])]
    cues: list[tuple[int, int, tuple[str, ...]]] = []
    first = 0
    for group in groups:
        lines = _lines(group)
        for shown in [lines] if lines else [(phrase,) for phrase in group]:
            last = first + sum(len(line.split()) for line in shown)
            cues.append((first, last, shown))
            first = last
    return cues


def _lines(phrases: Sequence[str]) -> tuple[str, ...] | None:
    """One line, or the two evenest that break between phrases; None where they have no room."""
    if _length(" ".join(phrases)) <= LINE:
        return (" ".join(phrases),)
    pairs = [
        (" ".join(phrases[:index]), " ".join(phrases[index:])) for index in range(1, len(phrases))
    ]
    fitting = [pair for pair in pairs if max(map(_length, pair)) <= LINE]
    return min(fitting, key=lambda pair: max(map(_length, pair)), default=None)


def _length(text: str) -> int:
    return characters(text, "graphemes")


def _reference(
    segments: Sequence[Segment], parts: Sequence[Sequence[tuple[int, int, tuple[str, ...]]]]
) -> list[Cue]:
    cues = [
        Cue(
            start_ms=segment.words[first].start_ms,
            end_ms=segment.words[last - 1].end_ms,
            lines=lines,
        )
        for segment, cut in zip(segments, parts, strict=True)
        for first, last, lines in cut
    ]
    cues.sort(key=lambda cue: cue.start_ms)
    ends = [
        max(cue.start_ms + 1, min(cue.end_ms + LINGER_MS, after.start_ms - GAP_MS))
        for cue, after in pairwise(cues)
    ]
    ends.append(cues[-1].end_ms + LINGER_MS)
    return [
        Cue(start_ms=cue.start_ms, end_ms=end, lines=cue.lines)
        for cue, end in zip(cues, ends, strict=True)
    ]
