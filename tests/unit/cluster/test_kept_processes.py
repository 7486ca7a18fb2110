"""The processes that an actor keeps: one for a stage with its models, within the memory."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import fake_stages
import pytest
from fake_stages import asr_manifest
from msgspec.structs import replace
from processes import assert_gone

from indicsubs_cluster.kept_processes import KeptProcesses
from indicsubs_contract.stages import StageName
from indicsubs_processes.runner import read_answer
from indicsubs_processes.stage_process import StageLaunch, StageProcess

GIGABYTE = 1_000_000_000


@pytest.fixture
def kept() -> Iterator[KeptProcesses]:
    with closing(KeptProcesses(4 * GIGABYTE)) as kept:
        yield kept


def launch(
    folder: Path, stage: StageName, model_bytes: int = 0, environment: str = "whisperx"
) -> StageLaunch:
    return StageLaunch(
        stage=stage,
        environment=environment,
        command=[sys.executable, fake_stages.__file__],
        variables=dict(os.environ),
        folder=folder,
        log=folder / "stage.log",
        temporary=folder / "temporary" / f"{environment}-{stage}-{model_bytes}",
        silence_limit_s=30,
        model_bytes=model_bytes,
    )


def use(kept: KeptProcesses, launch: StageLaunch, used_bytes: int = GIGABYTE) -> StageProcess:
    """Answers a request, and keeps its process as one that used so much memory."""
    process = kept.take(launch)
    process.send(replace(asr_manifest(launch.folder), stays=True))
    result = read_answer(process, launch, lambda _: None, stays=True)
    kept.keep(launch, process, replace(result, peak_memory_bytes=used_bytes))
    return process


def test_a_stage_gets_its_own_process_again(kept: KeptProcesses, tmp_path: Path) -> None:
    asr = use(kept, launch(tmp_path, StageName.ASR, 1))
    alignment = use(kept, launch(tmp_path, StageName.ALIGNMENT, 1))
    assert alignment is not asr
    assert use(kept, launch(tmp_path, StageName.ASR, 1)) is asr
    assert use(kept, launch(tmp_path, StageName.ALIGNMENT, 1)) is alignment


def test_stages_of_an_environment_without_models_share_a_process(
    kept: KeptProcesses, tmp_path: Path
) -> None:
    demux = use(kept, launch(tmp_path, StageName.DEMUX))
    assert use(kept, launch(tmp_path, StageName.EXPORT_TRANSCRIPT)) is demux
    assert use(kept, launch(tmp_path, StageName.MUX, environment="common")) is not demux


def test_a_new_model_ends_the_least_recently_used_processes_where_memory_lacks(
    kept: KeptProcesses, tmp_path: Path
) -> None:
    asr = use(kept, launch(tmp_path, StageName.ASR, 1))
    alignment = use(kept, launch(tmp_path, StageName.ALIGNMENT, 1))
    use(kept, launch(tmp_path, StageName.ASR, 1))
    # 400 MB and 1.3 times the models: 3 GB, beside 1 GB of one other process.
    use(kept, launch(tmp_path, StageName.WITNESS, 2 * GIGABYTE), used_bytes=3 * GIGABYTE)
    assert_gone([alignment.popen.pid])
    assert use(kept, launch(tmp_path, StageName.ASR, 1)) is asr


def test_what_a_process_used_counts_from_its_first_answer(
    kept: KeptProcesses, tmp_path: Path
) -> None:
    asr = use(kept, launch(tmp_path, StageName.ASR, 1), used_bytes=3 * GIGABYTE)
    large = use(kept, launch(tmp_path, StageName.ALIGNMENT, 1), used_bytes=2 * GIGABYTE)
    assert_gone([asr.popen.pid])
    assert use(kept, launch(tmp_path, StageName.ALIGNMENT, 1)) is large


def test_one_process_may_have_more_than_the_memory(kept: KeptProcesses, tmp_path: Path) -> None:
    huge = launch(tmp_path, StageName.ASR, 9 * GIGABYTE)
    process = use(kept, huge, used_bytes=9 * GIGABYTE)
    assert use(kept, huge) is process


def test_a_process_that_died_is_replaced(kept: KeptProcesses, tmp_path: Path) -> None:
    dead = use(kept, launch(tmp_path, StageName.ASR, 1))
    dead.popen.kill()
    dead.popen.wait()
    assert use(kept, launch(tmp_path, StageName.ASR, 1)) is not dead


def test_all_processes_end(tmp_path: Path) -> None:
    kept = KeptProcesses(4 * GIGABYTE)
    used = [use(kept, launch(tmp_path, StageName.ASR, size)) for size in (0, 1)]
    nothing = use(kept, launch(tmp_path, StageName.MUX, environment="common"), used_bytes=0)
    kept.close()
    assert_gone([process.popen.pid for process in (*used, nothing)])
