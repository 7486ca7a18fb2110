"""The dialogue's loudness over time, small enough to travel in a page.

One peak per bucket of at least 50 ms: a page draws the film as a whole from the highest peaks of
many buckets, and a stretch of it from the buckets themselves.
"""

import math
from array import array
from pathlib import Path

import msgspec

from indicsubs_contract.audio import RATE, open_audio

SHORTEST_BUCKET_MS = 50
"""Fine enough to see words begin and end: 20 peaks a second."""
MOST_BUCKETS = 240_000
"""Three hours and twenty minutes of the shortest buckets; longer films get longer buckets."""
_STRIDE = 4
"""Every fourth sample is looked at. A peak between them is missed by little, because speech has
most of its energy below 2 kHz, and it takes a third of the time."""
_BUCKETS_AT_ONCE = 1_200
"""Read in pieces of a minute or so: the file is 345 MB for three hours."""
_FULL_SCALE = 32_768


class Waveform(msgspec.Struct, frozen=True, kw_only=True):
    """Peaks of equal stretches of the dialogue."""

    start_ms: int
    """Of the first bucket, on the film's own clock."""
    bucket_ms: int
    peaks: bytes
    """One byte per bucket: 255 times the square root of the highest magnitude, 1 being full scale.
    The root keeps quiet speech apart from silence in eight bits. Base64 in JSON."""


def read_waveform(path: Path, start_ms: int) -> Waveform:
    """The waveform of the audio that demux made.

    Args:
        path: 16 kHz mono 16-bit WAV.
        start_ms: The film's clock at its first sample.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if it is anything else.
    """
    peaks = bytearray()
    with open_audio(path) as audio:
        duration_ms = audio.getnframes() * 1000 // RATE
        bucket_ms = max(SHORTEST_BUCKET_MS, -(-duration_ms // MOST_BUCKETS))
        size = bucket_ms * RATE // 1000
        while block := audio.readframes(size * _BUCKETS_AT_ONCE):
            peaks += peaks_of(array("h", block), size)
    return Waveform(start_ms=start_ms, bucket_ms=bucket_ms, peaks=bytes(peaks))


def peaks_of(samples: "array[int]", size: int) -> bytes:
    """One peak for each ``size`` samples; the last bucket may hold fewer.

    >>> list(peaks_of(array("h", [0, 0, 0, 0, -32768, 0, 0, 0, 8192]), 4))
    [0, 255, 127]
    """
    return bytes(
        _level(samples[start : start + size : _STRIDE]) for start in range(0, len(samples), size)
    )


def _level(samples: "array[int]") -> int:
    highest, lowest = max(samples), min(samples)
    return int(255 * math.sqrt(max(highest, -lowest) / _FULL_SCALE))
