"""Running the demo as a user does, and comparing the results with the demo's reference."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from statistics import mean

import srt

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
DEMO_OPTIONS = ("--profile", "demo", "-s", "hi")


@dataclass(frozen=True)
class Run:
    """A finished command."""

    status: int
    out: str
    err: str

    @property
    def job(self) -> Path:
        """The folder of the job that the command ran."""
        name = re.search(r"^Job (\S+)$", self.out, re.MULTILINE)
        assert name, self.out + self.err
        return next(self._jobs.glob(f"*/*/*/{name[1]}"))

    _jobs: Path = Path()

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome of each stage."""
        return dict(re.findall(r"^(\w+): (done|skipped|reused)", self.out, re.MULTILINE))


def indicsubs(jobs: Path, *arguments: str | Path, **options: object) -> Run:
    """Runs a command with its jobs in ``jobs``."""
    done = subprocess.run(
        command(jobs, *arguments),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **options,
    )
    return Run(done.returncode, done.stdout, done.stderr, jobs)


def command(jobs: Path, *arguments: str | Path) -> list[str]:
    """The command line that :func:`indicsubs` runs."""
    return [sys.executable, "-m", "indicsubs", *map(str, arguments), "--output", str(jobs)]


@dataclass(frozen=True)
class Score:
    """The errors of a transcript against the reference."""

    word_errors: float
    """Substituted, missing and extra words, for each word of the reference."""
    boundary_error_ms: float
    """Mean absolute error of the starts and ends of correct words."""

    def __str__(self) -> str:
        return (
            f"word errors {self.word_errors:.1%}, word boundaries {self.boundary_error_ms:.1f} ms"
        )


def reference(name: str) -> dict:
    """The text and times of a film of the demo."""
    return json.loads((DEMO / name).with_suffix(".json").read_text(encoding="utf-8"))


def score(job: Path, spoken: dict) -> Score:
    """Compares the job's aligned words with the reference."""
    transcript = json.loads((job / "stages/alignment/transcript.json").read_text(encoding="utf-8"))
    expected = [word for line in spoken["lines"] for word in line["words"]]
    heard = [word for segment in transcript["segments"] for word in segment["words"]]
    if not heard:  # no segment could be aligned: the words are still compared
        heard = [{"text": w} for s in transcript["segments"] for w in s["text"].split()]
    right, found = ([word["text"] for word in words] for words in (expected, heard))
    matcher = SequenceMatcher(None, right, found, autojunk=False)
    errors = [
        abs(heard[j + k][edge] - expected[i + k][edge])
        for i, j, length in matcher.get_matching_blocks()
        for k in range(length)
        for edge in ("start_ms", "end_ms")
        if edge in heard[j + k]
    ]
    distance = edit_distance(right, found)
    return Score(distance / len(right), mean(errors) if errors else float("inf"))


def edit_distance(right: list[str], found: list[str]) -> int:
    """The fewest insertions, deletions and substitutions that turn one list into the other."""
    row = list(range(len(found) + 1))
    for i, word in enumerate(right, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            substituted = diagonal + (word != other)
            diagonal = row[j]
            row[j] = min(row[j] + 1, row[j - 1] + 1, substituted)
    return row[-1]


def cues(path: Path) -> list[srt.Subtitle]:
    """The cues of an SRT file."""
    return list(srt.parse(path.read_text(encoding="utf-8")))


def one_line(cue: srt.Subtitle) -> str:
    """A cue's text without its line breaks."""
    return " ".join(cue.content.split())
