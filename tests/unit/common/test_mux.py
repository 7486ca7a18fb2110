import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
import msgspec
import pytest
from fonts import make_font
from media import FONT, Chapter, Track, _by_ffmpeg, make_film, read_back, tracks_of
from pictures import grey_picture
from stage_context import stage_context

from indicsubs_common import mux
from indicsubs_common.muxing import track_files
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.mux import MuxRequest, MuxResult
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files import subrip, substation
from indicsubs_text.subtitle_files.style import FileStyle

HINDI = (
    Cue(start_ms=200, end_ms=1_133, lines=("नमस्ते, यह फ़िल्म है।",)),
    Cue(start_ms=1_250, end_ms=2_100, lines=("दो पंक्तियाँ,", "दूसरी यहाँ।")),
)
ENGLISH = (Cue(start_ms=250, end_ms=1_100, lines=("Hello, {this} is a film.",)),)


def srt(cues: tuple[Cue, ...], language: str = "hi") -> str:
    return subrip.write(cues, FileStyle(language=find_language(language)))


class Job:
    """A job's folder with SRT files, in which the stage runs on a film."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.progress: list[Progress] = []
        self.context = stage_context(StageName.MUX, folder, "mux", progress=self.progress)
        self.subtitles: tuple[Artifact, ...] = (self.srt("hi", HINDI), self.srt("en", ENGLISH))

    def srt(self, language: str, cues: tuple[Cue, ...]) -> Artifact:
        (self.folder / f"{language}.srt").write_text(srt(cues, language), encoding="utf-8")
        return self.artifact(language, "srt")

    def artifact(self, language: str, kind: str) -> Artifact:
        return Artifact(path=f"{language}.{kind}", kind=kind, sha256="", bytes=0, language=language)

    def run(self, film: Path, **fields) -> MuxResult:
        source = SourceFile(path=str(film), fingerprint="")
        return mux.run(MuxRequest(source=source, subtitles=self.subtitles, **fields), self.context)

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "mux").iterdir())

    def film(self, result: MuxResult) -> Path:
        return self.folder / result.film.path


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes films by name and options, each once."""
    folder = tmp_path_factory.mktemp("films")
    films: dict[str, Path] = {}

    def make(name: str, **options) -> Path:
        key = f"{name} {options}"
        if key not in films:
            films[key] = make_film(folder / f"{len(films)}-{name}", **options)
        return films[key]

    return make


def content(path: Path, kinds: tuple[str, ...] = ("video", "audio")) -> list[list[tuple]]:
    """The time in ms and the bytes of each packet, by stream."""
    with av.open(str(path)) as source:
        packets: dict[int, list[tuple]] = {}
        for packet in source.demux():
            if packet.size and packet.stream.type in kinds:
                time = round(
                    (packet.pts if packet.pts is not None else packet.dts) * packet.time_base * 1000
                )
                packets.setdefault(packet.stream.index, []).append((time, bytes(packet)))
    return [packets[index] for index in sorted(packets)]


def assert_same_content(old: Path, new: Path, start_ms: int = 0) -> None:
    """Both films have the same packets at the same times, to Matroska's unit of a millisecond.

    The clock of the old film starts at ``start_ms``, that of the new one at 0.
    """
    for was, now in zip(content(old), content(new), strict=True):
        assert [data for _, data in was] == [data for _, data in now]
        assert all(abs(a - start_ms - b) <= 1 for (a, _), (b, _) in zip(was, now, strict=True))


def ours(path: Path) -> list[Track]:
    return [track for track in tracks_of(path) if track.kind == "subtitle"]


