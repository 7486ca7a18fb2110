"""Jobs on disk: named, found, listed, removed; files written whole."""

import errno
from datetime import datetime, tzinfo
from pathlib import Path

import fake_workspace
import msgspec
import pytest

from indicsubs.jobs.files import artifacts, link_or_copy, set_aside, source_file
from indicsubs.jobs.job_folders import (
    all_jobs,
    create_job,
    find_job,
    find_or_create_job,
    remove_job,
    same_job,
    unreadable_jobs,
)
from indicsubs.jobs.job_list import JobList, newest_jobs
from indicsubs.jobs.job_reading import read_job
from indicsubs.jobs.results import ResultStore, temporary_name
from indicsubs.jobs.specification import Edits, JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import by_content
from indicsubs_contract.errors import ExitStatus, IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.load_transcript import EditBaseline
from indicsubs_contract.messages.mux import MuxRequest
from indicsubs_contract.records import write_atomically
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(root=tmp_path, jobs=tmp_path / "out")


def listed(workspace: Workspace) -> JobList:
    return newest_jobs(workspace, None, attempts=True)


def test_a_job_remembers_what_was_asked(workspace: Workspace) -> None:
    spec = fake_workspace.spec(workspace.root, targets=("en", "ta"), hotwords="राम, सीता")
    job = create_job(workspace, spec)
    assert read_job(job.folder).spec == spec
    year, month, day = job.folder.relative_to(workspace.jobs).parts[:3]
    assert (len(year), len(month), len(day)) == (4, 2, 2)
    assert "film" in job.id


def test_the_same_film_with_the_same_options_is_the_same_job(workspace: Workspace) -> None:
    spec = fake_workspace.spec(workspace.root)
    job = create_job(workspace, spec)
    found = same_job(workspace, fake_workspace.spec(workspace.root))
    assert found
    assert found.id == job.id
    assert same_job(workspace, fake_workspace.spec(workspace.root, beam_size=1)) is None
    (workspace.root / "film.mp4").write_bytes(b"another film")
    changed = msgspec.structs.replace(spec, source=source_file(workspace.root / "film.mp4"))
    assert same_job(workspace, changed) is None


