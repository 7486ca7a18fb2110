"""Words that nobody said, and words that are lost in noise."""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speech.processes import ContenderError, Measured, alternate, call
from benchmarks.speech.recordings import RATE, Samples, concatenate, read_recordings, write_wav
from benchmarks.speech.signals import SOUNDS, mixed, music, pink_noise
from benchmarks.speech.spoken_film import DEMO
from benchmarks.speech.synthesis import by_espeak, has_espeak
from benchmarks.speech.tables import percent, table
from benchmarks.speech.weights import whisper_base
from benchmarks.speech.words import plain, word_errors

MODELS = Path(__file__).parents[2] / "models" / "demo"
UNFILTERED = "faster-whisper"
UNFILTERED_S = 30
"""The part of each sound without speech that faster-whisper gets, which has no voice activity
detector by default, and so decodes a sound several times at rising temperatures."""
RATIOS_DB = (20, 10, 5, 0)
"""The levels of the speech above the noise."""
NOISES = {"pink noise": pink_noise, "music": music}
SPEECH_MINUTES = 1.0
"""The length of the speech in noise."""

Segments = Sequence[Mapping[str, Any]]
Found = dict[str, list[Segments] | str]
"""For each contender the segments of each file, or why there are none."""


def run(options: argparse.Namespace) -> str:
    """Returns the tables."""
    base = str(whisper_base(options.cache, options.whisper_base))
    with tempfile.TemporaryDirectory() as name:
        ghosts = [
            _ghosts(Path(name) / language, base, language, options) for language in ("hi", "en")
        ]
        return "\n\n".join([*ghosts, _lost(Path(name) / "lost", base, options)])


def _ghosts(folder: Path, base: str, language: str, options: argparse.Namespace) -> str:
    seconds = options.sound_seconds
    sounds = {name: make(seconds) for name, make in SOUNDS.items()}
    found = hear(sounds, folder, base, language, options, unfiltered_s=UNFILTERED_S)
    rows = [
        [
            contender,
            *(
                _per_hour(one, min(seconds, UNFILTERED_S) if contender == UNFILTERED else seconds)
                for one in segments
            ),
        ]
        if not isinstance(segments, str)
        else [f"{contender}: {segments}", *[None] * len(sounds)]
        for contender, segments in found.items()
    ]
    return (
        f"Invented words per hour, Whisper base {options.compute_type} in language {language},"
        f" {seconds} s of each sound ({UNFILTERED_S} s for {UNFILTERED}):\n\n"
        + table(("contender", *sounds), rows)
    )


def hear(
    sounds: Mapping[str, Samples],
    folder: Path,
    base: str,
    language: str,
    options: argparse.Namespace,
    *,
    unfiltered_s: float | None = None,
) -> Found:
    """Returns what each contender hears in each of the sounds.

    Args:
        sounds: The sounds, by name.
        folder: A folder to make.
        base: Whisper base.
        language: Tag of the language that all are told.
        options: The command line.
        unfiltered_s: The seconds of each sound that ``UNFILTERED`` gets; None gives it all.
    """
    folder.mkdir()
    audio = [str(write_wav(folder / f"{k}.wav", one)) for k, one in enumerate(sounds.values())]
    jobs = [str(folder / f"job-{k}") for k in range(len(audio))]
    for job in jobs:
        Path(job).mkdir()
    same = {"model": base, "compute_type": options.compute_type, "language": language}
    peer = {**same, "audio": audio}
    ours = {**same, "jobs": jobs, "sources": audio, "engine": "whisperx"}
    if language == "hi":
        ours["script"] = "Deva"
    contenders = {
        "whisperX": partial(call, "whisperx", "whisperx_peer", "recognitions", peer),
        UNFILTERED: partial(
            call,
            "whisperx",
            "faster_whisper_peer",
            "sequential",
            {**peer, "longest_s": unfiltered_s},
        ),
        "faster-whisper, batched": partial(
            call, "whisperx", "faster_whisper_peer", "recognitions", peer
        ),
        "indicsubs": partial(call, "whisperx", "stages", "recognitions", ours),
    }
    if language == "hi":
        contenders["indicsubs with a witness"] = partial(_witness, jobs)
    return {
        name: str(medians).splitlines()[-1][:120]
        if isinstance(medians, ContenderError)
        else medians.value["segments"]
        for name, medians in alternate(contenders, 1).items()
    }


def _witness(jobs: list[str]) -> Measured:
    """Calls our stage witness, by the demo's IndicConformer, after our stage asr."""
    arguments = {
        "jobs": jobs,
        "engine": "indicconformer",
        "model": str(MODELS / "indicconformer"),
        "compute_type": "float32",
        "language": "hi",
        "scope": "all",
        "script": "Deva",
    }
    return call("indicconformer", "stages", "witnesses", arguments)


def _per_hour(segments: Segments, seconds: float) -> int:
    return round(len(shown_text(segments).split()) * 3600 / seconds)


def shown_text(segments: Segments) -> str:
    """Returns the words of all segments that viewers would see: those not in quarantine."""
    return plain(" ".join(one["text"] for one in segments if not one.get("quarantined")))


def _lost(folder: Path, base: str, options: argparse.Namespace) -> str:
    name, speech, text = _speech(options)
    if speech is None:
        return f"Speech in noise: skipped ({name})."
    sounds = {"clean": speech}
    seconds = len(speech) / RATE + 1
    for kind, make in NOISES.items():
        noise = make(seconds)
        for ratio_db in RATIOS_DB:
            sounds[f"{kind} {ratio_db} dB"] = mixed(speech, noise, ratio_db)
    found = hear(sounds, folder, base, "en", options)
    rows: list[list[str]] = []
    for index, sound in enumerate(sounds):
        errors = [
            None if isinstance(segments, str) else word_errors(text, shown_text(segments[index]))
            for segments in found.values()
        ]
        rows.append(
            [
                sound,
                *(
                    "failed" if one is None else f"{percent(one.found)} (+{one.inserted})"
                    for one in errors
                ),
            ]
        )
    return (
        f"Words found in noise (and words added), Whisper base {options.compute_type}; {name},"
        f" {len(text.split())} words:\n\n{table(('sound', *found), rows)}"
    )


def _speech(options: argparse.Namespace) -> tuple[str, Samples | None, str]:
    """Returns what the speech is, its samples, and its text."""
    if options.recordings is not None:
        known = [one for one in read_recordings(options.recordings) if one.text]
        samples, spoken = concatenate(known, SPEECH_MINUTES)
        return "recordings of people", samples, " ".join(part.text for part in spoken)
    if not has_espeak():
        return "give --recordings FOLDER, or install espeak-ng", None, ""
    lines = (DEMO / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    film = by_espeak([line.split("\t")[1] for line in lines], "en")
    return (
        "English by espeak-ng",
        film.samples,
        " ".join(s.text for s in film.sentences),
    )
