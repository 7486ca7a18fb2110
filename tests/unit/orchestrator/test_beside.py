"""Subtitles beside a film: which count, and how files are written there."""

import os
from pathlib import Path

import fake_workspace
import pytest
from msgspec.structs import replace

from indicsubs.jobs.job_folders import create_job
from indicsubs.jobs.publishing import publish
from indicsubs.library.beside import (
    languages_beside,
    remove_leftovers,
    require_writable,
    without_languages_beside,
    write_beside,
)
from indicsubs.library.ledger import LEDGER_FILE, Ledger
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.source_files import sha256

TEXT = "1\n00:00:01,000 --> 00:00:02,000\nबंद करो।\n\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "out" / LEDGER_FILE)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "films" / "Film.2001 [1080p].mkv"
    path.parent.mkdir()
    path.touch()
    return path


def made(tmp_path: Path, name: str, text: str = TEXT) -> Path:
    path = tmp_path / "job" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def file_in(job: Path, name: str, text: str) -> Artifact:
    (job / name).write_text(text)
    digest = sha256(job / name)
    return Artifact(path=name, kind="srt", sha256=digest, bytes=len(text.encode()), language="hi")


@pytest.mark.parametrize(
    ("rest", "purpose", "found"),
    [
        ("hi.srt", "full", {"hi"}),
        ("hin.srt", "full", {"hi"}),
        ("HIN.SRT", "full", {"hi"}),
        ("hi-IN.srt", "full", {"hi"}),
        ("Hindi.ass", "full", {"hi"}),
        ("en.sdh.srt", "full", {"en"}),
        ("en.sdh.srt", "sdh", {"en"}),
        ("en.cc.vtt", "sdh", {"en"}),
        ("sdh.en.vtt", "sdh", {"en"}),
        ("en.hi.srt", "full", {"en"}),
        ("en.hi.srt", "sdh", {"en"}),
        ("hin.hi.srt", "sdh", {"hi"}),
        ("en.forced.hi.srt", "forced", {"en"}),
        ("title.hi.srt", "full", {"hi"}),
        ("hi.srt", "sdh", set()),
        ("en.forced.srt", "full", set()),
        ("en.forced.srt", "forced", {"en"}),
        ("en.foreign.srt", "forced", {"en"}),
        ("en.srt", "forced", set()),
        ("srt", "full", set()),
        ("en.sub", "full", {"en"}),
        ("en.sup", "full", set()),
        ("en.nfo", "full", set()),
    ],
)
def test_what_counts_by_its_name(
    film: Path, ledger: Ledger, rest: str, purpose: SubtitlePurpose, found: set[str]
) -> None:
    film.with_name(f"{film.stem}.{rest}").write_text(TEXT)
    assert languages_beside(film, ledger, purpose) == found


def test_pictures_and_files_of_other_films_do_not_count(film: Path, ledger: Ledger) -> None:
    for name in (
        *(f"{film.stem}.en.sub", f"{film.stem}.en.idx"),  # VobSub
        *(f"{film.stem}.Part2.mkv", f"{film.stem}.Part2.ta.srt"),
        *(f"{film.stem}2.bn.srt", "other.te.srt"),
    ):
        film.with_name(name).write_text(TEXT)
    film.with_name(f"{film.stem}.gu.srt").mkdir()
    film.with_name(f"{film.stem}.mr.srt").symlink_to("gone.srt")
    assert languages_beside(film, ledger) == set()
    part = film.with_name(f"{film.stem}.Part2.mkv")
    assert languages_beside(part, ledger) == {"ta"}


def test_a_folder_of_many_films_is_listed_once_until_it_is_modified(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = [tmp_path / f"{number}.mkv" for number in range(20)]
    for film in films:
        film.touch()
        film.with_suffix(".hi.srt").write_text(TEXT)
    os.utime(tmp_path, (1, 1))
    listed: list[Path] = []
    listing = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(path) or listing(path))
    assert [languages_beside(film, ledger) for film in films] == [{"hi"}] * 20
    assert listed == [tmp_path]
    films[3].with_suffix(".en.srt").write_text(TEXT)
    assert languages_beside(films[3], ledger) == {"hi", "en"}


