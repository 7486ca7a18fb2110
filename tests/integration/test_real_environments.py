"""The real environments through the real uv: they start, are separate, and leave no process."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import fake_stages
import pytest
from fake_stages import asr_manifest, preparation
from processes import assert_gone, kill_an_orchestrator

from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs.run.stage_processes import StandbyProcess
from indicsubs_contract.engines import ENGINES, environment_names
from indicsubs_contract.errors import FailureCode
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.envelope import Failure
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import decode_answer
from indicsubs_processes.runner import StageFailure, run_stage
from indicsubs_processes.stage_process import StageLaunch

ROOT = Path(__file__).parents[2]
MANAGER = EnvironmentManager(ROOT)
COMMON = "common"


def python(name: str, code: str) -> str:
    done = subprocess.run(
        MANAGER.python_command(name, "-c", code),
        cwd=ROOT,
        env=MANAGER.process_variables(name),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("name", environment_names())
def test_every_environment_is_complete_and_answers(name: str) -> None:
    assert MANAGER.inspected_health(name) is Health.OK
    done = subprocess.run(
        MANAGER.stage_command(name),
        cwd=ROOT,
        env=MANAGER.process_variables(name),
        input=b"{}\n",
        capture_output=True,
        check=False,
    )
    failure = decode_answer(done.stdout)
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.BAD_REQUEST
    assert done.returncode == 65


def test_each_engine_has_its_own_torch_and_common_has_none() -> None:
    code = "import importlib.metadata as m; print(m.version('torch'))"
    assert python("whisperx", code).startswith("2.8.")
    assert python("mlx", code).startswith("2.10.")
    assert python("indictrans2", code).startswith("2.10.")
    absent = "import importlib.util as u; print([u.find_spec(x) for x in ('torch', 'numpy')])"
    assert python(COMMON, absent) == "[None, None]"


@pytest.mark.parametrize("name", environment_names())
def test_python_is_the_environment_s_own(name: str) -> None:
    assert python(name, "import sys; print(sys.prefix)") == str(ROOT / "venv" / name)


def launch(job: Path) -> StageLaunch:
    """The fake stages, in the real common environment, through the real uv."""
    return StageLaunch(
        stage=StageName.ASR,
        environment="common",
        command=MANAGER.python_command(COMMON, str(Path(fake_stages.__file__))),
        variables=MANAGER.process_variables(COMMON),
        folder=ROOT,
        log=job / "asr.log",
        temporary=job / "temporary",
        silence_limit_s=30,
    )


def ignore(message: Progress) -> None:
    pass


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM"])
def test_a_stage_s_death_by_signal_is_seen_through_uv(tmp_path: Path, name: str) -> None:
    if name == "SIGTERM":  # the stage answers before it ends
        with pytest.raises(StageFailure, match="Interrupted"):
            run_stage(launch(tmp_path), asr_manifest(tmp_path, "die:SIGTERM"), ignore)
        return
    with pytest.raises(StageFailure, match=f"ended by {name}"):
        run_stage(launch(tmp_path), asr_manifest(tmp_path, f"die:{name}"), ignore)


def test_uv_killed_alone_leaves_no_stage(tmp_path: Path) -> None:
    pids: list[int] = []

    def kill_uv(message: Progress) -> None:
        pids.extend(int(pid) for pid in message.note.split())
        stage = Path(f"/proc/{pids[0]}/stat").read_text()
        uv = int(stage.rpartition(")")[2].split()[1])
        pids.append(uv)
        os.kill(uv, signal.SIGKILL)

    with pytest.raises(StageFailure) as failed:
        # The stage still has its stdout open: its silence is the only sign that something is wrong.
        run_stage(
            StageLaunch(**{**vars(launch(tmp_path)), "silence_limit_s": 2.0}),
            asr_manifest(tmp_path, "hang:uv"),
            kill_uv,
        )
    assert failed.value.code is FailureCode.TIMED_OUT
    assert len(pids) == 3
    assert_gone(pids)


def test_an_orchestrator_killed_leaves_no_stage_behind_uv(tmp_path: Path) -> None:
    pids = kill_an_orchestrator(Path(__file__), tmp_path)
    assert len(pids) == 2
    assert_gone(pids)


def test_a_stage_that_stood_by_behind_uv_answers(tmp_path: Path) -> None:
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path), preparation())
    process = standby.take(StageName.ASR)
    result = run_stage(launch(tmp_path), asr_manifest(tmp_path), ignore, standby=process)
    assert isinstance(result.result, AsrResult)
    assert " prepares asr" in (tmp_path / "asr.log").read_text()


def test_a_stage_that_is_not_needed_leaves_nothing_behind_uv(tmp_path: Path) -> None:
    standby = StandbyProcess()
    standby.prepare(launch(tmp_path), preparation("sleep"))
    pid = int(logged(tmp_path / "asr.log", " prepares ").split()[0])
    standby.close()
    assert_gone([pid])


@pytest.mark.parametrize(
    ("stage", "engine"),
    [
        (StageName.ALIGNMENT, "wav2vec2"),
        (StageName.ALIGNMENT, "indicconformer"),
        (StageName.INDICTRANS2_TRANSLATION, "ctranslate2"),
    ],
)
def test_real_engines_get_ready(tmp_path: Path, stage: StageName, engine: str) -> None:
    name = ENGINES[engine].environment
    fields = {
        "stage": stage,
        "command": MANAGER.stage_command(name),
        "variables": MANAGER.process_variables(name),
    }
    with closing(StandbyProcess()) as standby:
        standby.prepare(
            StageLaunch(**{**vars(launch(tmp_path)), **fields}), Preparation(prepare=stage)
        )
        assert logged(tmp_path / "asr.log", f"indicsubs.{stage} INFO The stage is prepared.")


def logged(log: Path, text: str) -> str:
    """Waits for a line with the text in a log, and returns it."""
    deadline = time.monotonic() + 120
    while True:
        for line in log.read_text().splitlines():
            if text in line:
                return line
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_a_second_setup_has_nothing_to_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "indicsubs", "setup", "all"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Nothing to do. Ready: {', '.join(environment_names())}." in done.stdout