@pytest.mark.parametrize(
    ("name", "options", "container", "file_name"),
    [
        ("film.mp4", {}, "auto", "film.mp4"),
        ("film.mp4", {}, "mkv", "film.mkv"),
        ("film.mov", {"video": "libx264"}, "auto", "film.mp4"),
        ("film.mkv", {"video": "libx264"}, "auto", "film.mkv"),
        ("film.mkv", {"video": "libx264"}, "mp4", "film.mp4"),
        ("film.avi", {"audio": "mp3"}, "auto", "film.mkv"),
        ("film.webm", {"video": "libvpx", "audio": "libopus"}, "auto", "film.mkv"),
        ("surround.mp4", {"layout": "5.1"}, "auto", "film.mp4"),
        ("surround.mkv", {"layout": "5.1"}, "auto", "film.mkv"),
        ("sound.m4a", {"container": "mp4", "video": None}, "auto", "film.mp4"),
        ("silent.mkv", {"audio": None}, "auto", "film.mkv"),
        ("late.mp4", {"start_ms": 5_000}, "auto", "film.mp4"),
        ("late.mkv", {"start_ms": 5_000}, "auto", "film.mkv"),
        ("late.ts", {"video": "mpeg2video", "start_ms": 5_000, "audio": "mp2"}, "auto", "film.mkv"),
        ("late.ts", {"video": "libx264", "start_ms": 5_000}, "mp4", "film.mp4"),
    ],
)
def test_adds_a_track_per_language_and_copies_the_rest(
    job: Job, film: Callable[..., Path], name: str, options: dict, container: str, file_name: str
):
    source = film(name, **options)
    with av.open(str(source)) as opened:
        # MP4 keeps its own 0, at which players begin.
        is_moved = "start_ms" in options and not name.endswith(".mp4")
        start_ms = round(opened.start_time / 1000) if is_moved else 0
    result = job.run(source, container=container)
    path = job.film(result)
    assert (path.name, result.tracks, result.warnings) == (file_name, ("hin", "eng"), ())
    assert job.files() == [file_name]
    codec = "mov_text" if file_name == "film.mp4" else "subrip"
    hindi, english = ours(path)
    assert hindi[2:] == (codec, "hin", "Hindi", True)
    assert english[2:] == (codec, "eng", "English", False)
    for track, cues in ((hindi, HINDI), (english, ENGLISH)):
        assert subrip.read(read_back(path, track)).cues == cues
    if not name.endswith(".ts"):  # whose packets the writer has to put into another form
        assert_same_content(source, path, start_ms)
    with av.open(str(source)) as old, av.open(str(path)) as new:
        for was, now in zip(old.streams, new.streams, strict=False):
            assert (was.type, was.codec_context.name) == (now.type, now.codec_context.name)
            if was.type == "audio":
                assert was.codec_context.layout.name == now.codec_context.layout.name
                assert was.language in {now.language, None, "und"}
            if was.type == "video":
                assert was.average_rate == now.average_rate


def test_both_second_programs_agree(job: Job, film: Callable[..., Path]):
    """ffmpeg, which the tests use where there is no ffprobe, gives the same as ffprobe."""
    for container in ("mp4", "mkv"):
        path = job.film(job.run(film("film.mp4"), container=container))
        assert [track[:4] for track in _by_ffmpeg(path)] == [track[:4] for track in tracks_of(path)]
        assert [track.default for track in _by_ffmpeg(path)] == [t.default for t in tracks_of(path)]


def test_the_styles_layers_and_comments_of_a_script_stay_in_matroska(
    job: Job, film: Callable[..., Path]
):
    script = r"""[Script Info]
ScriptType: v4.00+
PlayResX: 1920

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Arial,48,&H00FFFFFF
Style: Sign,Impact,60,&H000000FF

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:00.50,Default,,0,0,0,,a note
Dialogue: 7,0:00:01.00,0:00:02.00,Sign,Kavya,0,0,90,Banner;5,{\pos(10,20)\b1}A shop\Nhere.
"""
    (job.folder / "en.ass").write_text(script)
    job.subtitles = (job.artifact("en", "ass"),)
    path = job.film(job.run(film("full.mkv"), container="mkv"))
    read = read_back(path, ours(path)[-1], "ass")
    assert [line for line in script.split("\n") if line not in read.replace("\r", "")] == []


def test_keeps_title_chapters_font_and_subtitles_of_a_matroska_film(
    job: Job, film: Callable[..., Path]
):
    chapters = [Chapter(0, 1_500, "एक"), Chapter(1_500, 3_000, "दो")]
    source = film(
        "full.mkv", chapters=chapters, font=True, subtitles=[("fra", "Bonjour"), ("deu", "Hallo")]
    )
    path = job.film(job.run(source))
    with av.open(str(path)) as new:
        assert new.metadata["title"] == "A film"
        assert [
            (chapter["start"] * chapter["time_base"] * 1000, chapter["metadata"]["title"])
            for chapter in new.chapters()
        ] == [(0, "एक"), (1_500, "दो")]
        (font,) = [stream for stream in new.streams if stream.type == "attachment"]
        assert font.metadata["filename"] == "Script.ttf"
        assert font.data == FONT
        assert new.streams.audio[0].metadata["title"] == "Dialogue"
    french, german, hindi, english = ours(path)
    assert (french.language, german.language) == ("fre", "ger") or (
        french.language,
        german.language,
    ) == ("fra", "deu")
    assert [track.default for track in (french, german, hindi, english)] == [
        True,
        False,
        True,
        False,
    ]
    assert subrip.read(read_back(path, french)).cues[0].lines == ("Bonjour",)


