"""The stage demux on films whose sound is known."""

import resource
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from films import RATE, FilmMaker, Job, Track, clicks, source, voice
from pictures import grey_picture

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, LanguageDetection
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Speech
from indicsubs_whisperx import demux

Demux = Callable[..., tuple[DemuxResult, np.ndarray]]


@pytest.fixture
def demuxed(job: Callable[[StageName], Job]) -> Demux:
    """Runs the stage; returns its result and the audio that it wrote, int16 at 16 kHz."""

    def run(path: Path, **options: object) -> tuple[DemuxResult, np.ndarray]:
        demux_job = job(StageName.DEMUX)
        result = demux.run(DemuxRequest(source=source(path), **options), demux_job.context)
        with wave.open(str(demux_job.folder / result.audio.path)) as file:
            assert file.getparams()[:3] == (1, 2, 16_000)
            return result, np.frombuffer(file.readframes(file.getnframes()), "<i2")

    return run


def click_times(result: DemuxResult, samples: np.ndarray) -> list[float]:
    """The start of each burst, in ms on the film's clock."""
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 3000)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-(10**6)) > 1600)]
    return [result.audio_start_ms + start / 16 for start in starts]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "aac"),
        ("a.mov", "aac"),
        ("a.mkv", "aac"),
        ("a.mkv", "libopus"),
        ("a.mkv", "ac3"),
        ("a.mkv", "flac"),
        ("a.webm", "libopus"),
        ("a.wav", "pcm_s16le"),
        ("a.avi", "pcm_s16le"),
    ],
)
def test_sound_keeps_its_time(name: str, codec: str, film: FilmMaker, demuxed: Demux) -> None:
    path = film(name, Track(sound=clicks(4, [0.5, 3.0]), codec=codec))
    assert click_times(*demuxed(path)) == pytest.approx([500, 3000], abs=5)


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_a_track_that_starts_late_keeps_its_time(
    name: str, film: FilmMaker, demuxed: Demux
) -> None:
    late = Track(sound=clicks(3, [1.0]), start_s=5.0)
    path = film(name, Track(sound=clicks(8, [])), late)
    result, samples = demuxed(path, audio_track=1)
    with av.open(str(path)) as reference:
        packet = next(p for p in reference.demux(reference.streams.audio[1]) if p.size)
        first_ms = float(packet.pts * packet.time_base) * 1000
    priming_ms = 1024 / 48  # what AAC's encoder puts before the sound
    assert 4900 < first_ms < 5100
    assert click_times(result, samples) == pytest.approx([first_ms + priming_ms + 1000], abs=5)


def test_an_mp4_that_starts_late_keeps_its_own_0(film: FilmMaker, demuxed: Demux) -> None:
    """Players begin at the 0 of an MP4, and wait."""
    result, samples = demuxed(film("a.mp4", Track(sound=clicks(3, [1.0]), start_s=5.0)))
    assert click_times(result, samples) == pytest.approx([6000], abs=5)
    assert (result.media.start_ms, result.audio_start_ms) == (0, pytest.approx(5000, abs=30))
    assert result.clock.end_ms == pytest.approx(8000, abs=60)


@pytest.mark.parametrize("name", ["a.mkv", "a.ts"])
def test_the_film_s_time_is_0_at_its_first_frame(
    name: str, film: FilmMaker, demuxed: Demux
) -> None:
    path = film(name, Track(sound=clicks(3, [1.0]), start_s=5.0))
    result, samples = demuxed(path)
    priming_ms = 0 if name == "a.mkv" else 1024 / 48  # Matroska tells players to skip it
    assert click_times(result, samples) == pytest.approx([priming_ms + 1000], abs=5)
    assert result.media.start_ms == pytest.approx(5000, abs=1500)
    assert result.clock.end_ms == pytest.approx(3000, abs=60)


def test_missing_packets_become_silence(film: FilmMaker, demuxed: Demux) -> None:
    sound = clicks(10, [1.0, 9.0])
    path = film("a.mkv", Track(sound=sound, gap=(3.0, 6.0)))
    result, samples = demuxed(path)
    assert click_times(result, samples) == pytest.approx([1000, 9000], abs=5)
    assert any("3 s are missing" in warning for warning in result.warnings)
    assert len(samples) == pytest.approx(160_000, abs=1000)


