"""Speed on an NVIDIA GPU, at the real sizes with random weights; takes less than ten minutes.

    just bench speech cuda

It measures alignment by torch in each number format and several batch sizes, Whisper base by
CTranslate2, and translation (``benchmarks.translation``) in sizes 200M and 1B. IndicConformer on
CUDA needs ONNX Runtime's other build (docs/decisions/0020-indicconformer.md); with it, ``just bench
speech conformer`` has no contender for CUDA yet.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.speech.alignment import aligner_of_real_size, write_transcript
from benchmarks.speech.processes import QUIET, ROOT, ContenderError, call
from benchmarks.speech.recordings import write_wav
from benchmarks.speech.spoken_film import read_film, repeated
from benchmarks.speech.tables import megabytes, table
from benchmarks.speech.weights import whisper_base

MINUTES = 10
"""The length of the film."""
FORMATS = ("float32", "bfloat16", "float16")
BATCHES = (1, 4, 16)
TRANSLATIONS = (("200M", 400), ("1B", 100))
"""Sizes of translators, and numbers of lines."""
TRANSLATION_LIMIT_S = 150


def run(options: argparse.Namespace) -> str:
    """Returns the tables; says that nothing was run where there is no GPU."""
    if not call("whisperx", "gpu", "is_there", {}).value:
        return "Not run: torch finds no CUDA device."
    film = repeated(read_film("clip.mp4", "clip.json"), MINUTES)
    with tempfile.TemporaryDirectory() as name:
        job = Path(name)
        audio = str(write_wav(job / "film.wav", film.samples))
        write_transcript(job / "true.json", film.chunks())
        call("whisperx", "stages", "dialogue", {"job": name, "source": audio})
        return "\n\n".join(
            [_alignment(name, options, film.minutes), _whisper(name, options, film.minutes)]
            + [_translation(size, lines) for size, lines in TRANSLATIONS]
        )


def _alignment(job: str, options: argparse.Namespace, minutes: float) -> str:
    model = aligner_of_real_size(options.cache)
    rows: list[list[Any]] = []
    for compute_type in FORMATS:
        for batch_size in BATCHES:
            arguments = {
                "job": job,
                "engine": "wav2vec2",
                "model": model,
                "compute_type": compute_type,
                "transcript": "true.json",
                "batch_size": batch_size,
                "device": "cuda",
            }
            label = f"{compute_type}, batch {batch_size}"
            rows.append(_row(label, "alignment", arguments, minutes))
    title = "Alignment on CUDA, random weights of the size of wav2vec2-xls-r-300m"
    return f"{title}:\n\n{_table(rows)}"


def _whisper(job: str, options: argparse.Namespace, minutes: float) -> str:
    base = str(whisper_base(options.cache, options.whisper_base))
    rows: list[list[Any]] = []
    for compute_type in ("float16", "int8"):
        for batch_size in (8, 32):
            arguments = {
                "job": job,
                "engine": "whisperx",
                "model": base,
                "compute_type": compute_type,
                "language": "hi",
                "script": "Deva",
                "device": "cuda",
                "batch_size": batch_size,
            }
            label = f"{compute_type}, batch {batch_size}"
            rows.append(_row(label, "asr", arguments, minutes))
    return f"Whisper base on CUDA, by CTranslate2:\n\n{_table(rows)}"


def _row(label: str, stage: str, arguments: dict[str, Any], minutes: float) -> list[Any]:
    function = "recognition" if stage == "asr" else "alignment"
    try:
        found = call("whisperx", "stages", function, arguments)
    except ContenderError as error:
        return [f"{label}: failed ({str(error).splitlines()[-1][:80]})", *[None] * 4]
    times = found.value["times"]
    seconds = times[f"{stage}_s"]
    return [
        label,
        60 * minutes / seconds,
        seconds,
        round(times["load_s"], 1),
        megabytes(found.peak_bytes),
    ]


def _table(rows: list[list[Any]]) -> str:
    heads = ("format", "times real time", "seconds", "start-up (s)", "peak MB of the host")
    return table(heads, rows)


def _translation(size: str, lines: int) -> str:
    python = ROOT / "venv" / "indictrans2" / "bin" / "python"
    command = [str(python), "-m", "benchmarks.translation", "--size", size, "--lines", str(lines)]
    try:
        found = subprocess.run(
            [*command, "--device", "cuda"],
            cwd=ROOT,
            env={**os.environ, **QUIET, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=TRANSLATION_LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Translation, {size}: failed ({error})."
    return found.stdout or f"Translation, {size}: failed:\n{found.stderr[-1000:]}"