def test_names_are_compared_as_media_servers_do(tmp_path: Path, ledger: Ledger) -> None:
    (tmp_path / "CAFE\u0301.MKV").touch()
    (tmp_path / "caf\u00e9.en.srt").write_text(TEXT)
    assert languages_beside(tmp_path / "CAFE\u0301.MKV", ledger) == {"en"}


def test_what_indicsubs_wrote_does_not_count_until_a_person_edits_it(
    tmp_path: Path, film: Path, ledger: Ledger
) -> None:
    file = made(tmp_path, f"{film.stem}.hin.srt")
    assert write_beside([file], film, film.parent, ledger) == (
        [film.with_name(file.name)],
        [],
    )
    assert languages_beside(film, ledger) == set()
    film.with_name(file.name).write_text("mine")
    assert languages_beside(film, ledger) == {"hi"}


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("en.srt", b"", set()),
        ("en.srt", b"\xef\xbb\xbf\r\n", set()),
        ("en.vtt", "\ufeffWEBVTT\n".encode("utf-16-le"), set()),
        ("en.ass", b"[Script Info]\n[Events]\n", set()),
        ("en.vtt", f"WEBVTT\n\n{TEXT}".encode("utf-16-le"), {"en"}),
        ("en.ass", b"[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,,0,0,0,,No.\n", {"en"}),
        ("en.vtt", b" " * 70_000, {"en"}),  # longer than any header: it is not read
    ],
)
def test_files_without_text_do_not_count(
    film: Path, ledger: Ledger, name: str, content: bytes, found: set[str]
) -> None:
    film.with_name(f"{film.stem}.{name}").write_bytes(content)
    assert languages_beside(film, ledger) == found


def test_a_link_of_a_person_to_a_disk_that_is_away_stays(
    tmp_path: Path, film: Path, ledger: Ledger
) -> None:
    file = made(tmp_path, f"{film.stem}.hin.srt")
    link = film.with_name(file.name)
    link.symlink_to("/media/away/Film.srt")
    assert without_languages_beside([file], film, ledger, "full") == [file]
    assert write_beside([file], film, film.parent, ledger) == ([], [link])
    assert str(link.readlink()) == "/media/away/Film.srt"
    assert write_beside([file], film, film.parent, ledger, overwrite=True) == ([link], [])
    assert link.read_text() == TEXT


