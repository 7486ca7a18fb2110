r"""Word error rates on a corpus of people speaking: FLEURS, Kathbath, IndicVoices.

    just bench speech corpora --corpus FOLDER --language hi --engine indicconformer --model FOLDER

``--corpus`` is a folder of the user, because the corpora are not in a package registry:

* FLEURS: ``test.tsv`` as published, the sound in ``test/`` or ``audio/test/``;
* Kathbath: ``transcription_n2w.txt`` or ``transcription.txt``, the sound beside it or in ``wavs/``;
* IndicVoices, Vistaar and others: ``manifest.json``, a JSON object with ``audio_filepath`` and
  ``text`` on each line. ``lattice``, a list of accepted spellings for each place, is optional.

WER is jiwer's. OI-WER, the word error rate that accepts other right spellings (arXiv 2603.00941),
is ``voi-oiwer``'s; without a lattice it accepts only what its normalisation makes equal.
"""

import argparse
import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.speech.processes import ContenderError, call
from benchmarks.speech.tables import percent, table
from benchmarks.speech.words import total, word_errors
from indicsubs_contract.engines import ENGINES
from indicsubs_text.languages import find_language

OIWER = "voi-oiwer==0.1.4"
_KATHBATH = ("transcription_n2w.txt", "transcription.txt")
_FLEURS_NAME, _FLEURS_TEXT = 1, 2
"""The columns of FLEURS' file name and of its text as it was written."""


class CorpusError(ValueError):
    """The folder is not a corpus that can be read."""


class Reading(NamedTuple):
    """A recording of a corpus."""

    path: Path
    text: str
    lattice: list[list[str]]
    """The accepted spellings of each place; the words of the text where there are none."""


def run(options: argparse.Namespace) -> str:
    """Returns the table."""
    if options.corpus is None or options.model is None:
        return "Not run: give --corpus FOLDER, --model FOLDER, --engine and --language."
    readings = list(read_corpus(options.corpus))
    texts = _recognised(readings, options)
    errors = total([word_errors(one.text, text) for one, text in zip(readings, texts, strict=True)])
    row = [
        f"{options.engine}, {options.model.name}",
        len(readings),
        errors.words,
        percent(errors.rate),
        _orthographic(readings, texts, options.language),
    ]
    return table(("recogniser", "recordings", "words", "WER", "OI-WER"), [row])


def read_corpus(folder: Path) -> Iterator[Reading]:
    """Yields the recordings of a corpus.

    Raises:
        CorpusError: No known list is in the folder, or a recording is not there.
    """
    if (folder / "manifest.json").is_file():
        rows = _manifest(folder / "manifest.json")
    elif (folder / "test.tsv").is_file():
        rows = _fleurs(folder / "test.tsv")
    else:
        lists = [folder / name for name in _KATHBATH if (folder / name).is_file()]
        if not lists:
            names = ", ".join(("manifest.json", "test.tsv", *_KATHBATH))
            raise CorpusError(f"{folder} has none of {names}.")
        rows = _kathbath(lists[0])
    for name, text, lattice in rows:
        yield Reading(_found(folder, name), text, lattice or [[word] for word in text.split()])


def _manifest(path: Path) -> Iterator[tuple[str, str, list[list[str]]]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["audio_filepath"], row["text"], row.get("lattice", [])


def _fleurs(path: Path) -> Iterator[tuple[str, str, list[list[str]]]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row[_FLEURS_NAME], row[_FLEURS_TEXT], []


def _kathbath(path: Path) -> Iterator[tuple[str, str, list[list[str]]]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, text = line.partition("\t")
        yield name, text, []


def _found(folder: Path, name: str) -> Path:
    """Returns the path of a recording.

    Raises:
        CorpusError: It is not there.
    """
    places = [folder / part / name for part in ("", "test", "audio/test", "wavs", "audio")]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise CorpusError(
            f"{name} is not in {folder}, nor in test, audio/test, wavs or audio there."
        )
    return found


def _recognised(readings: list[Reading], options: argparse.Namespace) -> list[str]:
    """Returns the text of each recording, by our stages demux and asr."""
    row = ENGINES[options.engine]
    environment = row.environment
    compute_type = options.compute_type if row.family == "whisper" else "float32"
    if environment == "mlx":
        compute_type = "float32"
    with tempfile.TemporaryDirectory() as name:
        jobs = [str(Path(name) / str(index)) for index in range(len(readings))]
        for job in jobs:
            Path(job).mkdir()
        sources = [str(reading.path.resolve()) for reading in readings]
        call("whisperx", "stages", "dialogues", {"jobs": jobs, "sources": sources})
        arguments: dict[str, Any] = {
            "jobs": jobs,
            "engine": options.engine,
            "model": str(options.model.resolve()),
            "compute_type": compute_type,
            "language": options.language,
            "script": find_language(options.language).script,
        }
        found = call(environment, "stages", "recognitions", arguments).value["segments"]
    return [" ".join(segment["text"] for segment in segments) for segments in found]


def _orthographic(readings: list[Reading], texts: list[str], language: str) -> str:
    arguments = {
        "lattices": [reading.lattice for reading in readings],
        "texts": texts,
        "language": find_language(language).name.lower(),
    }
    try:
        rate = call("whisperx", "oiwer", "rate", arguments, packages=[OIWER]).value
    except ContenderError as error:
        return f"failed: {str(error).splitlines()[-1][:80]}"
    return percent(rate)
