"""The examples in docstrings are true."""

import doctest
import importlib
from pathlib import Path

import pytest

from indicsubs_contract.engines import ENGINES

ROOT = Path(__file__).parents[2]
NEEDS_AN_ENGINE = {row.environment for row in ENGINES.values()}
SOURCES = [
    *(path for path in ROOT.glob("packages/*/src") if path.parent.name not in NEEDS_AN_ENGINE),
    ROOT / "orchestrator" / "src",
]
MODULES = [
    ".".join(path.relative_to(source).with_suffix("").parts)
    for source in SOURCES
    for path in sorted(source.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried
    assert not failed
