"""Recordings of people, and long audio that is put together from them."""

import wave
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RATE = 16_000
"""Samples per second of all audio here; it is mono."""

Samples = npt.NDArray[np.float32]

_LICENCE = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"
    " and associated documentation files, to deal in the software without restriction, including"
    " without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense,"
    " and or sell copies of the software"
)
TEXTS: dict[tuple[str, int | None], str | None] = {
    ("jfk.flac", None): (
        "And so my fellow Americans, ask not what your country can do for you, ask what you can do"
        " for your country."
    ),
    ("english.wav", None): "one two three",
    ("stereo_diarization.wav", 0): (
        "He began a confused complaint against the wizard, who had vanished behind the curtain on"
        " the left."
    ),
    ("stereo_diarization.wav", 1): "The horizon seems extremely distant.",
    ("hotwords.mp3", None): None,
    ("multilingual.mp3", None): None,
}
"""What is said in a file of the test suites of openai/whisper, SYSTRAN/faster-whisper and
Uberi/speech_recognition, by file and channel; None where no text was published with it."""
PAUSES_S = (0.4, 4.0)
"""The shortest and the longest pause between two recordings that are put together."""
LONG_PAUSE_S = 20.0
"""Every tenth pause is as long as this."""


class Recording(NamedTuple):
    """Speech, with what is said in it."""

    name: str
    samples: Samples
    text: str | None


class Spoken(NamedTuple):
    """A recording in a longer one."""

    text: str
    start_ms: int
    end_ms: int


def read_audio(path: Path, channel: int | None = None) -> Samples:
    """Returns a file's sound at 16 kHz: one channel, or the mean of all.

    PyAV's own mixing to mono of float samples is louder than the mean, so that it can clip.
    """
    import av

    with av.open(str(path)) as film:
        stream = film.streams.audio[0]
        resampler = av.AudioResampler(format="s16p", layout=stream.layout.name, rate=RATE)
        frames = [
            part.to_ndarray() for frame in film.decode(stream) for part in resampler.resample(frame)
        ]
        frames += [part.to_ndarray() for part in resampler.resample(None)]
    sound = np.concatenate(frames, axis=1).astype(np.float32) / 32768
    return sound.mean(axis=0) if channel is None else sound[channel]


def read_recordings(folder: Path) -> list[Recording]:
    """Returns the recordings of ``TEXTS`` that the folder has, each channel with a text alone."""
    return [
        Recording(
            name if channel is None else f"{name} channel {channel}",
            read_audio(folder / name, channel),
            text,
        )
        for (name, channel), text in TEXTS.items()
        if (folder / name).is_file()
    ]


def write_wav(path: Path, samples: Samples) -> Path:
    """Writes 16-bit audio and returns the path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    return path


def concatenate(
    recordings: Sequence[Recording], minutes: float, seed: int = 0
) -> tuple[Samples, list[Spoken]]:
    """Returns audio of about ``minutes``, with pauses, and what is spoken in it.

    Recordings follow each other in random order, all of them once before any of them again; each is
    played between 6 dB quieter and as loud as it is. The pauses are digital silence.

    Args:
        recordings: At least one; all have a text.
        minutes: The length; the last recording may end later.
        seed: Another seed gives another order.
    """
    random = np.random.default_rng(seed)
    parts: list[Samples] = []
    spoken: list[Spoken] = []
    length = 0
    turn: list[int] = []
    while length < minutes * 60 * RATE:
        pause_s = LONG_PAUSE_S if len(spoken) % 10 == 9 else random.uniform(*PAUSES_S)
        parts.append(np.zeros(round(pause_s * RATE), np.float32))
        length += len(parts[-1])
        turn = turn or random.permutation(len(recordings)).tolist()
        recording = recordings[turn.pop()]
        gain = 10 ** (random.uniform(-6, 0) / 20)
        parts.append((recording.samples * gain).astype(np.float32))
        end = length + len(parts[-1])
        if recording.text is None:
            raise ValueError(f"{recording.name} has no text")
        spoken.append(Spoken(recording.text, length * 1000 // RATE, end * 1000 // RATE))
        length = end
    return np.concatenate(parts), spoken
