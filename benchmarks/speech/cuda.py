"""Speed on an NVIDIA GPU, at the real sizes with random weights; takes less than eight minutes.

    just bench speech cuda
    just bench speech cuda --trial

With ``--trial`` it runs on the CPU, in tiny sizes and with the demo's models. That tries the
benchmark where there is no GPU; its times say nothing about a GPU.

It measures alignment and translation (``benchmarks.translation``) by torch, Whisper base by
CTranslate2, and IndicConformer by ONNX Runtime. The last two need builds for CUDA that not every
machine has (docs/decisions/0020-indicconformer.md); what cannot run is named with the reason.
"""

import argparse
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speech import conformer
from benchmarks.speech.alignment import (
    ALIGNER,
    BASELINE,
    LANGUAGE,
    aligner_of_real_size,
    shown,
    timed_words,
    write_transcript,
)
from benchmarks.speech.boundaries import boundary_errors
from benchmarks.speech.processes import QUIET, ROOT, ContenderError, Medians, alternate, call
from benchmarks.speech.recordings import write_wav
from benchmarks.speech.spoken_film import SpokenFilm, read_film, repeated
from benchmarks.speech.tables import megabytes, table
from benchmarks.speech.weights import WeightsError, whisper_base

DEMO_WHISPER = Path(ALIGNER).parent / "recogniser-ctranslate2"
TRANSLATION_LIMIT_S = 180
ALIGNMENT_HEADS = (
    *("contender", "ratio", "ratio of CPU", "ratio without start-up", "words found"),
    *("start off by (ms)", "end off by (ms)", "95 % below (ms)", "times real time"),
    *("start-up (s)", "seconds", "CPU seconds", "peak MB", "peak MB of the GPU"),
)
WHISPER_HEADS = ("format", "times real time", "seconds", "start-up (s)", "peak MB")


class Sizes(NamedTuple):
    """How much is measured."""

    device: str
    formats: tuple[str, ...]
    """The number formats of the aligner."""
    batches: tuple[int, ...]
    """Its numbers of segments at once."""
    whisper: tuple[tuple[str, int], ...]
    """Number formats and batch sizes of Whisper."""
    translations: tuple[tuple[str, int], ...]
    """Sizes of translators, and numbers of lines."""
    batch_tokens: tuple[int, ...]
    """The most tokens in a batch of the translator, besides the stage's own choice."""


REAL = Sizes(
    device="cuda",
    formats=("float32", "bfloat16", "float16"),
    batches=(1, 4, 16, 32),
    whisper=(("float16", 8), ("float16", 32), ("int8", 8), ("int8", 32)),
    translations=(("200M", 400), ("1B", 150)),
    batch_tokens=(512, 4096),
)
TRIAL = Sizes(
    device="cpu",
    formats=("float32", "bfloat16"),
    batches=(1, 4),
    whisper=(("int8", 8),),
    translations=(("demo", 20),),
    batch_tokens=(64,),
)


def run(options: argparse.Namespace) -> Iterator[str]:
    """Returns the sections, each as soon as it is measured."""
    sizes = TRIAL if options.trial else REAL
    gpu = call("whisperx", "gpu", "describe", {}).value
    if gpu is None and not options.trial:
        yield "Not run: torch finds no CUDA device."
        return
    yield "A trial on the CPU." if options.trial else gpu
    clip = read_film("clip.mp4", "clip.json")
    yield _alignment(clip, sizes, ALIGNER, sizes.batches[1:2])
    # Random weights find no words.
    film = clip if options.trial else repeated(clip, options.minutes)._replace(words=())
    model = ALIGNER if options.trial else aligner_of_real_size(options.cache)
    yield _alignment(film, sizes, model, sizes.batches)
    for size, lines in sizes.translations:
        yield _translation(size, lines, sizes)
    yield _whisper(film, options, sizes)
    if not options.trial:
        yield _conformer(options)


def _alignment(film: SpokenFilm, sizes: Sizes, model: str, batches: tuple[int, ...]) -> str:
    """Returns the table of one aligner."""
    with tempfile.TemporaryDirectory() as job:
        contenders = _aligners(Path(job), film, sizes, model, batches)
        found = alternate(contenders, 1)
    weights = (
        "the demo's aligner"
        if model == ALIGNER
        else "random weights of the size of wav2vec2-xls-r-300m"
    )
    speech_s = sum(chunk["end_ms"] - chunk["start_ms"] for chunk in film.chunks()) / 1000
    return (
        f"Alignment on {sizes.device}, {film.minutes:.1f} minutes with {speech_s:.0f} s of speech,"
        f" {weights}:\n\n{alignment_table(found, film, speech_s)}"
    )


def _aligners(
    job: Path, film: SpokenFilm, sizes: Sizes, model: str, batches: tuple[int, ...]
) -> dict[str, partial[Any]]:
    """Returns whisperX and our stage; all time the same segments."""
    chunks = film.chunks()
    audio = write_wav(job / "film.wav", film.samples)
    write_transcript(job / "true.json", chunks)
    same = {"model": model, "device": sizes.device}
    theirs = {**same, "audio": str(audio), "segments": chunks, "language": LANGUAGE}
    ours = {
        **same,
        "job": str(job),
        "engine": "wav2vec2",
        "audio": audio.name,
        "transcript": "true.json",
    }
    contenders = {BASELINE: partial(call, "whisperx", "whisperx_peer", "alignment", theirs)}
    for compute_type in sizes.formats:
        for batch_size in batches:
            arguments = {**ours, "compute_type": compute_type, "batch_size": batch_size}
            contenders[f"indicsubs, {compute_type}, batch {batch_size}"] = partial(
                call, "whisperx", "stages", "alignment", arguments
            )
    return contenders


