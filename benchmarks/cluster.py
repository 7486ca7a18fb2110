"""Compares a cluster of 1, 2 and 4 workers with one process; the films are not recognised.

    just bench cluster
    just bench cluster --films 40 --sleep 1 --keep FOLDER

Everything but the stages is real: the command line, the pipelines, the ledger, the process that
speaks with Ray, and Ray itself, which listens on the loopback interface. The stages are those of
the tests and take milliseconds; recognition sleeps, so that two cores can show four workers. The
modes do the same films one after another, and their subtitle files are compared byte for byte:

* one process: ``just run`` with ``--at-once 1`` on this machine;
* N workers: ``just run`` with ``--on`` a Ray that has N cores, one for each stage that works.

*Start-up* is the time until N films are done, less one sleep: until then workers start, and in each
a process for each stage. The other figures are of the films after these. *Ideal* is the number of
films in the time in which N workers would do nothing but sleep, as a part of those that were done.
*Overhead* is the time of a worker for a film without the sleep.
"""

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from fake_film import DIALOGUE, film_bytes

from benchmarks.machine import processor

ROOT = Path(__file__).parents[1]
COMMAND = ("uv", "run", "--no-sync", "--frozen", "--quiet", "--package", "indicsubs", "python")
OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en,ta")
WORKERS = (1, 2, 4)


class Mode(NamedTuple):
    """What it took to do all films in one way."""

    name: str
    workers: int
    seconds: float
    ends_s: Sequence[float]
    """When each film was done, in seconds after the beginning."""
    digests: dict[str, str]
    """The digest of each subtitle file."""


def main() -> None:
    """Runs the modes one after another, prints a table, and exits with 1 if outputs differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--films", type=int, default=16)
    parser.add_argument("--sleep", type=float, default=2.0, help="seconds for each film")
    parser.add_argument("--keep", type=Path, help="a folder for the films and the jobs")
    arguments = parser.parse_args()
    stop_in_order()
    films, sleep_s = arguments.films, arguments.sleep
    if films <= max(WORKERS):
        parser.error(f"--films {films}: give more than {max(WORKERS)}, the number of workers")
    with _folder(arguments.keep) as folder:
        write_films(folder / "films", films)
        prompt = ("--initial-prompt", f"sleep:{sleep_s:g}")
        modes = [measure("one process", 1, folder / "one", films, *prompt, "--at-once", "1")]
        for count in WORKERS:
            with ray_of(count, folder / "ray") as address:
                on = ("--on", address, "--engine-cores", "1")
                name = f"{count} worker{'s' if count > 1 else ''}"
                modes.append(measure(name, count, folder / f"on-{count}", films, *prompt, *on))
    sys.stdout.write("".join(f"{line}\n" for line in table(modes, films, sleep_s)))
    if any(mode.digests != modes[0].digests for mode in modes):
        sys.exit("error: the modes made different subtitles")


def stop_in_order() -> None:
    """Lets signals end this process with all that it has started, and with its folder."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    # Short: the names of Ray's sockets have at most 107 bytes.
    folder = keep or Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield folder.resolve()
    finally:
        if keep is None:
            shutil.rmtree(folder)


def write_films(folder: Path, count: int) -> None:
    """Writes films that differ in one sentence."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        sentences = (*DIALOGUE, f"यह फ़िल्म {number} है।")
        (folder / f"E{number:03}.mkv").write_bytes(film_bytes(sentences))


@contextmanager
def ray_of(cpus: int, folder: Path) -> Iterator[str]:
    """Yields the address of a Ray on the loopback interface, which ends with the block."""
    os.environ |= {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # loopback alone, see ray_machines
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    import ray

    options: dict[str, Any] = {"include_dashboard": False, "logging_level": "ERROR"}
    options |= {"object_store_memory": 80_000_000, "log_to_driver": False}
    ray.init(num_cpus=cpus, _temp_dir=str(folder), **options)
    stop_in_order()  # Ray has put a handler of its own in place
    try:
        yield ray.get_runtime_context().gcs_address
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def measure(name: str, workers: int, jobs: Path, films: int, *more: str) -> Mode:
    """Runs the command over all films, and says how far it is."""
    places = ("--output", str(jobs / "out"), "--into", str(jobs / "subtitles"))
    program = str(ROOT / "benchmarks" / "sleeping_command.py")
    arguments = ("run", str(jobs.parent / "films"), *OPTIONS, *more, *places)
    began_s = time.monotonic()
    ends_s: list[float] = []
    with subprocess.Popen(
        [*COMMAND, program, *arguments],
        cwd=ROOT,
        env=os.environ | {"UV_PROJECT_ENVIRONMENT": str(ROOT / "venv" / "orchestrator")},
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        try:
            for line in command.stdout or ():
                if line.startswith("done:"):
                    ends_s.append(time.monotonic() - began_s)
                    text = f"{name}: {len(ends_s)} of {films} films after {ends_s[-1]:.1f} s\n"
                    sys.stdout.write(text)
                    sys.stdout.flush()
        except BaseException:
            command.terminate()
            raise
    seconds = time.monotonic() - began_s
    if command.returncode:
        sys.exit(f"error: the command of {name} ended with status {command.returncode}")
    files = sorted((jobs / "subtitles").iterdir())
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return Mode(name, workers, seconds, ends_s, digests)


def table(modes: Sequence[Mode], films: int, sleep_s: float) -> list[str]:
    """Returns the lines of the table."""
    lines = [
        "",
        f"{processor()}; {films} films that sleep for {sleep_s:g} s each",
        "",
        "| mode | seconds | start-up (s) | films a minute | ratio | of the ideal | overhead (s) |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    paces_s = [_seconds_per_film(mode) for mode in modes]
    for mode, pace_s in zip(modes, paces_s, strict=True):
        start_s = mode.ends_s[mode.workers - 1] - sleep_s
        lines.append(
            f"| {mode.name} | {mode.seconds:.1f} | {start_s:.1f} | {60 / pace_s:.1f} "
            f"| {paces_s[0] / pace_s:.2f} | {sleep_s / mode.workers / pace_s:.0%} "
            f"| {pace_s * mode.workers - sleep_s:.2f} |"
        )
    names = modes[0].digests
    same = sum(len({mode.digests.get(name) for mode in modes}) == 1 for name in names)
    return [*lines, "", f"{same} of {len(names)} subtitle files are equal in all modes."]


def _seconds_per_film(mode: Mode) -> float:
    """Returns the time between the ends of two films, once all workers have done one."""
    first, last = mode.ends_s[mode.workers - 1], mode.ends_s[-1]
    return (last - first) / (len(mode.ends_s) - mode.workers)


if __name__ == "__main__":
    main()
