"""Records on disk: written whole, read only as they were written."""

import errno
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.errors import ExitStatus, IndicsubsError
from indicsubs_contract.records import (
    ChangedRecordError,
    DamagedRecordError,
    NewerRecordError,
    errors_named,
    flush_folder,
    make_folder,
    read_record,
    remove_temporaries,
    write_atomically,
    write_record,
)


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record of these tests."""

    schema: int = 1
    text: str
    numbers: tuple[float, ...] = ()
    names: dict[str, int] = {}


@given(
    st.builds(
        Note,
        text=st.text(st.characters(exclude_categories=["Cs"])),
        numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False)).map(tuple),
        names=st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**63), 2**63)
        ),
    )
)
def test_every_record_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, note: Note
) -> None:
    path = tmp_path_factory.getbasetemp() / "note.json"
    write_record(path, note)
    assert read_record(path, Note) == note


def test_every_changed_byte_of_the_content_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    note = Note(text="नमस्ते", numbers=(1.5, 2), names={"a": 1})
    write_record(path, note)
    data = path.read_bytes()
    for place in range(len(data)):
        for bit in (1, 2, 4, 16, 32, 64):
            changed = data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
            path.write_bytes(changed)
            try:
                assert read_record(path, Note) == note  # another space between the fields
            except (DamagedRecordError, NewerRecordError):
                pass
    for length in range(len(data) - 2):
        path.write_bytes(data[:length])
        with pytest.raises(DamagedRecordError):
            read_record(path, Note)


def test_a_record_is_readable_and_its_layout_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    write_record(path, Note(text="hello"))
    assert '  "text": "hello",\n' in path.read_text()
    fields = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode(dict(reversed(fields.items()))))
    assert read_record(path, Note).text == "hello"


@pytest.mark.parametrize(
    ("content", "error", "problem"),
    [
        ("", DamagedRecordError, "cannot be read as JSON"),
        ("[]", DamagedRecordError, "cannot be read as JSON"),
        ('{"text": "a", "checksum": "0"}', ChangedRecordError, "checksum does not fit"),
        ('{"text": "a", "other": 1}', DamagedRecordError, "is not a Note"),
        ('{"text": 5, "schema": "5"}', DamagedRecordError, "is not a Note"),
        ('{"schema": 99, "checksum": "0"}', NewerRecordError, "Update indicsubs: `git pull`"),
    ],
)
def test_what_is_wrong_with_a_record_is_said_with_its_path(
    tmp_path: Path, content: str, error: type[IndicsubsError], problem: str
) -> None:
    path = tmp_path / "note.json"
    path.write_text(content)
    with pytest.raises(error, match=problem) as wrong:
        read_record(path, Note)
    assert str(path) in str(wrong.value)
    assert wrong.value.status is ExitStatus.BAD_INPUT


def test_a_record_without_a_checksum_is_one_of_an_earlier_version(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    path.write_text('{"old": "a"}')
    assert read_record(path, Note, lambda fields: {"text": fields["old"]}) == Note(text="a")


def test_a_folder_in_place_of_a_record_is_damage_and_no_record_is_none(tmp_path: Path) -> None:
    (tmp_path / "note.json").mkdir()
    with pytest.raises(DamagedRecordError, match="cannot be read"):
        read_record(tmp_path / "note.json", Note)
    with pytest.raises(FileNotFoundError):
        read_record(tmp_path / "no.json", Note)


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "deeper" / "file"
    write_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("indicsubs_contract.records.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_only_temporary_files_of_indicsubs_are_removed(tmp_path: Path) -> None:
    for name in (".result.json.12.tmp", ".result.json.tmp", "a.12.tmp", ".hidden", "file"):
        (tmp_path / name).touch()
    assert remove_temporaries(tmp_path) == [tmp_path / ".result.json.12.tmp"]
    assert len(list(tmp_path.iterdir())) == 4


def test_a_temporary_file_lies_where_its_owner_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "job").mkdir()
    monkeypatch.setattr(Path, "replace", lambda path, _: pytest.fail(str(path)))
    with pytest.raises(pytest.fail.Exception, match=rf"job/\.pointer\.{os.getpid()}-\d+\.tmp"):
        write_atomically(tmp_path / "pointer", b"1", temporary_in=tmp_path / "job")


@pytest.mark.parametrize(("number", "passes"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_file_system_without_flushed_folders_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, passes: bool
) -> None:
    def cannot(_: int) -> None:
        raise OSError(number, "cannot")

    monkeypatch.setattr("indicsubs_contract.records.os.fsync", cannot)
    if passes:
        flush_folder(tmp_path)
    else:
        with pytest.raises(OSError, match="cannot"):
            flush_folder(tmp_path)


def test_a_folder_is_made_with_those_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr("indicsubs_contract.records.flush_folder", flushed.append)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert flushed == [tmp_path / "a", tmp_path]


def test_an_error_that_names_a_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing, errors_named(tmp_path / "other"):
        (tmp_path / "missing").read_bytes()
    assert missing.value.filename == str(tmp_path / "missing")
