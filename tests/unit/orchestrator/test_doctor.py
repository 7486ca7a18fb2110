"""What the command ``doctor`` says about models and fonts."""

import json
import subprocess

import fake_workspace
import pytest
from fake_workspace import CPU, indicsubs

from indicsubs.machine import doctor
from indicsubs.machine.doctor import check_machine
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.fonts import check_fonts
from indicsubs.machine.hardware import detect
from indicsubs.machine.workspace import Workspace
from indicsubs_processes.hardware import Hardware, probe
from indicsubs_text.languages import LANGUAGES

MACHINE = Hardware(system="Linux", machine="x86_64", cores=2, memory_mib=8000)


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    monkeypatch.setenv("HF_HUB_CACHE", "/nowhere")
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def fonts_found(monkeypatch: pytest.MonkeyPatch, answer: dict[str, str | None]) -> None:
    command = ["python3", "-c", f"print({json.dumps(json.dumps(answer))})"]
    monkeypatch.setattr(EnvironmentManager, "python_command", lambda *_: command)


def test_the_doctor_counts_the_models_of_each_profile(workspace, monkeypatch) -> None:
    report = check_machine(workspace, MACHINE, CPU)
    profiles = {models.profile: models for models in report.models}
    assert (profiles["demo"].here, profiles["fast"].here) == (5, 0)
    assert profiles["demo"].missing == ("demo/translator-en-indic",)
    assert "Systran/faster-whisper-small" in profiles["fast"].missing


def test_the_doctor_names_the_fonts_that_are_missing(workspace, monkeypatch, capsys) -> None:
    found = {language.font.family: "/a.ttf" for language in LANGUAGES.values()}
    fonts_found(monkeypatch, found)
    indicsubs("doctor")
    text = capsys.readouterr().out
    assert "demo 5 of 6, fast 0 of " in text
    assert "The fonts of all languages are installed." in text
    fonts_found(monkeypatch, found | {"Noto Nastaliq Urdu": None})
    indicsubs("doctor")
    assert "not installed: Noto Nastaliq Urdu (ks ur). Install Noto" in capsys.readouterr().out


def test_fonts_that_cannot_be_looked_for_are_not_called_missing(workspace, monkeypatch) -> None:
    manager = EnvironmentManager(workspace.root)
    for command in (["false"], ["echo", "no json"], ["/nowhere"]):
        monkeypatch.setattr(EnvironmentManager, "python_command", lambda *_, c=command: c)
        assert check_fonts(manager) == ()
    (workspace.root / "venv" / "common" / ".indicsubs-ready").unlink()
    assert check_fonts(EnvironmentManager(workspace.root)) == ()


def test_a_search_for_fonts_that_hangs_is_given_up(workspace, monkeypatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("fonts", 60)

    monkeypatch.setattr("indicsubs.machine.fonts.subprocess.run", hang)
    assert check_fonts(EnvironmentManager(workspace.root)) == ()


def test_the_doctor_works_where_nothing_can_be_kept(workspace, tmp_path) -> None:
    """As in a checkout of another user's."""
    in_the_way = tmp_path / "in the way"
    in_the_way.touch()
    assert detect(in_the_way) == probe()
    (tmp_path / "hardware.json").mkdir()
    assert detect(tmp_path) == probe()


def test_a_program_that_says_nothing_has_no_version() -> None:
    assert doctor._version(["true"]) is None
    assert doctor._version(["printf", "uv \\377"]) is None
    assert doctor._version(["no-such-program"]) is None
    assert doctor._version(["echo", "uv 1.2"]) == "1.2"
