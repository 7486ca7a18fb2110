"""What ``doctor`` asks about fonts."""

import json
import runpy
import sys
from pathlib import Path

import pytest


def test_the_places_of_fonts_are_printed_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"Noto Sans": Path("/fonts/a.ttf"), "Noto Sans Tamil": None}
    monkeypatch.setattr("indicsubs_common.fonts.font_files.find_font", found.get)
    monkeypatch.setattr(sys, "argv", ["fonts", *found])
    runpy.run_module("indicsubs_common.fonts", run_name="__main__")
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"Noto Sans": "/fonts/a.ttf", "Noto Sans Tamil": None}
