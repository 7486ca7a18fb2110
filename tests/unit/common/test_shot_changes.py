"""Shot changes of small films: at the right frames, with little decoding, and never a failure."""

import os
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media import make_film, make_shots

from indicsubs_common.shots.shot_cache import ShotCache
from indicsubs_common.shots.shot_changes import _change, _grey, find_cuts, join_ranges, peaks
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_media.film import _FilmFile, open_film
from indicsubs_media.film_times import read_clock

CUTS_MS = (1_000, 2_400, 5_000, 9_200)


@pytest.mark.parametrize(
    ("name", "rate", "start_ms"),
    [
        ("film.mp4", Fraction(25), 0),
        ("film.mkv", Fraction(24_000, 1_001), 0),
        ("film.mkv", Fraction(30_000, 1_001), 2_000),
        ("film.ts", Fraction(25), 3_600_000),
    ],
)
def test_cuts_are_the_first_frames_of_their_shots(
    tmp_path: Path, name: str, rate: Fraction, start_ms: int
):
    film = make_shots(tmp_path / name, cuts_ms=CUTS_MS, seconds=11, rate=rate, start_ms=start_ms)
    shots = find_cuts(film, [(0, 11_000)])
    assert shots.warning is None
    assert abs(shots.frame_rate - rate) < Fraction(1, 100)
    frame_ms = 1000 / rate
    assert len(shots.cuts_ms) == len(CUTS_MS)
    for found, cut in zip(shots.cuts_ms, CUTS_MS, strict=True):
        assert -1 <= found - cut <= frame_ms + 1


def test_only_the_ranges_are_scanned(tmp_path: Path):
    film = make_shots(tmp_path / "film.mp4", cuts_ms=CUTS_MS, seconds=11, keyframe_every=25)
    reports: list[tuple[int, int]] = []
    shots = find_cuts(
        film,
        [(9_000, 9_500), (800, 1_200), (900, 1_300)],
        lambda done, total: reports.append((done, total)),
    )
    assert shots.cuts_ms == (1_000, 9_200)
    assert reports == [(1, 2), (2, 2)]


@pytest.mark.parametrize("name", ["film.mp4", "film.ts"])
def test_ranges_between_two_keyframes_are_all_scanned(tmp_path: Path, name: str):
    film = make_shots(tmp_path / name, cuts_ms=CUTS_MS, seconds=11)
    ranges = [(at, at + 300) for at in (900, 2_300, 4_900, 9_100)]
    assert find_cuts(film, ranges).cuts_ms == CUTS_MS


@pytest.mark.parametrize("cut_ms", CUTS_MS)
@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_a_seek_without_an_index_does_not_miss_the_keyframe(
    tmp_path: Path, codec: str, cut_ms: int
):
    """A seek in a transport stream lands on any picture; decoding begins at the next keyframe."""
    film = make_shots(
        tmp_path / "film.ts", cuts_ms=CUTS_MS, seconds=11, keyframe_every=50, codec=codec
    )
    assert find_cuts(film, [(cut_ms - 40, cut_ms + 40)]).cuts_ms == (cut_ms,)


def test_a_range_after_the_end_has_no_cuts(tmp_path: Path):
    film = make_shots(tmp_path / "film.mp4", cuts_ms=CUTS_MS, seconds=11)
    assert find_cuts(film, [(9_100, 9_300), (60_000, 61_000)]).cuts_ms == (9_200,)
    assert find_cuts(film, []).cuts_ms == ()


def test_films_without_a_picture_and_other_files_have_a_warning(tmp_path: Path):
    sound = make_film(tmp_path / "film.m4a", container="mp4", video=None)
    assert find_cuts(sound, [(0, 1_000)]).warning == "The film has no picture that can be decoded."
    text = tmp_path / "film.mp4"
    text.write_text("not a film")
    assert "film.mp4 is not a film that can be read" in find_cuts(text, [(0, 1_000)]).warning


