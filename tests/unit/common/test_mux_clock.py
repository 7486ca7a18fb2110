"""New films of films whose timestamps jump, are damaged, or start anywhere."""

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
import pytest
from media import Chapter, damage_times, joined, make_film, read_back, tracks_of
from test_mux import Job

from indicsubs_contract.messages.mux import MuxResult
from indicsubs_media.film_times import read_clock
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files import subrip


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def shown(path: Path) -> dict[str, list[float]]:
    """The times of the frames that a decoder gives, in seconds, by kind."""
    times: dict[str, list[float]] = {"video": [], "audio": []}
    with av.open(str(path)) as film:
        for packet in film.demux(*film.streams.video, *film.streams.audio):
            for frame in packet.decode():
                times[packet.stream.type].append(frame.time)
    return times


def assert_smooth(path: Path, seconds: float) -> None:
    """Frames rise at their usual distance, from 0 to the film's end."""
    for kind, step in (("video", 0.04), ("audio", 0.024)):
        times = shown(path)[kind]
        assert times[0] == pytest.approx(0, abs=0.1)
        assert times[-1] == pytest.approx(seconds, abs=0.2)
        for before, after in pairwise(times):
            assert after > before
            assert after - before == pytest.approx(step, abs=0.06)


def cues_of(path: Path) -> list[tuple[int, int]]:
    track = next(track for track in tracks_of(path) if track.kind == "subtitle")
    return [(cue.start_ms, cue.end_ms) for cue in subrip.read(read_back(path, track)).cues]


def run(job: Job, film: Path, *cues: tuple[int, int], **fields) -> tuple[Path, MuxResult]:
    texts = tuple(Cue(start_ms=start, end_ms=end, lines=("नमस्ते",)) for start, end in cues)
    job.subtitles = (job.srt("hi", texts),)
    result = job.run(film, **fields)
    return job.film(result), result


@pytest.mark.parametrize(("suffix", "container"), [("ts", "mpegts"), ("vob", "vob")])
@pytest.mark.parametrize("starts_ms", [(0, 0), (5_000, 3_000, 0)])
def test_joined_films_have_their_whole_length(
    job: Job, suffix: str, container: str, starts_ms: tuple[int, ...]
):
    source = joined(job.folder / f"film.{suffix}", container, starts_ms, seconds=5)
    seconds = 5 * len(starts_ms)
    late = (seconds * 1000 - 2_000, seconds * 1000 - 1_000)
    path, result = run(job, source, (500, 1_500), late)
    assert_smooth(path, seconds)
    assert cues_of(path) == [(500, 1_500), late]
    assert "The clock of the film's file jumps" in result.warnings[0]


@pytest.mark.parametrize(
    ("kind", "only_dts"), [("video", False), ("video", True), ("audio", False)]
)
@pytest.mark.parametrize("container", ["mkv", "mp4"])
def test_a_damaged_timestamp_moves_no_other_packet(
    job: Job, kind: str, only_dts: bool, container: str
):
    source = make_film(job.folder / "film.ts", video="libx264", audio="mp2", seconds=5)
    damage_times(source, kind, [3], 11_900, only_dts=only_dts)
    path, result = run(job, source, (500, 1_500), container=container)
    assert_smooth(path, 5)
    assert result.warnings == (
        (
            "1 packet(s) of the film have wrong timestamps; they got the times between their"
            " neighbours."
        ),
    )


def test_times_before_0_are_not_lost(job: Job):
    """As at the end of the counter of 33 bits, where FFmpeg gives times before 0."""
    source = make_film(
        job.folder / "film.ts", video="mpeg2video", audio="mp2", start_ms=95_440_000, seconds=8
    )
    assert read_clock(source).start_us < 0
    path, result = run(job, source, (6_000, 7_000))
    assert_smooth(path, 8)
    assert cues_of(path) == [(6_000, 7_000)]
    assert result.warnings == ()


