"""IndicConformer by our networks and by onnx-asr, on the same chunks."""

import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speech.contenders.clock import timed

RATE = 16_000
LANGUAGE = "hi"


PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
"""ONNX Runtime's names of the devices."""


def ours(
    audio: str,
    spans_ms: list[tuple[int, int]],
    folder: str,
    batch_size: int,
    device: str = "cpu",
) -> dict[str, Any]:
    """Decodes chunks as our stage asr does, by CTC.

    Args:
        audio: A WAV file.
        spans_ms: Starts and ends of the chunks.
        folder: The model.
        batch_size: The number of chunks that the network gets at once.
        device: ``cpu`` or ``cuda``.

    Returns:
        The times, and the best column of each frame of the first batch.
    """
    times: dict[str, float] = {}
    with timed(times, "load"):
        from indicsubs_indicconformer.features import log_mel_features
        from indicsubs_indicconformer.indic_conformer import open_model
        from indicsubs_recognition.samples import float_samples

        model = open_model(Path(folder), "random", device)
    chunks = [chunk.tobytes() for chunk in _chunks(audio, spans_ms)]
    with timed(times, "asr"):
        for batch in _batches(chunks, batch_size):
            model.decode(batch, LANGUAGE, "ctc")
    features = [log_mel_features(float_samples(chunk)) for chunk in chunks[:batch_size]]
    scores = model._network._scores(features)  # noqa: SLF001 - the columns of all languages
    return {"times": times, "paths": [row.argmax(axis=-1).tolist() for row in scores]}


def onnx_asr(
    audio: str,
    spans_ms: list[tuple[int, int]],
    folder: str,
    batch_size: int,
    quantization: str | None = None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Decodes chunks by onnx-asr's adapter for NeMo's Conformers with CTC.

    It knows no masks of languages: the best column of all is taken.

    Args:
        audio: A WAV file.
        spans_ms: Starts and ends of the chunks.
        folder: The model in onnx-asr's layout.
        batch_size: The number of chunks that the network gets at once.
        quantization: ``int8`` for the smaller graph.
        device: ``cpu`` or ``cuda``.
    """
    times: dict[str, float] = {}
    with timed(times, "load"):
        import onnx_asr

        model = onnx_asr.load_model(
            "nemo-conformer-ctc",
            folder,
            quantization=quantization,
            providers=[PROVIDERS[device]],
        )
    paths: list[list[int]] = []
    encode = model.asr._encode  # noqa: SLF001 - for the path

    def recorded(*values: Any) -> Any:
        scores, lengths = encode(*values)
        if not paths:
            paths.extend(
                row[:length].argmax(axis=-1).tolist()
                for row, length in zip(scores, lengths, strict=True)
            )
        return scores, lengths

    model.asr._encode = recorded  # noqa: SLF001 - as above
    chunks = [chunk.astype(np.float32) / 32768 for chunk in _chunks(audio, spans_ms)]
    with timed(times, "asr"):
        for batch in _batches(chunks, batch_size):
            model.recognize(list(batch))
    return {"times": times, "paths": paths}


def _chunks(audio: str, spans_ms: Sequence[Sequence[int]]) -> list[Any]:
    with wave.open(audio) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return [samples[start * RATE // 1000 : end * RATE // 1000] for start, end in spans_ms]


def _batches(chunks: Sequence[Any], size: int) -> list[Sequence[Any]]:
    edges = [*range(0, len(chunks), size), len(chunks)]
    return [chunks[a:z] for a, z in pairwise(edges)]