def test_an_unknown_codec_is_not_a_picture(tmp_path: Path):
    film = make_shots(tmp_path / "film.mkv", cuts_ms=CUTS_MS, seconds=3)
    data = film.read_bytes()
    assert b"V_MPEG4/ISO/ASP" in data
    film.write_bytes(data.replace(b"V_MPEG4/ISO/ASP", b"V_NOBODY/KNOWS!"))
    assert find_cuts(film, [(500, 1_500)]).warning == "The film has no picture that can be decoded."


def test_a_damaged_film_is_scanned_as_far_as_possible(tmp_path: Path):
    film = make_shots(tmp_path / "film.mkv", cuts_ms=CUTS_MS, seconds=11, keyframe_every=25)
    data = film.read_bytes()
    film.write_bytes(data[: len(data) // 2])
    assert find_cuts(film, [(500, 1_500), (9_000, 9_500)]).cuts_ms == (1_000,)


def test_an_error_while_decoding_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = make_shots(tmp_path / "film.mp4", cuts_ms=CUTS_MS, seconds=3)

    def fail(*_):
        raise av.error.InvalidDataError(1, "bad slice")

    monkeypatch.setattr("indicsubs_common.shots.shot_changes._grey", fail)
    shots = find_cuts(film, [(500, 1_500)])
    assert shots.cuts_ms == ()
    assert "cannot be decoded after 500 ms" in shots.warning


def test_a_disk_that_is_taken_out_is_an_error_and_nothing_of_the_rest_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    film = make_shots(tmp_path / "film.mkv", cuts_ms=CUTS_MS, seconds=11, keyframe_every=25)
    file = tmp_path / "shots.json"
    clock = read_clock(film)

    class Unplugged(_FilmFile):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > film.stat().st_size // 2:
                broken = os.open(os.devnull, os.O_WRONLY)  # reading it fails
                os.dup2(broken, self.fileno())
                os.close(broken)
            return super().read(1024)

    monkeypatch.setattr("indicsubs_media.film._FilmFile", Unplugged)
    with pytest.raises(IndicsubsError, match="could not be read to its end") as caught:
        find_cuts(film, [(500, 1_500), (9_000, 9_500)], cache=ShotCache(file, "film"), clock=clock)
    assert caught.value.code is FailureCode.NO_INPUT
    assert [scanned.end_ms for scanned in ShotCache(file, "film").ranges] == [1_500]


def test_frames_without_a_timestamp_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = make_shots(tmp_path / "film.mp4", cuts_ms=CUTS_MS, seconds=3)

    class Untimed:
        pts = None

        def decode(self):
            return [self]

    class Film:
        def __init__(self, opened):
            self.opened = opened

        def __getattr__(self, name):
            return getattr(self.opened, name)

        def demux(self, stream):
            yield Untimed()
            yield from self.opened.demux(stream)

    @contextmanager
    def open_with_untimed_frames(path):
        with open_film(path) as opened:
            yield Film(opened)

    monkeypatch.setattr("indicsubs_common.shots.shot_changes.open_film", open_with_untimed_frames)
    assert find_cuts(film, [(500, 1_500)]).cuts_ms == (1_000,)


def test_movement_in_a_part_of_the_picture_is_not_a_cut():
    """A pan's pictures differ in two fifths of their pixels, more or less."""
    still, part, most = (bytes([200] * bright + [50] * (100 - bright)) for bright in (0, 30, 45))
    pan = [_change(still, most), _change(still, part), _change(still, part)]
    assert pan[0] > pan[1] > 0
    assert peaks([11.0, *pan[1:]]) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([], []),
        ([80.0], [0]),
        ([0.5, 0.4, 45.0, 0.6, 0.5], [2]),
        ([0.5, 6.0, 0.5], []),  # a small change
        ([30.0, 34.0, 36.0, 33.0, 31.0], []),  # a fast pan
        ([4.0, 5.0, 60.0, 5.0, 4.0, 5.0, 4.0, 70.0, 5.0], [2, 7]),
        ([0.5, 0.4, 90.0, 85.0, 0.6, 0.5], []),  # a flash
    ],
)
def test_a_cut_is_a_peak(changes: list[float], found: list[int]):
    assert peaks(changes) == found