def test_jobs_are_found_by_id_beginning_folder_and_last(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = create_job(workspace, fake_workspace.spec(workspace.root))
    second = create_job(workspace, fake_workspace.spec(workspace.root, beam_size=2))
    assert find_job(workspace, first.id).folder == first.folder
    assert find_job(workspace, str(second.folder)).id == second.id
    assert find_job(workspace, first.id[:-1]).id == first.id
    assert find_job(workspace, "last").id in {first.id, second.id}
    with pytest.raises(IndicsubsError, match="The name of the film or job is empty"):
        find_job(workspace, "")
    with pytest.raises(
        IndicsubsError, match=r"No job is called 'x'.*just indicsubs list"
    ) as missing:
        find_job(workspace, "x")
    assert missing.value.status is ExitStatus.NO_INPUT


def test_a_broken_job_does_not_hide_the_others(workspace: Workspace) -> None:
    good = create_job(workspace, fake_workspace.spec(workspace.root))
    broken = create_job(workspace, fake_workspace.spec(workspace.root, beam_size=2))
    newer = create_job(workspace, fake_workspace.spec(workspace.root, beam_size=3))
    lost = create_job(workspace, fake_workspace.spec(workspace.root, beam_size=4))
    text = (broken.folder / "job.json").read_text()
    (broken.folder / "job.json").write_text(text.replace('"hi"', '"ta"'))
    (newer.folder / "job.json").write_text('{"schema": 99, "something": "else"}')
    (lost.folder / "job.json").unlink()
    assert [job.id for job in all_jobs(workspace)] == [good.id]
    problems = {job.id: job.problem for job in listed(workspace).damaged}
    assert list(problems) == sorted((broken.id, newer.id, lost.id), reverse=True)
    for job, problem in (
        (broken, "checksum does not fit its content. If you edited it by hand, delete its line"),
        (newer, "written by a newer version of indicsubs (schema 99"),
        (lost, "job.json is missing"),
    ):
        assert problem in problems[job.id]
        for name in (job.id, job.id[:-1], str(job.folder)):
            with pytest.raises(IndicsubsError) as unreadable:
                find_job(workspace, name)
            assert unreadable.value.status in {ExitStatus.BAD_INPUT, ExitStatus.USAGE}


def test_a_job_that_a_person_edits_is_read_once_its_checksum_is_deleted(
    workspace: Workspace,
) -> None:
    """Records from before checksums have none either."""
    job = create_job(workspace, fake_workspace.spec(workspace.root))
    path = job.folder / "job.json"
    edited = path.read_text().replace('"beam_size": 5', '"beam_size": 7')
    path.write_text(edited)
    with pytest.raises(IndicsubsError, match="delete its line `checksum`"):
        read_job(job.folder)
    fields = msgspec.json.decode(edited)
    del fields["checksum"]
    path.write_bytes(msgspec.json.encode(fields))
    assert read_job(job.folder).spec.beam_size == 7


def test_unreadable_jobs_are_those_of_films_of_the_same_name(workspace: Workspace) -> None:
    spec = fake_workspace.spec(workspace.root)
    job = create_job(workspace, spec)
    (job.folder / "job.json").write_text("{")
    assert [other.id for other in unreadable_jobs(workspace, spec)] == [job.id]
    (workspace.root / "film.mp4").rename(workspace.root / "fil.mp4")
    other_film = msgspec.structs.replace(spec, source=source_file(workspace.root / "fil.mp4"))
    assert unreadable_jobs(workspace, other_film) == []


def test_what_a_killed_process_left_of_a_job_is_removed(workspace: Workspace) -> None:
    """A job that was being made has nothing yet, and one that was being removed was not wanted."""
    job = create_job(workspace, fake_workspace.spec(workspace.root))
    half = job.folder.with_name(f".{job.id}.unfinished")
    job.folder.rename(half)
    assert all_jobs(workspace) == listed(workspace).damaged == []
    made, is_new = find_or_create_job(workspace, fake_workspace.spec(workspace.root))
    assert is_new
    assert list(half.parent.iterdir()) == [made.folder]


def test_a_job_that_is_deleted_before_it_starts_is_not_made_again(workspace: Workspace) -> None:
    job = create_job(workspace, fake_workspace.spec(workspace.root))
    remove_job(read_job(job.folder))
    with pytest.raises(IndicsubsError, match="was deleted by another process"), job.lock():
        pass
    assert not job.folder.exists()
    job.folder.mkdir(parents=True)  # another process is removing it now
    with pytest.raises(IndicsubsError, match="was deleted by another process"), job.lock():
        pass


def test_a_lock_shows_what_another_process_wrote_before(workspace: Workspace) -> None:
    job = create_job(workspace, fake_workspace.spec(workspace.root))
    read_job(job.folder).save_spec(msgspec.structs.replace(job.spec, beam_size=3))
    assert job.spec.beam_size == 5
    with job.lock():
        assert job.spec.beam_size == 3


def test_a_job_from_before_the_rule_profiles_is_read(workspace: Workspace) -> None:
    """Hours of recognition lie in it: its words have changed, not what it did."""
    for characters, read_as in ((42, None), (36, 36)):
        spec = fake_workspace.spec(workspace.root, beam_size=characters)
        job = create_job(workspace, spec)
        written = msgspec.json.decode((job.folder / "job.json").read_bytes())
        written["ask"] = written.pop("spec")
        del written["ask"]["rules"], written["ask"]["line_characters"]
        del written["checksum"]
        written["ask"]["limits"] = {"line_characters": characters, "lines": 2, "gap_ms": 83}
        (job.folder / "job.json").write_bytes(msgspec.json.encode(written))
        assert read_job(job.folder).spec == msgspec.structs.replace(spec, line_characters=read_as)


def test_a_job_from_before_the_new_names_is_read_with_its_edits(workspace: Workspace) -> None:
    """A specification was called ``ask``, and the baseline of an edit ``before``."""
    spec = fake_workspace.spec(workspace.root)
    job = create_job(workspace, spec)
    corrected = job.folder / "edits" / "hi" / "mine.srt"
    corrected.parent.mkdir(parents=True)
    corrected.write_text("1\n00:00:01,000 --> 00:00:02,000\nघर\n")
    file = Artifact(
        path="edits/hi/mine.srt", kind="srt", sha256=sha256(corrected), bytes=1, language="hi"
    )
    baseline = EditBaseline(cues=None, transcript=file)
    edits = Edits(transcript=file, baseline=baseline)
    job.file = msgspec.structs.replace(job.file, edits=edits)
    job.save()
    written = msgspec.json.decode((job.folder / "job.json").read_bytes())
    written["ask"] = written.pop("spec")
    del written["checksum"]
    written["edits"]["before"] = written["edits"].pop("baseline")
    (job.folder / "job.json").write_bytes(msgspec.json.encode(written))
    read = read_job(job.folder)
    assert read.spec == spec
    assert read.edits.transcript is not None
    assert read.edits.transcript.sha256 == file.sha256
    assert read.edits.baseline is not None
    assert [one.id for one in all_jobs(workspace)] == [job.id]


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"nonsense",
        b'{"ask": 5}',
        b'{"spec": {"limits": 3}}',
        b'{"edits": [1]}',
        b'{"\x93ask": 5}',
        b'{"ask":' + b"[" * 100_000,
    ],
    ids=lambda content: content[:24],
)
def test_what_was_never_a_job_is_refused_with_its_path(
    workspace: Workspace, content: bytes
) -> None:
    job = create_job(workspace, fake_workspace.spec(workspace.root))
    (job.folder / "job.json").write_bytes(content)
    with pytest.raises(IndicsubsError, match=r"job\.json is damaged: .*run the film") as wrong:
        read_job(job.folder)
    assert wrong.value.status is ExitStatus.BAD_INPUT


