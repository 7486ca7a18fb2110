"""The picture of a run that other processes see: running, done, failed, interrupted."""

import fcntl
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import RecordingDisplay, indicsubs, new_job, pipeline

from indicsubs.jobs.job import Job
from indicsubs.jobs.run_progress import (
    PROGRESS_FILE,
    RunProgress,
    is_running,
    job_state,
    now,
    read_progress,
    seconds_since,
    write_progress,
)
from indicsubs.machine.processes import cpu_cores_used
from indicsubs.machine.workspace import Workspace
from indicsubs.run import progress_record
from indicsubs.run.progress_record import SILENT_S, RecordedDisplay, silence_text
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_processes.runner import StageFailure

ASR_MESSAGE = Progress(stage="asr", done=30, total=120, unit="chunks", note="listening")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def status(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert indicsubs("status") == 0
    return " ".join(capsys.readouterr().out.split())


def progress(**fields: object) -> RunProgress:
    """A run whose stage asr works."""
    base = {
        "process": os.getpid(),
        "started": now(),
        "stages": (StageName.DEMUX, StageName.ASR),
        "stage": StageName.ASR,
        "environment": "whisperx",
        "stage_started": now(),
    }
    return RunProgress(**(base | fields))


def ago(seconds: float) -> str:
    return (datetime.now().astimezone() - timedelta(seconds=seconds)).isoformat()


def test_a_job_that_was_only_prepared_says_how_to_run_it(workspace, capsys) -> None:
    job = new_job(workspace)
    assert job_state(job).state == "not run yet"
    assert f"Not run yet. Run it: just run {job.id}" in status(capsys)


def test_a_finished_job_says_where_its_files_are(workspace, capsys) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    assert job_state(job).state == "done"
    assert job_state(job).stages_done == 8
    assert f"The files are in {job.folder / 'subtitles'}" in status(capsys)
    (job.folder / PROGRESS_FILE).unlink()
    assert job_state(job).state == "done", "a version without progress files ran it"
    assert "Done" not in status(capsys)


def test_a_failed_job_says_why_and_what_to_do(workspace, capsys) -> None:
    job = new_job(workspace, initial_prompt="fail:bad_input")
    with pytest.raises(StageFailure):
        pipeline(workspace, job).run()
    assert job_state(job).state == "failed"
    text = status(capsys)
    assert "in stage asr (bad_input): asr failed" in text
    assert "It went wrong; do the other thing." in text
    assert f"Then go on: just run {job.id}" in text
    pipeline(workspace, new_job(workspace)).run()
    indicsubs("list")
    assert "failed: asr" in capsys.readouterr().out


def test_a_bug_is_a_failure_too(workspace, monkeypatch) -> None:
    job = new_job(workspace)
    run = pipeline(workspace, job)
    monkeypatch.setattr(run, "_check_edits", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.run()
    picture = read_progress(job.folder)
    assert picture is not None
    assert (picture.end, picture.code, picture.stage) == ("failed", "bug", None)
    assert "ZeroDivisionError" in picture.reason


@pytest.mark.parametrize("end", [KeyboardInterrupt, BrokenPipeError])
def test_an_interrupted_job_says_how_to_go_on(workspace, capsys, end: type[BaseException]) -> None:
    """By Ctrl-C, or because the program that reads our output has ended: ``| head``."""
    job = new_job(workspace)
    run = pipeline(workspace, job)

    def interrupt(_: object) -> None:
        raise end

    run.display.progress = interrupt
    with pytest.raises(end):
        run.run()
    assert job_state(job).state == "interrupted"
    text = status(capsys)
    assert f"in stage asr. Finished stages are kept. To go on: just run {job.id}" in text
    indicsubs("list")
    assert "interrupted: 1 of 8 stages" in capsys.readouterr().out
    (job.folder / PROGRESS_FILE).unlink()
    assert f"Interrupted. To go on: just run {job.id}" in status(capsys)


def test_a_killed_job_is_interrupted_and_not_running(workspace, capsys) -> None:
    job = new_job(workspace)
    write_progress(job.folder, progress(message=ASR_MESSAGE))
    assert job_state(job).state == "interrupted"
    assert "the process was killed, or the machine stopped" in status(capsys)


HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture
def held(workspace: Workspace) -> Job:
    """A job that another process runs."""
    job = new_job(workspace)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, job.folder / ".lock"], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    yield job
    holder.kill()
    holder.communicate()


def test_what_another_process_does_is_shown(held: Job, capsys) -> None:
    assert is_running(held.folder)
    assert "Another process holds the job." in status(capsys)
    write_progress(held.folder, progress(stage=None))
    assert "Running since" in status(capsys)
    write_progress(
        held.folder,
        progress(
            stage_started=ago(600), message=ASR_MESSAGE, message_time=now(), seconds_left=1800
        ),
    )
    text = status(capsys)
    assert (
        "Stage asr (2 of 2), 30 of 120 chunks (listening), for 10 minutes, about 30 minutes left."
        in text
    )
    assert "asr running whisperx" in text
    indicsubs("list")
    assert "running: asr 25 %" in capsys.readouterr().out
    indicsubs("status", "--json")
    assert json.loads(capsys.readouterr().out)["state"]["state"] == "running"


def test_a_stage_that_says_nothing_is_named_with_what_it_does(held: Job, capsys) -> None:
    silent = ago(SILENT_S + 61)
    write_progress(held.folder, progress(message=ASR_MESSAGE, message_time=silent))
    text = status(capsys)
    assert 'Stage asr: no message for 3 minutes after "listening"; its processes' in text
    write_progress(held.folder, progress(process=0, stage_started=silent))
    assert "no message for 3 minutes since it started; its use of the CPU cannot" in status(capsys)


def test_the_cpu_use_of_children_is_measured() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.3)
        used = cpu_cores_used(os.getpid())
    finally:
        busy.kill()
        busy.wait()
    if sys.platform == "linux":
        assert used is not None
        assert 0.1 < used < 3
    assert cpu_cores_used(0) is None


