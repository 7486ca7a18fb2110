"""Where somebody speaks, by the Silero model that faster-whisper bundles; no network, no torch."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from faster_whisper.vad import VadOptions, get_speech_timestamps

from indicsubs_contract.audio import RATE
from indicsubs_contract.transcript import SpeechRegion

OPTIONS = VadOptions(
    threshold=0.4,  # Silero's 0.5 lowered: missed speech is lost, a false alarm costs one chunk
    min_speech_duration_ms=90,  # three of Silero's windows; a short "haan" is longer
    min_silence_duration_ms=400,  # a pause between sentences, not one between words
    max_speech_duration_s=6,  # then cut at a pause of 100 ms, if any; the shortest asr_chunk_ms
    speech_pad_ms=0,  # padded below, when the neighbours are known
)
PAD_MS = 200
"""What a region gets on either side, as far as half the pause to its neighbour allows."""

_WINDOW = 512
"""Samples that Silero judges at once."""
_BLOCK = 1875 * _WINDOW
"""One minute: what is looked at at once."""
_WARM_UP = 32 * _WINDOW
"""Samples before a block that the model hears again, for it starts each block without memory."""


class SpeechFinder:
    """Feed it the audio in pieces of any length; then ask for the regions.

    Its memory does not grow with the audio: it looks at one block at a time. A region that the end
    of a block cuts is looked at again with the next block.
    """

    def __init__(self) -> None:
        self._pieces: list[npt.NDArray[np.int16]] = []
        self._waiting = 0
        self._offset = 0  # of the first waiting sample in the audio
        self._done = 0  # regions are final up to this sample
        self._regions: list[tuple[int, int]] = []

    def feed(self, samples: npt.NDArray[np.int16]) -> None:
        """Take the next samples, 16 kHz mono."""
        self._pieces.append(samples)
        self._waiting += len(samples)
        while self._waiting >= _BLOCK + _WARM_UP:
            self._look(last=False)

    def finish(self) -> tuple[SpeechRegion, ...]:
        """All regions, in order, without overlap."""
        if self._waiting:
            self._look(last=True)
        end = self._offset + self._waiting
        return _padded(self._regions, end)

    def _look(self, last: bool) -> None:
        samples = np.concatenate(self._pieces)
        block = samples if last else samples[: _BLOCK + _WARM_UP]
        end = self._offset + len(block)
        found = [
            (max(self._done, self._offset + region["start"]), self._offset + region["end"])
            for region in get_speech_timestamps(block.astype(np.float32) / 32768, OPTIONS)
            if self._offset + region["end"] > self._done
        ]
        self._done = end
        if not last:
            if found and found[-1][1] == end:
                self._done = found.pop()[0]
            keep = max(0, self._done - _WARM_UP)
            samples = samples[keep - self._offset :]
            self._pieces, self._waiting, self._offset = [samples], len(samples), keep
        self._regions += found


def _padded(regions: Sequence[tuple[int, int]], end: int) -> tuple[SpeechRegion, ...]:
    """Regions in samples, lengthened by ``PAD_MS`` where there is room, in milliseconds."""
    pad = PAD_MS * RATE // 1000
    edges = [0, *((one[1] + next_[0]) // 2 for one, next_ in pairwise(regions)), end]
    return tuple(
        SpeechRegion(
            start_ms=max(start - pad, edges[k]) * 1000 // RATE,
            end_ms=min(stop + pad, edges[k + 1]) * 1000 // RATE,
        )
        for k, (start, stop) in enumerate(regions)
    )
