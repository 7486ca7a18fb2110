"""`plan`: what is reused from other jobs, what is missing, how long a run takes."""

import json
import shutil
from pathlib import Path

import fake_workspace
import pytest
from fake_film import film_bytes
from fake_workspace import CPU, indicsubs, new_job, pipeline, spec
from msgspec.structs import replace

from indicsubs.jobs.files import source_file
from indicsubs.jobs.job import Job
from indicsubs.machine.workspace import Workspace
from indicsubs.run.planning import plan_run
from indicsubs_contract.records import write_record
from indicsubs_contract.stages import StageName

SECONDS = 6
"""The length of the film."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def run_with_times(workspace: Workspace, seconds: float, **options: object) -> Job:
    """A finished job whose every stage took so long."""
    job = new_job(workspace, **options)
    pipeline(workspace, job).run()
    for stage in StageName:
        record = job.record(stage)
        if record is not None:
            changed = replace(record, wall_ms=round(1000 * seconds), reused_from=None)
            write_record(job.stage_folder(stage) / "result.json", changed)
    return job


def test_results_of_other_jobs_are_known_before_the_run(workspace) -> None:
    other = new_job(workspace)
    pipeline(workspace, other).run()
    asked = spec(workspace.root, container="mp4")
    planned = plan_run(workspace, asked, CPU, None)
    states = {stage.stage: stage.state for stage in planned.stages}
    assert states.pop(StageName.MUX) == "would run"
    assert set(states.values()) == {f"reused from job {other.id}"}
    assert not [job for job in workspace.jobs.glob("*/*/*/*") if job.name != other.id]
    index = workspace.jobs / ".index" / "demux"
    (pointer,) = index.iterdir()
    for damaged in ("", "../../etc", "2026/01/01/absent"):
        pointer.write_text(damaged)
        assert plan_run(workspace, asked, CPU, None).stages[0].state == "would run"


def test_times_and_sizes_come_from_earlier_jobs(workspace) -> None:
    for seconds in (1, 2, 9):
        run_with_times(workspace, seconds, beam_size=int(seconds))
    longer = workspace.root / "longer.mp4"
    longer.write_bytes(film_bytes(["एक", "दो", "तीन", "चार", "पाँच", "छह"]))
    first = plan_run(workspace, replace(spec(workspace.root), beam_size=7), CPU, None)
    assert first.film_ms == 1000 * SECONDS
    times = {stage.stage: stage.wall_ms for stage in first.stages}
    assert times[StageName.ASR] == 2000, "the median"
    two_targets = plan_run(workspace, spec(workspace.root, targets=("en", "ta")), CPU, None)
    times = {stage.stage: stage.wall_ms for stage in two_targets.stages}
    assert times[StageName.INDICTRANS2_TRANSLATION] == 4000
    sizes = {stage.stage: stage.bytes for stage in two_targets.stages}
    assert sizes[StageName.MUX] == len(film_bytes()), "as large as the film"
    assert sizes[StageName.DEMUX] > 32 * 1000 * SECONDS
    assert two_targets.free_bytes > 0
    unseen = plan_run(
        workspace, replace(spec(workspace.root), source=source_file(longer)), CPU, None
    )
    assert (unseen.film_ms, unseen.wall_ms, unseen.bytes) == (None, None, None)


def test_what_another_job_gave_is_no_measurement(workspace) -> None:
    new_job(workspace, beam_size=9)  # never run
    run_with_times(workspace, 5)
    second = new_job(workspace, container="mp4")
    pipeline(workspace, second).run()
    planned = plan_run(workspace, spec(workspace.root, beam_size=3), CPU, None)
    assert {stage.wall_ms for stage in planned.stages if stage.stage is not StageName.MUX} == {5000}


def test_a_run_with_nothing_to_do_takes_no_time(workspace, capsys) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    assert indicsubs("plan", "last") == 0
    assert "Time: 0 s. Disk: 0 MB, " in capsys.readouterr().out


def test_the_command_says_what_is_unknown_and_what_is_missing(workspace, capsys) -> None:
    asked = ("film.mp4", "-p", "demo", "-s", "hi", "-t", "en")
    assert indicsubs("plan", *asked) == 0
    text = capsys.readouterr().out
    assert "Time: unknown (no job has opened the film, so its length is not known)" in text
    indicsubs("run", "film.mp4", "-p", "demo", "-s", "hi", "-w", "transcribe")
    shutil.rmtree(workspace.root / "models" / "demo" / "translator-indic-en")
    capsys.readouterr()
    assert indicsubs("plan", *asked) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Time: unknown (no earlier job with this profile has run all these stages)" in text
    assert "The demo models are not expanded yet. Run: just setup" in text
    assert indicsubs("plan", *asked, "--json") == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["film_ms"] == 1000 * SECONDS
    assert planned["missing"].startswith("The demo models")


def test_a_disk_that_is_too_small_is_named_before_the_run(workspace, monkeypatch, capsys) -> None:
    run_with_times(workspace, 1)

    class Usage:
        free = 10

    monkeypatch.setattr("indicsubs.run.planning.shutil.disk_usage", lambda _: Usage)
    indicsubs("plan", "film.mp4", "-p", "demo", "-s", "hi", "--beam-size", "2")
    assert "The disk is too small. Make room, or choose another --output." in " ".join(
        capsys.readouterr().out.split()
    )

    def fail(_: Path) -> None:
        raise OSError("stale file handle")

    monkeypatch.setattr("indicsubs.run.planning.shutil.disk_usage", fail)
    assert plan_run(workspace, spec(workspace.root), CPU, None).free_bytes is None


def test_a_film_that_is_gone_has_no_size(workspace) -> None:
    asked = spec(workspace.root)
    Path(asked.source.path).unlink()
    (mux,) = (s for s in plan_run(workspace, asked, CPU, None).stages if s.stage is StageName.MUX)
    assert mux.bytes is None
