"""Recognition: time, words and memory, with the same weights and audio for all contenders."""

import argparse
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speech.processes import ContenderError, Measured, Medians, alternate, call, noise
from benchmarks.speech.recordings import (
    RATE,
    Recording,
    concatenate,
    read_audio,
    read_recordings,
    write_wav,
)
from benchmarks.speech.tables import megabytes, percent, table
from benchmarks.speech.weights import whisper_base, whisper_base_for_mlx
from benchmarks.speech.words import word_errors

DEMO = Path(__file__).parents[2] / "demo"
MODELS = Path(__file__).parents[2] / "models" / "demo"
BASELINE, MLX = "whisperX", "MLX-Whisper"
MLX_MINUTES = 0.5
"""The length of the audio for MLX, which takes a second of a CPU for each second of audio."""
HEADS = (
    *("contender", "ratio", "ratio of CPU", "WER", "words differ from the first row's", "seconds"),
    *("CPU seconds", "of them start-up", "spread", "peak MB"),
)

Contenders = dict[str, Callable[[], Measured]]


class Heard(NamedTuple):
    """Audio that all contenders get."""

    name: str
    path: Path
    language: str
    text: str | None
    """What is said; None where it is not known."""


def run(options: argparse.Namespace) -> str:
    """Returns the tables."""
    written: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = str(whisper_base(options.cache, options.whisper_base))
        if options.recordings is None:
            written.append("Real recordings: skipped (give --recordings FOLDER).")
        else:
            written += _real(options, folder, base)
        demo = demo_audio(folder)
        contenders = whisper_contenders(
            demo, folder, str(MODELS / "recogniser-ctranslate2"), options.compute_type
        )
        written.append(_measured(demo, contenders, options.repeats, "the demo's model"))
        contenders = mlx_contenders(demo, folder, str(MODELS / "recogniser-mlx"))
        written.append(_measured(demo, contenders, options.repeats, "the demo's model", MLX))
    return "\n\n".join(written)


def _real(options: argparse.Namespace, folder: Path, base: str) -> list[str]:
    recordings = read_recordings(options.recordings)
    known = [recording for recording in recordings if recording.text]
    written = [_words(recordings, folder, base, options)]
    if options.minutes:
        samples, spoken = concatenate(known, options.minutes)
        heard = Heard(
            f"{options.minutes:g} minutes of {len(known)} recordings in random order with pauses",
            write_wav(folder / "long.wav", samples),
            "en",
            " ".join(part.text for part in spoken),
        )
        contenders = whisper_contenders(heard, folder, base, options.compute_type)
        written.append(_measured(heard, contenders, options.long_repeats, "Whisper base"))
    samples, spoken = concatenate(known, MLX_MINUTES)
    heard = Heard(
        f"{len(samples) / RATE:.0f} s of recordings with pauses",
        write_wav(folder / "short.wav", samples),
        "en",
        " ".join(part.text for part in spoken),
    )
    model = str(whisper_base_for_mlx(options.cache, Path(base)))
    contenders = mlx_contenders(heard, folder, model)
    caption = "Whisper base in float32 on the CPU"
    return [*written, _measured(heard, contenders, options.long_repeats, caption, MLX)]


def demo_audio(folder: Path) -> Heard:
    """Returns the sound of the demo's clip, and its text."""
    lines = json.loads((DEMO / "clip.json").read_bytes())["lines"]
    path = write_wav(folder / "demo.wav", read_audio(DEMO / "clip.mp4"))
    return Heard("The demo's clip (87 s)", path, "hi", " ".join(line["text"] for line in lines))


def whisper_contenders(heard: Heard, folder: Path, model: str, compute_type: str) -> Contenders:
    """Returns the contenders that read CTranslate2's layout, by name."""
    job = folder / f"job-{heard.path.stem}"
    job.mkdir(exist_ok=True)
    same = {"model": model, "compute_type": compute_type, "language": heard.language}
    peer = {**same, "audio": str(heard.path)}
    return {
        BASELINE: partial(call, "whisperx", "whisperx_peer", "recognition", peer),
        "faster-whisper, batched": partial(
            call, "whisperx", "faster_whisper_peer", "recognition", peer
        ),
        "indicsubs": partial(
            call,
            "whisperx",
            "stages",
            "recognition",
            {**same, "job": str(job), "engine": "whisperx", "source": str(heard.path)},
        ),
    }


def mlx_contenders(heard: Heard, folder: Path, model: str) -> Contenders:
    """Returns the contenders that read MLX's layout; our stage demux runs beforehand."""
    job = folder / f"mlx-{heard.path.stem}"
    job.mkdir(exist_ok=True)
    call("whisperx", "stages", "dialogue", {"job": str(job), "source": str(heard.path)})
    same = {"model": model, "language": heard.language}
    return {
        MLX: partial(call, "mlx", "mlx_peer", "recognition", {**same, "audio": str(heard.path)}),
        "indicsubs, mlx (without demux)": partial(
            call,
            "mlx",
            "stages",
            "recognition",
            {**same, "job": str(job), "engine": "mlx", "compute_type": "float32"},
        ),
    }


def _words(
    recordings: list[Recording], folder: Path, base: str, options: argparse.Namespace
) -> str:
    """Returns the word errors of each short recording."""
    heads: list[str] = ["recording", "seconds"]
    rows: list[list[Any]] = []
    for recording in recordings:
        path = write_wav(folder / "one.wav", recording.samples)
        heard = Heard(recording.name, path, "en", recording.text)
        found = alternate(whisper_contenders(heard, folder, base, options.compute_type), 1)
        heads[2:] = [f"WER of {name}" for name in found]
        texts = {name: _text(medians) for name, medians in found.items()}
        reference = recording.text or texts[BASELINE]
        marks = "" if recording.text else " (against whisperX)"
        rows.append(
            [
                recording.name + marks,
                len(recording.samples) / RATE,
                *(percent(word_errors(reference, text).rate) for text in texts.values()),
            ]
        )
    return f"Recordings of people, Whisper base {options.compute_type}:\n\n{table(heads, rows)}"


def _text(found: Medians | ContenderError) -> str:
    if isinstance(found, ContenderError):
        return ""
    return " ".join(segment["text"] for segment in found.value["segments"])


def _measured(
    heard: Heard, contenders: Contenders, repeats: int, weights: str, baseline: str = BASELINE
) -> str:
    before = noise()
    found = alternate(contenders, repeats)
    first = found[baseline]
    if isinstance(first, ContenderError):
        return f"{heard.name}: {baseline} failed, so there is nothing to compare with."
    rows = [_row(name, medians, first, heard) for name, medians in found.items()]
    caption = f"{heard.name}, {weights}, median of {repeats} (before: {before}; after: {noise()}):"
    return f"{caption}\n\n{table(HEADS, rows)}"


def _row(name: str, found: Medians | ContenderError, first: Medians, heard: Heard) -> list[Any]:
    if isinstance(found, ContenderError):
        return [name, "failed", *[None] * (len(HEADS) - 2)]
    text = _text(found)
    return [
        name,
        first.wall_s / found.wall_s,
        first.cpu_s / found.cpu_s,
        percent(word_errors(heard.text, text).rate) if heard.text else None,
        percent(word_errors(_text(first), text).rate),
        round(found.wall_s, 1),
        round(found.cpu_s, 1),
        round(found.value["times"]["load_cpu_s"], 1),
        percent(found.spread),
        megabytes(found.peak_bytes),
    ]
