"""The features equal a plain implementation of NeMo's definition, written without numpy's FFT."""

import math
from itertools import pairwise

import numpy as np
import pytest

from indicsubs_indicconformer.features import log_mel_features, mel_filters


def plain_features(samples: list[float]) -> np.ndarray:
    """Frame by frame, with sines and cosines; the signal is mirrored without its end samples."""
    signal = [samples[0]] + [b - 0.97 * a for a, b in pairwise(samples)]
    count = len(signal)
    frequencies = np.arange(257)[:, np.newaxis]
    angles = 2 * np.pi * frequencies * np.arange(400) / 512
    bands = plain_filters()
    columns = []
    for frame in range(count // 160 + 1):
        first = frame * 160 - 200
        places = [abs(place) for place in range(first, first + 400)]
        places = [2 * (count - 1) - p if p >= count else p for p in places]
        window = [0.5 - 0.5 * math.cos(2 * math.pi * n / 399) for n in range(400)]
        part = np.array([signal[p] * w for p, w in zip(places, window, strict=True)])
        power = (np.cos(angles) @ part) ** 2 + (np.sin(angles) @ part) ** 2
        columns.append([math.log(band @ power + 2**-24) for band in bands])
    rows = np.array(columns).T
    for row in rows:
        mean = sum(row) / len(row)
        deviation = math.sqrt(sum((x - mean) ** 2 for x in row) / (len(row) - 1))
        row[:] = (row - mean) / (deviation + 1e-5)
    return rows


def plain_filters() -> np.ndarray:
    def hertz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    highest = 15 + 27 * math.log(8) / math.log(6.4)
    edges = [hertz(highest * k / 81) for k in range(82)]
    filters = np.zeros((80, 257))
    for band, (low, centre, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        for k in range(257):
            frequency = k * 8000 / 256
            if low < frequency <= centre:
                filters[band, k] = (frequency - low) / (centre - low)
            elif centre < frequency < high:
                filters[band, k] = (high - frequency) / (high - centre)
        filters[band] *= 2 / (high - low)
    return filters


def test_the_mel_bands() -> None:
    assert mel_filters() == pytest.approx(plain_filters(), abs=1e-12)


@pytest.mark.parametrize("count", [16_000, 12_345, 1_600, 479])
def test_features_of_sound_that_swells(count: int) -> None:
    """With silence at the start, where rounding would show."""
    times = np.arange(count)
    samples = np.random.default_rng(count).standard_normal(count) * times / count * 0.3
    samples += 0.4 * np.sin(times / 7) * (times > count / 3)
    samples = samples.astype(np.float32)
    features = log_mel_features(samples)
    assert features.shape == (80, count // 160 + 1)
    assert features.dtype == np.float32
    assert features == pytest.approx(plain_features(samples.tolist()), abs=1e-4)


def test_each_band_has_zero_mean_and_unit_deviation() -> None:
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    features = log_mel_features(samples)
    assert features.mean(axis=1) == pytest.approx(np.zeros(80), abs=1e-5)
    assert features.std(axis=1, ddof=1) == pytest.approx(np.ones(80), abs=1e-4)


def test_the_loudness_has_no_effect() -> None:
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    assert log_mel_features(0.1 * samples) == pytest.approx(log_mel_features(samples), abs=0.05)


@pytest.mark.parametrize("count", [1, 100, 159, 160, 257, 16_000])
def test_silence_and_very_short_sound_give_finite_features(count: int) -> None:
    assert log_mel_features(np.zeros(count, np.float32)) == pytest.approx(0.0, abs=1e-6)
    loud = np.full(count, 0.5, np.float32)
    assert np.isfinite(log_mel_features(loud)).all()
