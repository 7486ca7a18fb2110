"""Alignment: time, and the errors of word boundaries against the synthesizer's own times."""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speech.boundaries import BoundaryErrors, Timed, boundary_errors
from benchmarks.speech.processes import ContenderError, Medians, alternate, call, noise
from benchmarks.speech.recordings import write_wav
from benchmarks.speech.spoken_film import SpokenFilm, read_film, repeated
from benchmarks.speech.tables import megabytes, percent, table

MODELS = Path(__file__).parents[2] / "models" / "demo"
ALIGNER = str(MODELS / "aligner-hi")
LANGUAGE = "hi"
FORMATS = ("float32", "bfloat16", "int8")
"""The number formats of the stage on a CPU."""
BASELINE = "whisperx.align"
HEADS = (
    *("contender", "ratio", "ratio of CPU", "ratio without start-up", "words found"),
    *("start off by (ms)", "end off by (ms)", "95 % below (ms)"),
    *("seconds", "CPU seconds", "spread", "peak MB"),
)


def run(options: argparse.Namespace) -> str:
    """Returns the tables."""
    # The ladder of timing shows its cells as this module does, so it imports it.
    from benchmarks.speech import late_speech, timing_ladder

    clip = read_film("clip.mp4", "clip.json")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return "\n\n".join(
            [
                _demo_speed(clip, options, folder),
                _real_speed(clip, options, folder),
                late_speech.run(options),
                timing_ladder.run(options),
            ]
        )


def _demo_speed(clip: SpokenFilm, options: argparse.Namespace, folder: Path) -> str:
    film = repeated(clip, options.minutes or clip.minutes)
    before = noise()
    found = alternate(
        _contenders(film, ALIGNER, folder / "demo", FORMATS),
        options.long_repeats,
    )
    title = f"{film.minutes:.0f} minutes (the demo's clip again and again), the demo's aligner"
    return f"{title} (before: {before}; after: {noise()}):\n\n{_table(found, film)}"


def _real_speed(clip: SpokenFilm, options: argparse.Namespace, folder: Path) -> str:
    model = aligner_of_real_size(options.cache)
    # The words of random weights lie anywhere.
    film = repeated(clip, options.real_size_minutes)._replace(words=())
    before = noise()
    found = alternate(
        _contenders(film, model, folder / "real", FORMATS),
        options.long_repeats,
    )
    title = f"{film.minutes:.0f} minutes, random weights of the size of wav2vec2-xls-r-300m"
    return f"{title} (before: {before}; after: {noise()}):\n\n{_table(found, film)}"


def aligner_of_real_size(cache: Path) -> str:
    """Returns the folder of an aligner with random weights, which is written the first time."""
    model = cache / "aligner-xls-r-300m-random"
    if not model.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        arguments = {"folder": str(model), "pieces": ALIGNER}
        call("whisperx", "random_aligner", "write", arguments)
    return str(model)


def _contenders(
    film: SpokenFilm, model: str, job: Path, formats: Sequence[str]
) -> dict[str, partial[Any]]:
    """Returns whisperX and our stage in each number format; all time the same segments."""
    job.mkdir(parents=True)
    chunks = film.chunks()
    audio = str(write_wav(job / "film.wav", film.samples))
    write_transcript(job / "true.json", chunks)
    call("whisperx", "stages", "dialogue", {"job": str(job), "source": audio})
    write_transcript(job / "first.json", chunks[:1])
    theirs = {"audio": audio, "segments": chunks, "model": model, "language": LANGUAGE}
    ours = {"job": str(job), "engine": "wav2vec2", "model": model, "transcript": "true.json"}
    for name in formats:  # what the stage converts once is converted before it is measured
        first = {**ours, "compute_type": name, "transcript": "first.json"}
        call("whisperx", "stages", "alignment", first)
    return {
        BASELINE: partial(call, "whisperx", "whisperx_peer", "alignment", theirs),
        **{
            f"indicsubs, {name}": partial(
                call, "whisperx", "stages", "alignment", {**ours, "compute_type": name}
            )
            for name in formats
        },
    }


def write_transcript(path: Path, segments: Sequence[Mapping[str, Any]]) -> None:
    """Writes segments as a ``Transcript`` of the contract."""
    document = {"schema": 1, "language": LANGUAGE, "segments": segments}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def timed_words(value: Mapping[str, Any]) -> list[Timed]:
    """Returns the words that a contender timed."""
    words = value.get("words") or [w for s in value["segments"] for w in s.get("words", ())]
    return [
        Timed(word["text"], word["start_ms"], word["end_ms"])
        for word in words
        if word["start_ms"] is not None and word["end_ms"] is not None
    ]


def _table(found: Mapping[str, Medians | ContenderError], film: SpokenFilm) -> str:
    first = found[BASELINE]
    if isinstance(first, ContenderError):
        return f"{BASELINE} failed, so there is nothing to compare with."
    rows: list[list[Any]] = []
    for name, medians in found.items():
        if isinstance(medians, ContenderError):
            rows.append([name, "failed", *[None] * (len(HEADS) - 2)])
            continue
        errors = boundary_errors(film.words, timed_words(medians.value)) if film.words else None
        rows.append(
            [
                name,
                first.wall_s / medians.wall_s,
                first.cpu_s / medians.cpu_s,
                _work(first) / _work(medians),
                *(shown(errors) if errors else [None] * 4),
                round(medians.wall_s, 1),
                round(medians.cpu_s, 1),
                percent(medians.spread),
                megabytes(medians.peak_bytes),
            ]
        )
    return table(HEADS, rows)


def _work(medians: Medians) -> float:
    return medians.value["times"]["alignment_cpu_s"]


def shown(errors: BoundaryErrors) -> list[Any]:
    """Returns the cells of a table: found, starts, ends, 95th percentile."""
    return [
        f"{errors.matched}/{errors.total}",
        *(
            round(number, 1)
            for number in (errors.mean_start_ms, errors.mean_end_ms, errors.highest_5_percent_ms)
        ),
    ]