def test_a_removed_job_leaves_no_empty_folders(workspace: Workspace) -> None:
    job = create_job(workspace, fake_workspace.spec(workspace.root))
    remove_job(job)
    assert list(workspace.jobs.iterdir()) == []


def test_a_film_is_known_by_its_content(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(bytes(5_000_000))
    before = source_file(film).fingerprint
    film.rename(tmp_path / "other.mp4")
    assert source_file(tmp_path / "other.mp4").fingerprint == before
    with (tmp_path / "other.mp4").open("r+b") as file:
        file.seek(2_500_000)
        file.write(b"x")
    assert source_file(tmp_path / "other.mp4").fingerprint != before
    with pytest.raises(IndicsubsError, match="is not there") as missing:
        source_file(film)
    assert missing.value.status is ExitStatus.NO_INPUT


def test_a_film_that_cannot_be_opened_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(IndicsubsError, match="is a folder, and a file is needed") as failed:
        source_file(tmp_path)
    assert failed.value.status is ExitStatus.USAGE


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "result.json"
    write_atomically(place, b"old")
    write_atomically(place, b"new")
    assert place.read_bytes() == b"new"
    assert list(place.parent.iterdir()) == [place]


def test_a_place_where_no_job_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    workspace = Workspace(root=tmp_path, jobs=tmp_path / "file")
    with pytest.raises(IndicsubsError, match="Choose another --output") as failed:
        create_job(workspace, fake_workspace.spec(tmp_path))
    assert failed.value.status is ExitStatus.IO_ERROR


def test_two_films_of_one_name_have_two_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Noon(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Noon":
            return cls(2026, 11, 27, 12, tzinfo=tz)

    numbers = iter(["1111", "1111", "2222"])
    monkeypatch.setattr("indicsubs.jobs.job_folders.datetime", Noon)
    monkeypatch.setattr("secrets.token_hex", lambda _: next(numbers))
    workspace = Workspace(root=tmp_path, jobs=tmp_path / "out")
    jobs = [create_job(workspace, fake_workspace.spec(tmp_path)) for _ in range(2)]
    assert [job.id[-4:] for job in jobs] == ["1111", "2222"]
    assert all((job.folder / "job.json").is_file() for job in jobs)


ARTIFACT = Artifact(path="a", kind="srt", sha256="1", bytes=1, language="hi")


def test_artifacts_are_found_in_any_message() -> None:
    film = SourceFile(path="/film.mkv", fingerprint="f")
    request = MuxRequest(source=film, subtitles=(ARTIFACT, ARTIFACT))
    assert artifacts(request) == [ARTIFACT, ARTIFACT]


def test_a_digest_sees_content_and_not_places() -> None:
    def mux(path: str, content: str, film: str) -> object:
        artifact = msgspec.structs.replace(ARTIFACT, path=path, sha256=content)
        source = SourceFile(path=film, fingerprint="f")
        return by_content(MuxRequest(source=source, subtitles=(artifact,)))

    assert mux("a", "1", "/film") == mux("b", "1", "/moved")
    assert mux("a", "1", "/film") != mux("a", "2", "/film")


def test_small_files_are_copied_for_editing_and_large_ones_linked(tmp_path: Path) -> None:
    for name, size in (("film", 2 << 20), ("text", 10)):
        source = tmp_path / name
        source.write_bytes(bytes(size))
        link_or_copy(source, tmp_path / f"{name}.2")
    assert (tmp_path / "film").stat().st_nlink == 2
    assert (tmp_path / "text").stat().st_nlink == 1
    assert (tmp_path / "text.2").read_bytes() == bytes(10)


def test_a_film_is_copied_where_the_file_system_has_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("indicsubs.jobs.files.os.link", no_links)
    film = tmp_path / "film"
    film.write_bytes(b"x" * (2 << 20))
    link_or_copy(film, tmp_path / "film.2")
    assert (tmp_path / "film.2").read_bytes() == film.read_bytes()
    assert film.stat().st_nlink == 1


def test_an_old_cache_moves_once_and_nothing_of_it_is_lost(workspace: Workspace) -> None:
    job = create_job(workspace, fake_workspace.spec(workspace.root))
    for stage, text in (("translation", "hours"), ("shots", "old")):
        (job.folder / "memory" / stage).mkdir(parents=True)
        (job.folder / "memory" / stage / "file").write_text(text)
    (job.folder / "cache" / "shots").mkdir(parents=True)
    (job.folder / "cache" / "shots" / "file").write_text("new")
    for _ in range(2):
        job.move_old_cache()
        assert (job.folder / "cache" / "translation" / "file").read_text() == "hours"
        assert (job.folder / "cache" / "shots" / "file").read_text() == "new"
        assert (job.folder / "memory" / "shots" / "file").read_text() == "old"


def test_temporary_files_of_a_killed_run_go_at_the_next(tmp_path: Path) -> None:
    spec = JobSpec(source=SourceFile(path="/film.mkv", fingerprint=""))
    job = create_job(Workspace(root=tmp_path, jobs=tmp_path / "out"), spec)
    left = job.folder / temporary_name(StageName.ASR)
    left.mkdir(parents=True)
    (left / "torch").write_text("left by a stage that was killed with its orchestrator")
    ResultStore(tmp_path / "out", job).restore()
    assert not left.exists()


def test_a_copy_that_finds_no_room_is_removed_and_names_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("indicsubs.jobs.files.shutil.copy2", full)
    source = tmp_path / "text"
    source.write_text("text")
    with pytest.raises(OSError, match="No space left on device: ") as failed:
        link_or_copy(source, tmp_path / "copy")
    assert failed.value.filename == str(tmp_path / "copy")
    assert list(tmp_path.iterdir()) == [source]


def test_nothing_that_was_set_aside_is_replaced_within_a_second(tmp_path: Path) -> None:
    for text in ("first", "second", "third"):
        (tmp_path / "file").write_text(text)
        set_aside(tmp_path / "file")
    assert {path.read_text() for path in tmp_path.iterdir()} == {"first", "second", "third"}


def test_a_job_file_that_cannot_be_opened_is_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = create_job(workspace, fake_workspace.spec(workspace.root))

    def forbidden(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("indicsubs.jobs.job_reading.read_job_file", forbidden)
    with pytest.raises(IndicsubsError, match=r"job\.json cannot be read: Permission denied"):
        read_job(job.folder)
    assert [other.id for other in listed(workspace).damaged] == [job.id]
