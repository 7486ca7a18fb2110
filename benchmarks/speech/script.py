"""The script that Whisper writes: how many segments are in the language's own?"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speech.processes import ContenderError, alternate, call
from benchmarks.speech.recordings import write_wav
from benchmarks.speech.spoken_film import DEMO, SpokenFilm
from benchmarks.speech.synthesis import by_espeak, by_festival, has_espeak, has_festival
from benchmarks.speech.tables import percent, table
from benchmarks.speech.weights import whisper_base
from benchmarks.speech.words import character_error_rate
from indicsubs_text.languages import find_language
from indicsubs_text.scripts import is_in_script, letters_by_script

HEADS = (
    *("contender", "segments in the script", "share", "scripts of the letters"),
    *("character errors", "CPU seconds"),
)
COLUMNS = {"hi": 0, "ta": 2}
"""The columns of the demo's sentences."""


def run(options: argparse.Namespace) -> str:
    """Returns a table for each language and synthesizer."""
    base = str(whisper_base(options.cache, options.whisper_base))
    films: dict[str, tuple[str, SpokenFilm]] = {}
    skipped: list[str] = []
    if has_espeak():
        for language in COLUMNS:
            name = f"{find_language(language).name} by espeak-ng"
            films[name] = (language, by_espeak(_sentences(language), language))
    else:
        skipped.append("espeak-ng: skipped, because it is not installed.")
    if has_festival():
        films["Hindi by Festival (NSK)"] = ("hi", by_festival(_sentences("hi")))
    else:
        skipped.append("Festival's voice NSK: skipped, because it is not installed.")
    with tempfile.TemporaryDirectory() as folder:
        tables = [
            _measured(name, language, film, Path(folder) / str(index), base, options.compute_type)
            for index, (name, (language, film)) in enumerate(films.items())
        ]
    return "\n\n".join([*tables, *skipped])


def _sentences(language: str) -> list[str]:
    lines = (DEMO / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t")[COLUMNS[language]] for line in lines]


def _measured(
    name: str, language: str, film: SpokenFilm, job: Path, base: str, compute_type: str
) -> str:
    job.mkdir()
    audio = str(write_wav(job / "film.wav", film.samples))
    script = find_language(language).script
    same = {"model": base, "compute_type": compute_type, "language": language}
    peer = {**same, "audio": audio}
    ours = {**same, "job": str(job), "source": audio, "engine": "whisperx"}
    found = alternate(
        {
            "whisperX": partial(call, "whisperx", "whisperx_peer", "recognition", peer),
            "faster-whisper, batched": partial(
                call, "whisperx", "faster_whisper_peer", "recognition", peer
            ),
            "indicsubs, any script": partial(call, "whisperx", "stages", "recognition", ours),
            "indicsubs, guarded": partial(
                call, "whisperx", "stages", "recognition", {**ours, "script": script}
            ),
        },
        1,
    )
    text = " ".join(sentence.text for sentence in film.sentences)
    rows = [
        [contender, "failed", *[None] * (len(HEADS) - 2)]
        if isinstance(medians, ContenderError)
        else [*_row(contender, medians.value["segments"], script, text), round(medians.cpu_s, 1)]
        for contender, medians in found.items()
    ]
    return (
        f"{name}, {len(film.sentences)} sentences in {film.minutes:.1f} minutes, Whisper base"
        f" {compute_type}:\n\n{table(HEADS, rows)}"
    )


def _row(
    contender: str, segments: Sequence[Mapping[str, Any]], script: str, text: str
) -> list[Any]:
    """Returns the cells of a contender.

    A segment counts as in the script as in the product: other letters are few (``is_in_script``).
    """
    texts = [one["text"] for one in segments]
    right = sum(bool(letters_by_script(one)) and is_in_script(one, script) for one in texts)
    letters = letters_by_script(" ".join(texts))
    shares = ", ".join(
        f"{code} {100 * count / letters.total():.0f} %" for code, count in letters.most_common(3)
    )
    return [
        contender,
        f"{right}/{len(texts)}",
        percent(right / len(texts)) if texts else None,
        shares,
        percent(character_error_rate(text, " ".join(texts))),
    ]
