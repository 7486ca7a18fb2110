"""Reads spans of the dialogue from the audio file, which is 16 kHz mono 16-bit WAV."""

import wave
from pathlib import Path

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.transcript import SpeechRegion

RATE = 16_000
"""Samples per second of the audio that recognisers and aligners read."""


def open_audio(path: Path) -> wave.Wave_read:
    """Opens the audio file that stage demux wrote; the caller closes it.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file is not 16 kHz mono 16-bit WAV.
    """
    try:
        audio = wave.open(str(path), "rb")  # noqa: SIM115 - the caller closes it
    except (wave.Error, EOFError) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{path.name} is not a WAV file ({error}). Run demux again."
        ) from error
    if (audio.getnchannels(), audio.getsampwidth(), audio.getframerate()) != (1, 2, RATE):
        audio.close()
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} is not 16 kHz mono 16-bit audio. Run demux again.",
        )
    return audio


def read_samples(audio: wave.Wave_read, span: SpeechRegion) -> bytes:
    """Returns the samples of a span. They are fewer where the audio ends before the span does.

    Args:
        audio: The file that :func:`open_audio` returned.
        span: The span, on the audio's own clock.
    """
    frames = audio.getnframes()
    start = min(max(0, span.start_ms * RATE // 1000), frames)
    stop = min(max(start, span.end_ms * RATE // 1000), frames)
    audio.setpos(start)
    return audio.readframes(stop - start)