def test_silence_is_told_in_a_sentence() -> None:
    loading = Progress(stage="asr", done=0, total=0, unit="chunks", note="loading")
    assert "it may wait for a disk or hang" in silence_text(125, loading, 0.0)
    working = Progress(stage="asr", done=3, total=9, unit="chunks")
    assert silence_text(125, working, 1.96) == (
        'no message for 2 minutes after "3 of 9 chunks"; its processes use 2.0 CPU cores'
    )


def test_a_silence_is_named_once_to_the_user(tmp_path: Path, monkeypatch) -> None:
    display = RecordingDisplay()
    recorded = RecordedDisplay(tmp_path, display)
    clock = [0.0]
    monkeypatch.setattr(progress_record.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(progress_record, "cpu_cores_used", lambda _: 1.0)
    recorded.name_silence()
    recorded.started(StageName.ASR, "whisperx")
    clock[0] += SILENT_S - 1
    recorded.name_silence()
    assert display.warnings == []
    clock[0] += 61
    recorded.name_silence()
    recorded.name_silence()
    assert display.warnings == [
        "asr: no message for 3 minutes since it started; its processes use 1.0 CPU cores"
    ]
    recorded.progress(ASR_MESSAGE)
    clock[0] += SILENT_S
    recorded.name_silence()
    assert len(display.warnings) == 2


def test_a_silence_is_looked_for_while_the_run_goes_on(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(progress_record, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(progress_record, "SILENT_S", 0.0)
    monkeypatch.setattr(progress_record, "cpu_cores_used", lambda _: None)
    display = RecordingDisplay()
    recorded = RecordedDisplay(tmp_path, display)
    with recorded.run():
        recorded.started(StageName.ASR, "whisperx")
        for _ in range(500):
            if display.warnings:
                break
            time.sleep(0.01)
    assert "its use of the CPU cannot be seen" in display.warnings[0]


def test_progress_is_written_once_a_second(tmp_path: Path, monkeypatch) -> None:
    recorded = RecordedDisplay(tmp_path, RecordingDisplay())
    clock = [100.0]
    monkeypatch.setattr(progress_record.time, "monotonic", lambda: clock[0])
    written: list[int] = []
    monkeypatch.setattr(
        progress_record, "write_progress", lambda _, p: written.append(p.message and p.message.done)
    )
    recorded.started(StageName.ASR, "whisperx")
    for done in range(25):
        clock[0] += 0.1
        recorded.progress(Progress(stage="asr", done=done, total=25, unit="chunks"))
    assert len(written) == 3


def test_a_run_starts_while_another_process_looks_at_the_job(workspace, monkeypatch) -> None:
    """`status` holds the lock for a moment."""
    job = new_job(workspace)
    looks = (job.folder / ".lock").open("w")
    fcntl.flock(looks, fcntl.LOCK_SH)
    real_sleep = time.sleep

    def sleep(seconds: float) -> None:
        if seconds:
            fcntl.flock(looks, fcntl.LOCK_UN)
        real_sleep(seconds)

    monkeypatch.setattr("indicsubs.jobs.job.time.sleep", sleep)
    with job.lock():
        pass
    looks.close()


def test_a_full_disk_costs_the_picture_and_not_the_run(workspace) -> None:
    job = new_job(workspace)
    (job.folder / PROGRESS_FILE).mkdir()
    assert {report.outcome for report in pipeline(workspace, job).run()} == {"done"}
    assert read_progress(job.folder) is None
    assert not list(job.folder.glob("*.tmp"))
    write_progress(job.folder / "absent", progress())
    (job.folder / "file").touch()
    write_progress(job.folder / "file", progress())
    for content in (b"", b"{}", b"\xff", b'{"process": 1, "started": "x", "end": "else"}'):
        (job.folder / PROGRESS_FILE).rmdir() if content == b"" else None
        (job.folder / PROGRESS_FILE).write_bytes(content)
        assert read_progress(job.folder) is None


def test_times_are_of_this_machine_s_clock_and_never_negative() -> None:
    assert datetime.fromisoformat(now()).tzinfo is not None
    assert seconds_since(ago(-3600)) == 0
    assert 59 < (seconds_since(ago(60)) or 0) < 70
    for damaged in (None, "", "yesterday", "2026-11-27T10:00:00"):
        assert seconds_since(damaged) is None


def test_attempts_that_did_nothing_are_hidden(workspace, capsys) -> None:
    prepared = new_job(workspace)
    failed = new_job(workspace)
    run = pipeline(workspace, failed)
    run.environments.is_environment_installed.cache_clear()
    (workspace.root / "venv/common/.indicsubs-ready").unlink()
    with pytest.raises(Exception, match="not installed"):
        run.run()
    second = new_job(workspace)
    second.log.parent.mkdir()
    second.log.touch()  # of a version without progress files
    assert indicsubs("list") == 0
    text = capsys.readouterr().out
    assert prepared.id in text
    assert failed.id not in text
    assert "2 attempts that did nothing: just indicsubs list --all" in text
    indicsubs("list", "--all")
    assert failed.id in capsys.readouterr().out
    indicsubs("list", "--json")
    assert [job["id"] for job in json.loads(capsys.readouterr().out)] == [prepared.id]


def test_list_shows_what_tells_jobs_apart(workspace, capsys) -> None:
    new_job(workspace, rules="netflix", formats=("ass", "srt"), byte_order_mark=True)
    new_job(workspace, targets=("en", "ta"), beam_size=3, profile="fast")
    indicsubs("list")
    text = capsys.readouterr().out
    assert "hi to en,ta  --beam-size 3" in text
    assert "--profile demo --formats ass,srt --byte-order-mark --rules netflix" in text


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles"])
def test_folders_and_times_are_of_the_user_s_zone(workspace, monkeypatch, capsys, zone) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        job = new_job(workspace)
        made = datetime.fromisoformat(job.file.created)
        assert made.utcoffset() == datetime.now().astimezone().utcoffset() != timedelta(0)
        assert job.folder.parent == workspace.jobs / f"{made:%Y/%m/%d}"
        assert job.id.startswith(f"{made:%H%M}")
        indicsubs("list")
        assert f"{made:%Y-%m-%d %H:%M}" in capsys.readouterr().out
    finally:
        monkeypatch.undo()
        time.tzset()


def test_jobs_of_several_zones_are_listed_by_time(workspace, capsys) -> None:
    created = {
        "2026-11-27T09:00:00+05:30": "second",
        "2026-11-27T04:00:00+00:00": "third",
        "2026-11-27T03:00:00+00:00": "first",
        "some day": "unknown",
    }
    ids: dict[str, str] = {}
    for time_text, name in created.items():
        job = new_job(workspace)
        job.file = type(job.file)(id=job.id, created=time_text, spec=job.spec)
        job.save()
        ids[job.id] = name
    indicsubs("list", "--json")
    listed = [ids[job["id"]] for job in json.loads(capsys.readouterr().out)]
    assert listed == ["third", "second", "first", "unknown"]
    indicsubs("list")
    assert "at an unknown time" in capsys.readouterr().out
