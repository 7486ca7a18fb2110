"""whisperX as its documentation uses it, with its own voice activity detector (pyannote)."""

import wave
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.speech.contenders.clock import timed

Samples = npt.NDArray[np.float32]


def read_wav(path: str) -> Samples:
    """Returns the samples of a 16 kHz mono WAV file, which whisperX would read through ffmpeg."""
    with wave.open(path) as file:
        return (
            np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768
        )


def recognition(audio: str, **options: Any) -> dict[str, Any]:
    """Recognises the speech of a WAV file: ``load_model(...).transcribe(...)``."""
    found = recognitions([audio], **options)
    return {"times": found["times"], "segments": found["segments"][0]}


def recognitions(
    audio: list[str], model: str, compute_type: str, language: str, batch_size: int = 8
) -> dict[str, Any]:
    """Recognises the speech of WAV files; the segments are a list for each."""
    times: dict[str, float] = {}
    with timed(times, "load"):
        import whisperx.asr

        pipeline = whisperx.asr.load_model(
            model, device="cpu", compute_type=compute_type, language=language
        )
    with timed(times, "asr"):
        found = [
            pipeline.transcribe(read_wav(path), batch_size=batch_size)["segments"] for path in audio
        ]
    return {"times": times, "segments": [[_segment(one) for one in part] for part in found]}


def alignment(
    audio: str, segments: list[dict[str, Any]], model: str, language: str, device: str = "cpu"
) -> dict[str, Any]:
    """Times the words of segments: ``load_align_model(...)`` and ``align(...)``.

    Args:
        audio: A WAV file.
        segments: Their ``start_ms``, ``end_ms`` and ``text``.
        model: The aligner's folder.
        language: Its language.
        device: The device of the aligner. On ``cuda`` the first segment is aligned twice, and the
            first time counts as start-up, because CUDA loads its code then.
    """
    times: dict[str, float] = {}
    with timed(times, "load"):
        import whisperx.alignment

        # whisperX's sentence splitter needs a download. The segments here are one sentence each.
        whisperx.alignment.nltk_load = lambda *_: _OneSentence()
        aligner, metadata = whisperx.alignment.load_align_model(language, device, model_name=model)
    given = [
        {"start": s["start_ms"] / 1000, "end": s["end_ms"] / 1000, "text": s["text"]}
        for s in segments
    ]
    if device != "cpu":
        with timed(times, "load"):
            whisperx.alignment.align(given[:1], aligner, metadata, read_wav(audio), device)
    with timed(times, "alignment"):
        found = whisperx.alignment.align(given, aligner, metadata, read_wav(audio), device)
    words = [
        {
            "text": word["word"],
            "start_ms": round(1000 * word["start"]) if "start" in word else None,
            "end_ms": round(1000 * word["end"]) if "end" in word else None,
        }
        for word in found["word_segments"]
    ]
    speech_s = sum(one["end"] - one["start"] for one in given)
    return {
        "times": times,
        "words": words,
        "steady": {"speech_s": speech_s, "wall_s": times["alignment_s"]},
    }


class _OneSentence:
    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Returns the span of the whole text."""
        return [(0, len(text))]


def _segment(segment: dict[str, Any]) -> dict[str, Any]:
    return {
        "start_ms": round(1000 * segment["start"]),
        "end_ms": round(1000 * segment["end"]),
        "text": segment["text"].strip(),
    }


def first_frames(files: list[str], tokens: list[int]) -> list[int | None]:
    """Returns the frame at which whisperX's path begins, for each file of scores.

    Args:
        files: NumPy files with log probabilities [frames, columns]; column 0 is the blank.
        tokens: The columns of the text.
    """
    import torch
    from whisperx.alignment import backtrack, get_trellis

    frames: list[int | None] = []
    for file in files:
        emission = torch.from_numpy(np.load(file))
        path = backtrack(get_trellis(emission, tokens, 0), emission, tokens, 0)
        frames.append(path[0].time_index if path else None)
    return frames
