"""A tiny IndicConformer with random weights, in both layouts, and noise to recognise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conformer_graphs import write_model

from indicsubs_indicconformer.indic_conformer import IndicConformer, open_model
from indicsubs_indicconformer.quantise import quantise

ModelMaker = Callable[..., Path]


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> ModelMaker:
    """``make_folder(renamed=True)`` writes a new model; see ``write_model``."""

    def make(**options: object) -> Path:
        return write_model(tmp_path_factory.mktemp("indicconformer") / "model", **options)

    return make


@pytest.fixture(scope="session")
def official(make_folder: ModelMaker) -> Path:
    return make_folder()


@pytest.fixture(scope="session")
def small(official: Path) -> Path:
    target = official.with_name("small")
    quantise(official, target)
    return target


@pytest.fixture(scope="session")
def model(official: Path) -> IndicConformer:
    return open_model(official, "test", "cpu")


@pytest.fixture(scope="session")
def noise() -> list[bytes]:
    """Three chunks of different lengths: 1 s, 2.5 s, 0.62 s."""
    random = np.random.default_rng(1)
    return [
        random.integers(-3000, 3000, count).astype("<i2").tobytes()
        for count in (16_000, 40_000, 9_999)
    ]
