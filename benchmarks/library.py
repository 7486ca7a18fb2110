"""Compares films that share warm processes with films that each start their own.

    just bench library
    just bench library --films 20 --keep FOLDER

The films are the demo clip with another sound each: a little noise of its own, which no
recogniser hears but which makes every stage's input differ, so that no result is reused. All modes
get the same films in the same run, and their subtitle files are compared byte for byte:

* cold: one command for each film, as a script around ``just run film.mp4`` would do it;
* warm, one at a time: one command for all films with ``--at-once 1``;
* warm: one command for all films.

*Stage work* is the time between a stage's request and its answer, summed over all stages and films,
as the records of the mode ``warm, one at a time`` have it, in which no two stages work at the same
time. *Orchestration* is the rest of that mode's time, for each film.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from benchmarks.machine import processor

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "demo" / "clip.mp4"
OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en,ta")
COMMAND = ("uv", "run", "--no-sync", "--frozen", "--quiet", "--package", "indicsubs", "indicsubs")
NOISE = 3
"""The standard deviation of the noise in a film, on a scale of 32,768: about -80 dB."""


class Measured(NamedTuple):
    """A mode of work on all films."""

    name: str
    seconds: float
    stage_seconds: float
    digests: dict[str, str]
    """The digest of each subtitle file."""


def main() -> None:
    """Runs the modes one after another, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="a folder for the films and the jobs")
    arguments = parser.parse_args()
    with _folder(arguments.keep) as folder:
        films = [write_film(folder / "films" / f"E{k:02}.mkv", k) for k in range(arguments.films)]
        measured = [
            measure("cold, a command for each", folder / "cold", [[film] for film in films]),
            measure("warm, one at a time", folder / "one", [films], "--at-once", "1"),
            measure("warm", folder / "warm", [films]),
        ]
    _print_table(measured, len(films))
    if any(each.digests != measured[0].digests for each in measured):
        sys.exit("error: the modes made different subtitles")


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    folder = keep or Path(tempfile.mkdtemp(prefix="indicsubs-bench-"))
    try:
        yield folder
    finally:
        if keep is None:
            shutil.rmtree(folder)


def write_film(path: Path, seed: int) -> Path:
    """Writes the demo clip with noise in its sound; the picture is copied."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed)
    with av.open(str(CLIP)) as clip, av.open(str(path), "w") as film:
        picture, sound = clip.streams.video[0], clip.streams.audio[0]
        pictures = film.add_stream_from_template(picture)
        sounds = film.add_stream("pcm_s16le", rate=sound.rate, layout=sound.layout.name)
        to_pcm = av.AudioResampler(format="s16", layout=sound.layout.name, rate=sound.rate)
        for packet in clip.demux(picture, sound):
            if packet.stream is picture and packet.dts is not None:
                packet.stream = pictures
                film.mux(packet)
                continue
            for frame in packet.decode() if packet.stream is sound else ():
                for pcm in to_pcm.resample(frame):
                    samples = pcm.to_ndarray()
                    loud = samples + np.rint(noise.normal(0, NOISE, samples.shape))
                    noisy = av.AudioFrame.from_ndarray(
                        loud.clip(-32768, 32767).astype(np.int16), "s16", sound.layout.name
                    )
                    noisy.sample_rate, noisy.pts, noisy.time_base = pcm.rate, pcm.pts, pcm.time_base
                    film.mux(sounds.encode(noisy))
        film.mux(sounds.encode(None))
    return path


def measure(name: str, jobs: Path, commands: Sequence[Sequence[Path]], *more: str) -> Measured:
    """Runs commands one after another, each with its films."""
    began = time.monotonic()
    for films in commands:
        places = ("--output", str(jobs / "out"), "--into", str(jobs / "subtitles"))
        subprocess.run(
            [*COMMAND, "run", *map(str, films), *OPTIONS, *more, *places, "--json"],
            check=True,
            cwd=ROOT,
            env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(ROOT / "venv" / "orchestrator")},
            stdout=subprocess.DEVNULL,
        )
    seconds = time.monotonic() - began
    records = (jobs / "out").glob("[0-9]*/*/*/*/stages/*/result.json")
    work_ms = sum(json.loads(record.read_bytes())["wall_ms"] for record in records)
    files = sorted((jobs / "subtitles").iterdir())
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return Measured(name, seconds, work_ms / 1000, digests)


def _print_table(measured: Sequence[Measured], films: int) -> None:
    lines = [
        f"{processor()}; {films} films; {len(measured[0].digests)} subtitle files",
        "",
        "| mode | seconds | ratio | total / stage work |",
        "|---|--:|--:|--:|",
    ]
    work = measured[1].stage_seconds
    lines += [
        f"| {each.name} | {each.seconds:.1f} | {measured[0].seconds / each.seconds:.2f} "
        f"| {each.seconds / work:.2f} |"
        for each in measured
    ]
    overhead = (measured[1].seconds - work) / films
    lines += ["", f"Stage work: {work:.1f} s. Orchestration: {overhead:.2f} s a film."]
    same = sum(
        len({each.digests.get(name) for each in measured}) == 1 for name in measured[0].digests
    )
    lines.append(f"{same} of {len(measured[0].digests)} subtitle files are equal in all modes.")
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
