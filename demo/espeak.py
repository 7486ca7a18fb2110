"""Speaks text with espeak-ng, through its C library, and returns the time of every word.

The library is called in synchronous mode with events; their layout and numbers are from
espeak-ng's ``speak_lib.h``. The library is not thread-safe: a process can run one synthesis at a
time.
"""

import ctypes
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

SAMPLE_RATE = 22050
"""Samples per second of every espeak-ng voice."""

_SYNCHRONOUS = 2
_PHONEME_EVENTS = 1
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_LIST_TERMINATED, _WORD, _PHONEME = 0, 1, 7

_SPOKEN_AS = {"டெல்லிக்குச் செல்வோம்": "டெல்லிக்கு செல்வோம்"}
"""Spellings for espeak-ng, which joins these two Tamil words and has no event for the second."""


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How a sentence is spoken: espeak-ng's voice, words a minute, pitch and pitch range (0-99)."""

    name: str
    rate: int = 160
    pitch: int = 50
    pitch_range: int = 50


@dataclass(frozen=True, kw_only=True)
class SpokenWord:
    """A word and its times (s) in the utterance; ``phonemes`` are the starts of its phonemes."""

    text: str
    start: float
    end: float
    phonemes: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One spoken sentence: float32 mono samples in [-1, 1] at ``sample_rate``, and its words."""

    text: str
    voice: Voice
    samples: npt.NDArray[np.float32]
    sample_rate: int
    words: tuple[SpokenWord, ...]


class _Synthesizer:
    def __init__(self) -> None:
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        rate = self.library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS)
        if rate != SAMPLE_RATE:
            raise RuntimeError(
                f"espeak-ng has {rate} samples/s, not {SAMPLE_RATE}. Install version 1.51."
            )
        self.blocks: list[npt.NDArray[np.int16]] = []
        self.words: list[tuple[int, int]] = []  # (text position, sample)
        self.phonemes: list[tuple[str, int]] = []  # (mnemonic, sample)
        self._callback = _Callback(
            self._receive
        )  # a reference must stay: the library has only a pointer
        self.library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples: object, count: int, events: object) -> int:
        if samples and count > 0:
            self.blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())  # type: ignore[arg-type]
        index = 0
        while events[index].type != _LIST_TERMINATED:  # type: ignore[index]
            event = events[index]  # type: ignore[index]
            if event.type == _WORD:
                self.words.append((event.text_position - 1, event.sample))
            elif event.type == _PHONEME:
                mnemonic = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
                self.phonemes.append((mnemonic, event.sample))
            index += 1
        return 0


@cache
def _synthesizer() -> _Synthesizer:
    return _Synthesizer()


def speak(text: str, voice: Voice, sample_rate: int = 16000) -> Utterance:
    """Speaks one sentence.

    A word starts at its WORD event. It ends at the next WORD event, or at the pause phoneme
    (mnemonic beginning with ``_``) that follows its last sound, whichever comes first.

    Raises:
        LookupError: espeak-ng does not have the voice.
        ValueError: A word has no event, so its time is unknown.
    """
    engine = _synthesizer()
    engine.blocks, engine.words, engine.phonemes = [], [], []
    if engine.library.espeak_SetVoiceByName(voice.name.encode()) != 0:
        raise LookupError(f"espeak-ng has no voice {voice.name!r}")
    for parameter, value in (
        (_RATE, voice.rate),
        (_PITCH, voice.pitch),
        (_RANGE, voice.pitch_range),
    ):
        engine.library.espeak_SetParameter(parameter, value, 0)
    spoken = text
    for written, spelling in _SPOKEN_AS.items():
        spoken = spoken.replace(written, spelling)
    data = spoken.encode() + b"\0"
    engine.library.espeak_Synth(
        data, ctypes.c_size_t(len(data)), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
    )
    engine.library.espeak_Synchronize()
    samples = np.concatenate(engine.blocks).astype(np.float32) / 32768
    common = np.gcd(sample_rate, SAMPLE_RATE)
    resampled = resample_poly(samples, sample_rate // common, SAMPLE_RATE // common)
    return Utterance(
        text=text,
        voice=voice,
        samples=np.clip(resampled, -1, 1).astype(np.float32),
        sample_rate=sample_rate,
        words=tuple(
            replace(word, text=written)
            for word, written in zip(
                _words(spoken, engine.words, engine.phonemes, len(samples)),
                text.split(),
                strict=True,
            )
        ),
    )


def _words(
    text: str, events: list[tuple[int, int]], phonemes: list[tuple[str, int]], end: int
) -> tuple[SpokenWord, ...]:
    pauses = [sample for name, sample in phonemes if name.startswith("_")]
    sounds = [sample for name, sample in phonemes if not name.startswith("_")]
    words: list[SpokenWord] = []
    position = 0
    for word in text.split():
        starts = [sample for at, sample in events if position <= at < position + len(word)]
        if not starts:
            raise ValueError(f"espeak-ng has no time for {word!r} in {text!r}")
        start = starts[0]
        # A word of several spoken parts ends where its last part ends.
        following = min((s for _, s in events if s > starts[-1]), default=end)
        last = max((s for s in sounds if starts[-1] <= s < following), default=starts[-1])
        stop = next((s for s in sorted(pauses) if last < s <= following), following)
        onsets = [s / SAMPLE_RATE for s in sounds if start <= s < stop]
        words.append(
            SpokenWord(
                text=word, start=start / SAMPLE_RATE, end=stop / SAMPLE_RATE, phonemes=tuple(onsets)
            )
        )
        position += len(word) + 1
    return tuple(words)
