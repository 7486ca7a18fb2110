"""Converting samples."""

import struct

import numpy as np

from indicsubs_recognition.samples import float_samples


def test_samples_are_little_endian_and_below_one() -> None:
    samples = float_samples(struct.pack("<4h", 0, 16_384, -32_768, 32_767))
    assert samples.dtype == np.float32
    assert samples.tolist() == [0.0, 0.5, -1.0, 32_767 / 32_768]
    assert float_samples(b"").shape == (0,)