SURROUND = ["FL", "FR", "FC", "LFE", "BL", "BR"]


def tones(count: int) -> np.ndarray:
    """A sound whose channel k is a tone of (k + 2) * 200 Hz."""
    time = np.arange(2 * RATE) / RATE
    return np.stack([0.9 * np.sin(2 * np.pi * 200 * (k + 2) * time) for k in range(count)]).astype(
        np.float32
    )


def amplitudes_of(samples: np.ndarray, count: int) -> list[float]:
    """The amplitude of the tone of each channel."""
    middle = samples[8000:24000] / 32768
    spectrum = np.abs(np.fft.rfft(middle)) / 8000
    return [spectrum[200 * (k + 2)] for k in range(count)]


@pytest.mark.parametrize(
    ("layout", "channels", "choice", "used", "amplitudes"),
    [
        ("5.1", 6, "auto", "center", [0, 0, 0.9, 0, 0, 0]),
        ("7.1", 8, "auto", "center", [0, 0, 0.9, 0, 0, 0, 0, 0]),
        ("3.0", 3, "auto", "center", [0, 0, 0.9]),
        ("stereo", 2, "auto", "mix", [0.45, 0.45]),
        ("stereo", 2, "left", "left", [0.9, 0]),
        ("5.1", 6, "right", "right", [0, 0.9, 0, 0, 0, 0]),
        ("5.1", 6, "mix", "mix", [0.186, 0.186, 0.264, 0, 0.132, 0.132]),
        ("quad", 4, "auto", "mix", [0.264, 0.264, 0.186, 0.186]),
        ("mono", 1, "auto", "center", [0.9]),
    ],
)
def test_channels(
    layout: str,
    channels: int,
    choice: str,
    used: str,
    amplitudes: list[float],
    film: FilmMaker,
    demuxed: Demux,
) -> None:
    path = film("a.mkv", Track(sound=tones(channels), layout=layout, codec="flac"))
    result, samples = demuxed(path, channel=choice)
    assert result.channel == used
    assert amplitudes_of(samples, channels) == pytest.approx(amplitudes, abs=0.02)


def test_full_scale_sound_in_all_channels_does_not_clip(film: FilmMaker, demuxed: Demux) -> None:
    tone = 0.99 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    path = film("a.mkv", Track(sound=np.stack([tone] * 6), layout="5.1", codec="pcm_f32le"))
    _, samples = demuxed(path, channel="mix")
    assert 0.97 < np.abs(samples[2000:-2000].astype(int)).max() / 32768 < 1


def test_absent_channel(film: FilmMaker, demuxed: Demux) -> None:
    path = film("a.mkv", Track(sound=tones(2), layout="stereo"))
    with pytest.raises(IndicsubsError, match="no center channel; it has FL, FR"):
        demuxed(path, channel="center")


def test_warns_of_a_silent_centre(film: FilmMaker, demuxed: Demux) -> None:
    sound = tones(6)
    sound[2] = 0
    path = film("a.mkv", Track(sound=sound, layout="5.1"))
    result, _ = demuxed(path)
    assert any("--channel mix" in warning for warning in result.warnings)


def test_dialogue_track_by_language(film: FilmMaker, demuxed: Demux) -> None:
    path = film(
        "a.mkv",
        Track(sound=clicks(2, [0.2]), language="eng", flags=1),
        Track(sound=clicks(2, [0.4]), language="hin", title="Director's commentary"),
        Track(sound=clicks(2, [0.6]), language="hin"),
    )
    for options, track in (({"language": "hi"}, 2), ({}, 0), ({"audio_track": 1}, 1)):
        result, samples = demuxed(path, **options)
        assert result.audio_track == track
        assert click_times(result, samples) == pytest.approx([200 * (track + 1)], abs=5)


