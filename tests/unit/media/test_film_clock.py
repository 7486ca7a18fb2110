"""The film's clock from made-up timestamps: jumps, damage, gaps and where zero is."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media import runs as runs_module
from indicsubs_media.clock import film_clock
from indicsubs_media.runs import PacketTimes, RunReader

SECOND = 1_000_000
HOUR = 3600 * SECOND
WRAP = (1 << 33) * SECOND // 90_000
PICTURE, SOUND = 0, 1
STEPS = {PICTURE: 40_000, SOUND: 24_000}


def part(
    start_us: int, seconds: float, skew_us: int = 0, streams: Sequence[int] = (PICTURE, SOUND)
) -> list[PacketTimes]:
    """Packets of a part of a film in file order; the sound starts ``skew_us`` later."""
    packets = [
        PacketTimes(stream, time, time, STEPS[stream])
        for stream in streams
        for time in range(
            start_us + (skew_us if stream == SOUND else 0),
            start_us + round(seconds * SECOND),
            STEPS[stream],
        )
    ]
    return sorted(packets, key=lambda packet: packet.dts_us)


def damaged(
    packets: Iterable[PacketTimes], stream: int, numbers: Iterable[int], by_us: int
) -> list[PacketTimes]:
    """The packets, of which some of one stream have other times."""
    found, count = [], 0
    wanted = set(numbers)
    for packet in packets:
        time = packet.dts_us + (by_us if packet.stream == stream and count in wanted else 0)
        count += packet.stream == stream
        found.append(PacketTimes(packet.stream, time, time, packet.duration_us))
    return found


def read(packets: Iterable[PacketTimes], *, broadcast: bool = True) -> FilmClock:
    reader = RunReader()
    for packet in packets:
        reader.add(packet)
    return film_clock(reader.runs, reader.late_us, broadcast=broadcast)


def moved(packets: Sequence[PacketTimes], clock: FilmClock, stream: int) -> list[int]:
    """The film's time of each packet of a stream."""
    (own,) = [one for one in clock.streams if one.stream == stream]
    times = [packet.dts_us for packet in packets if packet.stream == stream]
    firsts = [stretch.first for stretch in own.stretches]
    assert firsts[0] == 0
    assert firsts == sorted(set(firsts))
    return [
        time + [one for one in own.stretches if one.first <= number][-1].shift_us
        for number, time in enumerate(times)
    ]


def assert_continuous(
    packets: Sequence[PacketTimes], clock: FilmClock, tolerance_us: int = 1
) -> None:
    """Each stream's packets follow each other at their usual distance, from near 0 on."""
    for stream in {packet.stream for packet in packets}:
        times = moved(packets, clock, stream)
        assert 0 <= times[0] <= tolerance_us + SECOND
        for before, after in pairwise(times):
            assert abs(after - before - STEPS[stream]) <= tolerance_us


@pytest.mark.parametrize("start_us", [0, SECOND, 20 * SECOND, -4 * SECOND, 26 * HOUR])
def test_time_0_is_the_first_frame(start_us: int):
    packets = part(start_us, 4)
    clock = read(packets)
    assert moved(packets, clock, PICTURE)[0] == moved(packets, clock, SOUND)[0] == 0
    assert clock.start_us == start_us
    assert clock.end_us == 4_008_000  # of the last sound
    assert clock.end_ms == 4_008
    assert clock.warnings == ()


def test_time_0_is_the_earlier_one_of_picture_and_sound():
    packets = part(SECOND, 4, skew_us=200_000)
    clock = read(packets)
    assert (moved(packets, clock, PICTURE)[0], moved(packets, clock, SOUND)[0]) == (0, 200_000)


@pytest.mark.parametrize(("broadcast", "shift_us"), [(False, 0), (True, -80_000)])
def test_only_broadcasts_start_anywhere(broadcast: bool, shift_us: int):
    clock = read(part(80_000, 4), broadcast=broadcast)
    assert clock.streams[0].stretches[0].shift_us == shift_us
    assert clock.start_us == -shift_us
    assert clock.shifts_us == (shift_us,)


