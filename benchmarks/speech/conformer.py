"""IndicConformer at its real size with random weights: speed and memory, against onnx-asr."""

import argparse
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speech.processes import ContenderError, Medians, alternate, call, noise
from benchmarks.speech.recordings import write_wav
from benchmarks.speech.spoken_film import read_film
from benchmarks.speech.tables import megabytes, table

ONNX = "onnx==1.23.2"
ONNX_ASR = "onnx-asr==0.12.0"
BATCHES = (1, 4, 8)
HEADS = (
    *("contender", "ratio", "ratio of CPU", "real-time factor", "CPU seconds per audio second"),
    *("start-up (s)", "peak MB", "frames with the same best column"),
)


def run(options: argparse.Namespace) -> str:
    """Returns the table of the CPU."""
    return compare(options, "cpu")


def compare(options: argparse.Namespace, device: str) -> str:
    """Returns the table of a device; builds the networks the first time (some minutes, 7 GB).

    The int8 networks are measured on the CPU alone: their matrix products are meant for it.
    """
    official, small, joined = _build(options.cache)
    film = read_film("clip.mp4", "clip.json")
    spans = [(chunk["start_ms"], chunk["end_ms"]) for chunk in film.chunks()]
    seconds = sum(end - start for start, end in spans) / 1000
    before = noise()
    with tempfile.TemporaryDirectory() as name:
        audio = str(write_wav(Path(name) / "film.wav", film.samples))
        same = {"audio": audio, "spans_ms": spans, "device": device}
        ours = partial(call, "indicconformer", "conformer", "ours")
        theirs = partial(call, "indicconformer", "conformer", "onnx_asr", packages=[ONNX_ASR])
        contenders: dict[str, Any] = {
            "onnx-asr, float32, batch 1": partial(
                theirs, {**same, "folder": joined, "batch_size": 1}
            )
        }
        for batch_size in BATCHES:
            contenders[f"indicsubs, float32, batch {batch_size}"] = partial(
                ours, {**same, "folder": official, "batch_size": batch_size}
            )
        contenders["onnx-asr, float32, batch 8"] = partial(
            theirs, {**same, "folder": joined, "batch_size": 8}
        )
        if device == "cpu":
            contenders["onnx-asr, our int8 graph, batch 1"] = partial(
                theirs, {**same, "folder": joined, "batch_size": 1, "quantization": "int8"}
            )
            for batch_size in (1, 8):
                contenders[f"indicsubs, int8, batch {batch_size}"] = partial(
                    ours, {**same, "folder": small, "batch_size": batch_size}
                )
        found = alternate(contenders, options.long_repeats)
    first = next(iter(found.values()))
    if isinstance(first, ContenderError):
        return "onnx-asr failed, so there is nothing to compare with."
    rows = [_row(name, medians, first, seconds) for name, medians in found.items()]
    return (
        f"{seconds:.0f} s of speech in {len(spans)} chunks of at most 12 s; the network's real size"
        f" with random weights (before: {before}; after: {noise()}):\n\n{table(HEADS, rows)}"
    )


def _build(cache: Path) -> tuple[str, str, str]:
    """Returns the folders of the official layout, of the smaller one, and of onnx-asr's."""
    official, small, joined = (
        str(cache / f"indicconformer-random-{name}") for name in ("official", "int8", "onnx-asr")
    )
    cache.mkdir(parents=True, exist_ok=True)
    if not Path(official).is_dir():
        call("whisperx", "random_conformer", "write", {"folder": official}, packages=[ONNX])
    if not Path(small).is_dir():
        arguments = {"official": official, "small": small}
        call("indicconformer", "random_conformer", "quantise", arguments)
    if not Path(joined).is_dir():
        arguments = {"official": official, "small": small, "folder": joined}
        call("indicconformer", "random_conformer", "for_onnx_asr", arguments)
    return official, small, joined


def _row(name: str, found: Medians | ContenderError, first: Medians, seconds: float) -> list[Any]:
    if isinstance(found, ContenderError):
        return [name, "failed", *[None] * (len(HEADS) - 2)]
    times, reference = found.value["times"], first.value["times"]
    return [
        name,
        reference["asr_s"] / times["asr_s"],
        reference["asr_cpu_s"] / times["asr_cpu_s"],
        times["asr_s"] / seconds,
        times["asr_cpu_s"] / seconds,
        round(times["load_s"], 1),
        megabytes(found.peak_bytes),
        _equal(found.value["paths"][0], first.value["paths"][0]),
    ]


def _equal(path: list[int], other: list[int]) -> str:
    """Returns how many frames of the first chunk have the same best column, and its variety."""
    same = sum(a == b for a, b in zip(path, other, strict=False))
    return f"{same}/{max(len(path), len(other))} ({len(set(path))} columns)"