def test_without_a_ledger_the_jobs_say_what_is_ours(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    film.touch()
    copy = film.with_name("film.hin.srt")
    copy.write_text(TEXT)
    spec = fake_workspace.spec(tmp_path)
    source = replace(spec.source, path=str(film))
    workspace = Workspace(root=tmp_path, jobs=tmp_path / "out")
    job = create_job(workspace, replace(spec, source=source)).folder
    first, second = (file_in(job, name, text) for name, text in [("a", TEXT), ("b", "better")])
    ledger = Ledger(tmp_path / "out" / LEDGER_FILE)
    assert languages_beside(film, ledger) == {"hi"}
    publish(job, {copy.name: first})
    assert languages_beside(film, ledger) == set()
    publish(job, {copy.name: second})
    assert languages_beside(film, ledger) == set()
    better = job / "subtitles" / copy.name
    assert write_beside([better], film, film.parent, ledger) == ([copy], [])
    assert copy.read_text() == "better"
    copy.write_text("mine")
    assert languages_beside(film, ledger) == {"hi"}
    (job / "subtitles" / ".published.json").write_text("damaged")
    assert languages_beside(film, ledger) == {"hi"}


def test_a_film_whose_name_is_not_text_has_no_job(tmp_path: Path, ledger: Ledger) -> None:
    film = tmp_path / os.fsdecode(b"\xff.mkv")
    film.touch()
    film.with_name(f"{film.stem}.en.srt").write_text(TEXT)
    assert languages_beside(film, ledger) == {"en"}


def test_a_language_that_a_person_has_under_another_name_is_left_out(
    tmp_path: Path, film: Path, ledger: Ledger
) -> None:
    hindi, english = (made(tmp_path, f"{film.stem}.{code}.srt") for code in ("hin", "eng"))
    film.with_name(f"{film.stem}.hi.srt").write_text("mine")
    assert without_languages_beside([hindi, english], film, ledger, "full") == [english]
    film.with_name(hindi.name).write_text(TEXT)
    assert without_languages_beside([hindi, english], film, ledger, "full") == [hindi, english]


@pytest.mark.parametrize("kills", [1, 2, 3])
def test_after_kills_at_any_moment_the_files_are_still_known(
    tmp_path: Path,
    film: Path,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    kills: int,
) -> None:
    name = f"{film.stem}.hin.srt"
    write_beside([made(tmp_path, name)], film, film.parent, ledger)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for number in range(kills):
        with monkeypatch.context() as patched:
            patched.setattr("indicsubs.library.beside._copy", killed)
            with pytest.raises(KeyboardInterrupt):
                write_beside([made(tmp_path, name, str(number))], film, film.parent, ledger)
        assert ledger.has_written(film.with_name(name), sha256(film.with_name(name)))
    last = made(tmp_path, name, "last")
    assert write_beside([last], film, film.parent, ledger) == ([film.with_name(name)], [])
    assert film.with_name(name).read_text() == "last"


def test_a_mount_that_refuses_group_or_mode_gets_the_files(
    tmp_path: Path, film: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    film.parent.chmod(0o775)
    file = made(tmp_path, f"{film.stem}.hin.srt")
    with monkeypatch.context() as patched:
        patched.setattr(os, "chown", refused)
        write_beside([file], film, film.parent, ledger)
    assert film.with_name(file.name).stat().st_mode & 0o777 == 0o664, "the group alone was refused"
    with monkeypatch.context() as patched:
        patched.setattr(Path, "chmod", refused)
        write_beside([made(tmp_path, file.name, "new")], film, film.parent, ledger)
    assert film.with_name(file.name).read_text() == "new"
    assert [path.name for path in film.parent.iterdir() if path.name.startswith(".")] == []


def test_a_file_of_a_private_folder_is_private_and_can_be_replaced(
    tmp_path: Path, film: Path, ledger: Ledger
) -> None:
    film.parent.chmod(0o700)
    file = made(tmp_path, f"{film.stem}.hin.srt")
    write_beside([file], film, film.parent, ledger)
    assert film.with_name(file.name).stat().st_mode & 0o777 == 0o600
    film.parent.chmod(0o500)
    write_beside([made(tmp_path, file.name, "x")], film, film.parent, ledger)
    assert film.with_name(file.name).stat().st_mode & 0o777 == 0o600


def test_a_folder_in_the_place_of_a_file_is_named(
    tmp_path: Path, film: Path, ledger: Ledger
) -> None:
    file = made(tmp_path, f"{film.stem}.hin.srt")
    film.with_name(file.name).mkdir()
    with pytest.raises(IndicsubsError, match=r"No subtitles can be written to .*films") as refused:
        write_beside([file], film, film.parent, ledger)
    assert refused.value.code is FailureCode.IO_ERROR


def test_a_read_only_folder_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_writable(tmp_path)
    require_writable(tmp_path / "new" / "folder")
    (tmp_path / "file").touch()
    with pytest.raises(IndicsubsError, match="file is not a folder") as refused:
        require_writable(tmp_path / "file" / "subs")
    assert refused.value.code is FailureCode.IO_ERROR
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(IndicsubsError, match="read-only for this user"):
        require_writable(tmp_path)


def test_leftovers_of_killed_runs_alone_are_removed(tmp_path: Path) -> None:
    for name in (".indicsubs-1.srt", ".indicsubs-2.srt", ".mine"):
        (tmp_path / name).touch()
    os.utime(tmp_path / ".indicsubs-1.srt", (0, 0))
    os.utime(tmp_path / ".mine", (0, 0))
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".indicsubs-2.srt", ".mine"]
