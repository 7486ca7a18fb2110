"""A run that has nothing to do reads no large file, no code and no lock."""

import hashlib
import os
import time
from pathlib import Path

import fake_workspace
import pytest
from fake_film import film_bytes
from fake_workspace import pipeline

from indicsubs.jobs.files import source_file
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import create_job
from indicsubs.jobs.publishing import publish
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine import digest_record
from indicsubs.machine.digest_record import LARGE_FILE
from indicsubs.machine.workspace import Workspace
from indicsubs.run import code_graph
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName

_IO = Path("/proc/self/io")
_SENTENCES = [f"वाक्य {number}" for number in range(80)]
"""The dialogue of a film whose audio has 5 MB."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.build(tmp_path, monkeypatch)


def long_film(workspace: Workspace, **options: object) -> Job:
    path = workspace.root / "long.mp4"
    path.write_bytes(film_bytes(_SENTENCES))
    spec = JobSpec(
        source=source_file(path), profile="demo", source_language="hi", targets=("en",), **options
    )
    return create_job(workspace, spec)


def bytes_read() -> int:
    """The number of bytes that this process has read in its life."""
    fields = dict(line.split(": ") for line in _IO.read_text().splitlines())
    return int(fields["rchar"])


@pytest.mark.skipif(not _IO.exists(), reason="the kernel counts the bytes that are read on Linux")
def test_a_skip_reads_less_than_the_audio_alone(workspace: Workspace) -> None:
    job = long_film(workspace)
    pipeline(workspace, job).run()
    audio = job.stage_folder(StageName.DEMUX) / "audio.wav"
    assert audio.stat().st_size > 5 * LARGE_FILE / 1.05
    code_graph.forget()
    before = bytes_read()
    reports = pipeline(workspace, job).run()
    assert {report.outcome for report in reports} == {"skipped"}
    assert bytes_read() - before < LARGE_FILE, "neither audio nor code nor lock"


def test_a_result_of_another_job_is_read_in_neither_job(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = long_film(workspace), long_film(workspace, container="mkv")
    pipeline(workspace, first).run()
    large: list[Path] = []

    def counted(path: Path) -> str:
        if path.stat().st_size >= LARGE_FILE:
            large.append(path)
        return sha256(path)

    monkeypatch.setattr(digest_record, "sha256", counted)
    pipeline(workspace, second).run()
    for job in (first, second):
        assert {r.outcome for r in pipeline(workspace, job).run()} == {"skipped"}
    assert large == []


def test_a_large_file_that_was_changed_is_made_again(workspace: Workspace) -> None:
    job = long_film(workspace)
    pipeline(workspace, job).run()
    audio = job.stage_folder(StageName.DEMUX) / "audio.wav"
    times = audio.stat()
    with audio.open("r+b") as file:
        file.seek(LARGE_FILE)
        file.write(b"\1")
    os.utime(audio, ns=(times.st_atime_ns, times.st_mtime_ns))
    outcomes = {report.stage: report.outcome for report in pipeline(workspace, job).run()}
    assert outcomes[StageName.DEMUX] == "done"


def test_a_published_film_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"\0" * LARGE_FILE
    made = tmp_path / "film.mkv"
    made.write_bytes(data)
    an_hour_ago = time.time() - 3600
    os.utime(made, (an_hour_ago, an_hour_ago))
    film = Artifact(
        path="film.mkv", kind="film", sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)
    )
    reads: list[Path] = []
    monkeypatch.setattr(digest_record, "sha256", lambda path: reads.append(path) or sha256(path))
    for _ in range(3):
        publish(tmp_path, {"new.mkv": film})
    assert reads == []
    (tmp_path / "subtitles" / "new.mkv").write_bytes(b"\1" * LARGE_FILE)
    publish(tmp_path, {"new.mkv": film})
    kept = list((tmp_path / "subtitles").glob("new.mkv.edited-*"))
    assert [path.read_bytes()[:1] for path in kept] == [b"\1"]
