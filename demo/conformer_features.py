"""The input of IndicConformer: NeMo's log-mel spectrogram, computed with torch."""

import torch
from torchaudio.functional import melscale_fbanks

from demo.windows import RATE, Samples

HOP, WINDOW, BINS, BANDS = 160, 400, 512, 80
"""Samples between frames, samples of the window, length of the transform, mel bands."""
PRE_EMPHASIS = 0.97
GUARD = 2.0**-24
"""Added to the power before the logarithm."""
EPSILON = 1e-5
"""Added to the deviation of a band."""

_HANN = torch.hann_window(WINDOW, periodic=False)
_FILTERS = melscale_fbanks(
    BINS // 2 + 1, 0.0, RATE / 2, BANDS, RATE, norm="slaney", mel_scale="slaney"
)


def log_mel(samples: Samples) -> torch.Tensor:
    """Returns float32 [80, T] for samples at 16 kHz in [-1, 1]; T is ``len(samples) // 160 + 1``.

    Frame t is centred on sample 160 t; the signal is padded with zeros. Each band has zero mean and
    unit deviation (n - 1) over the frames.
    """
    signal = torch.from_numpy(samples)
    signal = torch.cat([signal[:1], signal[1:] - PRE_EMPHASIS * signal[:-1]])
    spectrum = torch.stft(
        signal,
        BINS,
        HOP,
        WINDOW,
        window=_HANN,
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    power = spectrum.real.square() + spectrum.imag.square()
    mel = torch.log(_FILTERS.T @ power + GUARD)
    deviation, mean = torch.std_mean(mel, dim=1, keepdim=True)
    return (mel - mean) / (deviation + EPSILON)
