"""The ways in which words get their times, from the best to the last resort, against the truth."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.speech.alignment import ALIGNER, MODELS, shown, timed_words, write_transcript
from benchmarks.speech.boundaries import Timed, boundary_errors
from benchmarks.speech.processes import ContenderError, call
from benchmarks.speech.recordings import write_wav
from benchmarks.speech.spoken_film import DEMO, SpokenFilm, read_film
from benchmarks.speech.synthesis import by_espeak, has_espeak
from benchmarks.speech.tables import table
from benchmarks.speech.weights import whisper_base

HEADS = (
    *("recording: method", "words found", "start off by (ms)", "end off by (ms)"),
    *("95 % below (ms)", "sentences", "their starts (ms)", "their ends (ms)"),
)


def run(options: argparse.Namespace) -> str:
    """Returns the table."""
    rows: list[list[Any]] = []
    with tempfile.TemporaryDirectory() as name:
        for sound, truth in (("clip.mp4", "clip.json"), ("held-out.m4a", "held-out.json")):
            film = read_film(sound, truth)
            job = _job(Path(name) / sound, film)
            for method, arguments in (
                ("wav2vec2, demo", {"engine": "wav2vec2", "model": ALIGNER}),
                (
                    "IndicConformer's CTC, demo",
                    {
                        "engine": "indicconformer",
                        "model": str(MODELS / "indicconformer"),
                        "language": "hi",
                    },
                ),
                ("by characters", {"engine": "wav2vec2", "model": None}),
            ):
                rows.append(
                    _row(f"{sound}: {method}", film, job, {**arguments, "transcript": "true.json"})
                )
            rows.append(
                _recogniser_row(
                    f"{sound}: Whisper's own, demo",
                    film,
                    job,
                    str(MODELS / "recogniser-ctranslate2"),
                    "float32",
                    "hi",
                )
            )
        if has_espeak():
            lines = (DEMO / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
            film = by_espeak([line.split("\t")[1] for line in lines], "en")
            job = _job(Path(name) / "english", film)
            base = str(whisper_base(options.cache, options.whisper_base))
            label = "English by espeak-ng: Whisper's own, Whisper base"
            rows.append(_recogniser_row(label, film, job, base, options.compute_type, "en"))
    return (
        "Errors of boundaries against the synthesizer's own times. The text is the true one, except"
        f" for Whisper's own times, where only words that it heard right count:\n\n"
        f"{table(HEADS, rows)}"
    )


def _job(folder: Path, film: SpokenFilm) -> str:
    """Returns a folder in which stage demux has run, with the true text as a transcript."""
    folder.mkdir()
    audio = write_wav(folder / "film.wav", film.samples)
    write_transcript(folder / "true.json", film.chunks())
    call("whisperx", "stages", "dialogue", {"job": str(folder), "source": str(audio)})
    return str(folder)


def _row(label: str, film: SpokenFilm, job: str, arguments: dict[str, Any]) -> list[Any]:
    environment = "indicconformer" if arguments["engine"] == "indicconformer" else "whisperx"
    try:
        value = call(environment, "stages", "alignment", {"job": job, **arguments}).value
    except ContenderError as error:
        return [f"{label}: failed ({str(error).splitlines()[-1][:80]})", *[None] * 7]
    return _cells(label, film, value)


def _recogniser_row(
    label: str, film: SpokenFilm, job: str, model: str, compute_type: str, language: str
) -> list[Any]:
    arguments = {
        "job": job,
        "engine": "whisperx",
        "model": model,
        "compute_type": compute_type,
        "language": language,
    }
    call("whisperx", "stages", "recognition", arguments)
    return _row(label, film, job, {"engine": "wav2vec2", "model": None})


def _cells(label: str, film: SpokenFilm, value: dict[str, Any]) -> list[Any]:
    words = timed_words(value)
    sentences = boundary_errors(
        film.sentences,
        [Timed(s["text"], s["start_ms"], s["end_ms"]) for s in value["segments"]],
    )
    of_words = shown(boundary_errors(film.words, words)) if words else [None] * 4
    return [
        label,
        *of_words,
        f"{sentences.matched}/{sentences.total}",
        round(sentences.mean_start_ms, 1),
        round(sentences.mean_end_ms, 1),
    ]