@given(
    st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 2_000)).map(lambda w: (w[0], sum(w))))
)
def test_joined_ranges_cover_the_same_time_in_order(ranges: list[tuple[int, int]]):
    joined = join_ranges(ranges)
    assert all(any(a <= start and end <= z for a, z in joined) for start, end in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(joined))


def test_cached_ranges_are_not_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = make_shots(tmp_path / "film.mp4", cuts_ms=CUTS_MS, seconds=11, keyframe_every=25)
    file = tmp_path / "shots.json"
    first = find_cuts(film, [(800, 1_200), (9_000, 9_500)], cache=ShotCache(file, "film"))
    assert first.cuts_ms == (1_000, 9_200)

    reports: list[tuple[int, int]] = []
    ranges = [(800, 1_200), (2_000, 2_500), (9_000, 9_500)]
    again = find_cuts(
        film,
        ranges,
        lambda done, total: reports.append((done, total)),
        ShotCache(file, "film"),
    )
    assert again == find_cuts(film, ranges)
    assert again.cuts_ms == (1_000, 2_400, 9_200)
    assert reports == [(1, 1)]

    def fail(*_):
        raise AssertionError("decoded again")

    monkeypatch.setattr("indicsubs_common.shots.shot_changes._grey", fail)
    assert find_cuts(film, ranges, cache=ShotCache(file, "film")) == again


def test_an_interrupted_scan_keeps_its_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = make_shots(tmp_path / "film.mp4", cuts_ms=CUTS_MS, seconds=11, keyframe_every=25)
    file = tmp_path / "shots.json"
    monkeypatch.setattr("indicsubs_common.shots.shot_changes._BATCH_FRAMES", 30)
    monkeypatch.setattr("indicsubs_common.shots.shot_changes._SAVE_EVERY_S", 0)
    frames = 0

    def grey(*arguments):
        nonlocal frames
        frames += 1
        if frames == 200:
            assert ShotCache(file, "film").ranges  # as a kill would find it
            raise KeyboardInterrupt
        return _grey(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("indicsubs_common.shots.shot_changes._grey", grey)
        with pytest.raises(KeyboardInterrupt):
            find_cuts(film, [(0, 11_000)], cache=ShotCache(file, "film"))
    (scanned,) = ShotCache(file, "film").ranges
    assert 7_000 < scanned.end_ms < 8_000
    assert scanned.cuts_ms == CUTS_MS[:3]
    assert find_cuts(film, [(0, 11_000)], cache=ShotCache(file, "film")).cuts_ms == CUTS_MS


@pytest.mark.parametrize("part", [14, 20, 33])
def test_a_long_range_has_the_same_cuts_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
):
    # Shots of two and three frames: at 2,480 the change is twice that before it, so that it counts.
    cuts_ms = (1_000, 2_400, 2_480, 5_000, 5_120, 9_200)
    film = make_shots(tmp_path / "film.mp4", cuts_ms=cuts_ms, seconds=11)
    whole = find_cuts(film, [(0, 11_000)])
    monkeypatch.setattr("indicsubs_common.shots.shot_changes._BATCH_FRAMES", part)
    assert find_cuts(film, [(0, 11_000)]) == whole
    assert whole.cuts_ms == (1_000, 2_480, 9_200)


@pytest.mark.parametrize("end_ms", range(2_200, 2_760, 40))
def test_the_end_of_a_range_does_not_matter(tmp_path: Path, end_ms: int):
    """The change at 2,320 is so great that 2,400 is not a cut; for that reason alone 2,560 is."""
    cuts_ms = (500, 1_000, 2_320, 2_400, 2_560)
    film = make_shots(tmp_path / "film.mp4", cuts_ms=cuts_ms, seconds=4)
    before, after = (find_cuts(film, [w]).cuts_ms for w in ((1_500, end_ms), (end_ms, 3_000)))
    assert {*before, *after} == {2_320, 2_560}


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "libx265"])
def test_pictures_skipped_before_a_range_do_not_change_its_cuts(tmp_path: Path, codec: str):
    film = make_shots(tmp_path / "film.mkv", cuts_ms=CUTS_MS, seconds=11, codec=codec)
    ranges = [(at - 60, at + 60) for at in CUTS_MS]
    cuts = find_cuts(film, ranges).cuts_ms
    assert len(cuts) == len(CUTS_MS)
    assert cuts == find_cuts(film, [(0, 11_000)]).cuts_ms


