"""Records that were damaged, deleted, written by another version, or belong to another job."""

import errno
import shutil
from pathlib import Path

import fake_workspace
import in_process
import msgspec
import pytest
from fake_workspace import new_job, pipeline

from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import job_folders
from indicsubs.jobs.publishing import edited_files, publish
from indicsubs.jobs.results import ResultStore
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.context import sha256
from indicsubs_contract.errors import ExitStatus, IndicsubsError
from indicsubs_contract.messages.demux import DemuxRequest
from indicsubs_contract.messages.envelope import Manifest
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.stages import StageName

ASR = StageName.ASR


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    in_process.without_processes(monkeypatch)
    return fake_workspace.build(tmp_path, monkeypatch)


def outcomes(workspace: Workspace, job: Job) -> dict[str, str]:
    return {report.stage: report.outcome for report in pipeline(workspace, job).run()}


def finished_job(workspace: Workspace, **options: object) -> Job:
    job = new_job(workspace, **options)
    pipeline(workspace, job).run()
    return job


def contents(job: Job) -> dict[str, bytes]:
    folder = job.folder / "subtitles"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}


def pointer(workspace: Workspace, job: Job, stage: StageName) -> Path:
    record = job.record(stage)
    assert record is not None
    return workspace.jobs / ".index" / stage / record.digest


# --- result.json -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b'"segments": 3', b'"segments": 4'),
        lambda data: b"\xff" + data,
        lambda _: b"",
    ],
    ids=["truncated", "changed", "not text", "empty"],
)
def test_a_damaged_result_is_named_and_made_again_from_another_job_or_anew(
    workspace: Workspace, damage
) -> None:
    job = finished_job(workspace)
    before = contents(job)
    path = job.stage_folder(ASR) / "result.json"
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert path.read_bytes() != whole
    run = pipeline(workspace, job)
    made = {report.stage: report.outcome for report in run.run()}
    assert made[ASR] == "done"
    assert set(made.values()) == {"done", "skipped"}
    assert any("result.json is damaged" in warning for warning in run.display.warnings)
    assert "result.json is damaged" in job.log.read_text()
    assert list(job.folder.glob("stages/asr.edited-*/transcript.json")), "it may hold an edit"
    assert contents(job) == before
    path.write_bytes(damage(whole))
    other = finished_job(workspace, beam_size=1)
    assert contents(other) == before


def test_a_result_of_a_newer_version_is_neither_read_nor_replaced(workspace: Workspace) -> None:
    job = finished_job(workspace)
    path = job.stage_folder(ASR) / "result.json"
    path.write_text('{"schema": 99, "new": "form"}')
    with pytest.raises(
        IndicsubsError, match=r"result\.json was written by a newer version"
    ) as error:
        pipeline(workspace, job).run()
    assert error.value.status is ExitStatus.BAD_INPUT
    assert path.read_text() == '{"schema": 99, "new": "form"}'


def test_a_result_from_before_checksums_is_used(workspace: Workspace) -> None:
    job = finished_job(workspace)
    for stage in StageName:
        path = job.stage_folder(stage) / "result.json"
        if path.exists():
            fields = msgspec.json.decode(path.read_bytes())
            del fields["checksum"]
            path.write_bytes(msgspec.json.encode(fields))
    assert set(outcomes(workspace, job).values()) == {"skipped"}


def test_a_result_of_another_job_in_the_place_of_a_result_is_not_taken(
    workspace: Workspace,
) -> None:
    job = finished_job(workspace)
    before = contents(job)
    other = finished_job(workspace, targets=("ta",))
    stage = StageName.INDICTRANS2_TRANSLATION
    shutil.rmtree(job.stage_folder(stage))
    shutil.copytree(other.stage_folder(stage), job.stage_folder(stage))
    assert outcomes(workspace, job)[stage] == "done"
    assert contents(job) == before


# --- the index -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"2026/01/01/no-such-job",
        b"/",
        b"../..",
        b"2026/11/27/a\0b",
        b"2026/11/27/" + b"x" * 5000,
    ],
    ids=["empty", "not text", "no job", "root", "outside", "null", "long"],
)
def test_a_damaged_pointer_costs_no_work_and_is_corrected(
    workspace: Workspace, content: bytes
) -> None:
    job = finished_job(workspace)
    place = pointer(workspace, job, ASR)
    whole = place.read_bytes()
    place.write_bytes(content)
    other = new_job(workspace, targets=("ta",))
    assert outcomes(workspace, other)[ASR] == "reused"
    place.write_bytes(content)
    assert outcomes(workspace, job)[ASR] == "skipped"
    shutil.rmtree(other.folder)
    third = new_job(workspace, targets=("en", "ta"))
    assert outcomes(workspace, third)[ASR] == "reused"
    assert place.read_bytes() in {whole, str(third.folder.relative_to(workspace.jobs)).encode()}


def test_a_pointer_to_a_job_without_the_result_finds_it_elsewhere(workspace: Workspace) -> None:
    job = finished_job(workspace)
    other = finished_job(workspace, targets=("ta",))
    shutil.rmtree(job.folder)
    third = new_job(workspace, targets=("en", "ta"))
    assert outcomes(workspace, third)[ASR] == "reused"
    assert third.record(ASR).reused_from == other.id


