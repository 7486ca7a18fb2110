"""Speech is found at any position, however the blocks of the analysis lie."""

import resource
from itertools import pairwise

import numpy as np
import pytest
from films import voice

from indicsubs_contract.transcript import SpeechRegion
from indicsubs_whisperx import voice_activity
from indicsubs_whisperx.voice_activity import SpeechFinder

RATE = 16_000


def regions(samples: np.ndarray, piece: int = 4096) -> tuple[SpeechRegion, ...]:
    finder = SpeechFinder()
    for start in range(0, len(samples), piece):
        finder.feed((samples[start : start + piece] * 32767).astype(np.int16))
    return finder.finish()


def spoken_at(seconds: float, *starts: float) -> np.ndarray:
    """Three seconds of voice at each of the times, in a quiet room.

    The noise matters: after a minute of digital silence Silero does not detect so simple a voice.
    """
    room = 0.003 * np.random.default_rng(1).standard_normal(round(seconds * RATE))
    samples = room.astype(np.float32)
    for start in starts:
        at = round(start * RATE)
        samples[at : at + 3 * RATE] += voice(3, RATE, seed=2)
    return samples


def test_nothing() -> None:
    assert SpeechFinder().finish() == ()


@pytest.mark.parametrize("level", [0.0, 0.001, 0.1])
def test_silence_and_noise_are_not_speech(level: float) -> None:
    noise = np.random.default_rng(1).uniform(-level, level, 20 * RATE).astype(np.float32)
    assert regions(noise) == ()


def test_sentences_with_a_pause_between_them_are_regions_of_their_own() -> None:
    found = regions(spoken_at(15, 1.0, 4.8, 9.0))
    assert [region.start_ms for region in found] == pytest.approx([800, 4600, 8800], abs=150)
    assert [region.end_ms for region in found] == pytest.approx([4200, 8000, 12_200], abs=150)


@pytest.mark.parametrize("start", [58.0, 59.0, 59.9, 60.0, 60.9, 61.0, 61.02, 61.5])
def test_a_block_s_end_cuts_nothing(start: float) -> None:
    """The first analysis ends at 61.024 s; speech there is found as anywhere else."""
    found = regions(spoken_at(130, 5.0, start, 125.0))
    assert len(found) == 3
    assert found[1].start_ms == pytest.approx(start * 1000 - 200, abs=150)
    assert found[1].end_ms == pytest.approx(start * 1000 + 3200, abs=150)


def test_unbroken_speech_over_blocks_is_covered_in_short_regions() -> None:
    found = regions(spoken_at(142, *range(1, 139, 3)))
    assert found[0].start_ms == pytest.approx(800, abs=150)
    assert found[-1].end_ms == pytest.approx(139_200, abs=150)
    gaps = [b.start_ms - a.end_ms for a, b in pairwise(found)]
    assert min(gaps) >= 0
    assert sum(gaps) < 1000
    assert max(region.end_ms - region.start_ms for region in found) <= 6400


def test_the_size_of_the_pieces_does_not_matter() -> None:
    samples = spoken_at(70, 3.0, 60.0)
    assert regions(samples, 999) == regions(samples, 500_000) == regions(samples, 2_000_000)


def test_memory_is_bounded() -> None:
    finder = SpeechFinder()
    noise = np.random.default_rng(0).integers(-300, 300, 10 * RATE).astype(np.int16)

    def feed(pieces: int) -> int:
        for _ in range(pieces):
            finder.feed(noise)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux

    before = feed(60)
    assert feed(180) - before < 15_000
    assert finder.finish() == ()


def test_regions_keep_apart_when_padded(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = [{"start": 512, "end": 16_000}, {"start": 17_600, "end": 32_000}]
    monkeypatch.setattr(voice_activity, "get_speech_timestamps", lambda *_: spans)
    assert [(r.start_ms, r.end_ms) for r in regions(np.zeros(33_600, np.float32))] == [
        (0, 1050),
        (1050, 2100),
    ]