# --- films that start anywhere, and whose clock jumps ------------------------------------------


@pytest.mark.parametrize(
    ("name", "codec"), [("film.avi", "mpeg4"), ("film.flv", "flv"), ("film.mkv", "libx264")]
)
@pytest.mark.parametrize("cut", [False, True])
def test_cuts_in_the_first_second(tmp_path: Path, name: str, codec: str, cut: bool):
    """A seek to a time before the film's start fails in AVI, FLV and films that are cut off."""
    film = make_shots(tmp_path / name, cuts_ms=(400, 5_000), seconds=8, codec=codec)
    if cut:
        film.write_bytes(film.read_bytes()[: film.stat().st_size * 7 // 8])
    shots = find_cuts(film, [(100, 800), (4_500, 5_500)])
    assert shots.warning is None
    assert shots.cuts_ms == pytest.approx((400, 5_000), abs=41)


def test_a_seek_that_fails_costs_time_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = make_shots(tmp_path / "film.mp4", cuts_ms=CUTS_MS, seconds=11, keyframe_every=25)

    class Film:
        def __init__(self, opened):
            self.opened = opened

        def __getattr__(self, name):
            return getattr(self.opened, name)

        def seek(self, *_, **__):
            raise av.error.PermissionError(1, "cannot seek")

    @contextmanager
    def open_without_seeking(path):
        with open_film(path) as opened:
            yield Film(opened)

    monkeypatch.setattr("indicsubs_common.shots.shot_changes.open_film", open_without_seeking)
    assert find_cuts(film, [(4_800, 5_200), (9_000, 9_500)]).cuts_ms == (5_000, 9_200)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_cuts_of_joined_films(tmp_path: Path, codec: str):
    parts = [
        make_shots(
            tmp_path / f"{number}.ts", cuts_ms=cuts, seconds=8, keyframe_every=50, codec=codec
        )
        for number, cuts in enumerate([(1_000, 5_000), (2_000, 7_000)])
    ]
    film = tmp_path / "film.ts"
    film.write_bytes(b"".join(part.read_bytes() for part in parts))
    whole = find_cuts(film, [(0, 16_000)])
    assert whole.cuts_ms == pytest.approx((1_000, 5_000, 8_000, 10_000, 15_000), abs=2)
    assert whole.warning is None
    few = find_cuts(film, [(4_900, 5_100), (14_900, 15_100)])
    assert few.cuts_ms == (whole.cuts_ms[1], whole.cuts_ms[4])


def test_a_group_of_pictures_without_an_end_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("indicsubs_common.shots.film_frames._LONGEST_GROUP", 20)
    parts = [
        make_shots(tmp_path / f"{number}.ts", cuts_ms=(3_000,), seconds=8, codec="libx264")
        for number in range(2)
    ]
    film = tmp_path / "film.ts"
    film.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert find_cuts(film, [(10_900, 11_100)]).cuts_ms == pytest.approx((11_000,), abs=2)
    assert find_cuts(film, [(30_000, 30_100)]).cuts_ms == ()


def test_the_clock_of_stage_demux_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    film = make_shots(tmp_path / "film.mkv", cuts_ms=CUTS_MS, seconds=3, start_ms=2_000)
    clock = read_clock(film)
    monkeypatch.setattr("indicsubs_common.shots.shot_changes.read_clock", None)
    assert find_cuts(film, [(500, 1_500)], clock=clock).cuts_ms == (1_000,)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_cuts_in_avi_are_where_its_frames_are_shown(tmp_path: Path, codec: str):
    """AVI states no times of display; B-frames are shown later than they are decoded."""
    film = make_shots(tmp_path / "film.avi", cuts_ms=[1_000, 3_480], seconds=5, codec=codec)
    first_ms = 80 if codec == "libx264" else 0
    cuts = find_cuts(film, [(0, 5_000)]).cuts_ms
    assert cuts == (1_000 + first_ms, 3_480 + first_ms)
