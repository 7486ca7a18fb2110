"""The record of digests: large files are read once, and every change of a file is noticed."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indicsubs.machine import digest_record
from indicsubs.machine.digest_record import LARGE_FILE, RECORD_FILE, DigestRecord
from indicsubs_contract.source_files import sha256


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read to the end."""
    names: list[str] = []

    def counted(path: Path) -> str:
        names.append(path.name)
        return sha256(path)

    monkeypatch.setattr(digest_record, "sha256", counted)
    return names


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A large file that is older than any record of it."""
    path = tmp_path / "film.mkv"
    path.write_bytes(b"\0" * LARGE_FILE)
    _age(path)
    return path


def record(folder: Path) -> DigestRecord:
    return DigestRecord(folder / RECORD_FILE)


def _age(path: Path) -> None:
    an_hour_ago = time.time() - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))


def test_a_large_file_is_read_once_under_all_its_names(film: Path, reads: list[str]) -> None:
    expected = sha256(film)
    assert record(film.parent).sha256(film) == expected
    link = film.with_name("published.mkv")
    os.link(film, link)
    assert record(film.parent).matches(link, expected), "a link changes the time of change"
    assert record(film.parent).matches(film, expected)
    assert record(film.parent).sha256(link) == expected
    assert reads == ["film.mkv", "published.mkv"]


def test_a_digest_that_is_known_already_is_not_computed(film: Path, reads: list[str]) -> None:
    record(film.parent).note(film, sha256(film))
    assert record(film.parent).matches(film, sha256(film))
    record(film.parent).note(film.with_name("absent"), "0")
    assert reads == []


@pytest.mark.parametrize("size", [LARGE_FILE, LARGE_FILE - 1])
def test_a_change_that_keeps_size_and_time_is_noticed(film: Path, size: int) -> None:
    os.truncate(film, size)
    _age(film)
    before = sha256(film)
    known = record(film.parent)
    assert known.matches(film, before)
    times = (film.stat().st_atime_ns, film.stat().st_mtime_ns)
    with film.open("r+b") as file:
        file.write(b"changed")
    os.utime(film, ns=times)
    assert film.stat().st_mtime_ns == times[1]
    assert not known.matches(film, before)
    assert not record(film.parent).matches(film, before)


def test_another_file_in_its_place_is_noticed(film: Path) -> None:
    before = record(film.parent).sha256(film)
    other = film.with_name("other")
    other.write_bytes(b"1" * LARGE_FILE)
    os.utime(other, ns=(film.stat().st_atime_ns, film.stat().st_mtime_ns))
    other.replace(film)
    assert not record(film.parent).matches(film, before)


def test_a_file_that_is_not_older_than_the_record_is_read_again(
    film: Path, reads: list[str]
) -> None:
    known = record(film.parent)
    known.sha256(film)
    modified_ns = film.stat().st_mtime_ns
    os.utime(known.path, ns=(modified_ns, modified_ns))
    record(film.parent).sha256(film)
    assert reads == ["film.mkv"] * 2
    second = film.with_name("second.mkv")
    second.write_bytes(b"2" * LARGE_FILE)
    os.utime(known.path, ns=(modified_ns, modified_ns))
    record(film.parent).sha256(second)  # the new record is newer than the film, the entry is not
    record(film.parent).sha256(film)
    assert reads == [*["film.mkv"] * 2, "second.mkv", "film.mkv"]


@pytest.mark.parametrize(("older_ns", "is_read"), [(1_900_000_000, True), (2_100_000_000, False)])
def test_a_file_system_with_ticks_of_two_seconds_is_not_trusted_too_early(
    film: Path, reads: list[str], older_ns: int, is_read: bool
) -> None:
    whole_second_ns = film.stat().st_mtime_ns // 10**9 * 10**9
    os.utime(film, ns=(whole_second_ns, whole_second_ns))
    known = record(film.parent)
    known.sha256(film)
    os.utime(known.path, ns=(whole_second_ns + older_ns,) * 2)
    record(film.parent).sha256(film)
    assert len(reads) == 1 + is_read


def test_a_file_that_changes_while_it_is_read_is_not_recorded(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed_meanwhile(path: Path) -> str:
        digest = sha256(path)
        path.write_bytes(b"1" * LARGE_FILE)
        return digest

    monkeypatch.setattr(digest_record, "sha256", changed_meanwhile)
    old = record(film.parent).sha256(film)
    monkeypatch.undo()
    assert not record(film.parent).matches(film, old)


@pytest.mark.parametrize(
    "content", [b"", b"\0\xff", b"[]", b'{"inode 1": ["state", 0]}', b"[" * 9999]
)
def test_a_damaged_or_foreign_record_is_ignored(
    film: Path, content: bytes, reads: list[str]
) -> None:
    known = record(film.parent)
    known.path.write_bytes(content)
    assert known.sha256(film) == sha256(film)
    assert reads == ["film.mkv"]
    assert record(film.parent).matches(film, sha256(film)), "it was written anew"
    assert reads == ["film.mkv"]


def test_a_damaged_digest_does_not_make_a_file_look_changed(film: Path) -> None:
    known = record(film.parent)
    right = known.sha256(film)
    text = known.path.read_text()
    known.path.write_text(text.replace(right, right[::-1]))
    assert record(film.parent).matches(film, right)
    assert record(film.parent).sha256(film) == right, "and it is corrected"


def test_a_record_that_cannot_be_written_costs_time_alone(film: Path, reads: list[str]) -> None:
    in_the_way = film.with_name("file")
    in_the_way.touch()
    known = DigestRecord(in_the_way / RECORD_FILE)
    assert known.sha256(film) == sha256(film)
    assert DigestRecord(in_the_way / RECORD_FILE).sha256(film) == sha256(film)
    assert reads == ["film.mkv"] * 2
    known = record(film.parent)
    known.path.mkdir()  # nothing can be renamed to the name of a folder
    assert known.sha256(film) == sha256(film)
    assert not list(film.parent.glob("*.tmp"))


def test_a_digest_of_several_files_follows_their_content_and_their_names(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_text("same")
        _age(file)
    computed: list[str] = []

    def digest(names: list[Path]) -> str:
        def compute() -> str:
            computed.append("")
            return f"digest {len(computed)}"

        return record(tmp_path).of_files("code", names, compute)

    assert [digest(files), digest(files)] == ["digest 1"] * 2
    files[0].write_text("else")
    assert [digest(files), digest(files)] == ["digest 2"] * 2
    renamed = [files[0], files[1].rename(tmp_path / "c")]
    assert digest(renamed) == "digest 3"


def test_the_digests_of_a_library_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A record forgets its oldest entries, so the films of a library are in many records."""
    monkeypatch.setattr(digest_record, "LARGE_FILE", 1)
    monkeypatch.setattr(digest_record, "_MAX_ENTRIES", 10)
    films = [tmp_path / f"{number}.mkv" for number in range(300)]
    for film in films:
        film.write_bytes(film.name.encode())
        os.utime(film, (1, 1))
    records = digest_record.DigestRecords(tmp_path / "digests")
    with ThreadPoolExecutor(8) as threads:
        found = dict(zip(films, threads.map(records.sha256, films), strict=True))
    assert found == {film: sha256(film) for film in films}
    monkeypatch.setattr(digest_record, "sha256", None)
    assert found == {film: records.sha256(film) for film in films}, "none is read again"
    assert not list((tmp_path / "digests").glob("*.tmp"))
