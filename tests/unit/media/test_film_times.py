"""The times of real packets on the film's clock."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.error import FFmpegError
from media import AnyPacket, damage_times, joined, make_film, rewritten

from indicsubs_contract.messages.clock import ClockStretch, FilmClock, StreamClock
from indicsubs_media.film import open_film
from indicsubs_media.film_times import (
    FilmTimes,
    constant_shift_us,
    has_own_clock,
    read_clock,
    readable_packets,
)


def film_times(path: Path) -> dict[str, list[float]]:
    """The times of display in seconds, by kind of stream, in file order."""
    clock = read_clock(path)
    times: dict[str, list[float]] = {}
    mover = FilmTimes(clock)
    with open_film(path) as film:
        for packet in readable_packets(film):
            mover.move(packet)
            assert packet.dts is None or packet.dts <= packet.pts
            times.setdefault(packet.stream.type, []).append(float(packet.pts * packet.time_base))
    return times


def assert_continuous(times: Iterable[float], step: float) -> None:
    shown = sorted(times)
    assert -0.03 <= shown[0] < 0.1
    assert all(
        after - before == pytest.approx(step, abs=0.031) for before, after in pairwise(shown)
    )


@pytest.mark.parametrize("name", ["film.ts", "film.vob", "film.mkv", "film.mp4", "film.avi"])
@pytest.mark.parametrize("start_ms", [0, 20_000])
def test_the_film_begins_at_0(tmp_path: Path, name: str, start_ms: int):
    if name == "film.avi" and start_ms:
        pytest.skip("AVI has no timestamps: a late start is written as frames")
    if name == "film.mp4" and start_ms:
        pytest.skip("MP4 waits for a late start, see below")
    container = "vob" if name == "film.vob" else None
    path = make_film(
        tmp_path / name, container=container, video="mpeg2video", audio="mp2", start_ms=start_ms
    )
    times = film_times(path)
    assert_continuous(times["video"], 0.04)
    assert_continuous(times["audio"], 0.024)
    clock = read_clock(path)
    assert clock.end_ms == pytest.approx(3_000, abs=60)
    assert clock.warnings == ()


def test_an_mp4_that_starts_late_keeps_its_own_0(tmp_path: Path):
    path = make_film(tmp_path / "film.mp4", start_ms=20_000)
    times = film_times(path)
    assert min(times["video"]) == pytest.approx(20, abs=0.03)
    clock = read_clock(path)
    assert clock.end_ms == pytest.approx(23_000, abs=60)
    assert (clock.start_us, clock.warnings) == (0, ())


def test_an_mp4_that_starts_hours_late_begins_at_its_first_frame(tmp_path: Path):
    path = make_film(tmp_path / "film.mp4", start_ms=5 * 3_600_000)
    clock = read_clock(path)
    assert clock.end_ms == pytest.approx(3_000, abs=60)
    assert clock.start_us == pytest.approx(5 * 3_600_000_000, abs=60_000)


@pytest.mark.parametrize(("suffix", "container"), [("ts", "mpegts"), ("vob", "vob")])
@pytest.mark.parametrize("starts_ms", [(0, 0), (5_000, 0), (60_000, 0, 0), (0, 90_000)])
def test_joined_films(tmp_path: Path, suffix: str, container: str, starts_ms: tuple[int, ...]):
    path = joined(tmp_path / f"film.{suffix}", container, starts_ms, seconds=6)
    times = film_times(path)
    assert_continuous(times["video"], 0.04)
    assert_continuous(times["audio"], 0.024)
    clock = read_clock(path)
    assert clock.end_ms == pytest.approx(6_000 * len(starts_ms), abs=60 * len(starts_ms))
    assert "the film's file jumps" in clock.warnings[0]
    assert constant_shift_us(clock, 0) is None
    assert has_own_clock(clock, 0)


def test_the_counter_of_a_transport_stream_starts_again_after_26_hours(tmp_path: Path):
    """FFmpeg gives times before 0 where a film begins less than a minute before that."""
    path = make_film(
        tmp_path / "film.ts",
        video="mpeg2video",
        audio="mp2",
        start_ms=95_440_000,
        seconds=8,
        options={"muxdelay": "0"},
    )
    clock = read_clock(path)
    assert clock.start_us < 0
    times = film_times(path)
    assert_continuous(times["video"], 0.04)
    assert_continuous(times["audio"], 0.024)


def ahead(kind: str, numbers: Iterable[int], by_s: float) -> Callable[[AnyPacket, int], None]:
    """Moves some packets of a kind, counted from 0."""

    def change(packet: AnyPacket, number: int) -> None:
        if packet.stream.type == kind and number in numbers:
            ticks = round(by_s / packet.time_base)
            packet.pts += ticks
            packet.dts += ticks

    return change


@pytest.mark.parametrize(
    ("name", "by_s"), [("film.ts", 180_000.0), ("film.ts", 20.0), ("film.mkv", 180_000.0)]
)
@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_stream_that_jumps_alone(tmp_path: Path, name: str, codec: str, kind: str, by_s: float):
    source = make_film(tmp_path / "source.mkv", video=codec, audio="mp2", seconds=20)
    path = rewritten(source, tmp_path / name, ahead(kind, range(200, 10_000), by_s))
    for times in film_times(path).values():
        shown = sorted(times)
        assert shown[0] == pytest.approx(0, abs=0.05)
        # The place of one picture among its neighbours may be lost with its time.
        assert all(after - before < 0.13 for before, after in pairwise(shown))
    clock = read_clock(path)
    assert clock.end_ms == pytest.approx(20_000, abs=200)
    assert "jump" in clock.warnings[0]


@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
@pytest.mark.parametrize("kind", ["video", "audio"])
@pytest.mark.parametrize("only_dts", [True, False])
@pytest.mark.parametrize("numbers", [(0,), (5, 20, 21)])
def test_damaged_timestamps(
    tmp_path: Path, codec: str, kind: str, only_dts: bool, numbers: tuple[int, ...]
):
    path = make_film(tmp_path / "film.ts", video=codec, audio="mp2", seconds=8)
    whole = film_times(path)
    damage_times(path, kind, numbers, 11_000, only_dts=only_dts)
    times = film_times(path)
    assert times["audio"] == pytest.approx(whole["audio"], abs=0.02)
    assert times["video"] == pytest.approx(whole["video"], abs=0.02 if only_dts else 0.16)
    assert read_clock(path).end_ms == pytest.approx(8_000, abs=200)


class Moved:
    """A packet of made-up times."""

    def __init__(self, stream: int, dts: int | None, pts: int | None) -> None:
        self.stream_index, self.dts, self.pts = stream, dts, pts
        self.time_base = Fraction(1, 1000)


def test_times_of_display_and_decoding_may_be_damaged_apart():
    clock = FilmClock(
        streams=(
            StreamClock(
                stream=0,
                stretches=(
                    ClockStretch(first=0, shift_us=-1_000_000),
                    ClockStretch(first=2, shift_us=-91_000_000),
                    ClockStretch(first=3, shift_us=-1_000_000),
                ),
            ),
        ),
    )
    times = FilmTimes(clock)
    packets = [
        Moved(0, 1_000, 1_080),
        Moved(0, 1_040, 500_000),  # shown far ahead: as long after decoding as the one before
        Moved(0, 91_080, 1_120),  # decoded far ahead
        Moved(0, 1_120, 1_240),
        Moved(0, None, 1_280),
        Moved(0, 1_200, None),
    ]
    for packet in packets:
        times.move(packet)
    assert [(packet.dts, packet.pts) for packet in packets] == [
        (0, 80),
        (40, 120),
        (80, 120),
        (120, 240),
        (None, 280),
        (200, None),
    ]


def test_decoding_that_comes_too_late_is_earlier_in_the_whole_stream():
    own = StreamClock(stream=0, stretches=(ClockStretch(first=0, shift_us=0),), late_us=80_000)
    times = FilmTimes(FilmClock(streams=(own,)))
    packets = [Moved(0, 0, 0), Moved(0, 120, 40)]
    for packet in packets:
        times.move(packet)
    assert [(packet.dts, packet.pts) for packet in packets] == [(-80, 0), (40, 40)]


def test_other_streams_follow_the_part_that_the_film_is_in():
    stretches = (
        ClockStretch(first=0, shift_us=-1_000_000),
        ClockStretch(first=1, shift_us=4_000_000, part=1),
    )
    clock = FilmClock(
        streams=(StreamClock(stream=0, stretches=stretches),), shifts_us=(-1_000_000, 4_000_000)
    )
    times = FilmTimes(clock)
    packets = [Moved(1, 1_500, 1_500), Moved(0, 1_000, 1_000), Moved(0, 0, 0), Moved(1, 500, 500)]
    for packet in packets:
        times.move(packet)
    assert [packet.pts for packet in packets] == [500, 0, 4_000, 4_500]
    assert constant_shift_us(clock, 1) == 0
    assert not has_own_clock(clock, 1)


def test_damaged_places_are_skipped_and_counted():
    class Film:
        def __init__(self) -> None:
            self.calls = 0

        def demux(self):
            self.calls += 1
            yield Packet(self.calls)
            if self.calls < 3:
                raise FFmpegError(1, "bad")
            yield Packet(0, None)

    class Packet:
        dts = None

        def __init__(self, size: int, pts: int | None = 0) -> None:
            self.size, self.pts = size, pts

    errors: list[str] = []
    assert [packet.size for packet in readable_packets(Film(), errors=errors)] == [1, 2, 3]
    assert errors == ["bad", "bad"]
    assert len(list(readable_packets(Film()))) == 3


def test_a_file_that_can_never_be_read_ends(monkeypatch: pytest.MonkeyPatch):
    class Film:
        def demux(self, stream):
            raise FFmpegError(1, "bad")

    errors: list[str] = []
    assert list(readable_packets(Film(), object(), errors)) == []
    assert len(errors) == 1000


def test_sound_without_a_rate_is_not_delayed(tmp_path: Path):
    path = make_film(tmp_path / "film.mkv", video=None)
    with av.open(str(path)) as film:
        (first, *_) = [packet for packet in film.demux() if packet.size]
        assert first.has_sidedata("skip_samples")
    assert read_clock(path).start_us == 0
