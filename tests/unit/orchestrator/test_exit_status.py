"""How a command ends when the machine, the terminal or a signal interferes: status and words."""

import errno
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs
from processes import assert_gone

from indicsubs.cli import main as cli
from indicsubs_contract.errors import ExitStatus
from indicsubs_processes.stage_process import run_attached

WHEN_IMPORTED = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "cyclopts":
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Finder())
sys.argv[1:] = ["--version"]
from indicsubs.cli.start import main
main()
"""
"""Starts the command line, and gets a signal in the middle of the imports."""


def program(
    *arguments: str,
    code: str | None = None,
    before: Callable[[], object] | None = None,
    **options: object,
) -> "subprocess.CompletedProcess[str]":
    """Runs the command line in a process of its own."""
    start = ["-c", code] if code else ["-m", "indicsubs"]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(
        [sys.executable, *start, *arguments],
        preexec_fn=before,
        text=True,
        check=False,
        timeout=120,
        **piped | options,  # type: ignore[arg-type]
    )


# --- signals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_first_second_ends_without_a_trace(number: signal.Signals) -> None:
    done = program(code=WHEN_IMPORTED.format(number=number.value))
    assert (done.returncode, done.stderr) == (ExitStatus.INTERRUPTED, "")


def test_a_closed_terminal_does_not_end_what_nohup_started() -> None:
    def nohup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    done = program(code=WHEN_IMPORTED.format(number=signal.SIGHUP.value), before=nohup)
    assert (done.returncode, done.stderr) == (ExitStatus.DONE, "")


def test_a_second_signal_does_not_stop_the_clean_up_and_a_later_one_counts_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = [100.0]
    monkeypatch.setattr("indicsubs.cli.main.time.monotonic", lambda: now_s[0])
    interrupt = cli._interrupt_once()
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGINT, None)
    now_s[0] += 5
    interrupt(signal.SIGINT, None)
    now_s[0] += 6
    with pytest.raises(KeyboardInterrupt):
        interrupt(signal.SIGTERM, None)


ATTACHED = """
import os, sys
from pathlib import Path
from indicsubs_processes.stage_process import run_attached
script = "import os, time; from indicsubs_contract.harness import _listen, _take_stdin; "
script += "_listen(_take_stdin()); print(os.getpid(), flush=True); time.sleep(600)"
run_attached([sys.executable, "-c", script], dict(os.environ), Path.cwd(), b"{}\\n")
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stage_run_by_hand_ends_with_the_command(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ATTACHED], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        process.send_signal(number)
        process.wait(20)
        assert_gone([pid])


