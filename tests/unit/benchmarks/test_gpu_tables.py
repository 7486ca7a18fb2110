import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from benchmarks.speech import cuda
from benchmarks.speech.alignment import BASELINE
from benchmarks.speech.boundaries import Timed
from benchmarks.speech.processes import ContenderError, Measured, Medians
from benchmarks.speech.spoken_film import SpokenFilm
from benchmarks.translation_table import NotRun, Run, table

FILM = SpokenFilm(np.zeros(16_000 * 60, np.float32), (), (Timed("one", 100, 400),))


def medians(wall_s: float, steady_s: float, peak_gpu_bytes: int | None = None) -> Medians:
    value = {
        "words": [{"text": "one", "start_ms": 110, "end_ms": 420}],
        "steady": {"speech_s": 20.0, "wall_s": steady_s},
    }
    call = Measured(value, wall_s, 4.0, 10_000_000, peak_gpu_bytes)
    return Medians(value, wall_s, 4.0, 10_000_000, 0.0, (call,))


def cells(markdown: str) -> list[dict[str, str]]:
    heads, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines()
    ]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def alignment(found: Mapping[str, Medians | ContenderError]) -> list[dict[str, str]]:
    return cells(cuda.alignment_table(found, FILM, 40.0))


def test_the_aligner_is_compared_with_and_without_its_start_up() -> None:
    theirs, ours = alignment(
        {BASELINE: medians(30.0, 10.0), "ours": medians(15.0, 2.0, 2_000_000_000)}
    )
    assert (theirs["ratio"], theirs["peak MB of the GPU"]) == ("1.00", "–")
    assert (ours["ratio"], ours["ratio without start-up"]) == ("2.00", "5.00")
    # 20 of 40 seconds of speech took 2 s, so that the film of a minute takes 4 s.
    assert (ours["times real time"], ours["start-up (s)"]) == ("15.00", "11.00")
    assert (ours["words found"], ours["end off by (ms)"]) == ("1/1", "20")
    assert ours["peak MB of the GPU"] == "2000"


def test_the_others_are_shown_where_an_aligner_failed() -> None:
    failed, ours = alignment(
        {BASELINE: ContenderError("failed in venv:\nNo module named x"), "ours": medians(15.0, 2.0)}
    )
    assert failed["contender"] == f"{BASELINE}: failed (No module named x)"
    assert (ours["ratio"], ours["times real time"]) == ("–", "15.00")


def test_without_a_gpu_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "call", lambda *_: Measured(None, 0, 0, 0))
    options = argparse.Namespace(trial=False)
    assert list(cuda.run(options)) == ["Not run: torch finds no CUDA device."]


def translation(runs: list[Run | NotRun], *, has_gpu: bool) -> list[dict[str, str]]:
    return cells("\n".join(table(iter(runs), has_gpu=has_gpu)))


def test_translators_are_compared_with_the_first() -> None:
    same: dict[str, Any] = {"cpu_seconds": 1.0, "peak_gpu_bytes": 3_000_000}
    first = Run("first", 4.0, outputs=[[5, 2], [6, 2]], **same)
    second = Run("second", 1.0, outputs=[[5, 2], [7, 2]], **same)
    _, row = translation([first, second], has_gpu=True)
    assert (row["ratio"], row["lines/s"], row["equal lines"]) == ("4.00", "2.00", "1/2")
    assert row["peak MB of the GPU"] == "3"


def test_a_translator_that_cannot_run_has_a_row_with_the_reason() -> None:
    run = Run("first", 4.0, 1.0, [[5, 2]], None)
    _, row = translation([run, NotRun("second", "no CUDA")], has_gpu=False)
    assert row["engine"] == "second: not run: no CUDA"
    assert row["seconds"] == "–"
    assert "peak MB of the GPU" not in row
