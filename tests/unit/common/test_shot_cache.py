"""The shot cache: it saves work, never changes a result, and never fails a run."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_common.shots.shot_cache import (
    ScannedRange,
    ShotCache,
    cuts_within,
    merge_ranges,
    unscanned,
)

SCANNED = [
    ScannedRange(start_ms=0, end_ms=400, cuts_ms=(250, 400)),
    ScannedRange(start_ms=900, end_ms=1_500, cuts_ms=(900,)),
]
ranges_of_time = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, 20)).map(lambda w: (w[0], sum(w))), max_size=8
)
"""Within a short film, so that they often overlap."""
FILM = frozenset({3, 4, 17, 40, 41, 58, 80, 99})
"""The cuts of a film."""


def scanned(start: int, end: int) -> ScannedRange:
    return ScannedRange(
        start_ms=start, end_ms=end, cuts_ms=tuple(sorted(c for c in FILM if start <= c <= end))
    )


@given(ranges_of_time, ranges_of_time)
def test_a_cache_does_not_change_the_cuts(known, wanted):
    ranges = merge_ranges(scanned(*span) for span in known)
    more = merge_ranges([*ranges, *(scanned(*span) for span in unscanned(wanted, ranges))])
    assert cuts_within(wanted, more) == tuple(
        sorted(cut for cut in FILM if any(start <= cut <= end for start, end in wanted))
    )
    assert unscanned(wanted, more) == []


@given(ranges_of_time)
def test_merged_ranges_are_apart_and_cover_the_same_time(known):
    ranges = merge_ranges(scanned(*span) for span in known)
    covered = {ms for start, end in known for ms in range(start, end + 1)}
    assert {ms for one in ranges for ms in range(one.start_ms, one.end_ms + 1)} == covered
    assert all(one == scanned(one.start_ms, one.end_ms) for one in ranges)
    assert all(before.end_ms < after.start_ms for before, after in pairwise(ranges))


def test_only_unscanned_parts_remain():
    assert unscanned([(100, 200), (300, 1_000), (2_000, 2_000)], SCANNED) == [
        (400, 900),
        (2_000, 2_000),
    ]
    assert unscanned([(950, 1_600)], SCANNED) == [(1_500, 1_600)]


def test_saved_ranges_are_there_in_the_next_process(tmp_path: Path):
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film")
    for one in SCANNED:
        cache.add(one)
    assert not path.exists()
    cache.save()
    assert ShotCache(path, "film").ranges == tuple(SCANNED) == tuple(cache.ranges)
    assert list(tmp_path.iterdir()) == [path]


def test_the_cache_of_another_film_is_not_used(tmp_path: Path):
    cache = ShotCache(tmp_path / "shots.json", "film")
    cache.add(SCANNED[0])
    cache.save()
    assert ShotCache(tmp_path / "shots.json", "another").ranges == ()


def test_the_cache_of_another_detector_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = ShotCache(tmp_path / "shots.json", "film")
    cache.add(SCANNED[0])
    cache.save()
    monkeypatch.setattr("indicsubs_common.shots.shot_cache.DETECTOR_VERSION", 1_000)
    assert ShotCache(tmp_path / "shots.json", "film").ranges == ()


@pytest.mark.parametrize("damage", ["cut off", "not JSON", "not ours", "out of order", "empty"])
def test_a_damaged_file_is_replaced(tmp_path: Path, damage: str):
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film")
    for one in SCANNED:
        cache.add(one)
    cache.save()
    data = path.read_bytes()
    path.write_bytes(
        {
            "cut off": data[: len(data) // 2],
            "not JSON": b"\xff\x00",
            "not ours": b'{"key": 3}',
            "out of order": data.replace(b'"end_ms":400', b'"end_ms":4000'),
            "empty": b"",
        }[damage]
    )
    again = ShotCache(path, "film")
    assert again.ranges == ()
    again.add(SCANNED[1])
    again.save()
    assert ShotCache(path, "film").ranges == (SCANNED[1],)


def test_saving_writes_new_ranges_alone(tmp_path: Path):
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film")
    cache.add(SCANNED[0])
    cache.save()
    path.unlink()
    cache.add(SCANNED[0])
    cache.save()
    assert not path.exists()


def test_without_a_file_ranges_are_kept_in_the_process():
    cache = ShotCache()
    cache.add(SCANNED[0])
    cache.save()
    assert cache.ranges == [SCANNED[0]]


def test_what_was_found_in_a_changed_film_is_not_saved(tmp_path: Path) -> None:
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film", lambda: False)
    cache.add(ScannedRange(start_ms=0, end_ms=1000, cuts_ms=(500,)))
    cache.save()
    assert not path.exists()
    assert ShotCache(path, "film").ranges == ()


def test_a_byte_that_was_changed_anywhere_gives_no_other_cuts(tmp_path: Path) -> None:
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film")
    for one in SCANNED:
        cache.add(one)
    cache.save()
    data = path.read_bytes()
    assert ShotCache(path, "film").ranges == tuple(SCANNED)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            assert ShotCache(path, "film").ranges in ((), tuple(SCANNED))
