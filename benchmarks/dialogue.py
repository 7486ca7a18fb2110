"""Generates dialogue for benchmarks: words with times as an aligner gives them, cuts, a reference.

The same seed gives the same dialogue. Sentences are composed of clauses that ``dialogue.toml``
divides into phrases. So good places for line breaks are known without the code under test. A
sentence is a word or two, or a clause with up to two clauses joined to it.

* A word takes 90 ms and 55 ms for each grapheme cluster, times the speaker's pace (0.8 to 1.25, for
  each turn of one to five sentences) and a random factor (0.8 to 1.2). Nine in ten of the sentences
  of three words or more have 12 to 20 characters a second: some are too fast to be read.
* Half of the commas are pauses of 120 to 450 ms.
* Between the sentences of a turn there are 80 to 700 ms, between turns 150 to 1,200 ms; one turn in
  twelve begins 100 to 900 ms before the previous turn ends. A scene has two to five turns; after
  it, four to eight seconds have no speech.
* A shot lasts 0.8 s and an exponentially distributed time with a mean of 4 s.
* The reference has a cue for each sentence, of one line where it fits in 42 characters, otherwise
  of two lines that break between phrases and are as even as possible. A sentence that does not fit
  in two lines is divided between clauses, a clause that does not fit between phrases. A cue begins
  with its speech and stays half a second longer where there is time. The reference is not the work
  of a subtitler: it only shows how well a layout follows clauses and phrases.
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
"""The most characters of a line and lines of a cue in the reference, as in the profile ``house``
for every language of ``spoken()``."""
LINGER_MS, GAP_MS = 500, 80
"""The longest time that a reference cue stays after its speech, and the shortest gap."""
MARKS = ",،.?؟।۔"
"""Punctuation marks, which take no time to speak."""
SILENCE_MS = 4_000
"""The shortest silence after a scene."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parts of a language's sentences; ``|`` separates phrases."""

    words: tuple[str, ...]
    """Sentences of a word or two."""
    clauses: tuple[str, ...]
    joined: tuple[str, ...]
    """Clauses that follow another clause."""
    stop: str
    comma: str = ","
    question: str = "?"


@cache
def spoken() -> dict[str, Spoken]:
    """Returns the parts of sentences by language tag, from ``dialogue.toml`` beside this module."""
    data = Path(__file__).with_suffix(".toml").read_bytes()
    return msgspec.toml.decode(data, type=dict[str, Spoken])


class Dialogue(NamedTuple):
    """The dialogue of a film that does not exist."""

    language: str
    segments: list[Segment]
    """One segment for each sentence, in order of their starts."""
    cuts_ms: tuple[int, ...]
    reference: list[Cue]
    scene_ends_ms: tuple[int, ...]
    """A time within the silence after each scene."""


class _Sentence(NamedTuple):
    phrases: list[str]
    opens_clause: list[bool]
    """Whether each phrase is the first of its clause."""


def make_dialogue(language: str, cues: int, seed: int = 0) -> Dialogue:
    """Generates scenes until the reference has at least ``cues`` cues.

    Raises:
        KeyError: ``dialogue.toml`` does not have the language.
    """
    sayings = spoken()[language]
    chance = random.Random(f"{language} {seed}")  # noqa: S311 - not for security
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


def _between_turns(last_ms: int, chance: random.Random) -> int:
    """Returns the time (ms) from the end of a turn to the next: negative where they overlap.

    Args:
        last_ms: Length of the last sentence of the turn.
        chance: The random numbers.
    """
    if chance.random() < 1 / 12:
        return -min(last_ms - 100, chance.randint(100, 900))
    return chance.randint(150, 1_200)


def _sentence(language: Spoken, chance: random.Random) -> _Sentence:
    """Composes a sentence: one in six has a word or two, the others one to three clauses."""
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
    """Returns each cue of a sentence: its first word, the word after its last one, its lines."""
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
    """Returns one line, or two lines that are as even as possible; None if they do not fit.

    Lines break between phrases.
    """
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
