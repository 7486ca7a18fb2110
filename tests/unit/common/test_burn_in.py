import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
import pytest
from fonts import make_font
from stage_context import stage_context

from indicsubs_common import mux
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.mux import MuxRequest, MuxResult
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files import substation
from indicsubs_text.subtitle_files.style import FileStyle

WIDTH, HEIGHT = 320, 180
CUE = Cue(start_ms=1_000, end_ms=2_000, lines=("नमस्ते नमस्ते",))


@pytest.fixture(autouse=True)
def ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only ffmpeg on the PATH: that of imageio-ffmpeg, which has libass."""
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr("indicsubs_common.muxing.track_files.find_font", lambda family: None)
    return program


def grey_film(path: Path, *options: str, picture: str = "-c:v libx264 -pix_fmt yuv420p") -> Path:
    """Three seconds of grey, 25 frames a second, with silence."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    command += ["-f", "lavfi", "-i", f"color=gray:s={WIDTH}x{HEIGHT}:r=25:d=3"]
    command += ["-f", "lavfi", "-i", "anullsrc=d=3", *picture.split(), "-c:a", "aac"]
    subprocess.run([*command, *options, str(path)], check=True)
    return path


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., MuxResult]:
    progress: list[Progress] = []
    context = stage_context(StageName.MUX, tmp_path, "mux", progress=progress)

    def run(film: Path, cue: Cue = CUE, kind: str = "ass", **fields) -> MuxResult:
        style = FileStyle(language=find_language("hi"), width=WIDTH, height=HEIGHT)
        (tmp_path / "hi.ass").write_text(substation.write([cue], style), encoding="utf-8")
        script = Artifact(path="hi.ass", kind=kind, sha256="", bytes=0, language="hi")
        font = SourceFile(
            path=str(make_font(tmp_path / "x y'z.ttf", "नमस्ते", "Noto Sans Devanagari")),
            fingerprint="",
        )
        request = MuxRequest(
            source=SourceFile(path=str(film), fingerprint=""),
            subtitles=(script,),
            burned_in=script,
            font=font,
            **fields,
        )
        result = mux.run(request, context)
        assert sorted(path.name for path in (tmp_path / "mux").iterdir()) == [
            Path(result.film.path).name
        ]
        return result

    run.progress = progress
    return run


def frames(path: Path) -> Iterator[tuple[int, float, float]]:
    """The time of each frame in ms, and the range of brightness in its upper and lower part."""
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            plane = frame.planes[0]
            rows = [
                bytes(plane)[plane.line_size * row : plane.line_size * row + WIDTH]
                for row in range(HEIGHT)
            ]
            middle = HEIGHT * 3 // 4
            upper, lower = b"".join(rows[:middle]), b"".join(rows[middle:])
            yield (
                round(frame.pts * frame.time_base * 1000),
                max(upper) - min(upper),
                max(lower) - min(lower),
            )


def sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux(audio=0) if packet.size]


@pytest.mark.parametrize(
    ("name", "start_ms"),
    [("film.mkv", 0), ("film.mp4", 0), ("late.mkv", 5_000), ("late.ts", 5_000)],
)
def test_the_picture_has_the_cue_while_it_lasts(
    run: Callable[..., MuxResult], tmp_path: Path, name: str, start_ms: int
):
    late = ["-output_ts_offset", str(start_ms / 1000)] if start_ms else []
    film = grey_film(tmp_path / name, *late)
    with av.open(str(film)) as opened:
        film_start_ms = opened.start_time / 1000 if start_ms else 0
    times = [time - film_start_ms for time, _, _ in frames(film)]
    # ffmpeg's writers shift what they are given, so the cue lies where the film does.
    first = round(times[0])
    cue = Cue(start_ms=first + 1_000, end_ms=first + 2_000, lines=CUE.lines)
    result = run(film, cue)
    path = tmp_path / result.film.path
    assert path.suffix == (".mp4" if name.endswith(".mp4") else ".mkv")
    drawn = list(frames(path))
    assert [time for time, _, _ in drawn] == pytest.approx(times, abs=1)
    for time, upper, lower in drawn:
        assert upper < 10, "nothing is drawn above"
        shown = cue.start_ms <= time < cue.end_ms
        assert lower > 150 if shown else lower < 10, f"at {time} ms"
    if not name.endswith(".ts"):  # whose packets the writer puts into another form
        assert sound(path) == sound(film)


def test_a_cue_is_drawn_in_the_second_of_two_joined_films(
    run: Callable[..., MuxResult], tmp_path: Path
):
    """ffmpeg would take the times from the film's file, where the second half goes back to 0."""
    film = tmp_path / "film.ts"
    film.write_bytes(grey_film(tmp_path / "part.ts").read_bytes() * 2)
    cue = Cue(start_ms=4_000, end_ms=5_000, lines=CUE.lines)
    drawn = list(frames(tmp_path / run(film, cue).film.path))
    times = [time for time, _, _ in drawn]
    assert len(times) == 150
    assert times == sorted(set(times))
    assert times[-1] == pytest.approx(5_960, abs=100)
    for time, _, lower in drawn:
        assert lower > 150 if cue.start_ms <= time < cue.end_ms else lower < 10, f"at {time} ms"


