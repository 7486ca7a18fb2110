"""Detects voice activity with the Silero model that faster-whisper bundles, without torch."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from faster_whisper.vad import VadOptions, get_speech_timestamps

from indicsubs_contract.audio import RATE
from indicsubs_contract.transcript import SpeechRegion

OPTIONS = VadOptions(
    threshold=0.4,  # below Silero's 0.5: missed speech is lost, a false alarm costs one chunk
    min_speech_duration_ms=90,  # three of Silero's windows; even a short "haan" is longer
    min_silence_duration_ms=400,  # a pause between sentences, not one between words
    # Longer speech is cut, at a pause of 100 ms if there is one. It is the shortest asr_chunk_ms.
    max_speech_duration_s=6,
    speech_pad_ms=0,  # _padded does it, when the neighbouring regions are known
)
PAD_MS = 200
"""The time by which a region is extended on each side, at most to the middle of the pause."""

_WINDOW = 512
"""The number of samples that Silero classifies at once."""
_BLOCK = 1875 * _WINDOW
"""The number of samples that are analysed in one call: one minute of audio."""
_WARM_UP = 32 * _WINDOW
"""The number of samples before a block that are analysed again with it, because the model's state
is reset at the start of each call."""


class SpeechFinder:
    """Finds the regions with speech in audio that arrives in pieces of any length.

    It analyses one block at a time, so that memory use does not grow with the audio. A region that
    is cut by the end of a block is analysed again with the next block.
    """

    def __init__(self) -> None:
        self._pieces: list[npt.NDArray[np.int16]] = []
        self._buffered = 0  # samples in the pieces
        self._offset = 0  # position in the audio of the first buffered sample
        self._final_until = 0  # regions before this position are final
        self._regions: list[tuple[int, int]] = []

    def feed(self, samples: npt.NDArray[np.int16]) -> None:
        """Adds the next samples, 16 kHz mono."""
        self._pieces.append(samples)
        self._buffered += len(samples)
        while self._buffered >= _BLOCK + _WARM_UP:
            self._analyse(last=False)

    def finish(self) -> tuple[SpeechRegion, ...]:
        """Returns all regions of the audio, in order and without overlap."""
        if self._buffered:
            self._analyse(last=True)
        end = self._offset + self._buffered
        return _padded(self._regions, end)

    def _analyse(self, last: bool) -> None:
        """Finds the regions of the next block; if ``last``, of all buffered samples."""
        samples = np.concatenate(self._pieces)
        block = samples if last else samples[: _BLOCK + _WARM_UP]
        end = self._offset + len(block)
        found = [
            (max(self._final_until, self._offset + region["start"]), self._offset + region["end"])
            for region in get_speech_timestamps(block.astype(np.float32) / 32768, OPTIONS)
            if self._offset + region["end"] > self._final_until
        ]
        self._final_until = end
        if not last:
            if found and found[-1][1] == end:
                self._final_until = found.pop()[0]
            keep_from = max(0, self._final_until - _WARM_UP)
            samples = samples[keep_from - self._offset :]
            self._pieces, self._buffered, self._offset = [samples], len(samples), keep_from
        self._regions += found


def _padded(regions: Sequence[tuple[int, int]], end: int) -> tuple[SpeechRegion, ...]:
    """Returns the regions in ms, extended by ``PAD_MS`` on each side where there is room."""
    pad = PAD_MS * RATE // 1000
    edges = [0, *((one[1] + next_[0]) // 2 for one, next_ in pairwise(regions)), end]
    return tuple(
        SpeechRegion(
            start_ms=max(start - pad, edges[k]) * 1000 // RATE,
            end_ms=min(stop + pad, edges[k + 1]) * 1000 // RATE,
        )
        for k, (start, stop) in enumerate(regions)
    )
