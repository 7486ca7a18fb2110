"""MLX-Whisper as its documentation uses it."""

from typing import Any

from benchmarks.speech.contenders.clock import timed
from benchmarks.speech.contenders.whisperx_peer import read_wav


def recognition(audio: str, model: str, language: str) -> dict[str, Any]:
    """Recognises the speech of a WAV file by ``mlx_whisper.transcribe`` in float32."""
    times: dict[str, float] = {}
    with timed(times, "load"):
        import mlx.core as mx
        import mlx_whisper
        from mlx_whisper.transcribe import ModelHolder

        if not mx.metal.is_available():
            mx.set_default_device(mx.cpu)
        ModelHolder.get_model(model, mx.float32)
    with timed(times, "asr"):
        found = mlx_whisper.transcribe(
            read_wav(audio), path_or_hf_repo=model, language=language, fp16=False, verbose=None
        )
    segments = [
        {
            "start_ms": round(1000 * segment["start"]),
            "end_ms": round(1000 * segment["end"]),
            "text": segment["text"].strip(),
        }
        for segment in found["segments"]
    ]
    return {"times": times, "segments": segments}
