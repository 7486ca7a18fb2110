"""The dialogue's clock in films whose timestamps are wrong."""

from fractions import Fraction

import av
import numpy as np
import pytest
from films import FilmMaker, Track

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media.film import open_film
from indicsubs_media.film_times import read_clock
from indicsubs_whisperx.dialogue import Dialogue

RATE = 8000


class Packet:
    """Holds one frame of half a second: samples of the value ``level``."""

    def __init__(self, level: int, time: float | None, layout: str = "mono") -> None:
        channels = av.AudioLayout(layout).nb_channels
        samples = np.full((1, RATE // 2 * channels), level, np.int16)
        self.frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        self.frame.sample_rate = RATE
        if time is not None:
            self.frame.time_base = Fraction(1, 1000)
            self.frame.pts = round(time * 1000)

    def has_sidedata(self, _: str) -> bool:
        return False

    def decode(self) -> list[av.AudioFrame]:
        return [self.frame]


def played(
    *packets: Packet, end_s: float | None = None, stated_end_s: float = 0.0
) -> tuple[list[int], Dialogue]:
    """The level in each half second, in hundreds, and the dialogue at its end."""
    if end_s is None:
        end_s = max(packet.frame.time or 0 for packet in packets) + 0.5
    clock = FilmClock(end_us=round(end_s * 1_000_000))
    dialogue = Dialogue(None, None, "auto", clock, round(stated_end_s * 1000))
    dialogue._packets = lambda: iter(packets)
    dialogue._last_frames = list
    samples = np.concatenate(list(dialogue))
    assert dialogue.samples == len(samples)
    middles = samples[4000::RATE]
    return [round(int(sample) / 100) for sample in middles], dialogue


def test_the_first_timestamp_is_the_start() -> None:
    levels, dialogue = played(Packet(1000, 7.25), Packet(2000, 7.75), Packet(3000, 8.25))
    assert levels == [10, 20, 30]
    assert dialogue.start_s == 7.25
    assert dialogue.position_s == pytest.approx(8.75, abs=0.001)
    assert dialogue.warnings == []


def test_frames_without_time_follow_each_other() -> None:
    levels, dialogue = played(Packet(1000, None), Packet(2000, None))
    assert (levels, dialogue.start_s) == ([10, 20], 0)


def test_jitter_is_not_a_gap() -> None:
    levels, dialogue = played(Packet(1000, 0), Packet(2000, 0.53), Packet(3000, 0.98))
    assert levels == [10, 20, 30]
    assert dialogue.samples == 24_000


def test_gaps_are_silence() -> None:
    levels, dialogue = played(Packet(1000, 1), Packet(2000, 2.5), Packet(3000, 3))
    assert levels == [10, 0, 0, 20, 30]
    assert dialogue.warnings == ["1 s are missing in the audio track; they became silence."]


def test_overlaps_are_dropped() -> None:
    levels, dialogue = played(
        Packet(1000, 0), Packet(2000, 0.5), Packet(2100, 0.5), Packet(3000, 1)
    )
    assert levels == [10, 20, 30]
    assert dialogue.warnings == []


def test_a_time_after_the_film_s_end_makes_no_silence() -> None:
    """The film's clock has corrected the packets; a decoder may still give a frame a wrong time."""
    levels, dialogue = played(Packet(1000, 0), Packet(2000, 0.5), Packet(3000, 95_443), end_s=1.5)
    assert levels == [10, 20, 30]
    assert dialogue.warnings == []


def test_the_layout_may_change_within_a_track() -> None:
    levels, dialogue = played(
        Packet(1000, 0), Packet(2000, 0.5, "stereo"), Packet(3000, 1, "5.1"), Packet(4000, 1.5)
    )
    assert levels == [10, 20, 30, 40]
    assert dialogue.samples == pytest.approx(32_000, abs=4)


def test_warns_of_a_short_audio_track_and_of_silence() -> None:
    _, dialogue = played(Packet(20, 0), stated_end_s=90)
    short, silent = dialogue.warnings
    assert "ends at 0:00:00, the film at 0:01:30" in short
    assert "is silent (channel: center)" in silent


def test_two_recordings_of_different_channels_in_one_file(film: FilmMaker) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(96_000) / 48_000).astype(np.float32)
    one = film("one.ac3", Track(sound=np.stack([tone] * 2), layout="stereo", codec="ac3"))
    two = film("two.ac3", Track(sound=np.stack([tone] * 6), layout="5.1", codec="ac3"))
    one.write_bytes(one.read_bytes() + two.read_bytes())
    with open_film(one) as container:
        dialogue = Dialogue(container, container.streams.audio[0], "auto", read_clock(one))
        samples = np.concatenate(list(dialogue))
    assert dialogue.channel == "center"
    assert len(samples) == pytest.approx(64_000, abs=2000)
    assert np.abs(samples[8000:24_000]).max() == pytest.approx(16_384, rel=0.05)
    assert np.abs(samples[40_000:56_000]).max() == pytest.approx(16_384, rel=0.05)
