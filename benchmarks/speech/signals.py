"""Sounds without speech, and speech in noise. Pure; every call gives the same samples."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from benchmarks.speech.recordings import RATE, Samples

LEVEL_DB = -26.0
"""The level of all sounds but silence, relative to full scale; dialogue in films is about as
loud."""
_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
"""Semitones above the root of a song's four chords: I, vi, IV, V."""
_BEAT_S = 0.5
_ROOT_HZ = 220.0


def at_level(samples: npt.NDArray[np.floating], level_db: float = LEVEL_DB) -> Samples:
    """Returns the samples with a root mean square of ``level_db`` relative to full scale."""
    power = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    return (samples * (10 ** (level_db / 20) / max(power, 1e-12))).astype(np.float32)


def silence(seconds: float) -> Samples:
    """Returns digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def white_noise(seconds: float, seed: int = 1) -> Samples:
    """Returns noise with the same power at all frequencies."""
    return at_level(np.random.default_rng(seed).standard_normal(round(seconds * RATE)))


def pink_noise(seconds: float, seed: int = 2) -> Samples:
    """Returns noise whose power falls with the frequency, as in rain, traffic and crowds."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return at_level(np.fft.irfft(spectrum, count))


def room_tone(seconds: float) -> Samples:
    """Returns quiet pink noise (-60 dB), as under every scene of a film."""
    return at_level(pink_noise(seconds, 3), -60.0)


def tones(seconds: float, seed: int = 4) -> Samples:
    """Returns beeps of random pitch and length, with pauses, as of telephones and machines."""
    random = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * RATE), np.float64)
    at = 0
    while at < len(sound):
        part = sound[at : at + round(random.uniform(0.1, 1.5) * RATE)]
        part += np.sin(2 * np.pi * random.uniform(200, 3000) * np.arange(len(part)) / RATE)
        at += len(part) + round(random.uniform(0.1, 1.0) * RATE)
    return at_level(sound)


def music(seconds: float, seed: int = 5) -> Samples:
    """Returns chords of plucked harmonics with a bass, a melody and drums, 120 beats a minute."""
    random = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * RATE) + RATE, np.float64)
    beats = int(seconds / _BEAT_S)
    for beat in range(beats):
        at = round(beat * _BEAT_S * RATE)
        chord = _CHORDS[beat // 4 % len(_CHORDS)]
        if beat % 2 == 0:
            for step in chord:
                _add(sound, at, 0.3 * _note(_pitch(step), 0.9))
        _add(sound, at, 0.5 * _note(_pitch(chord[0] - 24), 0.45))
        if random.random() < 0.7:
            _add(sound, at, 0.4 * _note(_pitch(int(random.choice(chord)) + 12), 0.4))
        drum = _kick() if beat % 2 == 0 else _snare(random)
        _add(sound, at, drum)
    return at_level(sound[: round(seconds * RATE)])


SOUNDS: dict[str, Callable[[float], Samples]] = {
    "silence": silence,
    "room tone": room_tone,
    "white noise": white_noise,
    "pink noise": pink_noise,
    "tones": tones,
    "music": music,
}
"""The sounds without speech, by name; each is made for a number of seconds."""


def mixed(speech: Samples, noise: Samples, ratio_db: float) -> Samples:
    """Returns speech in noise, scaled down where it would clip.

    Args:
        speech: The speech; its level is measured where it is not silent.
        noise: At least as many samples.
        ratio_db: The level of the speech above that of the noise.
    """
    spoken = speech[np.abs(speech) > 1e-4]
    level_db = 20 * np.log10(np.sqrt(np.mean(np.square(spoken, dtype=np.float64))))
    both = speech + at_level(noise[: len(speech)], float(level_db) - ratio_db)
    return (both / max(1.0, float(np.abs(both).max()))).astype(np.float32)


def _pitch(semitones: int) -> float:
    return _ROOT_HZ * 2 ** (semitones / 12)


def _note(hertz: float, seconds: float) -> npt.NDArray[np.float64]:
    """Returns eight harmonics that fade; higher ones are softer and fade sooner."""
    t = np.arange(round(seconds * RATE)) / RATE
    return sum(
        (
            np.sin(2 * np.pi * hertz * k * t) * np.exp(-(2 + k) * t) / k
            for k in range(1, 9)
            if hertz * k < RATE / 2
        ),
        np.zeros_like(t),
    )


def _kick() -> npt.NDArray[np.float64]:
    t = np.arange(round(0.2 * RATE)) / RATE
    return np.sin(2 * np.pi * (50 + 80 * np.exp(-30 * t)) * t) * np.exp(-15 * t)


def _snare(random: np.random.Generator) -> npt.NDArray[np.float64]:
    t = np.arange(round(0.15 * RATE)) / RATE
    return 0.5 * random.standard_normal(len(t)) * np.exp(-25 * t)


def _add(sound: npt.NDArray[np.float64], at: int, part: npt.NDArray[np.float64]) -> None:
    room = sound[at : at + len(part)]
    room += part[: len(room)]
