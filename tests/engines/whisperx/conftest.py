"""What the tests of the whisperx environment share."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "2")  # before an engine is imported
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
from films import FilmMaker, Job, write_film

from indicsubs_contract.stages import StageName


@pytest.fixture
def film(tmp_path: Path) -> FilmMaker:
    """``film("a.mkv", Track(...), ...)`` writes that film."""
    return lambda name, *tracks, **options: write_film(tmp_path / name, *tracks, **options)


@pytest.fixture
def job(tmp_path: Path) -> Callable[[StageName], Job]:
    """``job(StageName.ASR)``: the context of that stage."""
    return partial(Job, folder=tmp_path / "job")
