"""The user's files: known by every byte of their content, and checked before and after reading."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from stage_context import stage_context

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.source_files import (
    file_state,
    fingerprint,
    has_content_of,
    sampled_fingerprint,
    sha256,
)
from indicsubs_contract.stages import StageName

SIZE = 5 << 20


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(SIZE))
    return path


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return stage_context(StageName.DEMUX, tmp_path)


def reference(path: Path, **fields: str) -> SourceFile:
    return SourceFile(**{"path": str(path), "fingerprint": fingerprint(path), **fields})


def change_between_samples(path: Path) -> None:
    """Changes a byte that no sample covers, and puts the time of modification back."""
    times = path.stat()
    with path.open("r+b") as file:
        file.seek(3 << 19)
        file.write(b"x")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_every_byte_counts_and_the_name_does_not(film: Path) -> None:
    source = reference(film)
    film = film.rename(film.with_name("moved.mp4"))
    assert has_content_of(film, source)
    os.utime(film)
    assert has_content_of(film, source), "a new time alone is no other content"
    change_between_samples(film)
    assert not has_content_of(film, source)


def test_a_fingerprint_of_an_earlier_version_is_compared_with_samples(film: Path) -> None:
    source = reference(film, fingerprint=sampled_fingerprint(film))
    assert not source.has_whole_fingerprint
    assert has_content_of(film, source)
    film.write_bytes(bytes(SIZE + 1))
    assert not has_content_of(film, source)


def test_a_file_that_is_still_written_has_no_fingerprint(film: Path) -> None:
    def read_while_it_grows(path: Path) -> str:
        digest = sha256(path)
        with path.open("ab") as file:
            file.write(b"more")
        return digest

    with pytest.raises(IndicsubsError, match="still being copied") as growing:
        fingerprint(film, read_while_it_grows)
    assert growing.value.code is FailureCode.BAD_INPUT


def test_every_change_changes_the_state(film: Path) -> None:
    states = [file_state(film)]
    change_between_samples(film)
    states.append(file_state(film))
    other = film.with_name("other.mp4")
    other.write_bytes(film.read_bytes())
    other.replace(film)
    states.append(file_state(film))
    assert len(set(states)) == 3


def test_a_stage_refuses_another_content_than_the_request_s(film: Path, context: Context) -> None:
    source = reference(film, state=file_state(film))
    change_between_samples(film)
    with pytest.raises(IndicsubsError, match=r"film\.mp4 has changed.*just run") as changed:
        context.path(source)
    assert changed.value.code is FailureCode.BAD_INPUT
    with pytest.raises(IndicsubsError, match="has changed"), context.sources_checked():
        pass


def test_a_known_state_saves_reading_the_file(film: Path, context: Context) -> None:
    source = SourceFile(path=str(film), fingerprint="sha256-of another", state=file_state(film))
    assert context.path(source) == film


def test_a_touched_file_is_read_again_and_taken(film: Path, context: Context) -> None:
    source = reference(film, state=file_state(film))
    os.utime(film)
    with context.sources_checked():
        assert context.path(source) == film
        os.utime(film)
        assert not context.sources_are_unchanged()


def read_while(context: Context, source: SourceFile, change: Callable[[Path], object]) -> None:
    """A stage that reads a file while it changes."""
    with context.sources_checked():
        path = context.path(source)
        assert context.sources_are_unchanged()
        change(path)
        assert not context.sources_are_unchanged()


@pytest.mark.parametrize("content", [b"other", bytes(SIZE)[1:], bytes(SIZE) + b"more"])
@pytest.mark.parametrize("is_known", [False, True])
def test_a_file_that_changes_while_a_stage_reads_it_fails_the_stage(
    content: bytes, is_known: bool, film: Path, context: Context
) -> None:
    source = reference(film) if is_known else reference(film, fingerprint="")
    with pytest.raises(IndicsubsError, match="has changed") as changed:
        read_while(context, source, lambda path: path.write_bytes(content))
    assert changed.value.code is FailureCode.BAD_INPUT


def test_the_change_is_the_reason_of_the_error_that_it_causes(film: Path, context: Context) -> None:
    def empty_and_fail(path: Path) -> None:
        path.write_bytes(b"")
        raise ValueError("no frames")

    with pytest.raises(IndicsubsError, match="has changed") as changed:
        read_while(context, reference(film), empty_and_fail)
    assert isinstance(changed.value.__cause__, ValueError)


def test_an_error_without_a_change_stays_as_it_is(film: Path, context: Context) -> None:
    def fail(_: Path) -> None:
        raise ValueError("no frames")

    with pytest.raises(ValueError, match="no frames"):
        read_while(context, reference(film), fail)


def test_a_film_whose_disk_is_gone_at_the_end(film: Path, context: Context) -> None:
    with pytest.raises(IndicsubsError, match="cannot be read any more") as gone:
        read_while(context, reference(film), Path.unlink)
    assert gone.value.code is FailureCode.NO_INPUT
