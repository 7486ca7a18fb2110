"""Answers to programs: what ``--json`` prints, for success and for every kind of failure."""

import json
import shutil
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from requests import Response

from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import find_job
from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.stages import StageName

DEMO = ("film.mp4", "--profile", "demo", "-s", "hi", "-t", "en")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def events(text: str) -> list[dict]:
    """Every line of a program's input is one JSON object."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_stage_s_failure_is_the_last_event_with_its_stage(workspace, capsys) -> None:
    assert indicsubs("run", *DEMO, "--initial-prompt", "fail:out_of_memory", "--json") == 75
    captured = capsys.readouterr()
    *_, failure = events(captured.out)
    assert failure["message"].startswith("asr failed in the whisperx environment. It went wrong;")
    assert failure == {
        "event": "failure",
        "code": "out_of_memory",
        "status": 75,
        "stage": "asr",
        "message": failure["message"],
    }
    assert captured.err.startswith("error: asr failed"), "people see it too"


@pytest.mark.parametrize(
    ("arguments", "code", "status", "words"),
    [
        (("run", *DEMO[:-1], "klingon"), "usage", 64, "'klingon' is not a language"),
        (("run", "nowhere.mp4"), "no_input", 66, "nowhere.mp4 is not there"),
        (("run", *DEMO, "--line-characters", "0"), "usage", 64, "from 1 to 1000"),
        (("run", *DEMO, "--device", "mps"), "device", 69, "--device mps"),
        (("run", *DEMO, "--speed", "9"), "usage", 64, "--speed"),
        (("run",), "usage", 64, "film"),
        (("fly",), "usage", 64, "fly"),
        (("import", "absent.srt"), "no_input", 66, "No job is called 'last'"),
        (("plan", "film.mp4", "--profile", "quick"), "usage", 64, "quick"),
        (("prepare", "nowhere.mp4"), "no_input", 66, "nowhere.mp4 is not there"),
        (("status",), "no_input", 66, "No job is called 'last'"),
        (("logs",), "no_input", 66, "No job is called 'last'"),
        (("clean", "last"), "no_input", 66, "No job is called 'last'"),
        (("stage", "asr"), "no_input", 66, "No job is called 'last'"),
        (("setup", "moon"), "usage", 64, "moon: no such environment"),
        (("models", "fetch"), "usage", 64, "Give the name of a profile or of a model"),
        (("profiles", "bcc"), "no_input", 66, "Did you mean bbc?"),
    ],
)
def test_every_command_s_failure_is_an_event(
    workspace, capsys, arguments, code, status, words
) -> None:
    assert indicsubs(*arguments, "--json") == status
    (failure,) = events(capsys.readouterr().out)
    assert (failure["event"], failure["code"], failure["status"]) == ("failure", code, status)
    assert words in failure["message"]
    assert failure["stage"] is None


@pytest.mark.parametrize(
    ("command", "function"),
    [(("list",), "newest_jobs"), (("clean", "last"), "find_job"), (("status",), "find_job")],
)
def test_an_interrupt_is_an_event(workspace, capsys, monkeypatch, command, function) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"indicsubs.cli.job_commands.{function}", interrupted)
    assert indicsubs(*command, "--json") == ExitStatus.INTERRUPTED
    captured = capsys.readouterr()
    (failure,) = events(captured.out)
    assert (failure["code"], failure["status"], failure["stage"]) == ("interrupted", 130, None)
    assert failure["message"].startswith("Stopped. The same command continues")
    assert captured.err.strip() == failure["message"]


def test_an_interrupted_run_ends_with_the_event(workspace, capsys, monkeypatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("indicsubs.run.stage_processes.run_stage", interrupted)
    assert indicsubs("run", *DEMO, "--json") == ExitStatus.INTERRUPTED
    job, started, failure = events(capsys.readouterr().out)
    assert (job["event"], started["event"], failure["event"]) == ("job", "started", "failure")


def test_a_bug_is_an_event_with_the_path_of_its_report(workspace, capsys, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("indicsubs.cli.job_commands.newest_jobs", broken)
    assert indicsubs("list", "--json") == ExitStatus.BUG
    (failure,) = events(capsys.readouterr().out)
    assert (failure["code"], failure["status"]) == ("bug", 70)
    assert "ZeroDivisionError: surprise. This is a bug" in failure["message"]
    assert str(workspace.cache / "bug.log") in failure["message"]


def test_without_json_stdout_has_no_event(workspace, capsys) -> None:
    indicsubs("status")
    assert capsys.readouterr().out == ""


@pytest.fixture
def job(workspace: Workspace) -> Job:
    assert indicsubs("run", *DEMO) == ExitStatus.DONE
    return find_job(workspace, "last")


def test_logs_stage_and_clean_answer_in_json(job, workspace, capfd) -> None:
    capfd.readouterr()
    assert indicsubs("logs", "--json") == ExitStatus.DONE
    (log,) = events(capfd.readouterr().out)
    assert (log["id"], log["log"]) == (job.id, str(job.log))
    assert log["lines"] == job.log.read_text().splitlines()
    assert indicsubs("logs", "last", "asr", "--json") == ExitStatus.DONE
    (log,) = events(capfd.readouterr().out)
    assert log["log"] == str(job.stage_log(StageName.ASR))

    assert indicsubs("stage", "demux", "--json") == ExitStatus.DONE
    captured = capfd.readouterr()
    replay, *answers = events(captured.out)
    assert (replay["event"], replay["job"], replay["stage"]) == ("replay", job.id, "demux")
    assert replay["environment"] == "whisperx"
    assert replay["command"].startswith("UV_PROJECT_ENVIRONMENT=venv/whisperx ")
    assert [answer["type"] for answer in answers][-1] == "result"
    assert replay["command"] not in captured.err

    job.log.unlink()
    assert indicsubs("logs") == ExitStatus.NO_INPUT
    assert "the job has not run yet. Run it: just run" in capfd.readouterr().err

    assert indicsubs("clean", "last", "--json") == ExitStatus.DONE
    assert events(capfd.readouterr().out) == [{"deleted": job.id, "folder": str(job.folder)}]
    assert not job.folder.exists()


def test_setup_answers_in_json_and_talks_to_people_on_stderr(workspace, capfd, monkeypatch) -> None:
    """The demo's models are expanded by a program whose own output is not part of the answer."""
    built: list[str] = []

    def build(self, name: str, announce) -> bool:
        announce(f"Building the {name} environment...")
        built.append(name)
        return name == "common"

    monkeypatch.setattr(EnvironmentManager, "build", build)
    (workspace.root / "demo").mkdir()
    (workspace.root / "demo" / "expand.py").write_text("print('Expanding')\n")
    assert indicsubs("setup", "common", "whisperx", "--json") == ExitStatus.DONE
    captured = capfd.readouterr()
    (answer,) = events(captured.out)
    assert answer == {"ready": ["common", "whisperx"], "built": ["common"]}
    assert built == ["common", "whisperx"]
    assert "Building the common environment..." in captured.err
    assert "Expanding" in captured.err
    assert indicsubs("setup", "whisperx") == ExitStatus.DONE
    assert "Nothing to do. Ready: whisperx." in capfd.readouterr().out
    (workspace.root / "demo" / "expand.py").write_text("raise SystemExit(1)\n")
    assert indicsubs("setup", "common") == ExitStatus.UNAVAILABLE
    assert "The demo models could not be expanded" in capfd.readouterr().err