def test_hidden_pictures_and_the_delay_of_an_encoder_are_before_time_0():
    pictures = [
        PacketTimes(PICTURE, time, time, 40_000, is_hidden=time < 2 * SECOND)
        for time in range(0, 4 * SECOND, 40_000)
    ]
    assert read(pictures).start_us == 2 * SECOND
    sound = [
        PacketTimes(SOUND, time, time, 24_000, skipped_us=24_000 if time == SECOND else 0)
        for time in range(SECOND, 4 * SECOND, 24_000)
    ]
    assert read(sound).start_us == SECOND + 24_000


def test_a_hidden_part_of_a_joined_film():
    hidden = [PacketTimes(PICTURE, time, time, 40_000, is_hidden=True) for time in (0, 40_000)]
    packets = [*part(20 * SECOND, 4, streams=[PICTURE]), *hidden]
    assert_continuous(packets, read(packets))
    packets = hidden + packets[:-2]
    assert moved(packets, read(packets), PICTURE)[:4] == [-80_000, -40_000, 0, 40_000]


def test_a_film_without_packets_has_no_end():
    assert read([]) == FilmClock()
    hidden = [PacketTimes(PICTURE, 0, 0, 40_000, is_hidden=True)]
    assert read(hidden).end_us == 0


# --- joined films -----------------------------------------------------------------------------


@pytest.mark.parametrize("skew_us", [0, 69_000, -300_000])
@pytest.mark.parametrize(
    "starts_s",
    [
        (1.4, 1.4),  # the clock starts again
        (11, 6),  # 10 s are played, then it steps back by 15 s
        (3.5, 8.5),  # a step back of 5 s
        (1, 9.5, 1),
        (1, 1, 1),
        (7, 1000),  # ahead
        (50_000, 1, 95_000),
        (1, 95_443),
    ],
)
def test_joined_films_go_on_without_a_jump(starts_s: tuple[float, ...], skew_us: int):
    parts = [part(round(start * SECOND), 10, skew_us) for start in starts_s]
    packets = [packet for one in parts for packet in one]
    clock = read(packets)
    assert_continuous(packets, clock, abs(skew_us) + 24_000)
    assert clock.end_us == pytest.approx(len(parts) * (10 * SECOND + max(0, -skew_us)), abs=100_000)
    assert len(clock.shifts_us) == len(parts)
    times = "once" if len(parts) == 2 else "2 times"
    assert f"The clock of the film's file jumps {times}, as" in clock.warnings[0]
    assert "0:00:10" in clock.warnings[0]
    for picture, sound in zip(clock.streams[0].stretches, clock.streams[1].stretches, strict=True):
        assert (picture.shift_us, picture.part) == (sound.shift_us, sound.part)


def test_the_counter_of_33_bits_may_start_again_in_the_middle():
    packets = part(WRAP - 5 * SECOND, 5) + part(0, 5)
    clock = read(packets)
    assert_continuous(packets, clock, 24_000)
    assert clock.end_us == pytest.approx(10 * SECOND, abs=50_000)


def test_a_stream_that_starts_later_in_the_second_part_stays_in_time():
    second = part(SECOND, 20, skew_us=3 * SECOND)
    packets = part(SECOND, 20) + second
    clock = read(packets)
    sound, picture = moved(packets, clock, SOUND), moved(packets, clock, PICTURE)
    assert sound[834] - picture[500] == 3 * SECOND


def test_a_stream_of_the_second_part_alone_follows_it():
    packets = part(SECOND, 20, streams=[PICTURE]) + part(SECOND, 20)
    clock = read(packets)
    assert moved(packets, clock, SOUND)[0] == moved(packets, clock, PICTURE)[500] == 20 * SECOND


def test_a_stream_that_ends_with_the_first_part_is_no_obstacle():
    packets = part(SECOND, 20) + part(SECOND, 20, streams=[SOUND])
    clock = read(packets)
    assert_continuous(packets, clock, 24_000)


@pytest.mark.parametrize("back_s", [5, 11])
def test_a_film_of_sound_alone_is_followed_too(back_s: int):
    packets = part(SECOND, 12, streams=[SOUND]) + part((13 - back_s) * SECOND, 20, streams=[SOUND])
    assert_continuous(packets, read(packets))


def test_many_jumps_are_not_all_named():
    packets = [packet for _ in range(9) for packet in part(SECOND, 10)]
    (warning,) = read(packets).warnings
    assert "jumps 8 times" in warning
    assert "0:00:10, 0:00:20, 0:00:30, 0:00:40, 0:00:50 and 3 more" in warning


