"""Conversion of audio samples to the format that networks take."""

import numpy as np
import numpy.typing as npt


def float_samples(data: bytes) -> npt.NDArray[np.float32]:
    """Converts little-endian 16-bit samples to float32 in [-1, 1)."""
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32_768)
