"""A stage's end of the pipe, in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import fake_stages
import msgspec
import pytest
from fake_stages import AUDIO, asr_manifest, preparation
from processes import assert_gone
from stage_context import stage_context

from indicsubs_contract.context import Context
from indicsubs_contract.errors import EXIT_STATUS, ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.envelope import Answer, Failure, Result
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import LIFELINE, decode_answer, encode_line

SCRIPT = str(Path(fake_stages.__file__))


def asr(job: Path, manners: str = "") -> bytes:
    return encode_line(asr_manifest(job, manners))


def stage(line: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, SCRIPT],
        input=line,
        capture_output=True,
        timeout=30,
        env=os.environ | environment,
        check=False,
    )


def answers(done: subprocess.CompletedProcess[bytes]) -> list[Answer]:
    return [decode_answer(line) for line in done.stdout.splitlines(keepends=True)]


def test_a_stage_reports_and_answers(tmp_path: Path) -> None:
    done = stage(asr(tmp_path))
    progress, result = answers(done)
    assert done.returncode == ExitStatus.DONE
    assert progress == Progress(stage="asr", done=1, total=1, unit="chunks")
    assert isinstance(result, Result)
    assert isinstance(result.result, AsrResult)
    assert result.peak_memory_bytes > 5_000_000
    transcript = result.result.transcript
    assert transcript.path == "out/transcript.json"
    assert sha256(tmp_path / transcript.path) == transcript.sha256
    assert (tmp_path / transcript.path).stat().st_size == transcript.bytes


def test_a_cache_of_a_film(tmp_path: Path) -> None:
    context = Context(StageName.ASR, tmp_path, ".", lambda _: None, film_cache="../films/f")
    path = context.film_cache_file("translations")
    assert path == tmp_path / "../films/f/translations"
    assert path.parent.is_dir()
    assert stage_context(StageName.ASR, tmp_path).film_cache_file("translations") is None


def test_a_cache_of_a_stage(tmp_path: Path) -> None:
    assert stage_context(StageName.ASR, tmp_path).cache_file("looks") is None
    path = stage_context(StageName.ASR, tmp_path, cache="cache/asr").cache_file("looks")
    assert path == tmp_path / "cache" / "asr" / "looks"
    assert path.parent.is_dir()


def test_the_end_of_a_file_on_stdin_means_nothing_by_hand(tmp_path: Path) -> None:
    assert isinstance(answers(stage(asr(tmp_path)))[-1], Result)


def test_garbage_on_stdout_does_not_disturb_the_protocol(tmp_path: Path) -> None:
    done = stage(asr(tmp_path, "print"))
    assert [type(answer) for answer in answers(done)] == [Progress, Result]
    for source in (b"Python", b"more", b"from C", b"descriptor 1", b"from a child"):
        assert source in done.stderr


def test_a_stage_and_its_children_cannot_read_the_protocol(tmp_path: Path) -> None:
    done = stage(asr(tmp_path, "read") + b"next line\n")
    assert isinstance(answers(done)[-1], Result), done.stderr


@pytest.mark.parametrize(
    ("manners", "code", "words"),
    [
        ("fail:missing_model", FailureCode.MISSING_MODEL, "do the other thing"),
        ("fail:bad_input", FailureCode.BAD_INPUT, "do the other thing"),
        ("bug", FailureCode.BUG, "ZeroDivisionError: nobody expected that"),
        ("memory", FailureCode.OUT_OF_MEMORY, "--batch-size"),
        ("device", FailureCode.OUT_OF_MEMORY, "--batch-size"),
        ("unmapped", FailureCode.OUT_OF_MEMORY, "Close other programs"),
        ("import", FailureCode.BROKEN_ENVIRONMENT, "whisper_of_heart"),
    ],
)
def test_every_failure_has_a_code_a_next_step_and_an_exit_status(
    tmp_path: Path, manners: str, code: FailureCode, words: str
) -> None:
    done = stage(asr(tmp_path, manners))
    (failure,) = answers(done)
    assert isinstance(failure, Failure)
    assert failure.code is code
    assert words in failure.message
    assert done.returncode == EXIT_STATUS[code]


def test_a_bug_leaves_its_trace_in_the_log(tmp_path: Path) -> None:
    assert b"in misbehave" in stage(asr(tmp_path, "bug")).stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "is empty"),
        (b"hello\n", "cannot be read"),
        (b'{"schema": 7}\n', "Schema 7 is newer"),
    ],
)
def test_a_manifest_that_is_none_is_refused(line: bytes, words: str) -> None:
    done = stage(line)
    (failure,) = answers(done)
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.BAD_REQUEST
    assert words in failure.message
    assert done.returncode == ExitStatus.BAD_INPUT


def test_a_stage_of_another_environment_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "other.py"
    script.write_text(
        "from indicsubs_contract.harness import serve\n"
        "from indicsubs_contract.stages import StageName\n"
        "serve({StageName.MUX: 'nowhere'})\n"
    )
    done = subprocess.run(
        [sys.executable, script], input=asr(tmp_path), capture_output=True, timeout=30, check=False
    )
    (failure,) = answers(done)
    assert isinstance(failure, Failure)
    assert "asr does not run in this environment, whose stages are mux" in failure.message


def test_a_closed_stdin_is_an_empty_request() -> None:
    done = subprocess.run(
        ["bash", "-c", f"exec {sys.executable} {SCRIPT} <&-"],
        capture_output=True,
        timeout=30,
        check=False,
    )
    (failure,) = answers(done)
    assert isinstance(failure, Failure)
    assert "is empty" in failure.message


def test_a_stage_stops_when_its_orchestrator_is_gone(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {LIFELINE: "1"},
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(asr(tmp_path, "hang:gone"))
    process.stdin.flush()
    progress = decode_answer(process.stdout.readline())
    assert isinstance(progress, Progress)
    pids = [int(pid) for pid in progress.note.split()]
    process.stdin.close()  # as the kernel does when the orchestrator dies, however it dies
    process.wait(timeout=10)
    process.stdout.close()
    assert_gone(pids)


def test_a_stage_gets_ready_before_it_is_asked(tmp_path: Path) -> None:
    lines = encode_line(preparation()) + encode_line(preparation("again")) + asr(tmp_path)
    done = stage(lines)
    assert isinstance(answers(done)[-1], Result)
    assert done.stderr.count(b"prepares asr") == 2
    assert b"prepares asr: again" in done.stderr


@pytest.mark.parametrize("manners", ["fail:missing_model", "bug", "memory", "import"])
def test_an_error_in_the_preparation_comes_again_in_the_run(tmp_path: Path, manners: str) -> None:
    done = stage(encode_line(preparation(manners)) + asr(tmp_path))
    assert isinstance(answers(done)[-1], Result)
    assert b"The stage could not be prepared" in done.stderr
    assert b"Traceback" in done.stderr


def test_a_stage_without_preparation_is_only_imported(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("from fake_stages import run\nprint('imported')\n")
    script = tmp_path / "other.py"
    script.write_text(
        "from indicsubs_contract.harness import serve\n"
        "from indicsubs_contract.stages import StageName\n"
        "serve({StageName.ASR: 'plain'})\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        input=encode_line(preparation()),
        capture_output=True,
        timeout=30,
        env=os.environ | {"PYTHONPATH": str(Path(SCRIPT).parent)},
        check=False,
    )
    assert b"imported" in done.stderr
    assert b"Could not" not in done.stderr
    (failure,) = answers(done)
    assert isinstance(failure, Failure)
    assert "is empty" in failure.message


def test_a_preparation_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    done = stage(b'{"prepare": "dinner"}\n' + asr(tmp_path))
    (failure,) = answers(done)
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.BAD_REQUEST
    assert "$.prepare" in failure.message


def standing_by(manners: str) -> subprocess.Popen[bytes]:
    """A stage that has begun to get ready."""
    process = subprocess.Popen(
        [sys.executable, SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {LIFELINE: "1"},
        start_new_session=True,
    )
    assert process.stdin
    assert process.stderr
    process.stdin.write(encode_line(preparation(manners)))
    process.stdin.flush()
    assert b"prepares" in process.stderr.readline()
    return process


@pytest.mark.parametrize("manners", ["", "sleep"])
def test_a_stage_that_stands_by_stops_when_its_orchestrator_is_gone(manners: str) -> None:
    with standing_by(manners) as process:
        assert process.stdin
        process.stdin.close()
        process.wait(timeout=10)


@pytest.mark.parametrize("manners", ["", "sleep"])
def test_sigterm_interrupts_a_stage_that_stands_by(manners: str) -> None:
    with standing_by(manners) as process:
        assert process.stdout
        process.terminate()
        failure = decode_answer(process.stdout.readline())
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.INTERRUPTED


def test_sigterm_is_an_interrupt(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(asr(tmp_path, "hang:term"))
        process.stdin.flush()
        progress = decode_answer(process.stdout.readline())
        process.terminate()
        failure = decode_answer(process.stdout.readline())
    assert isinstance(progress, Progress)
    os.kill(int(progress.note.split()[1]), 9)  # the child ignores SIGTERM by design
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.INTERRUPTED
    assert process.returncode == ExitStatus.INTERRUPTED


@pytest.mark.skipif(sys.platform != "linux", reason="reads the signal masks in /proc")
def test_only_the_main_thread_gets_signals(tmp_path: Path) -> None:
    """A signal that another thread gets does not wake a main thread that waits."""
    with subprocess.Popen(
        [sys.executable, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(asr(tmp_path, "hang:mask"))
        process.stdin.flush()
        progress = decode_answer(process.stdout.readline())
        blocked = {
            int(task.name): int(task.joinpath("status").read_text().split("SigBlk:\t")[1][:16], 16)
            for task in Path(f"/proc/{process.pid}/task").iterdir()
        }
        process.kill()
    assert isinstance(progress, Progress)
    os.kill(int(progress.note.split()[1]), 9)
    term = 1 << (signal.SIGTERM - 1)
    assert not blocked.pop(process.pid) & term
    assert blocked
    assert all(mask & term for mask in blocked.values())


def test_the_context_names_what_is_missing(tmp_path: Path) -> None:
    context = stage_context(StageName.ASR, tmp_path)
    with pytest.raises(IndicsubsError, match=r"audio\.wav is not there") as missing:
        context.path(AUDIO)
    assert missing.value.code is FailureCode.NO_INPUT
    model = ModelFolder(name="tiny", folder=str(tmp_path), fingerprint="0")
    with pytest.raises(IndicsubsError, match=r"tiny lacks model\.bin.*just models") as lacking:
        context.model(model, "model.bin")
    assert lacking.value.code is FailureCode.MISSING_MODEL
    nowhere = msgspec.structs.replace(model, folder=str(tmp_path / "nowhere"))
    with pytest.raises(IndicsubsError, match="tiny is not a folder"):
        context.model(nowhere)


def test_every_failure_has_an_exit_status() -> None:
    assert set(EXIT_STATUS) == set(FailureCode)
    assert ExitStatus.DONE not in EXIT_STATUS.values()


def staying(job: Path, manners: str = "", log: str | None = None) -> bytes:
    return encode_line(
        msgspec.structs.replace(asr_manifest(job, manners), stays=True, log=log, output="again")
    )


def test_a_process_that_stays_serves_one_request_after_another(tmp_path: Path) -> None:
    done = stage(staying(tmp_path) + encode_line(preparation("next")) + staying(tmp_path))
    assert [type(answer) for answer in answers(done)] == [Progress, Result, Progress, Result]
    assert done.returncode == ExitStatus.DONE
    pids = {line.split()[0] for line in done.stderr.splitlines() if b" prepares " in line}
    assert len(pids) == 1


def test_the_last_request_ends_a_process_that_stays(tmp_path: Path) -> None:
    done = stage(staying(tmp_path) + asr(tmp_path) + asr(tmp_path))
    assert [type(answer) for answer in answers(done)] == [Progress, Result] * 2


@pytest.mark.parametrize("line", [b"", b"hello\n"])
def test_a_process_that_stays_ends_with_stdin_and_after_a_failure(
    line: bytes, tmp_path: Path
) -> None:
    done = stage(staying(tmp_path) + line + (staying(tmp_path) if line else b""))
    assert [type(answer) for answer in answers(done)[1:]] == [Result, *([Failure] if line else [])]
    assert done.returncode == (ExitStatus.BAD_INPUT if line else ExitStatus.DONE)


def test_a_process_that_stays_ends_after_the_failure_of_a_stage(tmp_path: Path) -> None:
    done = stage(staying(tmp_path, "fail:bad_input") + staying(tmp_path))
    (failure,) = answers(done)
    assert isinstance(failure, Failure)
    assert done.returncode == ExitStatus.BAD_INPUT


def test_each_request_has_a_log_of_its_own(tmp_path: Path) -> None:
    stage(staying(tmp_path, "print", "first.log") + staying(tmp_path, "print", "second.log"))
    for name in ("first.log", "second.log"):
        assert (tmp_path / name).read_bytes().count(b"garbage from C") == 1


def test_sigterm_interrupts_a_process_that_waits_for_its_second_request(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(staying(tmp_path) + staying(tmp_path, "hang:term"))
        process.stdin.flush()
        first = [decode_answer(process.stdout.readline()) for _ in range(2)]
        hanging = decode_answer(process.stdout.readline())
        process.terminate()
        failure = decode_answer(process.stdout.readline())
    assert isinstance(first[1], Result)
    assert isinstance(hanging, Progress)
    os.kill(int(hanging.note.split()[1]), 9)
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.INTERRUPTED
    assert process.returncode == ExitStatus.INTERRUPTED


@pytest.mark.skipif(sys.platform != "linux", reason="the peak begins again in /proc")
def test_each_request_has_a_peak_memory_of_its_own(tmp_path: Path) -> None:
    done = stage(staying(tmp_path, "allocate:200") + staying(tmp_path))
    first, second = [a.peak_memory_bytes for a in answers(done) if isinstance(a, Result)]
    assert first > 200 << 20
    assert second < 150 << 20