# --- damaged timestamps -----------------------------------------------------------------------


@pytest.mark.parametrize("stream", [PICTURE, SOUND])
@pytest.mark.parametrize("by_us", [3 * HOUR, 50 * HOUR, -3 * HOUR, 8 * SECOND, -8 * SECOND])
@pytest.mark.parametrize("numbers", [[0], [0, 1], [40], [40, 41, 42], [40, 60]])
def test_wrong_timestamps_are_put_between_their_neighbours(
    stream: int, by_us: int, numbers: list[int]
):
    if numbers[0] == 0 and abs(by_us) < 10 * SECOND:
        pytest.skip("a stream may start that much earlier or later than another one")
    packets = damaged(part(SECOND, 12), stream, numbers, by_us)
    clock = read(packets)
    assert_continuous(packets, clock)
    assert clock.end_us == pytest.approx(12 * SECOND, abs=24_000)
    assert clock.warnings == (
        (
            f"{len(numbers)} packet(s) of the film have wrong timestamps; they got the times"
            " between their neighbours."
        ),
    )


def test_wrong_timestamps_of_all_streams_at_once():
    packets = damaged(damaged(part(SECOND, 12), PICTURE, [50], 3 * HOUR), SOUND, [84], 9 * HOUR)
    assert_continuous(packets, read(packets))


@pytest.mark.parametrize("stream", [PICTURE, SOUND])
@pytest.mark.parametrize("by_us", [50 * HOUR, -50 * HOUR, 30 * SECOND, -30 * SECOND])
def test_a_stream_that_jumps_alone_goes_on_where_it_was(stream: int, by_us: int):
    packets = damaged(part(60 * SECOND, 120), stream, range(400, 10_000), by_us)
    for broadcast in (True, False):
        clock = read(packets, broadcast=broadcast)
        assert_continuous(packets, clock)
        assert "one of the film's streams alone jump once, at 0:00:" in clock.warnings[0]


def test_a_stream_that_jumps_alone_and_comes_back():
    packets = damaged(part(60 * SECOND, 120), SOUND, range(400, 1_000), 50 * HOUR)
    assert_continuous(packets, read(packets))


def test_a_stream_that_jumps_alone_twice():
    packets = damaged(part(60 * SECOND, 120), SOUND, range(400, 9_000), 50 * HOUR)
    packets = damaged(packets, SOUND, range(1_000, 9_000), 9 * HOUR)
    clock = read(packets)
    assert_continuous(packets, clock)
    assert "alone jump 2 times" in clock.warnings[0]


def test_the_last_packet_may_be_wrong():
    packets = damaged(part(SECOND, 12), PICTURE, [299], 3 * HOUR)
    clock = read(packets)
    assert_continuous(packets, clock)
    assert clock.end_us == pytest.approx(12 * SECOND, abs=24_000)


def test_a_stream_that_was_away_jumps_to_where_the_others_are():
    whole = part(SECOND, 120)
    packets = [
        packet
        for packet in damaged(whole, SOUND, range(3_000, 10_000), 5 * HOUR)
        if packet.stream == PICTURE or not 30 * SECOND < packet.dts_us < 73 * SECOND
    ]
    clock = read(packets)
    sound = moved(packets, clock, SOUND)
    assert sound[-1] == pytest.approx(120 * SECOND, abs=50_000)


def test_a_time_of_display_far_from_the_decoding_time_does_not_count():
    packets = part(SECOND, 12)
    packets[100] = PacketTimes(
        packets[100].stream, packets[100].dts_us, 3 * HOUR, packets[100].duration_us
    )
    clock = read(packets)
    assert clock.end_us == pytest.approx(12 * SECOND, abs=24_000)


def test_decoding_after_display_is_measured():
    packets = [PacketTimes(0, time + 80_000, time, 40_000) for time in range(0, SECOND, 40_000)]
    assert read(packets).streams[0].late_us == 80_000


# --- gaps and overlaps ------------------------------------------------------------------------


