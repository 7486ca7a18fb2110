"""Recordings of the demo with the true time of every word, also one after the other for long."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.speech.boundaries import Timed
from benchmarks.speech.recordings import RATE, Samples, read_audio
from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.chunks import make_chunks

DEMO = Path(__file__).parents[2] / "demo"
PAD_MS = 200
"""The time that stage demux leaves before and after speech."""
CHUNK_MS = 12_000
"""The longest chunk of Hindi that recognisers get."""


class SpokenFilm(NamedTuple):
    """Sound with what is said in it."""

    samples: Samples
    sentences: tuple[Timed, ...]
    words: tuple[Timed, ...]

    @property
    def minutes(self) -> float:
        """The length in minutes."""
        return len(self.samples) / RATE / 60

    def chunks(self) -> list[dict[str, Any]]:
        """Returns segments as a recogniser would give them, with the true text."""
        regions = [
            SpeechRegion(start_ms=max(0, s.start_ms - PAD_MS), end_ms=s.end_ms + PAD_MS)
            for s in self.sentences
        ]
        return [
            {
                "start_ms": chunk.start_ms,
                "end_ms": chunk.end_ms,
                "text": " ".join(
                    s.text for s in self.sentences if chunk.start_ms <= s.start_ms < chunk.end_ms
                ),
            }
            for chunk in make_chunks(regions, CHUNK_MS)
        ]


def read_film(sound: str, truth: str) -> SpokenFilm:
    """Returns a recording of the folder demo: its sound, and its reference."""
    lines = json.loads((DEMO / truth).read_bytes())["lines"]
    words = [
        [Timed(word["text"], word["start_ms"], word["end_ms"]) for word in line["words"]]
        for line in lines
    ]
    return SpokenFilm(
        read_audio(DEMO / sound),
        tuple(
            Timed(line["text"], row[0].start_ms, row[-1].end_ms)
            for line, row in zip(lines, words, strict=True)
        ),
        tuple(word for row in words for word in row),
    )


def repeated(film: SpokenFilm, minutes: float) -> SpokenFilm:
    """Returns a film again and again, until it lasts for at least some minutes."""
    count = max(1, -int(-minutes // film.minutes))
    length_ms = len(film.samples) * 1000 // RATE
    samples = film.samples[: length_ms * RATE // 1000]
    return SpokenFilm(
        np.tile(samples, count),
        _shifted(film.sentences, length_ms, count),
        _shifted(film.words, length_ms, count),
    )


def _shifted(items: Sequence[Timed], length_ms: int, count: int) -> tuple[Timed, ...]:
    return tuple(
        Timed(text, start_ms + k * length_ms, end_ms + k * length_ms)
        for k in range(count)
        for text, start_ms, end_ms in items
    )