def test_a_result_that_no_job_has_any_more_is_searched_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = finished_job(workspace)
    place = pointer(workspace, job, ASR)
    shutil.rmtree(job.folder)
    new = new_job(workspace)
    request = DemuxRequest(source=new.spec.source)
    manifest = Manifest(job=str(new.folder), output="out", request=request)

    def stored_meanwhile(jobs: Path) -> list[Path]:
        place.write_bytes(b"2026/11/27/other")
        return job_folders(jobs)

    store = ResultStore(workspace.jobs, new)
    with monkeypatch.context() as patched:
        patched.setattr("indicsubs.jobs.results.job_folders", stored_meanwhile)
        assert store.reuse(ASR, place.name, manifest) is None
    assert place.read_bytes() == b"2026/11/27/other", "another process had found it"
    assert store.reuse(ASR, place.name, manifest) is None
    assert not place.exists()


def test_an_index_that_was_deleted_costs_no_work(workspace: Workspace) -> None:
    job = finished_job(workspace)
    shutil.rmtree(workspace.jobs / ".index")
    assert outcomes(workspace, new_job(workspace, targets=("ta",)))[ASR] == "reused"
    shutil.rmtree(workspace.jobs / ".index" / "demux")
    place = pointer(workspace, job, ASR)
    place.unlink()
    assert outcomes(workspace, job)[ASR] == "skipped"
    assert place.is_file(), "a process was killed between the result and the index"


def test_a_job_without_a_job_file_still_gives_its_results(workspace: Workspace) -> None:
    job = finished_job(workspace)
    before = contents(job)
    (job.folder / "job.json").write_text("{")
    again = new_job(workspace)
    assert set(outcomes(workspace, again).values()) == {"reused"}
    assert contents(again) == before


def test_a_job_that_this_user_may_not_read_gives_nothing_and_stops_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished_job(workspace)

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    other = new_job(workspace, targets=("ta",))
    with monkeypatch.context() as patch:
        patch.setattr("indicsubs.jobs.results._valid_record", forbidden)
        digest = "0" * 64
        store = pipeline(workspace, other).store
        (workspace.jobs / ".index" / ASR / digest).write_text("2026/01/01/job")
        assert store._find(ASR, digest) == (None, None)


def test_a_kill_between_the_old_result_and_the_new_one_keeps_the_old(workspace: Workspace) -> None:
    job = finished_job(workspace)
    before = contents(job)
    folder = job.stage_folder(ASR)
    folder.rename(folder.with_name(".asr.replaced"))
    assert set(outcomes(workspace, job).values()) == {"skipped"}
    assert contents(job) == before
    assert not list(folder.parent.glob(".*"))


# --- what was published ----------------------------------------------------------------------


def damaged_publishing(job: Job, how: str) -> None:
    record = job.folder / "subtitles" / ".published.json"
    if how == "deleted":
        record.unlink()
    elif how == "of an old version":
        files = msgspec.json.decode(record.read_bytes())["files"]
        record.write_bytes(msgspec.json.encode({name: digest for name, (digest,) in files.items()}))
    else:
        record.write_bytes(record.read_bytes()[:-20])


@pytest.mark.parametrize("how", ["deleted", "truncated", "of an old version"])
def test_a_damaged_record_of_what_was_published_hides_no_edit(
    workspace: Workspace, how: str
) -> None:
    job = finished_job(workspace)
    srt = job.folder / "subtitles" / "film.eng.srt"
    own = srt.read_bytes()
    damaged_publishing(job, how)
    assert edited_files(job.folder) == []
    srt.write_bytes(own.replace(b"[en]", b"[corrected]"))
    assert edited_files(job.folder) == [srt]
    run = pipeline(workspace, job)
    run.run()
    assert any("film.eng.srt was edited by hand" in warning for warning in run.display.warnings)
    assert b"[corrected]" in srt.read_bytes()
    assert edited_files(job.folder) == [srt], "also after the record was repaired"


def test_files_that_a_killed_run_was_about_to_publish_are_not_edits(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old files and the new ones: whatever the kill left there."""
    folder = tmp_path / "job"
    files: dict[str, dict[str, Artifact]] = {}
    for version in ("old", "new", "newer"):
        files[version] = {}
        for name in ("a.srt", "b.srt"):
            path = folder / version / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{version} {name}")
            files[version][name] = Artifact(
                path=f"{version}/{name}", kind="srt", sha256=sha256(path), bytes=1, language="en"
            )
    publish(folder, files["old"])
    replace = Path.replace

    def killed_at_b(path: Path, target: Path) -> Path:
        if target.name == "b.srt":
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed_at_b)
        with pytest.raises(KeyboardInterrupt):
            publish(folder, files["new"])
    texts = [(folder / "subtitles" / name).read_text() for name in ("a.srt", "b.srt")]
    assert texts == ["new a.srt", "old b.srt"]
    assert edited_files(folder) == []
    assert publish(folder, files["newer"]) == ()
    assert (folder / "subtitles" / "b.srt").read_text() == "newer b.srt"