def test_fetching_models_answers_in_json(workspace, capsys, monkeypatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr("indicsubs.cli.model_commands.check_access", lambda names: None)
    monkeypatch.setattr("indicsubs.cli.model_commands.fetch", lambda name, *_: fetched.append(name))
    monkeypatch.setattr("indicsubs.cli.model_commands.is_fetched", lambda name, _: "small" in name)
    assert indicsubs("models", "fetch", "fast", "someone/model", "--json") == ExitStatus.DONE
    (answer,) = events(capsys.readouterr().out)
    assert "Systran/faster-whisper-small" in answer["models"]
    assert "ai4bharat/indictrans2-indic-en-dist-200M" in answer["fetched"]
    assert "Systran/faster-whisper-small" not in answer["fetched"]
    assert answer["fetched"][-1] == "someone/model"
    assert "indicsubs/indic-conformer-600m-multilingual-int8" in answer["fetched"]
    assert sorted(fetched) == sorted(answer["fetched"])
    assert fetched[0].startswith("ai4bharat/indictrans2") or "int8" in fetched[0], "gated first"
    assert indicsubs("models", "fetch", "someone/model") == ExitStatus.DONE
    text = capsys.readouterr().out
    assert text.splitlines() == ["Fetching someone/model", "On this machine: someone/model"]


@pytest.mark.parametrize(
    ("error", "code", "status", "words"),
    [
        (LocalEntryNotFoundError("no route"), "unreachable", 75, "model hub cannot be reached"),
        (TimeoutError("timed out"), "unreachable", 75, "Check the network"),
        (HfHubHTTPError("403", response=Response()), "missing_model", 69, "ask for access on its"),
    ],
)
def test_a_hub_that_is_offline_is_not_a_hub_that_refuses(
    workspace, capsys, monkeypatch, error, code, status, words
) -> None:
    def download(*_: object, local_files_only: bool = False, **__: object) -> None:
        raise LocalEntryNotFoundError("absent") if local_files_only else error

    monkeypatch.setattr("indicsubs.machine.models.snapshot_download", download)
    assert indicsubs("models", "fetch", "someone/model", "--json") == status
    (failure,) = events(capsys.readouterr().out)
    assert failure["code"] == code
    assert words in failure["message"]


def test_the_doctor_names_what_is_missing_and_the_command(workspace, capsys) -> None:
    manager = EnvironmentManager(workspace.root)
    assert manager.health("common") is Health.OK
    shutil.rmtree(workspace.root / "venv" / "common")
    (workspace.root / "venv" / "whisperx" / "bin" / "python").unlink()
    (workspace.root / "venv" / "whisperx" / "bin" / "python").write_text("not a program")
    assert indicsubs("doctor") == ExitStatus.UNAVAILABLE
    text = capsys.readouterr().out
    assert (
        "These environments are missing, incomplete, damaged or outdated: common. Build them: just"
        " setup" in text
    )
    assert "Python does not start in these environments: whisperx." in text
    assert "rm -r venv/whisperx && just setup" in text
    assert indicsubs("doctor", "--json") == ExitStatus.UNAVAILABLE
    (report,) = events(capsys.readouterr().out)
    states = {state["name"]: state["health"] for state in report["environments"]}
    assert (states["common"], states["indictrans2"]) == ("missing", "ok")
    assert len(report["advice"]) >= 2
