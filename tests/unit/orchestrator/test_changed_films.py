"""A film that is replaced or changed during a run: nothing is made from two contents."""

import os
from pathlib import Path

import fake_workspace
import pytest
from fake_film import film_bytes
from fake_workspace import new_job, pipeline

from indicsubs.jobs.files import source_file, with_states
from indicsubs.machine import digest_record
from indicsubs.machine.digest_record import LARGE_FILE
from indicsubs.machine.workspace import Workspace
from indicsubs.run import stage_processes
from indicsubs_contract.errors import FailureCode
from indicsubs_contract.messages.demux import DemuxRequest
from indicsubs_contract.messages.envelope import Manifest
from indicsubs_contract.stages import StageName
from indicsubs_processes import runner
from indicsubs_processes.runner import StageFailure
from indicsubs_processes.stage_process import StageLaunch


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.build(tmp_path, monkeypatch)


@pytest.mark.parametrize("stage", [StageName.DEMUX, StageName.MUX])
def test_a_film_that_is_replaced_before_a_stage_fails_it(
    stage: StageName, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = new_job(workspace)
    film = Path(job.spec.source.path)

    def replaced(launch: StageLaunch, manifest: Manifest, *arguments: object, **more: object):
        if launch.stage is stage and not manifest.output.endswith("check"):
            film.write_bytes(film_bytes(("कुछ और।",)))
        return runner.run_stage(launch, manifest, *arguments, **more)

    monkeypatch.setattr(stage_processes, "run_stage", replaced)
    with pytest.raises(StageFailure, match=r"film\.mp4 has changed") as changed:
        pipeline(workspace, job).run()
    assert changed.value.code is FailureCode.BAD_INPUT
    assert job.record(stage) is None, "nothing is stored under the fingerprint of the old film"
    with pytest.raises(StageFailure, match="has changed"):
        pipeline(workspace, job).run()
    film.write_bytes(film_bytes())
    monkeypatch.setattr(stage_processes, "run_stage", runner.run_stage)
    pipeline(workspace, job).run()
    assert job.record(StageName.MUX) is not None, "with the film back, the job goes on"


def test_the_state_of_a_file_is_given_only_where_its_content_is_right(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    request = DemuxRequest(source=source_file(film), language="hi")
    assert with_states(request).source.state
    os.utime(film, (1, 1))
    assert with_states(request).source.state
    film.write_bytes(b"milf")
    assert with_states(request) == request
    film.unlink()
    assert with_states(request) == request


def test_the_state_changes_no_digest(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    os.utime(job.spec.source.path, (1, 1))
    assert {report.outcome for report in pipeline(workspace, job).run()} == {"skipped"}


def test_a_large_film_is_read_once_for_all_runs(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = workspace.root / "long.mp4"
    film.write_bytes(bytes(LARGE_FILE))
    known = source_file(film, workspace.digests.sha256)
    monkeypatch.setattr(digest_record, "sha256", None)
    request = DemuxRequest(source=known, language="hi")
    assert source_file(film, workspace.digests.sha256) == known
    assert with_states(request, workspace.digests.sha256).source.state
    monkeypatch.undo()
    film.write_bytes(bytes(LARGE_FILE - 1) + b"x")
    assert source_file(film, workspace.digests.sha256) != known
