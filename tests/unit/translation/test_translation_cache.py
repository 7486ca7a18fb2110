"""The translation cache: it saves work, survives damage, and never gives another translation."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from indicsubs_translation.cache import TranslationCache
from indicsubs_translation.hypotheses import Hypothesis

SOURCES = [(5, number, 2) for number in range(40)]


def hypotheses(source: tuple[int, ...]) -> list[Hypothesis]:
    return [Hypothesis([*source, 7, 8], -0.25), Hypothesis([*source], -0.5)]


ALL = {source: hypotheses(source) for source in SOURCES}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "translations.sqlite"
    TranslationCache(path, ("model",)).store(ALL.items(), 5, 2)
    return path


def found(path: Path, key: tuple[str, ...] = ("model",), beam_size: int = 5) -> dict:
    return TranslationCache(path, key).find(SOURCES, beam_size, 2)


def test_what_was_stored_is_found_for_the_same_model_and_search(path: Path) -> None:
    assert found(path) == ALL
    assert found(path, ("other",)) == {}
    assert found(path, beam_size=4) == {}


def test_more_sources_than_a_query_takes(tmp_path: Path) -> None:
    many = {(number,): hypotheses((number,)) for number in range(1203)}
    cache = TranslationCache(tmp_path / "c", ())
    cache.store(many.items(), 5, 2)
    assert cache.find(list(many), 5, 2) == many


def test_an_entry_that_was_changed_is_absent_and_the_others_are_found(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        key, value = file.execute("SELECT key, value FROM hypotheses LIMIT 1").fetchone()
        changed = bytearray(value)
        changed[3] ^= 1  # a token of a translation
        assert msgspec.msgpack.decode(bytes(changed), type=list[Hypothesis])
        file.execute("UPDATE hypotheses SET value = ? WHERE key = ?", (bytes(changed), key))
    left = found(path)
    assert len(left) == len(ALL) - 1
    assert left.items() <= ALL.items()
    assert "1 entries of the cache" in caplog.text


def test_a_byte_that_was_changed_anywhere_gives_no_other_translation(path: Path) -> None:
    data = path.read_bytes()
    for place in range(0, len(data), 13):
        changed = bytearray(data)
        changed[place] ^= 0x10
        path.write_bytes(changed)
        assert found(path).items() <= ALL.items(), place
        cache = TranslationCache(path, ("model",))
        cache.store(ALL.items(), 5, 2)
        assert cache.find(SOURCES, 5, 2) == ALL, place
        path.unlink()


@pytest.mark.parametrize("content", [b"no database" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_set_aside_with_a_warning(
    content: bytes, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(content)
    cache = TranslationCache(path, ("model",))
    assert "is damaged" in caplog.text
    assert path.with_name("translations.sqlite.damaged").read_bytes() == content
    cache.store(ALL.items(), 5, 2)
    assert found(path) == ALL


def test_a_file_that_is_damaged_during_the_run_is_set_aside(path: Path) -> None:
    cache = TranslationCache(path, ("model",))
    path.write_bytes(path.read_bytes()[:4096] + bytes(path.stat().st_size - 4096))
    assert cache.find(SOURCES, 5, 2) == {}
    cache.store(ALL.items(), 5, 2)
    assert cache.find(SOURCES, 5, 2) == ALL


def test_a_cache_that_cannot_be_written_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "c").mkdir()
    cache = TranslationCache(tmp_path / "c", ())
    cache.store(ALL.items(), 5, 2)
    assert cache.find(SOURCES, 5, 2) == {}
    assert caplog.text.count("cannot be used") == 1


def test_a_new_file_that_cannot_be_written_either_is_not_used(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cache = TranslationCache(path, ("model",))
    path.write_bytes(b"no database" * 1000)

    def fail(_: TranslationCache) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(TranslationCache, "_create_table", fail)
    assert cache.find(SOURCES, 5, 2) == {}
    assert "database or disk is full" in caplog.text


def test_the_entries_of_an_earlier_version_are_taken_over(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE said (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        file.execute("INSERT INTO said SELECT key, value FROM hypotheses")
        file.execute("DROP TABLE hypotheses")
    assert found(path) == ALL
    with closing(sqlite3.connect(path)) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master")]
    assert names == ["hypotheses"]