def test_absent_track(film: FilmMaker, demuxed: Demux) -> None:
    path = film("a.mkv", Track(sound=clicks(1, []), language="tam"))
    with pytest.raises(IndicsubsError, match=r"no audio track 3.*0: tam"):
        demuxed(path, audio_track=3)


def test_describes_the_container(tmp_path: Path, demuxed: Demux) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=Fraction(24000, 1001))
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("aac", rate=RATE, layout="stereo")
        audio.metadata.update(language="hin", title="Hindi 2.0")
        out.add_attachment("font.ttf", "application/x-truetype-font", b"not a font")
        for _ in range(48):
            for packet in video.encode(grey_picture()):
                out.mux(packet)
        frame = av.AudioFrame.from_ndarray(tones(2), format="fltp", layout="stereo")
        frame.sample_rate = RATE
        for packet in [*video.encode(None), *audio.encode(frame), *audio.encode(None)]:
            out.mux(packet)
    media = demuxed(path)[0].media
    assert media.container == "matroska,webm"
    assert media.duration_ms == pytest.approx(2000, abs=60)
    one, two, three = media.streams
    assert (one.kind, one.codec, one.frame_rate) == ("video", "mpeg4", "24000/1001")
    assert (one.width, one.height) == (64, 48)
    assert (two.kind, two.codec, two.language, two.title) == ("audio", "aac", "hin", "Hindi 2.0")
    assert (two.channels, two.layout, two.sample_rate) == (2, "stereo", 48_000)
    assert three.kind == "attachment"


# --- files that are not films, and damaged films ----------------------------------------------


@pytest.mark.parametrize("content", [b"", b"Shopping list: onions, dal, rice\n" * 40])
def test_not_media(content: bytes, tmp_path: Path, demuxed: Demux) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(IndicsubsError, match=r"clip\.mp4 is not a film that can be read") as caught:
        demuxed(path)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_a_playlist_does_not_reach_other_files(
    tmp_path: Path, film: FilmMaker, demuxed: Demux
) -> None:
    other = film("other.ts", Track(sound=clicks(2, [])))
    for target in ("http://127.0.0.1:9/a.ts", str(other), other.name):
        path = tmp_path / "clip.m3u8"
        path.write_text(f"#EXTM3U\n#EXTINF:5,\n{target}\n#EXT-X-ENDLIST\n")
        with pytest.raises(IndicsubsError, match="is not a film that can be read"):
            demuxed(path)


def test_no_audio(tmp_path: Path, demuxed: Demux) -> None:
    path = tmp_path / "picture.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for packet in [*video.encode(grey_picture()), *video.encode(None)]:
            out.mux(packet)
    with pytest.raises(IndicsubsError, match="no audio track"):
        demuxed(path)


def test_absent_film(tmp_path: Path, demuxed: Demux) -> None:
    with pytest.raises(IndicsubsError) as caught:
        demuxed(tmp_path / "nowhere.mkv")
    assert caught.value.code is FailureCode.NO_INPUT


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_truncated_film(name: str, film: FilmMaker, demuxed: Demux) -> None:
    path = film(name, Track(sound=voice(20)), movflags="faststart")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    result, samples = demuxed(path)
    assert 6 * 16_000 < len(samples) < 14 * 16_000
    assert any("truncated" in warning for warning in result.warnings)


def test_film_without_anything_that_decodes(film: FilmMaker, demuxed: Demux) -> None:
    path = film("a.mp4", Track(sound=voice(20)), movflags="faststart")
    with av.open(str(path)) as reference:
        first = next(p for p in reference.demux(audio=0) if p.size).pos
    path.write_bytes(path.read_bytes()[:first])
    with pytest.raises(IndicsubsError, match="can be decoded") as caught:
        demuxed(path)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_damage_in_the_middle_is_skipped(film: FilmMaker, demuxed: Demux) -> None:
    path = film("a.mkv", Track(sound=clicks(30, [1.0, 29.0]), codec="ac3"))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle - 2000 : middle + 2000] = b"\xa5" * 4000
    path.write_bytes(data)
    result, samples = demuxed(path)
    assert click_times(result, samples) == pytest.approx([1000, 29_000], abs=5)
    assert any("damaged" in w or "silence" in w for w in result.warnings)


