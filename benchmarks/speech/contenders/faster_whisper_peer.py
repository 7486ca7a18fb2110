"""faster-whisper as its documentation uses it."""

from typing import Any

from benchmarks.speech.contenders.clock import timed
from benchmarks.speech.contenders.whisperx_peer import read_wav


def recognition(audio: str, **options: Any) -> dict[str, Any]:
    """Recognises the speech of a file by ``BatchedInferencePipeline`` with its defaults."""
    found = recognitions([audio], **options)
    return {"times": found["times"], "segments": found["segments"][0]}


def recognitions(
    audio: list[str], model: str, compute_type: str, language: str, batch_size: int = 8
) -> dict[str, Any]:
    """The same for several files; the segments are a list for each."""
    times: dict[str, float] = {}
    with timed(times, "load"):
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        pipeline = BatchedInferencePipeline(
            WhisperModel(model, device="cpu", compute_type=compute_type, local_files_only=True)
        )
    with timed(times, "asr"):
        segments = [
            [
                _segment(segment)
                for segment in pipeline.transcribe(path, language=language, batch_size=batch_size)[
                    0
                ]
            ]
            for path in audio
        ]
    return {"times": times, "segments": segments}


def sequential(
    audio: list[str], model: str, compute_type: str, language: str, longest_s: float | None = None
) -> dict[str, Any]:
    """Recognises the speech of several WAV files by ``WhisperModel.transcribe``, by default.

    Args:
        audio: The files.
        model: The model's folder.
        compute_type: The number format.
        language: Whisper's code of the language.
        longest_s: The part of each file that is read; None reads it all.
    """
    times: dict[str, float] = {}
    with timed(times, "load"):
        from faster_whisper import WhisperModel

        whisper = WhisperModel(
            model, device="cpu", compute_type=compute_type, local_files_only=True
        )
    end = None if longest_s is None else round(longest_s * 16_000)
    with timed(times, "asr"):
        segments = [
            [
                _segment(segment)
                for segment in whisper.transcribe(read_wav(path)[:end], language=language)[0]
            ]
            for path in audio
        ]
    return {"times": times, "segments": segments}


def _segment(segment: Any) -> dict[str, Any]:
    return {
        "start_ms": round(1000 * segment.start),
        "end_ms": round(1000 * segment.end),
        "text": segment.text.strip(),
    }
