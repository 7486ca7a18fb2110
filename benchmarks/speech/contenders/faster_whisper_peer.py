"""faster-whisper as its documentation uses it."""

from typing import Any

from benchmarks.speech.contenders.clock import timed


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


def sequential(audio: list[str], model: str, compute_type: str, language: str) -> dict[str, Any]:
    """Recognises the speech of several files by ``WhisperModel.transcribe`` with its defaults."""
    times: dict[str, float] = {}
    with timed(times, "load"):
        from faster_whisper import WhisperModel

        whisper = WhisperModel(
            model, device="cpu", compute_type=compute_type, local_files_only=True
        )
    with timed(times, "asr"):
        segments = [
            [_segment(segment) for segment in whisper.transcribe(path, language=language)[0]]
            for path in audio
        ]
    return {"times": times, "segments": segments}


def _segment(segment: Any) -> dict[str, Any]:
    return {
        "start_ms": round(1000 * segment.start),
        "end_ms": round(1000 * segment.end),
        "text": segment.text.strip(),
    }
