"""The orchestrator's end of the pipe: each run of a stage has one clear end, no process stays."""

import errno
import signal
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import fake_stages
import pytest
from fake_stages import asr_manifest, preparation
from processes import alive, assert_gone, kill_an_orchestrator
from stage_launches import ignore, launch, preparing

from indicsubs.run.stage_processes import StandbyProcess
from indicsubs_contract.errors import ExitStatus, FailureCode
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_processes.runner import StageFailure, run_stage
from indicsubs_processes.stage_process import StageLaunch


def test_a_result_comes_back_with_progress_on_the_way(tmp_path: Path) -> None:
    seen: list[Progress] = []
    result = run_stage(launch(tmp_path), asr_manifest(tmp_path), seen.append)
    assert isinstance(result.result, AsrResult)
    assert [p.done for p in seen] == [1]


@pytest.mark.parametrize("ending", ["", "die:SIGKILL", "bug"])
def test_temporary_files_are_the_stage_s_own_and_go_with_it(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("TMPDIR", str(shared))
    own = launch(tmp_path).temporary
    own.mkdir()
    (own / "left").write_text("by a process that was killed with its orchestrator")

    def look(_: Progress) -> None:
        assert not (own / "left").exists()

    manifest = asr_manifest(tmp_path, f"temporary:{ending}")
    if ending:
        with pytest.raises(StageFailure):
            run_stage(launch(tmp_path), manifest, look)
    else:
        run_stage(launch(tmp_path), manifest, look)
    assert (tmp_path / "logs" / "asr.log").read_text().count(str(own)) >= 1, "mktemp's answer"
    assert not own.exists()
    assert not list(shared.iterdir())


def test_what_a_stage_prints_is_in_its_log(tmp_path: Path) -> None:
    run_stage(launch(tmp_path), asr_manifest(tmp_path, "print"), ignore)
    assert "garbage from C" in (tmp_path / "logs" / "asr.log").read_text()


@pytest.mark.parametrize(
    ("manners", "code", "words"),
    [
        ("die:SIGKILL", FailureCode.CRASHED, "ended by SIGKILL (often a sign that memory ran out)"),
        ("die:SIGSEGV", FailureCode.CRASHED, "ended by SIGSEGV"),
        ("exit:139", FailureCode.CRASHED, "ended by SIGSEGV"),  # how uv passes a signal on
        ("exit:0", FailureCode.PROTOCOL, "exited with status 0 without an answer"),
        ("exit:3", FailureCode.PROTOCOL, "exited with status 3 without an answer"),
        ("twice", FailureCode.PROTOCOL, "answered twice"),
        ("nonsense", FailureCode.PROTOCOL, "wrote a line that is not an answer"),
        ("fail:bad_input", FailureCode.BAD_INPUT, "do the other thing"),
        ("bug", FailureCode.BUG, "ZeroDivisionError"),
    ],
)
def test_every_bad_end_names_stage_environment_and_log(
    tmp_path: Path, manners: str, code: FailureCode, words: str
) -> None:
    with pytest.raises(StageFailure) as failed:
        run_stage(launch(tmp_path), asr_manifest(tmp_path, manners), ignore)
    assert failed.value.code is code
    for part in (words, "asr failed in the whisperx environment", "logs/asr.log"):
        assert part in failed.value.message


def test_a_stage_that_hangs_is_stopped_with_its_children(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with pytest.raises(StageFailure, match=r"sent no message for .* --stage-limit") as failed:
        run_stage(launch(tmp_path, limit=1.0), asr_manifest(tmp_path, "hang:limit"), seen.append)
    assert failed.value.code is FailureCode.TIMED_OUT
    assert failed.value.status is ExitStatus.TRY_AGAIN
    assert_gone([int(pid) for pid in seen[0].note.split()])


def test_an_interrupt_leaves_nothing_running(tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt(message: Progress) -> None:
        pids.extend(int(pid) for pid in message.note.split())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage(launch(tmp_path), asr_manifest(tmp_path, "hang:interrupt"), interrupt)
    assert len(pids) == 2
    assert_gone(pids)


@pytest.mark.parametrize("stands_by", [False, True])
def test_an_interrupt_while_a_stage_starts_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stands_by: bool
) -> None:
    started: list[int] = []
    popen = subprocess.Popen

    def interrupted(*command: Any, **how: Any) -> "subprocess.Popen[bytes]":
        process = popen(*command, **how)
        started.append(process.pid)
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr(subprocess, "Popen", interrupted)

    def start(standby: StandbyProcess) -> None:
        if stands_by:
            standby.prepare(launch(tmp_path), preparation())
        else:
            run_stage(launch(tmp_path), asr_manifest(tmp_path, "hang:start"), ignore)

    with closing(StandbyProcess()) as standby, pytest.raises(KeyboardInterrupt):
        start(standby)
    assert len(started) == 1
    assert not alive(started[0])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_killed_orchestrator_leaves_nothing_running(tmp_path: Path) -> None:
    pids = kill_an_orchestrator(Path(__file__), tmp_path)
    assert len(pids) == 2
    assert_gone(pids)


def test_a_stage_that_cannot_start_is_a_failure_with_its_status(tmp_path: Path) -> None:
    with pytest.raises(StageFailure, match="exited with status 2 without an answer"):
        run_stage(launch(tmp_path, script="no_such_script.py"), asr_manifest(tmp_path), ignore)


def test_a_stage_that_lingers_after_its_answer_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs_processes.stage_process.GRACE_SECONDS", 0.5)
    script = tmp_path / "linger.py"
    script.write_text(
        "import threading, time, sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(fake_stages.__file__).parent)!r})\n"
        "import fake_stages, os, indicsubs_contract.harness as h\n"
        "h._exit = lambda status: time.sleep(600)\n"
        "h.serve({h.StageName.ASR: 'fake_stages'})\n"
    )
    began = time.monotonic()
    result = run_stage(launch(tmp_path, script=str(script)), asr_manifest(tmp_path), ignore)
    assert isinstance(result.result, AsrResult)
    assert time.monotonic() - began < 20


def test_a_stage_that_closes_its_output_and_stays_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs_processes.stage_process.GRACE_SECONDS", 0.3)
    script = tmp_path / "closes.py"
    script.write_text("import os, time\nos.close(1)\ntime.sleep(600)\n")
    with pytest.raises(StageFailure, match="closed its output without an answer and did not exit"):
        run_stage(launch(tmp_path, script=str(script)), asr_manifest(tmp_path), ignore)


def test_a_command_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = StageLaunch(**{**vars(launch(tmp_path)), "command": ["no-such-uv", "run"]})
    with pytest.raises(StageFailure, match=r"could not be started with no-such-uv \(No such file"):
        run_stage(command, asr_manifest(tmp_path), ignore)


def test_a_stage_can_be_run_outside_the_main_thread(tmp_path: Path) -> None:
    """Only the main thread may change how signals are handled."""
    results: list[Any] = []

    def run() -> None:
        results.append(run_stage(launch(tmp_path), asr_manifest(tmp_path), ignore))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert isinstance(results[0].result, AsrResult)


def test_a_stage_that_stood_by_is_the_one_that_is_asked(tmp_path: Path) -> None:
    standby = StandbyProcess()
    for manners in ("", "", "more"):
        standby.prepare(launch(tmp_path), preparation(manners))
    assert standby.take(StageName.ALIGNMENT) is None
    process = standby.take(StageName.ASR)
    assert standby.take(StageName.ASR) is None
    meanwhile: list[str] = []
    result = run_stage(
        launch(tmp_path, script="no_such_script.py"),
        asr_manifest(tmp_path),
        ignore,
        standby=process,
        meanwhile=lambda: meanwhile.append("works"),
    )
    assert isinstance(result.result, AsrResult)
    assert len(preparing(tmp_path)) == 2, "an equal preparation is not sent again"
    assert meanwhile == ["works"]


def test_a_stage_that_died_while_it_stood_by_is_started_afresh(tmp_path: Path) -> None:
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path), preparation("die:SIGKILL"))
    assert_gone(preparing(tmp_path))
    process = standby.take(StageName.ASR)
    assert process
    process.popen.wait(timeout=10)
    meanwhile: list[str] = []
    result = run_stage(
        launch(tmp_path),
        asr_manifest(tmp_path),
        ignore,
        standby=process,
        meanwhile=lambda: meanwhile.append("works"),
    )
    assert isinstance(result.result, AsrResult)
    assert meanwhile == ["works"]


