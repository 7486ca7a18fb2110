"""Training windows: sentences of the corpus, placed as in the speech chunks of a film."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from demo.espeak import SpokenWord, Utterance

Samples = npt.NDArray[np.float32]
RATE = 16000


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An utterance in a window; ``offset`` (s) is added to the times of its words."""

    utterance: Utterance
    offset: float

    @property
    def words(self) -> list[SpokenWord]:
        """The words with their times in the window, in seconds."""
        return [
            SpokenWord(
                text=word.text,
                start=word.start + self.offset,
                end=word.end + self.offset,
                phonemes=tuple(onset + self.offset for onset in word.phonemes),
            )
            for word in self.utterance.words
        ]


@dataclass(frozen=True, kw_only=True)
class Window:
    """Float32 samples at 16 kHz, and the utterances in them."""

    samples: Samples
    spoken: list[Placed]


@cache
def _noise_bank() -> list[Samples]:
    """Returns two minutes each of white, pink-like and brown-like noise of standard deviation 1."""
    rng = np.random.default_rng(77)
    bank: list[Samples] = []
    for exponent in (0.0, 0.5, 1.0):
        spectrum = np.fft.rfft(rng.standard_normal(120 * RATE))
        spectrum /= (np.arange(len(spectrum)) + 3600.0) ** exponent
        noise = np.fft.irfft(spectrum)
        bank.append((noise / noise.std()).astype(np.float32))
    return bank


def noise(length: int, rng: np.random.Generator) -> Samples:
    """Returns ``length`` samples of background noise: random colour, standard deviation 1."""
    source = _noise_bank()[int(rng.integers(3))]
    start = int(rng.integers(len(source) - length + 1))
    return source[start : start + length].copy()


def speech_window(
    utterances: Sequence[Utterance], seconds: float, rng: np.random.Generator
) -> Window:
    """Returns a window of at most ``seconds`` with one or several sentences and pauses.

    Level, spectral tilt and noise vary, and so do the margins around the speech, as they do after
    voice activity detection.
    """
    room = int(seconds * RATE)
    samples = np.zeros(room, np.float32)
    placed: list[Placed] = []
    time = rng.uniform(0.02, 0.6)
    wanted = int(rng.integers(1, max(2, int(seconds / 1.6)) + 1))
    while len(placed) < wanted:
        utterance = utterances[int(rng.integers(len(utterances)))]
        first, last = utterance.words[0].start, utterance.words[-1].end
        voice = utterance.samples[int(first * RATE) : int((last + 0.04) * RATE)]
        at = int(time * RATE)
        if at + len(voice) > room:
            break
        samples[at : at + len(voice)] += voice * np.float32(10 ** (rng.uniform(-8, 3) / 20))
        placed.append(Placed(utterance=utterance, offset=time - first))
        time += last - first
        time += rng.uniform(0.15, 0.8) if rng.random() < 0.6 else rng.uniform(0.8, 2.0)
    end = (
        min(room, int((placed[-1].words[-1].end + rng.uniform(0.05, 0.6)) * RATE))
        if placed
        else room
    )
    samples = samples[:end]
    if placed and rng.random() < 0.7:
        loudness = np.sqrt((samples**2).sum() / max(1, (np.abs(samples) > 1e-4).sum()))
        samples += noise(end, rng) * np.float32(loudness * 10 ** (-rng.uniform(12, 40) / 20))
    if rng.random() < 0.5:
        samples[1:] += np.float32(rng.uniform(-0.5, 0.5)) * samples[:-1]
    samples *= np.float32(10 ** (rng.uniform(-10, 2) / 20))
    return Window(samples=np.clip(samples, -1, 1), spoken=placed)


def silent_window(seconds: float, rng: np.random.Generator) -> Window:
    """Returns a window without speech: silence, or noise of any level."""
    length = int(seconds * rng.uniform(0.3, 1.0) * RATE)
    if rng.random() < 0.3:
        return Window(samples=np.zeros(length, np.float32), spoken=[])
    level = np.float32(10 ** rng.uniform(-4, -1.5))
    return Window(samples=np.clip(noise(length, rng) * level, -1, 1), spoken=[])