def test_no_track_is_shown_over_the_burned_picture(run: Callable[..., MuxResult], tmp_path: Path):
    result = run(grey_film(tmp_path / "film.mkv"))
    with av.open(str(tmp_path / result.film.path)) as film:
        (track,) = film.streams.subtitles
        assert not track.disposition & av.stream.Disposition.default
        assert film.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert [stream.type for stream in film.streams] == [
            "video",
            "audio",
            "subtitle",
            "attachment",
        ]


def test_reports_burning_and_copying_as_one_task(run: Callable[..., MuxResult], tmp_path: Path):
    run(grey_film(tmp_path / "film.mkv"))
    done = [report.done for report in run.progress]
    assert done == sorted(done)
    assert {report.total for report in run.progress} == {run.progress[-1].done}
    assert run.progress[0].note == "burning in"


def test_a_film_of_a_varying_rate_keeps_its_times(run: Callable[..., MuxResult], tmp_path: Path):
    film = tmp_path / "varying.mkv"
    grey_film(film, "-vf", "select='not(mod(n,7)*mod(n,3))'", "-fps_mode", "passthrough")
    times = [time for time, _, _ in frames(film)]
    assert len({b - a for a, b in pairwise(times)}) > 1
    result = run(film)
    assert [time for time, _, _ in frames(tmp_path / result.film.path)] == times
    assert result.warnings == ()


def test_a_film_without_sound_is_not_taken_for_truncated(
    run: Callable[..., MuxResult], tmp_path: Path
):
    film = grey_film(tmp_path / "silent.mkv", "-an")
    assert run(film).warnings == ()


def test_warns_of_lost_colours(run: Callable[..., MuxResult], tmp_path: Path):
    film = grey_film(tmp_path / "deep.mkv", picture="-c:v libx265 -pix_fmt yuv420p10le")
    (warning,) = run(film).warnings
    assert "more than 8 bits" in warning


# --- failures ------------------------------------------------------------------------------------


def refused(run: Callable[..., MuxResult], film: Path, message: str, **fields) -> FailureCode:
    with pytest.raises(IndicsubsError, match=message) as caught:
        run(film, **fields)
    assert list((film.parent / "mux").iterdir()) == []
    return caught.value.code


def test_the_error_names_what_to_install(
    run: Callable[..., MuxResult], tmp_path: Path, ffmpeg: Path, monkeypatch
):
    film = grey_film(tmp_path / "film.mkv")
    monkeypatch.setenv("PATH", str(tmp_path))
    code = refused(run, film, "none is on the PATH.*apt-get install ffmpeg.*ffmpeg-full")
    assert code is FailureCode.BROKEN_ENVIRONMENT


def test_an_ffmpeg_without_libass_is_named(
    run: Callable[..., MuxResult], tmp_path: Path, ffmpeg: Path
):
    film = grey_film(tmp_path / "film.mkv")
    ffmpeg.unlink()
    ffmpeg.write_text("#!/bin/sh\necho \"Unknown filter 'ass'.\"\n")
    ffmpeg.chmod(0o755)
    code = refused(run, film, f"{ffmpeg} cannot burn subtitles in: it has no filter ass")
    assert code is FailureCode.BROKEN_ENVIRONMENT


def test_the_error_has_ffmpeg_s_message(
    run: Callable[..., MuxResult], tmp_path: Path, ffmpeg: Path
):
    film = grey_film(tmp_path / "film.mkv")
    real = ffmpeg.resolve()
    ffmpeg.unlink()
    ffmpeg.write_text(
        f'#!/bin/sh\ncase "$*" in *" -h "*) exec {real} "$@";; esac\necho no room >&2\nexit 1\n'
    )
    ffmpeg.chmod(0o755)
    code = refused(run, film, "could not burn the subtitles in: no room")
    assert code is FailureCode.BAD_INPUT


def test_an_interrupt_stops_ffmpeg(
    run: Callable[..., MuxResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    film = grey_film(tmp_path / "film.mkv")

    def report(*arguments, **fields):
        raise KeyboardInterrupt

    monkeypatch.setattr(Context, "report", report)
    with pytest.raises(KeyboardInterrupt):
        run(film)
    assert list((tmp_path / "mux").iterdir()) == []


def test_refuses_sound_alone_and_scripts_of_another_kind(
    run: Callable[..., MuxResult], tmp_path: Path
):
    song = grey_film(tmp_path / "song.mkv", "-vn")
    assert refused(run, song, "the film has no picture") is FailureCode.BAD_INPUT
    film = grey_film(tmp_path / "film.mkv")
    refused(run, film, r"hi\.ass cannot be read: line 1 is not the number", kind="srt")
