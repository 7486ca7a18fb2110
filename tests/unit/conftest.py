"""Hypothesis takes the same examples in every run, so that a failure is one everywhere.

``HYPOTHESIS_PROFILE=search just test-light`` looks for new ones, many more.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# pytest-xdist starts its workers with the width of a terminal (80), which readline has put into the
# environment. The command line would cut names to it.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def no_glossary_of_the_developer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(autouse=True)
def nothing_waits_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can see whether the disk has what was written, and each flush takes milliseconds."""
    monkeypatch.setattr(os, "fsync", os.fstat)  # which refuses what is no open file, too