def test_keeps_chapters_of_mp4(job: Job, film: Callable[..., Path]):
    chapters = [Chapter(0, 1_500, "एक"), Chapter(1_500, 3_000, "दो")]
    source = film("chapters.mp4", chapters=chapters)
    for container in ("mp4", "mkv"):
        result = job.run(source, container=container)
        assert result.warnings == ()
        with av.open(str(job.film(result))) as new:
            assert [chapter["metadata"]["title"] for chapter in new.chapters()] == ["एक", "दो"]


def test_keeps_a_cover_picture(job: Job, film: Callable[..., Path], tmp_path: Path):
    source = tmp_path / "cover.mp4"
    with av.open(str(film("film.mp4"))) as old, av.open(str(source), "w") as new:
        (picture,) = _picture()
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        cover = new.add_mux_stream("mjpeg", width=64, height=48)
        cover.disposition = av.stream.Disposition.attached_pic
        new.start_encoding()
        packet = av.Packet(picture)
        packet.stream = cover
        packet.pts = packet.dts = 0
        new.mux(packet)
        for packet in old.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
    for container in ("mp4", "mkv"):
        with av.open(str(job.film(job.run(source, container=container)))) as new:
            covers = [s for s in new.streams if s.disposition & av.stream.Disposition.attached_pic]
            assert [s.codec_context.name for s in covers] == ["mjpeg"]
            assert bytes(next(new.demux(covers[0]))) == picture


def test_keeps_the_name_of_a_cover_picture(job: Job):
    source = job.folder / "cover.mkv"
    (image,) = _picture()
    with av.open(str(source), "w") as film:
        picture = film.add_stream("mpeg4", rate=25, width=64, height=48, pix_fmt="yuv420p")
        film.add_attachment("????.jpeg", "image/jpeg", image)
        film.mux([*picture.encode(grey_picture()), *picture.encode(None)])
    source.write_bytes(source.read_bytes().replace(b"????.jpeg", b"caf\xe9.jpeg"))
    path = job.film(job.run(source))
    with av.open(str(path), metadata_errors="surrogateescape") as new:
        cover = new.streams.video[1]
        assert cover.metadata["filename"].encode(errors="surrogateescape") == b"caf\xe9.jpeg"
        assert cover.metadata["mimetype"] == "image/jpeg"
        assert bytes(next(new.demux(cover))) == image


def _picture() -> list[bytes]:
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    frame = grey_picture(pixels="yuvj420p")
    return [bytes(packet) for packet in encoder.encode(frame)]


CP1252_TITLE = "Café – Acte 1".encode("cp1252")


def test_copies_metadata_in_an_old_encoding_byte_for_byte(job: Job):
    source = job.folder / "old.avi"
    title = CP1252_TITLE.decode(errors="surrogateescape")
    with av.open(str(source), "w", metadata_errors="surrogateescape") as film:
        sound = film.add_stream("libmp3lame", rate=48_000, layout="stereo")
        film.metadata["title"] = sound.metadata["title"] = title
        silence = av.AudioFrame("fltp", "stereo", 1152)
        silence.sample_rate = 48_000
        film.mux([*sound.encode(silence), *sound.encode(None)])
    for container in ("mkv", "mp4"):
        result = job.run(source, container=container)
        with av.open(str(job.film(result)), metadata_errors="surrogateescape") as new:
            assert new.metadata["title"] == title
            assert container == "mp4" or new.streams[0].metadata["title"] == title
        assert CP1252_TITLE in job.film(result).read_bytes()