def test_a_stream_may_pause():
    whole = part(SECOND, 200)
    packets = [
        packet
        for packet in whole
        if packet.stream == PICTURE or not 40 * SECOND < packet.dts_us < 160 * SECOND
    ]
    clock = read(packets)
    assert clock.warnings == ()
    assert moved(packets, clock, SOUND)[-1] == whole[-1].dts_us - SECOND


@pytest.mark.parametrize(
    ("gap_s", "broadcast", "kept"),
    [(7, True, True), (30, True, False), (1_200, False, True), (4_000, False, False)],
)
@pytest.mark.parametrize("streams", [(PICTURE, SOUND), (SOUND,)])
def test_a_gap_in_all_streams(gap_s: int, broadcast: bool, kept: bool, streams: tuple[int, ...]):
    packets = part(0, 20, streams=streams) + part((20 + gap_s) * SECOND, 20, streams=streams)
    clock = read(packets, broadcast=broadcast)
    film_s = 40 + gap_s if kept else 40
    assert clock.end_us == pytest.approx(film_s * SECOND, abs=50_000)
    assert len(clock.warnings) == (0 if kept else 1)


@pytest.mark.parametrize("streams", [(PICTURE, SOUND), (SOUND,)])
def test_a_stream_that_repeats_some_packets_keeps_its_clock(streams: tuple[int, ...]):
    packets = part(SECOND, 12, streams=streams)
    sound = [packet for packet in packets if packet.stream == SOUND]
    at = packets.index(sound[250])
    packets[at:at] = sound[230:250]  # half a second
    clock = read(packets)
    assert [stretch.shift_us for stretch in clock.streams[-1].stretches] == [-SECOND]
    assert clock.warnings == ()


def test_a_still_picture_has_few_frames():
    pictures = [PacketTimes(PICTURE, time, time, 0) for time in range(0, 100 * SECOND, 10 * SECOND)]
    sound = part(0, 100, streams=[SOUND])
    packets = sorted(pictures + sound, key=lambda packet: packet.dts_us)
    clock = read(packets)
    assert clock.warnings == ()
    assert moved(packets, clock, PICTURE) == [packet.dts_us for packet in pictures]


def test_packets_without_times_belong_to_the_run_before_them():
    packets = part(SECOND, 4, streams=[SOUND])
    packets[:1] = [PacketTimes(SOUND, None, None, 0)] * 2 + packets[:1]
    packets[20:20] = [PacketTimes(SOUND, None, None, 0)] * 3
    clock = read([*packets, *part(SECOND, 20, streams=[SOUND])])
    assert [stretch.first for stretch in clock.streams[0].stretches] == [0, len(packets)]


def test_the_first_packets_in_matroska_have_no_decoding_time():
    """The first decoding time is before the times of display that came before it."""
    packets = [PacketTimes(PICTURE, None, time, 40_000) for time in (0, 160_000, 80_000)]
    packets += [PacketTimes(PICTURE, 40_000 * n, 40_000 * n, 40_000) for n in range(1, 60)]
    clock = read(packets)
    assert len(clock.streams[0].stretches) == 1
    assert clock.start_us == 0


def test_a_file_of_nothing_but_jumps_needs_no_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runs_module, "MOST_RUNS", 10)
    reader = RunReader()
    for number in range(100):
        time = 100 * SECOND * (number * 37 % 100)
        reader.add(PacketTimes(PICTURE, time, time, 40_000))
    assert len(reader.runs) == 10
    assert sum(run.packets for run in reader.runs) == 100


@given(
    st.lists(
        st.tuples(st.integers(0, 90_000), st.integers(6, 30)),
        min_size=1,
        max_size=4,
    ),
    st.integers(-300_000, 300_000),
)
def test_the_length_is_the_sum_of_the_parts(parts: list[tuple[int, int]], skew_us: int):
    packets = [p for start, length in parts for p in part(start * SECOND, length, skew_us)]
    clock = read(packets)
    for stream in (PICTURE, SOUND):
        times = moved(packets, clock, stream)
        assert all(before < after for before, after in pairwise(times))
    lengths = sum(length for _, length in parts) * SECOND
    gaps = sum(
        max(0, (after[0] - before[0] - before[1]) * SECOND)
        for before, after in pairwise(parts)
        if 0 <= after[0] - before[0] - before[1] <= 10
    )
    assert clock.end_us == pytest.approx(lengths + gaps, abs=len(parts) * 400_000)
