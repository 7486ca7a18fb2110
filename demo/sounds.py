"""Sounds without speech, in which a recogniser must write nothing: tones and synthetic music."""

from dataclasses import replace
from functools import cache

import numpy as np

from demo.windows import RATE, Samples, Window, noise, silent_window

SECONDS = 90
"""The length of the music that passages are cut from."""


@cache
def _music_bank() -> Samples:
    """Returns plucked strings over changing chords, of standard deviation 1."""
    rng = np.random.default_rng(78)
    music = np.zeros(SECONDS * RATE, np.float64)
    time, root = 0.0, 110.0
    while time < SECONDS - 3:
        if rng.random() < 0.1:
            root = 110 * 2 ** (int(rng.integers(12)) / 12)
        frequency = root * 2 ** (int(rng.choice([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])) / 12)
        note = _pluck(frequency, float(rng.uniform(0.5, 1.6)), rng)
        at = int(time * RATE)
        music[at : at + len(note)] += note * rng.uniform(0.3, 1.0)
        if rng.random() < 0.2:
            chord = _tones([root, root * 1.25, root * 1.5], int(rng.uniform(1.0, 3.0) * RATE))
            music[at : at + len(chord)] += 0.15 * chord[: len(music) - at]
        time += float(rng.choice([0.15, 0.2, 0.3, 0.4, 0.8]))
    return (music / music.std()).astype(np.float32)


def _pluck(frequency: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Returns a plucked string (Karplus-Strong)."""
    string = rng.uniform(-1, 1, int(RATE / frequency))
    periods = [string]
    for _ in range(int(seconds * frequency)):
        string = 0.996 * (string + np.roll(string, 1)) / 2
        periods.append(string)
    return np.concatenate(periods)


def _tones(frequencies: list[float], length: int) -> np.ndarray:
    t = np.arange(length) / RATE
    fade = np.clip(np.minimum(t, length / RATE - t) / 0.1, 0, 1)
    return fade * sum(np.sin(2 * np.pi * frequency * t) for frequency in frequencies)


def music(length: int, rng: np.random.Generator) -> Samples:
    """Returns ``length`` samples of music or of steady tones, of standard deviation about 1."""
    if rng.random() < 0.3:
        count = int(rng.integers(1, 5))
        frequencies = np.exp(rng.uniform(np.log(80), np.log(4000), count)).tolist()
        return _tones(frequencies, length).astype(np.float32)
    start = int(rng.integers(SECONDS * RATE - length + 1))
    return _music_bank()[start : start + length].copy()


def wordless_window(seconds: float, rng: np.random.Generator) -> Window:
    """Returns a window of silence, noise, tones or music, and no speech."""
    if rng.random() < 0.4:
        return silent_window(seconds, rng)
    length = int(seconds * rng.uniform(0.3, 1.0) * RATE)
    samples = music(length, rng) * np.float32(10 ** rng.uniform(-2.5, -0.8))
    if rng.random() < 0.5:
        samples += noise(length, rng) * np.float32(10 ** rng.uniform(-4, -2))
    return Window(samples=np.clip(samples, -1, 1), spoken=[])


def with_surroundings(window: Window, rng: np.random.Generator) -> Window:
    """Returns the window with music behind the speech, and with sound or silence before it.

    Most windows stay as they are.
    """
    samples, spoken = window.samples, window.spoken
    level = np.float32(samples.std() + 1e-6)
    if rng.random() < 0.15:
        samples = samples + music(len(samples), rng) * level * np.float32(
            10 ** (rng.uniform(-30, -12) / 20)
        )
    if rng.random() < 0.3:
        before = np.zeros(int(rng.uniform(0.2, 3.0) * RATE), np.float32)
        kind = rng.random()
        if kind < 0.4:
            before += music(len(before), rng) * level * np.float32(10 ** rng.uniform(-1.5, 0.3))
        elif kind < 0.7:
            before += noise(len(before), rng) * level * np.float32(10 ** rng.uniform(-2, -0.5))
        samples = np.concatenate([before, samples])
        spoken = [replace(p, offset=p.offset + len(before) / RATE) for p in spoken]
    return Window(samples=np.clip(samples, -1, 1).astype(np.float32), spoken=spoken)