def alignment_table(
    found: Mapping[str, Medians | ContenderError], film: SpokenFilm, speech_s: float
) -> str:
    """Returns whisperX's row and ours. Without whisperX's there are no ratios.

    Args:
        found: The measurements, by name.
        film: The film. It has no words where the aligner's times have no meaning.
        speech_s: The length of its speech in seconds.
    """
    first = found[BASELINE]
    rows: list[list[Any]] = []
    for name, medians in found.items():
        if isinstance(medians, ContenderError):
            rows.append([_failed(name, medians), *[None] * (len(ALIGNMENT_HEADS) - 1)])
            continue
        ratios: list[float | None] = [None] * 3
        if isinstance(first, Medians):
            ratios = [
                first.wall_s / medians.wall_s,
                first.cpu_s / medians.cpu_s,
                _speed(medians) / _speed(first),
            ]
        errors = boundary_errors(film.words, timed_words(medians.value)) if film.words else None
        steady_s = speech_s / _speed(medians)
        peak_gpu_bytes = medians.calls[0].peak_gpu_bytes
        rows.append(
            [
                name,
                *ratios,
                *(shown(errors) if errors else [None] * 4),
                60 * film.minutes / steady_s,
                medians.wall_s - steady_s,
                round(medians.wall_s, 1),
                round(medians.cpu_s, 1),
                megabytes(medians.peak_bytes),
                None if peak_gpu_bytes is None else megabytes(peak_gpu_bytes),
            ]
        )
    return table(ALIGNMENT_HEADS, rows)


def _speed(medians: Medians) -> float:
    """Returns the seconds of speech for each second, without the start-up."""
    steady = medians.value["steady"]
    return steady["speech_s"] / steady["wall_s"]


def _failed(name: str, error: ContenderError) -> str:
    return f"{name}: failed ({str(error).splitlines()[-1][:80]})"


def _translation(size: str, lines: int, sizes: Sizes) -> str:
    """Returns the output of ``benchmarks.translation``, its rows so far if the time is up."""
    python = ROOT / "venv" / "indictrans2" / "bin" / "python"
    command = [str(python), "-m", "benchmarks.translation", "--size", size, "--lines", str(lines)]
    command += ["--device", sizes.device, "--batch-tokens", *map(str, sizes.batch_tokens)]
    title = f"Translation on {sizes.device}, {size}"
    try:
        found = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **QUIET, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=TRANSLATION_LIMIT_S,
        )
    except OSError as error:
        return f"{title}: not run: {error}."
    except subprocess.TimeoutExpired as error:
        so_far = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout
        return f"{title}, stopped after {TRANSLATION_LIMIT_S} s:\n\n{so_far or ''}"
    failed = "" if found.returncode == 0 else " (failed, see the messages)"
    return f"{title}{failed}:\n\n{found.stdout}"


def _whisper(film: SpokenFilm, options: argparse.Namespace, sizes: Sizes) -> str:
    title = f"Whisper on {sizes.device}, by CTranslate2"
    lack = call("whisperx", "gpu", "lacks_ctranslate2", {"device": sizes.device}).value
    if lack is not None:
        return f"{title}: not run: {lack}."
    try:
        model = DEMO_WHISPER if options.trial else whisper_base(options.cache, options.whisper_base)
    except WeightsError as error:
        return f"{title}: not run: {error}"
    with tempfile.TemporaryDirectory() as job:
        source = str(write_wav(Path(job) / "film.wav", film.samples))
        try:
            call("whisperx", "stages", "dialogue", {"job": job, "source": source})
        except ContenderError as error:
            return f"{title}: not run: {error}"
        found = alternate(_recognisers(job, str(model), sizes), 1)
    rows: list[list[Any]] = []
    for name, medians in found.items():
        if isinstance(medians, ContenderError):
            rows.append([_failed(name, medians), *[None] * (len(WHISPER_HEADS) - 1)])
            continue
        times = medians.value["times"]
        rows.append(
            [
                name,
                60 * film.minutes / times["asr_s"],
                times["asr_s"],
                round(times["load_s"], 1),
                megabytes(medians.peak_bytes),
            ]
        )
    return f"{title}, {film.minutes:.1f} minutes, {model.name}:\n\n{table(WHISPER_HEADS, rows)}"


def _recognisers(job: str, model: str, sizes: Sizes) -> dict[str, partial[Any]]:
    """Returns stage asr in each number format and batch size."""
    arguments = {
        "job": job,
        "engine": "whisperx",
        "model": model,
        "language": LANGUAGE,
        "script": "Deva",
        "device": sizes.device,
    }
    return {
        f"{compute_type}, batch {batch_size}": partial(
            call,
            "whisperx",
            "stages",
            "recognition",
            {**arguments, "compute_type": compute_type, "batch_size": batch_size},
        )
        for compute_type, batch_size in sizes.whisper
    }


def _conformer(options: argparse.Namespace) -> str:
    title = "IndicConformer on cuda, by ONNX Runtime"
    try:
        lack = call("indicconformer", "gpu", "lacks_onnx_cuda", {}).value
        if lack is None:
            return f"{title}:\n\n{conformer.compare(options, 'cuda')}"
    except ContenderError as error:
        lack = error
    return f"{title}: not run: {lack}."
