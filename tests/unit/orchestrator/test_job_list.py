"""``list`` shows the newest jobs, and says how many it leaves out."""

import json
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs, spec

from indicsubs.jobs import job_list
from indicsubs.jobs.job import JOB_FILE, Job
from indicsubs.jobs.specification import JobFile
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus

MANY = 60


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.fixture
def ids(workspace: Workspace) -> list[str]:
    """The ids of many jobs, the newest first."""
    names: list[str] = []
    asked = spec(workspace.root)
    for number in range(MANY):
        day, hour = divmod(number, 24)
        name = f"{hour:02}0000-film-{number:04}"
        made = f"2026-11-{day + 1:02}T{hour:02}:00:00+00:00"
        folder = workspace.jobs / f"2026/11/{day + 1:02}" / name
        Job(folder, JobFile(id=name, created=made, spec=asked)).save()
        names.insert(0, name)
    return names


def attempt(workspace: Workspace, name: str) -> None:
    """Makes a job look as if it had been run and had ended without a result."""
    (folder,) = workspace.jobs.glob(f"*/*/*/{name}")
    (folder / "logs").mkdir()
    (folder / "logs/pipeline.log").touch()


def shown(capsys: pytest.CaptureFixture[str]) -> tuple[list[str], str]:
    """The ids in the table, and the text."""
    text = capsys.readouterr().out
    lines = (line.split() for line in text.splitlines())
    return [line[0] for line in lines if line and "-film-" in line[0]], text


def test_only_the_newest_jobs_are_shown_and_read(ids, capsys, monkeypatch) -> None:
    read: list[Path] = []
    read_jobs = job_list.read_jobs
    monkeypatch.setattr(job_list, "read_jobs", lambda some: read_jobs(read.extend(some) or some))
    assert indicsubs("list") == ExitStatus.DONE
    found, text = shown(capsys)
    assert found == ids[:50]
    assert "10 older jobs are not shown: just indicsubs list --all" in text
    assert [folder.name for folder in read] == ids[:50]


@pytest.mark.parametrize(
    ("option", "count"),
    [(("--all",), MANY), (("-n", str(MANY)), MANY), (("--number", "3"), 3), (("-a", "-n", "2"), 2)],
)
def test_a_person_chooses_how_many_jobs_are_shown(ids, capsys, option, count) -> None:
    indicsubs("list", *option)
    found, text = shown(capsys)
    assert found == ids[:count]
    assert ("not shown" in text) is (count < MANY)


def test_one_older_job_is_counted_as_one(ids, capsys) -> None:
    indicsubs("list", "-n", str(MANY - 1))
    assert "1 older job is not shown" in shown(capsys)[1]


def test_programs_get_all_jobs_or_as_many_as_they_ask_for(ids, capsys) -> None:
    for options, count in (((), MANY), (("-n", "3"), 3)):
        indicsubs("list", "--json", *options)
        assert [job["id"] for job in json.loads(capsys.readouterr().out)] == ids[:count]


def test_jobs_that_are_left_out_take_no_place(workspace, ids, capsys) -> None:
    for name in ids[:3]:
        attempt(workspace, name)
    indicsubs("list", "-n", "5")
    found, text = shown(capsys)
    assert found == ids[3:8]
    assert "3 attempts that did nothing" in text
    assert f"{MANY - 8} older jobs are not shown" in text
    indicsubs("list", "-n", "5", "--all")
    assert shown(capsys)[0] == ids[:5]


def test_a_damaged_job_takes_a_place(workspace, ids, capsys) -> None:
    (path,) = workspace.jobs.glob(f"*/*/*/{ids[1]}/{JOB_FILE}")
    path.write_text("{")
    indicsubs("list", "-n", "3")
    assert sorted(shown(capsys)[0]) == sorted(ids[:3])


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5"])
def test_a_number_of_jobs_that_is_none_is_refused(workspace, capsys, number) -> None:
    assert indicsubs("list", f"--number={number}") == ExitStatus.USAGE
    assert "give a whole number from 1 to 100000" in " ".join(capsys.readouterr().err.split())