def test_encrypted_film(film: FilmMaker, demuxed: Demux) -> None:
    path = film(
        "a.mp4",
        Track(sound=voice(3)),
        encryption_scheme="cenc-aes-ctr",
        encryption_key="76a6c65c5ea762046bd749a2e632ccbb",
        encryption_kid="a7e61c373e219033c21091fa607bf3b8",
    )
    with pytest.raises(IndicsubsError, match="encrypted"):
        demuxed(path)


# --- speech ----------------------------------------------------------------------------------


def test_speech_regions_are_on_the_audio_s_clock(
    film: FilmMaker, demuxed: Demux, tmp_path: Path
) -> None:
    quiet = np.zeros(RATE, np.float32)
    sound = np.concatenate([quiet, voice(3), quiet, voice(4, seed=3), quiet])
    tracks = Track(sound=clicks(20, [])), Track(sound=sound, start_s=10.0)
    result, _ = demuxed(film("a.mkv", *tracks), audio_track=1)
    assert result.audio_start_ms == pytest.approx(10_000, abs=25)
    path = tmp_path / "job" / result.speech.path
    regions = msgspec.json.decode(path.read_bytes(), type=Speech).regions
    spans = [(region.start_ms, region.end_ms) for region in regions]
    assert len(spans) == 2
    assert spans[0] == (pytest.approx(800, abs=120), pytest.approx(4200, abs=120))
    assert spans[1] == (pytest.approx(4800, abs=120), pytest.approx(9200, abs=120))


# --- the language ----------------------------------------------------------------------------

DEMO = Path(__file__).parents[3]


def detection(folder: Path = DEMO / "models/demo/recogniser-ctranslate2") -> LanguageDetection:
    return LanguageDetection(
        model=ModelFolder(name="test", folder=str(folder), fingerprint=""),
        device="cpu",
        compute_type="int8",
        languages=ENGINES["whisperx"].languages,
    )


def test_the_language_is_detected_where_the_request_asks_for_it(
    job: Callable[[StageName], Job],
) -> None:
    clip = source(DEMO / "demo" / "clip.mp4")
    request = DemuxRequest(source=clip, detection=detection())
    result = demux.run(request, job(StageName.DEMUX).context)
    assert result.language == "hi"
    assert 0.5 < (result.language_probability or 0) <= 1


def test_without_speech_the_language_cannot_be_detected(
    film: FilmMaker, job: Callable[[StageName], Job]
) -> None:
    request = DemuxRequest(
        source=source(film("a.mkv", Track(sound=clicks(5, [])))), detection=detection()
    )
    with pytest.raises(IndicsubsError, match=r"No speech was found.*with -s") as caught:
        demux.run(request, job(StageName.DEMUX).context)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_the_model_that_detects_the_language_is_absent(
    job: Callable[[StageName], Job], tmp_path: Path
) -> None:
    request = DemuxRequest(source=source(DEMO / "demo/clip.mp4"), detection=detection(tmp_path))
    with pytest.raises(IndicsubsError, match="lacks") as caught:
        demux.run(request, job(StageName.DEMUX).context)
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_progress_goes_to_the_film_s_length(
    film: FilmMaker, job: Callable[[StageName], Job]
) -> None:
    demux_job = job(StageName.DEMUX)
    path = film("a.mkv", Track(sound=clicks(65, [])))
    demux.run(DemuxRequest(source=source(path)), demux_job.context)
    steps = demux_job.progress
    assert [step.unit for step in steps] == ["film_ms"] * len(steps)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert len(steps) >= 6
    assert steps[-1].done == steps[-1].total == pytest.approx(65_000, abs=50)


def test_memory_does_not_grow_with_the_film(film: FilmMaker, demuxed: Demux) -> None:
    demuxed(film("short.mkv", Track(sound=clicks(200, []), codec="flac")))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = film("long.mkv", *[Track(sound=np.tile(clicks(200, []), 6), codec="flac")])
    after_encoding = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    demuxed(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(before, after_encoding) < 20_000
