r"""Compares the search for shot changes with other detectors: cuts found, and processor time.

    just bench cuts
    just bench cuts --film film.mkv

All contenders get the same film in the same run. Processor time is compared, because decoders use
several threads and other programs run at the same time. Contenders:

* the stage's own search, near the edges of the cues of a dialogue made for the film's length
  (:mod:`benchmarks.dialogue`), as in the stage; and the same search in the whole film;
* PySceneDetect's ``AdaptiveDetector`` and ``ContentDetector``, as in its documentation;
* FFmpeg's ``scdet`` filter with its default threshold, after scaling the frames down.

The film is generated. It has shots of 1 to 5 s with grain, whose textures stand still, drift, pan
fast, or are crossed by an object; some shots have a flash of two frames, some begin with a fade or
a dissolve. Only hard cuts should be found; a cut found within a fade or a dissolve is not counted.
The cuts of a film given with ``--film`` are unknown. The table then has the number of cuts that
each detector found.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from benchmarks.dialogue import make_dialogue
from benchmarks.machine import processor
from indicsubs_common.shots.shot_changes import find_cuts
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.layout import shot_change_ranges, source_cues
from indicsubs_text.rule_profiles import load_profile

WIDTH, HEIGHT, RATE = 1920, 1080, Fraction(24)
BITS = 6_000_000
"""Bits per second of the generated film."""
GRAIN = 4.0
"""Standard deviation of the grain, on a scale of 0 to 255."""
BLEND = 24
"""Length of a fade or dissolve in frames."""
BASE = "PySceneDetect adaptive"
NEAR_MS = 45
"""A detection within about a frame of a cut counts as that cut."""

Picture = NDArray[np.float32]
Windows = Sequence[tuple[int, int]]


class Film(NamedTuple):
    """A film with its cuts, where they are known."""

    path: Path
    seconds: float
    cuts_ms: tuple[float, ...] | None
    """Times of the hard cuts; None where they are unknown."""
    blends_ms: tuple[tuple[float, float], ...] = ()
    """Start and end of each fade or dissolve."""


# --- the film --------------------------------------------------------------------------------


def make_film(path: Path, seconds: float, seed: int = 7) -> Film:
    """Writes a film of shots, in H.264 with keyframes where the encoder puts them."""
    chance = np.random.default_rng(seed)
    grain = [chance.normal(0, GRAIN, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(5)]
    cuts: list[float] = []
    blends: list[tuple[float, float]] = []
    number, total = 0, int(seconds * RATE)
    last: Picture = np.full((HEIGHT, WIDTH), 16, np.float32)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = BITS
        while number < total:
            opening = chance.choice(["cut", "cut", "cut", "cut", "cut", "fade", "dissolve"])
            if not number:
                opening = "first"
            elif opening == "cut":
                cuts.append(_ms(number))
            else:
                blends.append((_ms(number), _ms(number + BLEND)))
            before = np.full_like(last, 16) if opening == "fade" else last
            colours = chance.integers(90, 166, 2)
            for index, picture in enumerate(_shot(chance, min(total - number, 120))):
                is_blended = opening in {"fade", "dissolve"} and index < BLEND
                share = index / BLEND if is_blended else 1.0
                last = before + (picture - before) * share
                frame = _frame(last + grain[number % len(grain)], colours)
                frame.pts, frame.time_base = number, 1 / RATE
                film.mux(stream.encode(frame))
                number += 1
        film.mux(stream.encode(None))
    return Film(path, seconds, tuple(cuts), tuple(blends))


def _ms(frame: int) -> float:
    return float(1000 * frame / RATE)


def _shot(chance: np.random.Generator, longest: int) -> Iterator[Picture]:
    """Yields the pictures of one shot."""
    count = min(longest, int(chance.integers(24, 120)))
    right, down = [(0, 0), (2, 1), (2, 1), (36, 4)][chance.integers(4)]
    big = _texture(chance, HEIGHT + down * count, WIDTH + right * count)
    crossed, flashes = chance.random() < 0.2, chance.random() < 0.15
    for index in range(count):
        picture = big[down * index :, right * index :][:HEIGHT, :WIDTH].copy()
        if crossed:
            left = index * 48 % WIDTH
            picture[240:900, left : left + 500] = 235 - picture[240:900, left : left + 500]
        if flashes and count // 2 <= index < count // 2 + 2:
            picture = np.minimum(picture + 120, 250)
        yield picture


def _texture(chance: np.random.Generator, height: int, width: int) -> Picture:
    """Returns the sum of noise of four sizes, interpolated between its points."""
    texture = np.full((height, width), chance.integers(60, 190), np.float32)
    for cell, strength in ((480, 70), (160, 45), (40, 25), (10, 12)):
        shape = (height // cell + 2, width // cell + 2)
        points = chance.normal(0, strength, shape).astype(np.float32)
        rows, row_part = np.divmod(np.arange(height), cell)
        columns, column_part = np.divmod(np.arange(width), cell)
        across = (column_part / cell).astype(np.float32)
        lines = points[:, columns] * (1 - across) + points[:, columns + 1] * across
        along = (row_part / cell).astype(np.float32)[:, None]
        texture += lines[rows] * (1 - along) + lines[rows + 1] * along
    return texture.clip(16, 235)


def _frame(picture: Picture, colours: Sequence[int]) -> av.VideoFrame:
    chroma = [np.full((HEIGHT // 4, WIDTH), colour, np.uint8) for colour in colours]
    planes = np.concatenate([picture.clip(0, 255).astype(np.uint8), *chroma])
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


# --- contenders ------------------------------------------------------------------------------


class Contender(NamedTuple):
    """A detector and the ranges of the film that it searches."""

    find: Callable[[Path], Sequence[float]]
    """Returns the times (ms) of the cuts that the detector finds in a film."""
    windows: Windows


def _near_cues(film: Film) -> Windows:
    """Returns the ranges that the stage would search if the film had the generated dialogue."""
    rules = load_profile("house").rules_for("hi")
    dialogue = make_dialogue("hi", max(10, int(film.seconds / 2)))
    segments = [segment for segment in dialogue.segments if segment.end_ms < 1000 * film.seconds]
    cues = source_cues(segments, "hi", rules, FilmFacts()).cues
    return shot_change_ranges(cues, segments, rules, FilmFacts())


def _by_pyscenedetect(path: Path, detector: str) -> list[float]:
    import scenedetect

    scenes = scenedetect.detect(str(path), getattr(scenedetect, detector)())
    return [1000 * start.seconds for start, _ in scenes[1:]]


def _by_ffmpeg(path: Path) -> list[float]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-i", str(path)]
    command += ["-an", "-vf", "scale=320:-2,scdet", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return [1000 * float(time) for time in re.findall(r"lavfi\.scd\.time: ([\d.]+)", log)]


def contenders(film: Film) -> dict[str, Contender]:
    """Returns the contenders by name."""
    near, whole = _near_cues(film), [(0, int(1000 * film.seconds))]
    return {
        "indicsubs, near cues": Contender(lambda path: find_cuts(path, near).cuts_ms, near),
        "indicsubs, everywhere": Contender(lambda path: find_cuts(path, whole).cuts_ms, whole),
        BASE: Contender(lambda path: _by_pyscenedetect(path, "AdaptiveDetector"), whole),
        "PySceneDetect content": Contender(
            lambda path: _by_pyscenedetect(path, "ContentDetector"), whole
        ),
        "FFmpeg scdet": Contender(_by_ffmpeg, whole),
    }


# --- measuring -------------------------------------------------------------------------------


class Row(NamedTuple):
    """The result of one contender."""

    name: str
    found: int
    expected: int | None
    """The number of cuts in the searched ranges; None where the cuts are unknown."""
    wrong: int | None
    wall_s: float
    cpu_s: float


def measure(film: Film) -> list[Row]:
    """Measures all contenders on one film, one after the other."""
    rows: list[Row] = []
    for name, (find, windows) in contenders(film).items():
        sys.stderr.write(f"{name} ...\n")
        cpu_s, wall_s = _cpu_s(), time.perf_counter()
        found = find(film.path)
        cpu_s, wall_s = _cpu_s() - cpu_s, time.perf_counter() - wall_s
        if film.cuts_ms is None:
            rows.append(Row(name, len(found), None, None, wall_s, cpu_s))
            continue
        cuts = [cut for cut in film.cuts_ms if any(start <= cut <= end for start, end in windows)]
        right = sum(_is_near(cut, found) for cut in cuts)
        wrong = sum(
            not _is_near(at, film.cuts_ms)
            and not any(start - NEAR_MS <= at <= end + NEAR_MS for start, end in film.blends_ms)
            for at in found
        )
        rows.append(Row(name, right, len(cuts), wrong, wall_s, cpu_s))
    return rows


def _is_near(at_ms: float, times: Sequence[float]) -> bool:
    return any(abs(at_ms - other) <= NEAR_MS for other in times)


def _cpu_s() -> float:
    """Returns the processor time (s) of this process and of all child processes that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def table(rows: Sequence[Row], film: Film) -> str:
    """Returns the rows as Markdown; the ratio is the processor time of ``BASE`` over the row's."""
    heads = ("detector", "cuts found", "wrong", "seconds", "CPU seconds", "of the film", "ratio")
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|--:" * (len(heads) - 1) + "|"]
    base_s = next(row.cpu_s for row in rows if row.name == BASE)
    for row in rows:
        found = f"{row.found}" if row.expected is None else f"{row.found}/{row.expected}"
        wrong = "–" if row.wrong is None else row.wrong
        share, ratio = row.cpu_s / film.seconds, base_s / row.cpu_s
        lines.append(
            f"| {row.name} | {found} | {wrong} | {row.wall_s:.1f} | {row.cpu_s:.1f} |"
            f" {share:.3f} | {ratio:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Prints the table of a film."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--film", type=Path, help="measure this film")
    parser.add_argument("--seconds", type=float, default=180, help="length of the generated film")
    arguments = parser.parse_args()
    libraries = ("av", "scenedetect", "imageio-ffmpeg")
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    command = " ".join(("python -m benchmarks.cuts", *sys.argv[1:]))
    sys.stdout.write(f"`{command}`\n\n{processor()}; {versions}\n\n")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.film:
            with av.open(str(arguments.film)) as opened:
                seconds = float(Fraction(opened.duration or 0, av.time_base))
            film = Film(arguments.film, seconds, None)
        else:
            sys.stderr.write("making the film ...\n")
            film = make_film(Path(folder) / "film.mkv", arguments.seconds)
        sys.stdout.write(f"{table(measure(film), film)}\n")


if __name__ == "__main__":
    main()
