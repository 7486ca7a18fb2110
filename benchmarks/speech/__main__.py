r"""Measures the stages of speech against the libraries that do the same.

    just bench speech                                   # all parts
    just bench speech recognition --recordings FOLDER --minutes 30
    just bench speech alignment ghosts

All contenders of a table get the same weights and audio, and what they find is compared. Each call
is a process of its own; its wall time, CPU time and memory are measured from outside. Calls
alternate, and the median counts. A ratio is how often the first row's time contains a row's time:
more is faster.

Real weights are those of Whisper base, which the Python package registry has (``weights``). No
weights of IndicConformer or of a real aligner are there: their tables compare speed with random
weights of the real sizes, and correctness with the demo's models.
"""

import argparse
import datetime
import importlib
import os
import platform
import shlex
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.machine import processor

PARTS = ("recognition", "script", "ghosts", "alignment", "memory", "conformer")
"""The modules with a function ``run(options)`` that returns Markdown, or its sections."""
NAMED_ONLY = ("cuda", "corpora")
"""Parts that need what most machines lack, so that they run only if they are named."""
VERSIONS = ("whisperx", "faster-whisper", "ctranslate2", "torch", "jiwer")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog="just bench speech", description="Speech stages against other libraries."
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS + NAMED_ONLY))
    parser.add_argument("--recordings", type=Path, help="a folder with recordings of people")
    parser.add_argument("--minutes", type=float, default=30, help="length of the long audio")
    parser.add_argument(
        "--real-size-minutes",
        type=float,
        default=5,
        help="length of the audio for aligners of the real size",
    )
    parser.add_argument("--repeats", type=int, default=3, help="calls of each contender")
    parser.add_argument("--long-repeats", type=int, default=1, help="the same, on the long audio")
    parser.add_argument(
        "--sound-seconds", type=int, default=60, help="length of each sound without speech"
    )
    parser.add_argument(
        "--film-minutes", type=int, nargs="+", default=[10, 60, 180], help="lengths, for memory"
    )
    parser.add_argument(
        "--threads",
        type=int,
        help="threads of torch; 1 on a busy machine, where threads that wait"
        " for each other cost CPU time",
    )
    parser.add_argument("--whisper-base", type=Path, help="Whisper base in CTranslate2's layout")
    parser.add_argument("--compute-type", default="int8", help="number format of Whisper")
    parser.add_argument("--cache", type=Path, default=_cache(), help="what is fetched or built")
    parser.add_argument("--corpus", type=Path, help="a folder of FLEURS, Kathbath or IndicVoices")
    parser.add_argument(
        "--trial", action="store_true", help="the part cuda on the CPU, in tiny sizes"
    )
    parser.add_argument("--model", type=Path, help="a recogniser's folder, for corpora")
    parser.add_argument("--engine", default="indicconformer", help="its engine, for corpora")
    parser.add_argument("--language", default="hi", help="tag of its language, for corpora")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - {*PARTS, *NAMED_ONLY}
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return options


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "indicsubs-benchmarks"


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} absent"


def main() -> None:
    """Prints the tables of all parts that are named, or of all."""
    options = parse(sys.argv[1:])
    if options.threads:
        os.environ["OMP_NUM_THREADS"] = str(options.threads)  # contenders inherit it
    out = sys.stdout
    command = shlex.join(["just", "bench", "speech", *sys.argv[1:]])
    today = datetime.datetime.now(tz=datetime.UTC).date()
    out.write(
        f"{today}, `{command}`\n\n{processor()}; {platform.platform()};"
        f" Python {platform.python_version()}, {', '.join(map(_version, VERSIONS))}\n"
    )
    for part in options.parts or PARTS:
        began = time.perf_counter()
        written = importlib.import_module(f"benchmarks.speech.{part}").run(options)
        out.write(f"\n### {part.capitalize()}\n")
        for section in [written] if isinstance(written, str) else written:
            out.write(f"\n{section}\n")
            out.flush()
        out.write(f"\n({part}: {time.perf_counter() - began:.0f} s)\n")
        out.flush()


if __name__ == "__main__":
    main()