@pytest.mark.parametrize("container", ["mkv", "mp4"])
def test_a_cue_never_makes_the_film_longer(job: Job, container: str):
    source = make_film(job.folder / "film.mkv", video="libx264")
    cues = (500, 1_500), (2_500, 9_000), (3_600_000, 3_601_000)
    path, result = run(job, source, *cues, container=container)
    found = cues_of(path)
    assert found[0] == (500, 1_500)
    assert found[1] == (2_500, pytest.approx(3_000, abs=60))
    assert len(found) == 2
    assert result.warnings == (
        (
            "1 cue(s) start after the film's end at 0:00:03. They are in the subtitle files, and"
            " were left out of the film."
        ),
    )
    with av.open(str(path)) as new:
        assert new.duration / 1_000_000 == pytest.approx(3, abs=0.1)


def test_chapters_of_a_late_film_move_with_it(job: Job):
    chapters = [Chapter(20_000, 21_500, "एक"), Chapter(21_500, 23_000, "दो")]
    source = make_film(job.folder / "film.mkv", start_ms=20_000, chapters=chapters)
    path, _ = run(job, source, (500, 1_500))
    with av.open(str(path)) as new:
        assert [float(chapter["start"] * chapter["time_base"]) for chapter in new.chapters()] == [
            pytest.approx(0, abs=0.03),
            pytest.approx(1.5, abs=0.03),
        ]


def edited(source: Path, target: Path, start: str) -> Path:
    """The film from a time on, whose edit list hides what is needed to decode it."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", start, "-i", str(source)]
    subprocess.run([*command, "-c", "copy", str(target)], check=True)
    return target


@pytest.mark.parametrize("container", ["mkv", "mp4"])
def test_pictures_that_an_edit_list_hides_stay_hidden(job: Job, container: str):
    whole = make_film(job.folder / "whole.mp4", video="libx264", seconds=8)
    source = edited(whole, job.folder / "film.mp4", "3")
    before = shown(source)["video"]
    assert before[0] == pytest.approx(0, abs=0.05)
    path, result = run(job, source, (500, 1_500), container=container)
    after = shown(path)["video"]
    visible = [time for time, next_time in pairwise([*after, 99]) if next_time - time > 0.01]
    assert visible == pytest.approx(before, abs=0.03)
    hidden = len(after) - len(visible)
    assert hidden < 100
    if container == "mp4":
        assert (hidden, result.warnings) == (0, ())
    else:
        assert f"hides its first {hidden} picture(s)" in result.warnings[0]


def test_hidden_pictures_before_a_keyframe_are_left_out(job: Job):
    whole = make_film(job.folder / "whole.mov", video="prores_ks", audio="pcm_s16le", seconds=4)
    source = edited(whole, job.folder / "film.mov", "2")
    path, result = run(job, source, (500, 1_500), container="mkv")
    assert result.warnings == ()
    assert shown(path)["video"] == pytest.approx(shown(source)["video"], abs=0.03)


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffprobe")
def test_a_second_program_sees_the_same_times(job: Job):
    source = joined(job.folder / "film.ts", "mpegts", (0, 0), seconds=5)
    path, _ = run(job, source, (500, 1_500))
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_frames", "-of", "json"]
    answer = subprocess.run([*command, str(path)], check=True, capture_output=True).stdout
    times = [float(frame["pts_time"]) for frame in json.loads(answer)["frames"]]
    assert len(times) == 250
    assert all(0.02 < after - before < 0.1 for before, after in pairwise(times))


def test_the_end_is_known_where_the_header_states_none(job: Job):
    source = make_film(job.folder / "live.mkv", options={"live": "1"}, start_ms=20_000)
    assert read_clock(source).end_ms == pytest.approx(3_000, abs=60)
    path, _ = run(job, source, (2_000, 2_900))
    assert cues_of(path) == [(2_000, 2_900)]
    assert 2.9 < shown(path)["video"][-1] < 3
