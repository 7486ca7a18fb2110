"""Requests on machines that share the job's folder: each attempt writes apart from the others."""

from pathlib import Path

import pytest
from fake_stages import asr_manifest
from msgspec.structs import replace

from indicsubs_cluster.shared_folders import accept_attempt, attempt_of
from indicsubs_contract.context import Context
from indicsubs_contract.messages.demux import DemuxResult, MediaInfo
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.stages import StageName


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "stages" / "demux").mkdir(parents=True)
    return replace(asr_manifest(tmp_path), output="stages/demux")


def written(manifest: Manifest, attempt: Manifest, text: str = "words") -> Result:
    """The result of an attempt, with the file that it writes, and a file of an earlier stage."""
    job = Path(manifest.job)
    context = Context(StageName.DEMUX, job, attempt.output, lambda _: None)
    return Result(
        result=DemuxResult(
            audio=context.write("audio.wav", text.encode(), "audio"),
            speech=manifest.request.speech,
            media=MediaInfo(container="mp4", duration_ms=1, start_ms=0, streams=()),
            audio_start_ms=0,
            audio_track=0,
            channel="mix",
        ),
        peak_memory_bytes=5,
    )


def test_a_result_lies_where_it_is_wanted(manifest: Manifest) -> None:
    attempt = attempt_of(manifest, 1)
    result = written(manifest, attempt)
    assert result.result.audio.path == "stages/demux/attempt-1/audio.wav"
    accepted = accept_attempt(manifest, attempt, result)
    assert accepted.result.audio.path == "stages/demux/audio.wav"
    assert accepted.result.audio.sha256 == result.result.audio.sha256
    assert accepted.peak_memory_bytes == 5
    folder = Path(manifest.job) / "stages" / "demux"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"audio.wav": "words"}


def test_files_of_earlier_stages_stay_where_they_are(manifest: Manifest) -> None:
    attempt = attempt_of(manifest, 1)
    accepted = accept_attempt(manifest, attempt, written(manifest, attempt))
    assert accepted.result.speech == manifest.request.speech
    assert (Path(manifest.job) / accepted.result.speech.path).is_file()


def test_a_folder_in_the_output_moves_whole(manifest: Manifest) -> None:
    attempt = attempt_of(manifest, 1)
    (Path(manifest.job) / attempt.output / "fonts").mkdir()
    (Path(manifest.job) / attempt.output / "fonts" / "a.ttf").touch()
    accept_attempt(manifest, attempt, written(manifest, attempt))
    assert (Path(manifest.job) / "stages" / "demux" / "fonts" / "a.ttf").is_file()


def test_a_machine_that_seemed_lost_and_writes_on_changes_nothing(manifest: Manifest) -> None:
    job, folder = Path(manifest.job), Path(manifest.job) / "stages" / "demux"
    lost, second = attempt_of(manifest, 1), attempt_of(manifest, 2)
    with (job / lost.output / "audio.wav").open("w") as zombie:
        accepted = accept_attempt(manifest, second, written(manifest, second, "right"))
        zombie.write("wrong")
    assert (job / accepted.result.audio.path).read_text() == "right"
    with pytest.raises(FileNotFoundError):
        (job / lost.output / "later.wav").touch()
    assert [path.name for path in folder.iterdir()] == ["audio.wav"]


def test_attempts_with_many_digits_are_told_apart(manifest: Manifest) -> None:
    attempt_of(manifest, 1)
    tenth = attempt_of(manifest, 10)
    accepted = accept_attempt(manifest, tenth, written(manifest, tenth))
    assert accepted.result.audio.path == "stages/demux/audio.wav"


def test_an_attempt_begins_in_an_empty_folder(manifest: Manifest) -> None:
    attempt_of(manifest, 1)
    with pytest.raises(FileExistsError):
        attempt_of(manifest, 1)
