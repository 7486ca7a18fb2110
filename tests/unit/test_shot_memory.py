"""What is known of a film's cuts: never asked for twice, never another answer, never in the way."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_common.shot_memory import Look, ShotMemory, cuts_within, merge, unseen

LOOKS = [
    Look(start_ms=0, end_ms=400, cuts_ms=(250, 400)),
    Look(start_ms=900, end_ms=1_500, cuts_ms=(900,)),
]
stretches = st.lists(
    st.tuples(st.integers(0, 90), st.integers(0, 20)).map(lambda w: (w[0], sum(w))), max_size=8
)
"""Short times, so that they often meet."""
FILM = frozenset({3, 4, 17, 40, 41, 58, 80, 99})
"""The cuts of a film."""


def look(start: int, end: int) -> Look:
    return Look(
        start_ms=start, end_ms=end, cuts_ms=tuple(sorted(c for c in FILM if start <= c <= end))
    )


@given(stretches, stretches)
def test_with_what_is_known_the_cuts_are_those_of_a_first_look(known, windows):
    looks = merge(look(*stretch) for stretch in known)
    more = merge([*looks, *(look(*stretch) for stretch in unseen(windows, looks))])
    assert cuts_within(windows, more) == tuple(
        sorted(cut for cut in FILM if any(start <= cut <= end for start, end in windows))
    )
    assert unseen(windows, more) == []


@given(stretches)
def test_merged_looks_are_apart_and_cover_the_same_time(known):
    looks = merge(look(*stretch) for stretch in known)
    seen = {ms for start, end in known for ms in range(start, end + 1)}
    assert {ms for one in looks for ms in range(one.start_ms, one.end_ms + 1)} == seen
    assert all(one == look(one.start_ms, one.end_ms) for one in looks)
    assert all(before.end_ms < after.start_ms for before, after in pairwise(looks))


def test_only_what_nobody_looked_at_is_left():
    assert unseen([(100, 200), (300, 1_000), (2_000, 2_000)], LOOKS) == [(400, 900), (2_000, 2_000)]
    assert unseen([(950, 1_600)], LOOKS) == [(1_500, 1_600)]


def test_looks_are_there_in_the_next_process(tmp_path: Path):
    path = tmp_path / "shots.json"
    memory = ShotMemory(path, "film")
    for one in LOOKS:
        memory.add(one)
    assert not path.exists()
    memory.keep()
    assert ShotMemory(path, "film").looks == tuple(LOOKS) == tuple(memory.looks)
    assert list(tmp_path.iterdir()) == [path]


def test_another_film_begins_anew(tmp_path: Path):
    memory = ShotMemory(tmp_path / "shots.json", "film")
    memory.add(LOOKS[0])
    memory.keep()
    assert ShotMemory(tmp_path / "shots.json", "another").looks == ()


def test_another_detector_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    memory = ShotMemory(tmp_path / "shots.json", "film")
    memory.add(LOOKS[0])
    memory.keep()
    monkeypatch.setattr("indicsubs_common.shot_memory.VERSION", 1_000)
    assert ShotMemory(tmp_path / "shots.json", "film").looks == ()


@pytest.mark.parametrize("damage", ["cut off", "not JSON", "not ours", "out of order", "empty"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: str):
    path = tmp_path / "shots.json"
    memory = ShotMemory(path, "film")
    for one in LOOKS:
        memory.add(one)
    memory.keep()
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
    again = ShotMemory(path, "film")
    assert again.looks == ()
    again.add(LOOKS[1])
    again.keep()
    assert ShotMemory(path, "film").looks == (LOOKS[1],)


def test_what_is_not_new_is_not_written(tmp_path: Path):
    path = tmp_path / "shots.json"
    memory = ShotMemory(path, "film")
    memory.add(LOOKS[0])
    memory.keep()
    path.unlink()
    memory.add(LOOKS[0])
    memory.keep()
    assert not path.exists()


def test_without_a_file_looks_last_for_the_process():
    memory = ShotMemory()
    memory.add(LOOKS[0])
    memory.keep()
    assert memory.looks == [LOOKS[0]]
