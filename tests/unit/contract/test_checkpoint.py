"""The checkpoint of a stage: what an interrupted run leaves, and what of it is used again."""

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest
from stage_context import stage_context

from indicsubs_contract import checkpoint as checkpoint_module
from indicsubs_contract.checkpoint import CHECKPOINT, StageCheckpoint
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

PARTS = 8


def work(path: Path | None, digest: str = "d", stop_after: int = PARTS) -> tuple[list[str], int]:
    """Does the parts of a stage, and returns them and how many of them were computed."""
    computed = 0

    def compute(number: int) -> str:
        nonlocal computed
        computed += 1
        return f"भाग {number}"

    with closing(StageCheckpoint(path, digest)) as checkpoint:
        done = [
            checkpoint.once(str(number), str, lambda number=number: compute(number))
            for number in range(stop_after)
        ]
    return done, computed


@pytest.mark.parametrize("stop_after", range(PARTS + 1))
def test_a_run_after_an_interrupted_one_computes_only_what_is_missing(
    stop_after: int, tmp_path: Path
) -> None:
    whole, _ = work(None)
    work(tmp_path / "c", stop_after=stop_after)
    assert work(tmp_path / "c") == (whole, PARTS - stop_after)


def test_the_parts_of_another_digest_are_not_used(tmp_path: Path) -> None:
    work(tmp_path / "c", "old")
    size = (tmp_path / "c").stat().st_size
    assert work(tmp_path / "c", "new", 1)[1] == 1
    assert (tmp_path / "c").stat().st_size < size, "they are removed too"
    assert work(tmp_path / "c", "new")[1] == PARTS - 1
    assert work(tmp_path / "c", "old", 1)[1] == 1


def test_a_file_that_was_cut_anywhere_gives_whole_parts_or_none(tmp_path: Path) -> None:
    whole, _ = work(tmp_path / "c")
    data = (tmp_path / "c").read_bytes()
    for size in range(len(data)):
        (tmp_path / "c").write_bytes(data[:size])
        done, computed = work(tmp_path / "c")
        assert done == whole
        assert computed >= PARTS - data[:size].count("भाग ".encode())
        assert work(tmp_path / "c") == (whole, 0), "what was computed again is kept"


def test_a_byte_that_was_changed_anywhere_is_found(tmp_path: Path) -> None:
    whole, _ = work(tmp_path / "c")
    data = (tmp_path / "c").read_bytes()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x40
        (tmp_path / "c").write_bytes(changed)
        done, computed = work(tmp_path / "c")
        assert done == whole
        assert computed > 0, "the damaged part is computed again"


def test_a_tail_of_zeros_as_a_loss_of_power_leaves_it_is_dropped(tmp_path: Path) -> None:
    work(tmp_path / "c", stop_after=3)
    with (tmp_path / "c").open("ab") as file:
        file.write(bytes(4096))
    assert work(tmp_path / "c")[1] == PARTS - 3


def test_a_part_of_another_kind_is_computed_again(tmp_path: Path) -> None:
    StageCheckpoint(tmp_path / "c", "d").once("0", str, lambda: "text")
    assert StageCheckpoint(tmp_path / "c", "d").once("0", int, lambda: 3) == 3


def test_numbers_that_are_no_numbers_are_kept(tmp_path: Path) -> None:
    StageCheckpoint(tmp_path / "c", "d").once("0", list[float], lambda: [float("nan"), 0.1])
    first, second = StageCheckpoint(tmp_path / "c", "d").once("0", list[float], list)
    assert first != first, "NaN"  # noqa: PLR0124
    assert second == 0.1


def test_a_full_disk_stops_the_checkpoint_and_not_the_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, free = os.write, [150]

    def write(file: int, data: bytes) -> int:
        if not free[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(file, data[: min(len(data), free[0])])
        free[0] -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_module.os, "write", write)
        whole, computed = work(tmp_path / "c")
    assert computed == PARTS
    assert caplog.text.count("No space left on device") == 1
    done, computed = work(tmp_path / "c")
    assert done == whole
    assert 0 < computed < PARTS, "the record that was cut off is dropped"


def test_a_file_that_cannot_be_opened_stops_the_checkpoint_and_not_the_stage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "c").mkdir()
    assert work(tmp_path / "c")[1] == PARTS
    assert "cannot be written" in caplog.text


def test_records_reach_the_disk_every_few_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(checkpoint_module.os, "fsync", flushed.append)
    monkeypatch.setattr(checkpoint_module, "_FLUSH_EVERY_S", 0.0)
    work(tmp_path / "c", stop_after=2)
    assert len(flushed) == 3, "the digest and two parts"
    monkeypatch.setattr(checkpoint_module, "_FLUSH_EVERY_S", 3600.0)
    work(tmp_path / "c", stop_after=4)
    assert len(flushed) == 3


def test_the_stage_says_from_where_it_goes_on(tmp_path: Path) -> None:
    def run(stop_after: int) -> list[tuple[int, bool]]:
        progress: list[Progress] = []
        context = stage_context(
            StageName.ASR, tmp_path, cache="cache/asr", digest="d", progress=progress
        )
        for number in range(stop_after):
            context.checkpoint.once(str(number), int, lambda: 0)
            context.report(number + 1, 5, "chunks", note="hearing")
        return [(step.done, step.resumed) for step in progress]

    assert run(3) == [(1, False), (2, False), (3, False)]
    assert (tmp_path / "cache" / "asr" / CHECKPOINT).is_file()
    assert run(5) == [(1, False), (2, False), (3, False), (3, True), (4, False), (5, False)]
    assert not any(resumed for _, resumed in run(5)), "all was done already"


def test_a_stage_that_had_done_nothing_begins_without_a_word(tmp_path: Path) -> None:
    progress: list[Progress] = []
    for key in ("first", "second"):
        context = stage_context(
            StageName.ASR, tmp_path, cache="cache/asr", digest="d", progress=progress
        )
        context.checkpoint.once(key, int, lambda: 0)
    assert not progress


@pytest.mark.parametrize(("cache", "digest"), [(None, "d"), ("cache/asr", None), (None, None)])
def test_a_request_without_a_cache_or_a_digest_keeps_no_checkpoint(
    cache: str | None, digest: str | None, tmp_path: Path
) -> None:
    for _ in range(2):
        context = stage_context(StageName.ASR, tmp_path, cache=cache, digest=digest)
        assert context.checkpoint.once("0", str, lambda: "computed") == "computed"
        assert not context.checkpoint.resumes
    assert not list(tmp_path.rglob(CHECKPOINT))


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_a_request_leaves_no_file_open(tmp_path: Path) -> None:
    """A process that serves many requests would run out of descriptors."""
    before = open_files()
    for request in ("one", "two"):
        context = stage_context(StageName.ASR, tmp_path / request, cache="cache", digest="d")
        context.checkpoint.once("0", str, lambda: "computed")
        assert open_files() == before + 1
        context.close()
        context.checkpoint.close()
        assert context.checkpoint.once("1", str, lambda: "not kept") == "not kept"
    stage_context(StageName.ASR, tmp_path).close()
    assert open_files() == before
    again = stage_context(StageName.ASR, tmp_path / "one", cache="cache", digest="d")
    assert again.checkpoint.once("0", str, lambda: "again") == "computed"
    assert again.checkpoint.once("1", str, lambda: "again") == "again"
    again.close()