def test_messages_about_streams_with_text_in_an_old_encoding_can_be_sent(job: Job):
    source = job.folder / "old.mkv"
    with av.open(str(source), "w", metadata_errors="surrogateescape") as film:
        picture = film.add_stream("libvpx", rate=25, width=64, height=48, pix_fmt="yuv420p")
        picture.metadata["language"] = b"fr\xe7".decode(errors="surrogateescape")
        film.mux([*picture.encode(grey_picture()), *picture.encode(None)])
    with pytest.raises(IndicsubsError, match="video stream 0 \\(vp8, fr\ufffd\\)") as caught:
        job.run(source, container="mp4")
    assert caught.value.message.encode()


def test_flags_the_requested_language(job: Job, film: Callable[..., Path]):
    path = job.film(job.run(film("film.mp4"), default_language="en"))
    assert [track.default for track in ours(path)] == [False, True]


def test_keeps_the_apple_tag_of_hevc(job: Job, film: Callable[..., Path]):
    """QuickTime plays hvc1, but not hev1, which the writer would choose by itself."""
    source = film("plain.mp4", video="libx265", audio=None)
    tagged = job.folder / "tagged.mp4"
    with av.open(str(source)) as old, av.open(str(tagged), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        copy.codec_context.codec_tag = "hvc1"
        for packet in old.demux():
            if packet.size:
                packet.stream = copy
                new.mux(packet)
    with av.open(str(job.film(job.run(tagged)))) as new:
        assert new.streams.video[0].codec_context.codec_tag == "hvc1"


def test_cues_lie_among_the_packets_of_their_time(job: Job, film: Callable[..., Path]):
    path = job.film(job.run(film("film.mkv", video="libx264")))
    with av.open(str(path)) as new:
        order = [
            packet.stream.type
            for packet in new.demux()
            if packet.size and packet.stream.type in {"video", "subtitle"}
        ]
    first, *_, last = (index for index, kind in enumerate(order) if kind == "subtitle")
    assert 0.03 < first / len(order) < 0.2  # at 0.2 of 3 s
    assert 0.3 < last / len(order) < 0.6  # at 1.25 of 3 s


def test_a_track_may_be_empty(job: Job, film: Callable[..., Path]):
    job.subtitles = (job.srt("hi", ()),)
    for container in ("mp4", "mkv"):
        path = job.film(job.run(film("film.mp4"), container=container))
        assert [track.language for track in ours(path)] == ["hin"]


def test_reports_progress_in_film_time(job: Job, film: Callable[..., Path]):
    job.run(film("film.mp4"))
    done = [report.done for report in job.progress]
    assert done == sorted(done)
    last = job.progress[-1]
    assert (last.done, last.unit) == (last.total, "film_ms")
    assert len(done) > 2


# --- the form of the tracks ----------------------------------------------------------------------


def script(cues: tuple[Cue, ...], language: str) -> str:
    return substation.write(cues, FileStyle(language=find_language(language), width=64, height=48))


def dispositions(path: Path) -> list[av.stream.Disposition]:
    with av.open(str(path)) as film:
        return [stream.disposition for stream in film.streams if stream.type == "subtitle"]


@pytest.mark.parametrize("container", ["mkv", "mp4"])
@pytest.mark.parametrize(
    ("purpose", "flag", "title"),
    [("forced", "forced", "Hindi (forced)"), ("sdh", "hearing_impaired", "Hindi (SDH)")],
)
def test_flags_the_purpose_of_the_subtitles(
    job: Job, film: Callable[..., Path], container: str, purpose: str, flag: str, title: str
):
    path = job.film(job.run(film("film.mp4"), container=container, purpose=purpose))
    assert ours(path)[0].title == title
    for disposition in dispositions(path):
        assert av.stream.Disposition[flag] in disposition
    full = dispositions(job.film(job.run(film("film.mp4"), container=container)))
    assert not any(av.stream.Disposition[flag] in disposition for disposition in full)


def test_matroska_takes_ass_with_its_font(
    job: Job, film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    song = Cue(start_ms=2_200, end_ms=2_700, lines=("♪ {गीत} ♪",), kind="song")
    (job.folder / "hi.ass").write_text(script((*HINDI, song), "hi"), encoding="utf-8")
    letters = "".join(line for cue in (*HINDI, song) for line in cue.lines)
    font = make_font(job.folder / "Script.ttf", letters)
    monkeypatch.setattr(track_files, "find_font", {"Noto Sans Devanagari": font}.get)
    job.subtitles = (job.artifact("hi", "ass"), job.subtitles[1])
    result = job.run(film("film.mkv", video="libx264"))
    path = job.film(result)
    assert (result.tracks, result.warnings) == (("hin", "eng"), ())
    hindi, english = ours(path)
    assert hindi[2:] == ("ass", "hin", "Hindi", True)
    assert english[2:] == ("subrip", "eng", "English", False)
    assert substation.read(read_back(path, hindi, "ass")).cues == tuple(
        msgspec.structs.replace(cue, start_ms=cue.start_ms // 10 * 10, end_ms=cue.end_ms // 10 * 10)
        for cue in (*HINDI, song)
    )
    assert "PlayResX: 64" in read_back(path, hindi, "ass")
    with av.open(str(path)) as new:
        (attached,) = [stream for stream in new.streams if stream.type == "attachment"]
        assert attached.metadata["filename"] == "Script.ttf"
        assert attached.metadata["mimetype"] == "application/x-truetype-font"
        assert attached.data == font.read_bytes()


MIXED = (
    Cue(start_ms=200, end_ms=700, lines=("नमस्ते",)),
    Cue(start_ms=900, end_ms=1_400, lines=("آؤ۔",), language="ur"),
)


def test_matroska_takes_the_fonts_of_all_languages_of_a_track(
    job: Job, film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    (job.folder / "hi.ass").write_text(script(MIXED, "hi"), encoding="utf-8")
    hindi = make_font(job.folder / "Hindi.ttf", "नमस्ते")
    urdu = make_font(job.folder / "Urdu.ttf", "آؤ")
    fonts = {"Noto Sans Devanagari": hindi, "Noto Nastaliq Urdu": urdu}
    monkeypatch.setattr(track_files, "find_font", fonts.get)
    job.subtitles = (job.artifact("hi", "ass"),)
    result = job.run(film("film.mkv", video="libx264"))
    assert result.warnings == (), "each letter is in one of the two fonts"
    with av.open(str(job.film(result))) as new:
        attached = [stream for stream in new.streams if stream.type == "attachment"]
    assert [stream.metadata["filename"] for stream in attached] == ["Hindi.ttf", "Urdu.ttf"]


def test_a_missing_font_of_another_language_is_named(
    job: Job, film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    (job.folder / "hi.ass").write_text(script(MIXED, "hi"), encoding="utf-8")
    hindi = make_font(job.folder / "Hindi.ttf", "नमस्ते")
    monkeypatch.setattr(track_files, "find_font", {"Noto Sans Devanagari": hindi}.get)
    job.subtitles = (job.artifact("hi", "ass"),)
    (warning,) = job.run(film("film.mkv", video="libx264")).warnings
    assert "Noto Nastaliq Urdu is not installed" in warning


def test_mp4_embeds_only_the_lines_that_run_from_right_to_left(job: Job, film: Callable[..., Path]):
    text = subrip.write(MIXED, FileStyle(language=find_language("hi")))
    (job.folder / "hi.srt").write_text(text, encoding="utf-8")
    job.subtitles = (job.artifact("hi", "srt"),)
    path = job.film(job.run(film("film.mp4")))
    (track,) = ours(path)
    assert read_back(path, track).count("\u202b") == 1


def test_mp4_takes_the_text_of_ass(job: Job, film: Callable[..., Path]):
    cue = Cue(start_ms=200, end_ms=1_100, lines=("- تم کہاں ہو؟", "OK {میں}"), kind="song")
    (job.folder / "ur.ass").write_text(script((cue,), "ur"), encoding="utf-8")
    job.subtitles = (job.artifact("ur", "ass"),)
    result = job.run(film("film.mp4"))
    assert result.warnings == ()
    path = job.film(result)
    (track,) = ours(path)
    assert track[2:] == ("mov_text", "urd", "Urdu", True)
    (read,) = subrip.read(read_back(path, track)).cues
    assert (read.lines, read.kind) == (("- تم کہاں ہو؟", "OK {میں}"), "song")
    assert read_back(path, track).count("\u202b") == 2


def test_markup_of_an_edited_file_is_kept_where_the_container_supports_it(
    job: Job, film: Callable[..., Path]
):
    text = "\ufeff1\r\n00:00:00,200 --> 00:00:01,100\r\n<b>नमस्ते</b> & {\\an8}<i>जी</i>\r\n"
    (job.folder / "hi.srt").write_bytes(text.encode())
    job.subtitles = job.subtitles[:1]
    in_mkv = job.film(job.run(film("film.mp4"), container="mkv"))
    assert "<b>नमस्ते</b> & {\\an8}<i>जी</i>" in packets_of_text(in_mkv)[0]
    in_mp4 = job.film(job.run(film("film.mp4"), container="mp4"))
    assert packets_of_text(in_mp4)[0].endswith("नमस्ते & जी")


def packets_of_text(path: Path) -> list[str]:
    with av.open(str(path)) as new:
        track = next(stream for stream in new.streams if stream.type == "subtitle")
        return [bytes(packet).decode() for packet in new.demux(track) if packet.size > 2]


def test_warns_where_no_font_has_the_script(
    job: Job, film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(track_files, "find_font", lambda family: None)
    (job.folder / "hi.ass").write_text(script(HINDI, "hi"), encoding="utf-8")
    job.subtitles = (job.artifact("hi", "ass"),)
    result = job.run(film("film.mkv", video="libx264"))
    assert len(result.warnings) == 1
    assert (
        "No font for Hindi was added to the film: Noto Sans Devanagari is not installed"
        in result.warnings[0]
    )
    with av.open(str(job.film(result))) as new:
        assert [stream.type for stream in new.streams] == ["video", "audio", "subtitle"]


def test_warns_of_letters_that_the_users_font_lacks(job: Job, film: Callable[..., Path]):
    font = make_font(job.folder / "Mine.otf", "नमस्ते abc")
    for language, cues in (("hi", HINDI), ("en", ENGLISH)):
        text = script(cues, language)
        (job.folder / f"{language}.ass").write_text(text, encoding="utf-8")
    job.subtitles = (job.artifact("hi", "ass"), job.artifact("en", "ass"))
    own = SourceFile(path=str(font), fingerprint="")
    result = job.run(film("film.mkv", video="libx264"), font=own)
    hindi, english = result.warnings
    assert hindi.startswith("Mine.otf has no ँ")
    assert "H" in english
    with av.open(str(job.film(result))) as new:
        (attached,) = [stream for stream in new.streams if stream.type == "attachment"]
        assert attached.metadata["mimetype"] == "application/vnd.ms-opentype"


def test_refuses_a_kind_that_is_not_a_track(job: Job, film: Callable[..., Path]):
    job.subtitles = (msgspec.structs.replace(job.subtitles[0], kind="ttml"),)
    with pytest.raises(IndicsubsError, match="kind 'ttml'; tracks can be made from srt and ass"):
        job.run(film("film.mp4"))


# --- streams and files that cannot be carried ----------------------------------------------------


def test_names_the_stream_that_mp4_cannot_carry(job: Job, film: Callable[..., Path]):
    source = film("film.webm", video="libvpx", audio="libopus")
    with pytest.raises(IndicsubsError, match=r"video stream 0 \(vp8\).*--container auto") as caught:
        job.run(source, container="mp4")
    assert caught.value.code is FailureCode.BAD_INPUT
    assert job.files() == []


def test_names_subtitles_and_fonts_that_mp4_cannot_carry(job: Job, film: Callable[..., Path]):
    source = film("full.mkv", font=True, subtitles=[("fra", "Bonjour")])
    with pytest.raises(IndicsubsError, match=r"subtitle stream 2 .*fr.* and attachment stream 3"):
        job.run(source, container="mp4")


def test_writes_matroska_where_mp4_cannot_carry_a_quicktime_stream(
    job: Job, film: Callable[..., Path]
):
    result = job.run(film("film.mov", video="prores_ks", audio="pcm_s16le"))
    assert result.film.path == "mux/film.mkv"
    assert len(result.warnings) == 1
    assert "MP4 cannot carry video stream 0 (prores" in result.warnings[0]


def test_leaves_out_data_streams_with_a_warning(job: Job, film: Callable[..., Path]):
    source = job.folder / "data.ts"
    with av.open(str(film("film.mkv", video="libx264"))) as old, av.open(str(source), "w") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        data = new.add_data_stream("klv")
        new.start_encoding()
        for packet in old.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
                if packet.is_keyframe and packet.stream.type == "video":
                    note = av.Packet(bytes(20))
                    note.stream = data
                    note.time_base = packet.time_base
                    note.pts = note.dts = packet.dts
                    new.mux(note)
    result = job.run(source)
    assert result.warnings == ("Left out, as mkv cannot carry it: data stream 2 (klv).",)
    assert [track.kind for track in tracks_of(job.film(result))][:2] == ["video", "audio"]


def test_keeps_or_warns_of_an_aspect_ratio_that_only_the_container_states(
    job: Job, film: Callable[..., Path]
):
    source = job.folder / "wide.mkv"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", film("film.mp4")]
    subprocess.run([*command, "-c", "copy", "-aspect", "2:1", source], check=True)
    kept = job.run(source, container="mp4")
    assert kept.warnings == ()
    with av.open(str(job.film(kept))) as new:
        assert new.streams.video[0].sample_aspect_ratio == Fraction(3, 2)
    lost = job.run(source)
    assert "may look stretched" in lost.warnings[0]


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv"])
def test_copies_a_truncated_film_as_far_as_possible(job: Job, film: Callable[..., Path], name: str):
    options = {"options": {"movflags": "faststart"}} if name == "film.mp4" else {}
    whole = film(name, seconds=8.0, audio="pcm_s16le" if name == "film.mkv" else "aac", **options)
    cut = job.folder / f"cut-{name}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    result = job.run(cut)
    assert any("truncated" in warning or "in part" in warning for warning in result.warnings)
    before, after = content(whole)[0], content(job.film(result))[0]
    assert 0.1 * len(before) < len(after) < 0.8 * len(before)
    assert [data for _, data in after[:-1]] == [data for _, data in before[: len(after) - 1]]


@pytest.mark.parametrize("data", [b"", b"Not a film.\n" * 200])
def test_refuses_files_that_are_not_films(job: Job, data: bytes):
    path = job.folder / "film.mp4"
    path.write_bytes(data)
    with pytest.raises(IndicsubsError, match=r"film\.mp4 is not a film that can be read") as caught:
        job.run(path)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_refuses_a_playlist_of_other_files(job: Job, film: Callable[..., Path]):
    path = job.folder / "list.m3u8"
    other = film("late.ts", video="mpeg2video", start_ms=5_000, audio="mp2")
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{other}\n#EXT-X-ENDLIST\n")
    with pytest.raises(IndicsubsError, match=r"list\.m3u8 is not a film that can be read"):
        job.run(path)
    assert job.files() == []


def test_refuses_a_film_that_is_not_there(job: Job):
    with pytest.raises(IndicsubsError) as caught:
        job.run(job.folder / "nowhere.mp4")
    assert caught.value.code is FailureCode.NO_INPUT


def test_refuses_a_default_language_without_a_track(job: Job, film: Callable[..., Path]):
    with pytest.raises(IndicsubsError, match=r"ta\. There are tracks in: hi, en"):
        job.run(film("film.mp4"), default_language="ta")


def test_refuses_files_that_are_not_subtitles(job: Job, film: Callable[..., Path]):
    (job.folder / "hi.srt").write_text("<html>", encoding="utf-8")
    with pytest.raises(
        IndicsubsError, match=r"hi\.srt cannot be read: line 1 is not the number"
    ) as caught:
        job.run(film("film.mp4"))
    assert caught.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_leaves_no_half_written_film(
    job: Job, film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
):
    def report(done: int, total: int, unit: str, note: str = "") -> None:
        raise error

    monkeypatch.setattr(job.context, "report", report)
    with pytest.raises(error):
        job.run(film("film.mp4"))
    assert job.files() == []


def test_never_touches_the_source(job: Job, film: Callable[..., Path]):
    source = job.folder / "own.mp4"
    shutil.copy(film("film.mp4"), source)
    before = source.read_bytes()
    job.run(source)
    assert source.read_bytes() == before


def test_tracks_are_in_order_of_time_whatever_the_file(job: Job, film: Callable[..., Path]):
    text = srt(HINDI[::-1])
    (job.folder / "hi.srt").write_text(text, encoding="utf-8")
    path = job.film(job.run(film("film.mp4")))
    starts = [cue.start_ms for cue in subrip.read(read_back(path, ours(path)[0])).cues]
    assert len(starts) == 2
    assert all(a < b for a, b in pairwise(starts))
