"""The input of IndicConformer's encoder: NeMo's log-mel features, normalised for each utterance.

The constants and conventions are those of the class ``FilterbankFeatures`` in AI4Bharat's fork of
NeMo, which the model was trained with (AI4Bharat/NeMo, nemo/collections/asr/parts/preprocessing/
features.py). It mirrors the signal at its ends and counts ``samples // 160 + 1`` frames; today's
NeMo pads with zeros and counts one frame less.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from indicsubs_contract.audio import RATE

BANDS = 80
"""The number of mel bands."""
HOP = 160
"""The number of samples from one frame to the next: 10 ms."""
_WINDOW, _FFT = 400, 512
"""The number of samples under the window, 25 ms, and in the Fourier transform."""
_PRE_EMPHASIS = 0.97
_LOG_GUARD = 2.0**-24
"""Added to the energy of a band before the logarithm."""
_DEVIATION_GUARD = 1e-5
"""Added to the deviation of a band before the division."""

Array = npt.NDArray[np.float64]


def log_mel_features(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Returns the features of one utterance.

    They are computed in float64, because in float32 the rounding of loud frequencies covers the
    quiet ones.

    Args:
        samples: 16 kHz mono samples in [-1, 1), at least one.

    Returns:
        Shape [80, ``len(samples) // 160 + 1``]; each band has zero mean and unit deviation.
    """
    signal = samples.astype(np.float64)
    signal[1:] -= _PRE_EMPHASIS * samples[:-1].astype(np.float64)
    padded = np.pad(signal, _FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::HOP]
    energies = np.abs(np.fft.rfft(frames * _window())) ** 2 @ mel_filters().T
    bands = np.log(energies + _LOG_GUARD).T
    deviation = bands.std(axis=1, ddof=1, keepdims=True) if bands.shape[1] > 1 else 0.0
    normalised = (bands - bands.mean(axis=1, keepdims=True)) / (deviation + _DEVIATION_GUARD)
    return normalised.astype(np.float32)


@cache
def _window() -> Array:
    """Returns the symmetric Hann window, centred in the length of the transform."""
    return np.pad(np.hanning(_WINDOW), (_FFT - _WINDOW) // 2)


@cache
def mel_filters() -> Array:
    """Returns the weight of each frequency in each band, shape [80, 257].

    A band is a triangle over its neighbours' centres, divided by half its width in hertz (Slaney,
    Auditory Toolbox, 1998).
    """
    highest_mel = _hertz_to_mel(RATE / 2)
    edges = _mel_to_hertz(np.linspace(0.0, highest_mel, BANDS + 2))
    frequencies = np.linspace(0.0, RATE / 2, _FFT // 2 + 1)
    low, centre, high = (edges[k : k + BANDS, np.newaxis] for k in range(3))
    rising = (frequencies - low) / (centre - low)
    falling = (high - frequencies) / (high - centre)
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (high - low))


_LINEAR_HERTZ_PER_MEL = 200.0 / 3.0
_KNEE_HERTZ = 1000.0
"""Slaney's mel scale is linear below this frequency, and logarithmic above."""
_KNEE_MEL = _KNEE_HERTZ / _LINEAR_HERTZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0
"""27 mel above the knee the frequency is 6.4 times as high."""


def _hertz_to_mel(hertz: float) -> float:
    """Returns the mel of a frequency above the knee."""
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HERTZ) / _LOG_STEP)


def _mel_to_hertz(mel: Array) -> Array:
    above = _KNEE_HERTZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel < _KNEE_MEL, mel * _LINEAR_HERTZ_PER_MEL, above)
