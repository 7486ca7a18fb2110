"""The header of WAV files, for audio that comes without one."""

import struct
from typing import Final

RATE: Final = 16_000
HEADER_BYTES: Final = 44
_LARGEST: Final = 2**32 - 1


def wave_header(data_bytes: int) -> bytes:
    """Returns the header of a WAV file with 16 kHz mono s16le audio (RIFF, PCM).

    Audio of 4 GiB and more has the largest size that the header can state, which readers take for
    "until the end of the file".

    Args:
        data_bytes: The size of the audio.
    """
    size = min(data_bytes, _LARGEST - HEADER_BYTES)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", size + HEADER_BYTES - 8, b"WAVE", b"fmt ", 16),
        *(1, 1, RATE, 2 * RATE, 2, 16),
        *(b"data", size),
    )
