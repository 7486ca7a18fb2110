"""Computes a waveform of the dialogue, small enough to be embedded in the report's page.

There is one peak for each bucket of at least 50 ms. The page draws each pixel column from the mean
of the peaks of its buckets.
"""

import math
from array import array
from pathlib import Path

import msgspec

from indicsubs_contract.audio import RATE, open_audio

SHORTEST_BUCKET_MS = 50
"""20 peaks a second: fine enough to see where words begin and end."""
MOST_BUCKETS = 240_000
"""The shortest buckets cover 3 hours and 20 minutes; longer films get longer buckets."""
_STRIDE = 4
"""Only every fourth sample is read, which takes a third of the time. The peaks found are hardly
lower, because speech has most of its energy below 2 kHz."""
_BUCKETS_AT_ONCE = 1_200
"""The file is read in pieces of about a minute, because three hours of audio take 345 MB."""
_FULL_SCALE = 32_768


class Waveform(msgspec.Struct, frozen=True, kw_only=True):
    """The peaks of the dialogue, one for each bucket; all buckets are equally long."""

    start_ms: int
    """Start of the first bucket, on the film's own clock."""
    bucket_ms: int
    peaks: bytes
    """One byte for each bucket: 255 times the square root of the highest magnitude, where 1 is full
    scale. The square root keeps quiet speech and silence apart in eight bits. Base64 in JSON."""


def read_waveform(path: Path, start_ms: int) -> Waveform:
    """Returns the waveform of the audio that demux wrote.

    Args:
        path: A WAV file, 16 kHz mono 16-bit.
        start_ms: Time of the first sample on the film's own clock.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if the file has another format.
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
    """Returns one peak for each ``size`` samples; the last bucket may have fewer samples.

    >>> list(peaks_of(array("h", [0, 0, 0, 0, -32768, 0, 0, 0, 8192]), 4))
    [0, 255, 127]
    """
    return bytes(
        _level(samples[start : start + size : _STRIDE]) for start in range(0, len(samples), size)
    )


def _level(samples: "array[int]") -> int:
    highest, lowest = max(samples), min(samples)
    return int(255 * math.sqrt(max(highest, -lowest) / _FULL_SCALE))
