"""Speech of the synthesizers that are installed: espeak-ng, and Festival's Hindi voice NSK."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from ctypes import CDLL
from pathlib import Path

import numpy as np

from benchmarks.speech.boundaries import Timed
from benchmarks.speech.recordings import RATE, Samples, read_audio
from benchmarks.speech.spoken_film import SpokenFilm

PAUSES_S = (0.6, 1.6)
"""The shortest and the longest pause between sentences."""
LEAD_S = 0.5
"""The silence before the first and after the last sentence."""
VOICES = {"hi": ("hi+f2", "hi+m3"), "ta": ("ta+f2", "ta+m3"), "en": ("en-us+f2", "en-us+m3")}
"""Two of espeak-ng's voices for each language; they take turns."""
_FESTIVAL = ("(voice_hindi_NSK_diphone)", "(Parameter.set 'Int_Method 'DuffInt)")


def has_espeak() -> bool:
    """Returns whether espeak-ng's library is installed."""
    try:
        CDLL("libespeak-ng.so.1")
    except OSError:
        return False
    return True


def has_festival() -> bool:
    """Returns whether Festival and its voice NSK are installed."""
    voices = Path("/usr/share/festival/voices")
    return bool(shutil.which("text2wave") and [*voices.glob("*/hindi_NSK_diphone")])


def by_espeak(sentences: Sequence[str], language: str, seed: int = 0) -> SpokenFilm:
    """Returns the sentences spoken by espeak-ng, with the time of every word.

    Sentences in which espeak-ng joins two words, so that one of them has no time, are left out.
    """
    from demo.espeak import Voice, speak

    random = np.random.default_rng(seed)
    parts = [np.zeros(round(LEAD_S * RATE), np.float32)]
    spoken: list[Timed] = []
    words: list[Timed] = []
    for index, sentence in enumerate(sentences):
        voice = Voice(name=VOICES[language][index % 2], rate=150, pitch=45 + 10 * (index % 2))
        try:
            utterance = speak(sentence, voice, RATE)
        except ValueError:
            continue
        offset_s = sum(map(len, parts)) / RATE
        row = [
            Timed(w.text, round(1000 * (offset_s + w.start)), round(1000 * (offset_s + w.end)))
            for w in utterance.words
        ]
        words += row
        spoken.append(Timed(sentence, row[0].start_ms, row[-1].end_ms))
        pause_s = random.uniform(*PAUSES_S)
        parts += [0.7 * utterance.samples, np.zeros(round(pause_s * RATE), np.float32)]
    return SpokenFilm(np.concatenate(parts), tuple(spoken), tuple(words))


def by_festival(sentences: Sequence[str], seed: int = 0) -> SpokenFilm:
    """Returns Hindi sentences spoken by Festival's voice NSK, without the times of words.

    The voice consists of the sounds of a real speaker.
    """
    random = np.random.default_rng(seed)
    parts = [np.zeros(round(LEAD_S * RATE), np.float32)]
    spoken: list[Timed] = []
    for sentence in sentences:
        samples = _festival(sentence)
        start_ms = sum(map(len, parts)) * 1000 // RATE
        spoken.append(Timed(sentence, start_ms, start_ms + len(samples) * 1000 // RATE))
        parts += [samples, np.zeros(round(random.uniform(*PAUSES_S) * RATE), np.float32)]
    return SpokenFilm(np.concatenate(parts), tuple(spoken), ())


def _festival(sentence: str) -> Samples:
    options = [part for expression in _FESTIVAL for part in ("-eval", expression)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        subprocess.run(
            ["text2wave", *options, "-o", str(path)],
            input=sentence.encode(),
            check=True,
            capture_output=True,
        )
        return read_audio(path)
