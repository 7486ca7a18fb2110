"""Speaks the sentences: recordings for training, and recordings held out from training."""

import random
from multiprocessing import Pool

from demo.espeak import Utterance, Voice, speak
from demo.sentences import lines

_MALE = [f"hi+m{n}" for n in (1, 2, 3, 4, 5, 6, 8)]
_FEMALE = [f"hi+f{n}" for n in (1, 2, 3, 4)]
_NAMED = [
    f"hi+{name}" for name in ("Annie", "Andy", "steph", "Denis", "Mario", "linda", "Lee", "anika")
]
TRAINING_VOICES = ["hi", *_MALE, *_FEMALE, *_NAMED]
HELD_OUT_VOICES = ["hi+m7", "hi+f5", "hi+Michael"]
HELD_OUT_RATES = range(150, 161)
"""Words a minute; no training recording has one of these rates."""


def in_language(voice: str, language: str) -> str:
    """Returns the same speaker's name in another language: ``ta+f2`` for ``hi+f2`` and ``ta``."""
    return language + voice.removeprefix("hi")


def training_utterances(
    renderings: int = 60, seed: int = 1, language: str = "hi"
) -> list[Utterance]:
    """Returns ``renderings`` recordings of each sentence, in all training voices."""
    rng = random.Random(seed)
    rates = [rate for rate in range(125, 196) if rate not in HELD_OUT_RATES]
    return _render(
        [
            (
                line[language],
                _voice(
                    rng, in_language(TRAINING_VOICES[k % len(TRAINING_VOICES)], language), rates
                ),
            )
            for line in lines(language)
            for k in range(renderings)
        ]
    )


def held_out_utterances(seed: int = 2, language: str = "hi") -> list[Utterance]:
    """Returns each sentence once in every held-out voice, at held-out speeds."""
    rng = random.Random(seed)
    rates = list(HELD_OUT_RATES)
    return _render(
        [
            (line[language], _voice(rng, in_language(name, language), rates))
            for line in lines(language)
            for name in HELD_OUT_VOICES
        ]
    )


def _voice(rng: random.Random, name: str, rates: list[int]) -> Voice:
    return Voice(
        name=name,
        rate=rng.choice(rates),
        pitch=rng.randint(25, 75),
        pitch_range=rng.randint(30, 70),
    )


def _render(jobs: list[tuple[str, Voice]]) -> list[Utterance]:
    with Pool(2) as pool:
        return pool.starmap(speak, jobs, chunksize=32)