def test_an_interrupt_ends_a_stage_run_by_hand_before_the_command_goes_on(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time; from pathlib import Path;"
        " Path(sys.argv[1]).write_text(str(os.getpid()));"
        " os.kill(os.getppid(), signal.SIGINT); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "pid")]
    with pytest.raises(KeyboardInterrupt):
        run_attached(command, dict(os.environ), tmp_path, b"{}")
    assert_gone([int((tmp_path / "pid").read_text())])


def test_the_status_of_a_stage_run_by_hand_is_that_of_the_stage(tmp_path: Path) -> None:
    for code, status in (
        ("import sys; sys.exit(65)", 65),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ):
        command = [sys.executable, "-c", code]
        assert run_attached(command, dict(os.environ), tmp_path, bytes(1 << 20)) == status


def test_temporary_files_of_a_stage_run_by_hand_go_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indicsubs_processes.stage_process import run_attached

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "import os, tempfile; print(tempfile.mkstemp()); os._exit(0)"
    command = [sys.executable, "-c", code]
    assert run_attached(command, dict(os.environ), tmp_path, b"") == 0
    assert not list(tmp_path.iterdir())


STOPPED = """
import os, queue, sys, threading, time
from pathlib import Path
from indicsubs_processes.runner import _messages
from indicsubs_processes.stage_process import StageLaunch
launch = StageLaunch(stage="asr", environment="e", command=[], variables={}, folder=Path(),
                     log=Path("log"), temporary=Path("temporary"), silence_limit_s=2.0)
lines = queue.Queue()
def read():
    for line in os.fdopen(0, "rb"):
        lines.put(line)
    lines.put(None)
threading.Thread(target=read, daemon=True).start()
print("ready", flush=True)
for message in _messages(lines, launch):
    print(message.done, flush=True)
"""
PROGRESS = b'{"type":"progress","stage":"asr","done":%d,"total":9,"unit":"chunks"}\n'


def test_the_time_in_which_a_run_is_stopped_is_no_silence_of_the_stage() -> None:
    """Ctrl-Z, and `fg` after the limit; the stage has a session of its own and works on."""
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        process.stdin.write(PROGRESS % 1)
        process.stdin.flush()
        assert process.stdout.readline() == b"1\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        process.stdin.write(PROGRESS % 2)
        process.stdin.close()
        assert process.stdout.readline() == b"2\n"
        assert process.wait(20) == 0


# --- the terminal ----------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--help",), ("list", "--json", "-o", "/no-such")])
def test_a_reader_that_has_ended_is_no_error(arguments: Sequence[str]) -> None:
    """As in ``just indicsubs list | head``."""
    reading, writing = os.pipe()
    os.close(reading)
    done = program(*arguments, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (ExitStatus.BROKEN_PIPE, "")


def test_output_that_finds_no_room_is_an_error_without_a_trace() -> None:
    with Path("/dev/full").open("w") as full:
        done = program("list", "--json", "-o", "/no-such", stdout=full)
        assert done.returncode == ExitStatus.IO_ERROR
        assert "No space left on device. Make room" in done.stderr
        assert "Traceback" not in done.stderr
        assert program("--help", stdout=full, stderr=full).returncode == ExitStatus.IO_ERROR


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_files_change_no_status(closed: tuple[int, ...], tmp_path: Path) -> None:
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    assert program("list", "-o", str(tmp_path), before=close).returncode == ExitStatus.DONE
    missing = program("run", "नाम.mp4", "-o", str(tmp_path), before=close)
    assert missing.returncode == ExitStatus.NO_INPUT
    assert ("is not there" in missing.stderr) is (2 not in closed)


@pytest.mark.parametrize(
    "variables",
    [{"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "ascii"}],
    ids=lambda variables: " ".join(variables.values()),
)
def test_any_name_can_be_shown_in_any_locale_and_without_a_home(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    kept = {key: value for key, value in os.environ.items() if key not in {"HOME", "LANG"}}
    done = program("plan", "नमस्ते.mp4", "-o", str(tmp_path), env=kept | variables)
    assert done.returncode == ExitStatus.NO_INPUT
    assert "is not there. Check the path." in done.stderr


# --- the machine -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "status", "step"),
    [
        (errno.ENOSPC, 74, "Make room on the disk, and run again."),
        (errno.EDQUOT, 74, "Delete files"),
        (errno.EFBIG, 74, "raise the limit"),
        (errno.EROFS, 74, "Give a folder that can be written to."),
        (errno.EACCES, 74, "Check the permissions"),
        (errno.EIO, 74, "The disk or the connection to it fails."),
        (errno.EMFILE, 74, "`ulimit -n 1024`"),
        (errno.ENAMETOOLONG, 74, "a shorter path"),
        (errno.ENOTEMPTY, 74, "run again; --debug shows the trace"),
    ],
)
def test_an_error_of_the_system_has_its_path_and_the_next_step(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    status: int,
    step: str,
) -> None:
    fake_workspace.for_commands(tmp_path, monkeypatch)

    def broken(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "/some/file")

    monkeypatch.setattr("indicsubs.cli.job_commands.newest_jobs", broken)
    assert indicsubs("list") == status
    error = " ".join(capsys.readouterr().err.split())
    assert error.startswith(f"error: /some/file: {os.strerror(number)}. ")
    assert step in error


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory")], ids=["own", "system"]
)
def test_memory_that_runs_out_is_worth_another_try(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    fake_workspace.for_commands(tmp_path, monkeypatch)

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("indicsubs.cli.job_commands.newest_jobs", broken)
    assert indicsubs("list") == ExitStatus.TRY_AGAIN
    assert "Memory ran out" in capsys.readouterr().err


@pytest.mark.parametrize(("limit", "value"), [("RLIMIT_AS", 1 << 20), ("RLIMIT_NOFILE", 3)])
def test_a_limit_that_is_too_low_to_start_is_said(limit: str, value: int) -> None:
    done = program(
        code="import resource, sys, traceback; from indicsubs.cli.start import main;"
        f" resource.setrlimit(resource.{limit}, ({value}, {value})); main()"
    )
    assert done.returncode == ExitStatus.UNAVAILABLE
    assert "Traceback" not in done.stderr
    assert "could not be loaded" in done.stderr


def test_a_bug_on_a_full_disk_is_shown_where_no_report_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_workspace.for_commands(tmp_path, monkeypatch)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("surprise")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("indicsubs.cli.job_commands.newest_jobs", broken)
    monkeypatch.setattr(Path, "write_text", full)
    assert indicsubs("list") == ExitStatus.BUG
    error = capsys.readouterr().err
    assert "please report it with the trace above" in " ".join(error.split())
    assert "in broken" in error


def test_a_stream_that_cannot_be_flushed_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert cli._flushed(ExitStatus.DONE) == ExitStatus.IO_ERROR
    assert cli._flushed(ExitStatus.BAD_INPUT) == ExitStatus.BAD_INPUT
