"""What is known of a film's cuts: never asked for twice, never another answer, never in the way."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_common.shots.shot_cache import ScannedRange, ShotCache, cuts_within, merge, unseen

LOOKS = [
    ScannedRange(start_ms=0, end_ms=400, cuts_ms=(250, 400)),
    ScannedRange(start_ms=900, end_ms=1_500, cuts_ms=(900,)),
]
stretches = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, 20)).map(lambda w: (w[0], sum(w))), max_size=8
)
"""Short times, so that they often meet."""
FILM = frozenset({3, 4, 17, 40, 41, 58, 80, 99})
"""The cuts of a film."""


def scanned(start: int, end: int) -> ScannedRange:
    return ScannedRange(
        start_ms=start, end_ms=end, cuts_ms=tuple(sorted(c for c in FILM if start <= c <= end))
    )


@given(stretches, stretches)
def test_with_what_is_known_the_cuts_are_those_of_a_first_look(known, windows):
    ranges = merge(scanned(*stretch) for stretch in known)
    more = merge([*ranges, *(scanned(*stretch) for stretch in unseen(windows, ranges))])
    assert cuts_within(windows, more) == tuple(
        sorted(cut for cut in FILM if any(start <= cut <= end for start, end in windows))
    )
    assert unseen(windows, more) == []


@given(stretches)
def test_merged_looks_are_apart_and_cover_the_same_time(known):
    ranges = merge(scanned(*stretch) for stretch in known)
    seen = {ms for start, end in known for ms in range(start, end + 1)}
    assert {ms for one in ranges for ms in range(one.start_ms, one.end_ms + 1)} == seen
    assert all(one == scanned(one.start_ms, one.end_ms) for one in ranges)
    assert all(before.end_ms < after.start_ms for before, after in pairwise(ranges))


def test_only_what_nobody_looked_at_is_left():
    assert unseen([(100, 200), (300, 1_000), (2_000, 2_000)], LOOKS) == [(400, 900), (2_000, 2_000)]
    assert unseen([(950, 1_600)], LOOKS) == [(1_500, 1_600)]


def test_looks_are_there_in_the_next_process(tmp_path: Path):
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film")
    for one in LOOKS:
        cache.add(one)
    assert not path.exists()
    cache.keep()
    assert ShotCache(path, "film").ranges == tuple(LOOKS) == tuple(cache.ranges)
    assert list(tmp_path.iterdir()) == [path]


def test_another_film_begins_anew(tmp_path: Path):
    cache = ShotCache(tmp_path / "shots.json", "film")
    cache.add(LOOKS[0])
    cache.keep()
    assert ShotCache(tmp_path / "shots.json", "another").ranges == ()


def test_another_detector_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = ShotCache(tmp_path / "shots.json", "film")
    cache.add(LOOKS[0])
    cache.keep()
    monkeypatch.setattr("indicsubs_common.shots.shot_cache.VERSION", 1_000)
    assert ShotCache(tmp_path / "shots.json", "film").ranges == ()


@pytest.mark.parametrize("damage", ["cut off", "not JSON", "not ours", "out of order", "empty"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: str):
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film")
    for one in LOOKS:
        cache.add(one)
    cache.keep()
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
    again.add(LOOKS[1])
    again.keep()
    assert ShotCache(path, "film").ranges == (LOOKS[1],)


def test_what_is_not_new_is_not_written(tmp_path: Path):
    path = tmp_path / "shots.json"
    cache = ShotCache(path, "film")
    cache.add(LOOKS[0])
    cache.keep()
    path.unlink()
    cache.add(LOOKS[0])
    cache.keep()
    assert not path.exists()


def test_without_a_file_looks_last_for_the_process():
    cache = ShotCache()
    cache.add(LOOKS[0])
    cache.keep()
    assert cache.ranges == [LOOKS[0]]
