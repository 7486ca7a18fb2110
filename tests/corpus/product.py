"""Runs the product on each file of a corpus: ``python -m corpus.product FOLDER``.

Films get ``run --transcript`` with the demo's models. Texts are the transcript of a small film in
turn with ``import``. Run it where the command line is installed, in the root of the checkout.
"""

import argparse
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from corpus.bases import film_bytes
from corpus.films import MKV
from corpus.make import files_of, is_film, kind_of
from corpus.outcomes import MOST_SECONDS, OPEN, Outcome, report

_TEXT = "1\n00:00:00,100 --> 00:00:00,900\nनमस्ते।\n\n2\n00:00:01,000 --> 00:00:01,900\nअच्छा।\n"
_OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "hi")
"""The target is the source: no model is loaded, and all stages run."""


def _command(*arguments: str | Path, output: Path) -> list[str]:
    return [sys.executable, "-m", "indicsubs", *map(str, arguments), "--output", str(output)]


def run(file: Path, jobs: Path) -> Outcome:
    """Runs the product on one file."""
    output = jobs / file.parent.name
    beside = jobs.parent / "given"
    film, text = beside / "film.mkv", beside / "film.hi.srt"
    if is_film(file):
        command = _command("run", file, *_OPTIONS, "--transcript", text, output=output)
    elif file.suffix in {".srt", ".vtt", ".ass"} and int(file.parent.name[:3]) % 2:
        first = _command(
            "run", film, *_OPTIONS, "-w", "translate", "--transcript", text, output=output
        )
        subprocess.run(first, check=True, capture_output=True, timeout=300)
        command = _command("import", file, "-l", "hi", "--accept", output=output)
    else:
        command = _command(
            "run", film, *_OPTIONS, "-w", "translate", "--transcript", file, output=output
        )
    return _outcome(file, command, output)


def _outcome(file: Path, command: list[str], output: Path) -> Outcome:
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    began = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        _, error = process.communicate(timeout=3 * MOST_SECONDS)  # a busy machine starts slowly
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        _, error = process.communicate(timeout=30)
    seconds = time.monotonic() - began
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    shutil.rmtree(output, ignore_errors=True)
    return Outcome(
        file=file,
        status=process.returncode,
        message=_sentence(error.decode(errors="replace")),
        seconds=seconds,
        memory_bytes=memory << 10 if memory > children else 0,  # the most of all runs until now
        source_changed=hashlib.sha256(file.read_bytes()).hexdigest() != before,
        left=tuple(sorted(path.name for path in file.parent.iterdir() if path.name != file.name)),
    )


def _sentence(error: str) -> str:
    """Returns the message of a failed run, without the path of the log that follows it."""
    return error.removeprefix("error: ").partition(" Log: ")[0]


def main() -> None:
    """Runs the product on all files, or on a number of them that a seed chooses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=lambda name: Path(name).resolve())
    parser.add_argument("--some", type=int, help="Run only so many files, chosen by the seed.")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    files = files_of(given.folder)
    if given.some is not None:
        files = sorted(Random(given.seed).sample(files, min(given.some, len(files))))
    beside = given.folder / "given"
    beside.mkdir(exist_ok=True)
    (beside / "film.mkv").write_bytes(film_bytes(MKV))
    (beside / "film.hi.srt").write_text(_TEXT, encoding="utf-8")
    outcomes: list[Outcome] = []
    for number, file in enumerate(files, 1):
        outcomes.append(run(file, given.folder / "product"))
        fault = outcomes[-1].fault
        if fault:
            mark = "open" if kind_of(file) in OPEN else "WRONG"
            print(f"{number} of {len(files)}: {mark} {file.parent.name}: {fault}", flush=True)
    sys.exit(report("product", outcomes))


if __name__ == "__main__":
    main()
