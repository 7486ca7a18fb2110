"""`logs -f`: what a run writes is shown while it writes."""

from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs, new_job, pipeline

from indicsubs.jobs import log_files
from indicsubs.jobs.log_files import followed
from indicsubs_contract.errors import ExitStatus


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "_LOOK_EVERY_S", 0.0)


def test_a_log_is_followed_until_the_run_ends(tmp_path: Path) -> None:
    path = tmp_path / "asr.log"
    parts = ["", "one\ntw", "o\n", "", "three\n", "no end of line"]

    def goes_on() -> bool:
        part = parts.pop(0)
        if part:
            with path.open("a") as file:
                file.write(part)
        return bool(parts)

    assert list(followed(path, goes_on)) == ["one\n", "two\n", "three\n", "no end of line"]


def test_the_command_prints_the_log_of_a_finished_run_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = fake_workspace.for_commands(tmp_path, monkeypatch)
    job = new_job(workspace)
    assert indicsubs("logs", "-f") == ExitStatus.NO_INPUT
    pipeline(workspace, job).run()
    capsys.readouterr()
    assert indicsubs("logs", "-f") == 0
    assert capsys.readouterr().out == job.log.read_text()
    assert indicsubs("logs", "last", "asr", "--follow", "--json") == 0
    assert "UV_PROJECT_ENVIRONMENT" in capsys.readouterr().out