def test_a_stage_that_dies_afresh_too_has_failed(tmp_path: Path) -> None:
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path), preparation("exit:3"))
    process = standby.take(StageName.ASR)
    assert process
    process.popen.wait(timeout=20)
    with pytest.raises(StageFailure, match="ended by SIGKILL"):
        run_stage(launch(tmp_path), asr_manifest(tmp_path, "die:SIGKILL"), ignore, standby=process)


def test_a_stage_that_reads_no_more_is_replaced(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = tmp_path / "deaf.py"
    script.write_text(
        "import os, pathlib, time\n"
        f"os.close(0)\npathlib.Path({str(ready)!r}).touch()\ntime.sleep(600)\n"
    )
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path, script=str(script)), preparation())
    process = standby.take(StageName.ASR)
    assert process
    deadline = time.monotonic() + 20
    while not ready.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    result = run_stage(launch(tmp_path), asr_manifest(tmp_path), ignore, standby=process)
    assert isinstance(result.result, AsrResult)
    assert_gone([process.popen.pid])


def test_the_time_on_standby_does_not_count_as_silence(tmp_path: Path) -> None:
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path), preparation())
    preparing(tmp_path)
    time.sleep(2.5)
    process = standby.take(StageName.ASR)
    run_stage(launch(tmp_path, limit=2.0), asr_manifest(tmp_path), ignore, standby=process)


@pytest.mark.parametrize("manners", ["", "sleep"])
def test_a_stage_that_is_not_needed_is_gone_at_once(tmp_path: Path, manners: str) -> None:
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path), preparation(manners))
    pids = preparing(tmp_path)
    standby.discard(StageName.ALIGNMENT)
    assert alive(pids[0])
    standby.discard(StageName.ASR)
    assert_gone(pids)
    standby.close()


def test_only_one_stage_stands_by(tmp_path: Path) -> None:
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path), preparation())
    pids = preparing(tmp_path)
    other = StageLaunch(**{**vars(launch(tmp_path)), "stage": StageName.ALIGNMENT})
    standby.prepare(other, preparation())
    assert_gone(pids)
    pids = preparing(tmp_path, 2)
    standby.close()
    assert_gone(pids)


def test_no_thread_is_left_behind(tmp_path: Path) -> None:
    run_stage(launch(tmp_path), asr_manifest(tmp_path), ignore)
    deadline = time.monotonic() + 5
    while threading.active_count() > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == 1


def test_a_machine_without_room_for_a_process_is_not_a_broken_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("indicsubs_processes.stage_process.subprocess.Popen", full)
    with pytest.raises(OSError, match="Too many open files"):
        run_stage(launch(tmp_path), asr_manifest(tmp_path), ignore)
