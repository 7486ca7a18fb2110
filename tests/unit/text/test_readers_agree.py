"""Our readings of subtitle files, compared with those of pysubs2 and FFmpeg."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pysubs2
import pytest
import srt

from indicsubs_text.subtitle_files.formats import read_subtitles

ONE, TWO = "तुम यहाँ\nक्या कर रहे हो?", "दरवाज़ा बंद कर दो।"
PAIR = "1\n00:00:01,000 --> 00:00:02,500\n{}\n\n2\n01:00:03,250 --> 01:00:04,000\n{}\n"
FILES = {
    "plain.srt": PAIR.format(ONE, TWO),
    "point.srt": PAIR.replace(",", ".").format(ONE, TWO),
    "numbers.srt": PAIR.replace("1\n", "7\n", 1).format(ONE, TWO),
    "windows.srt": f"\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n{TWO}\r\n",
    "cr.srt": f"1\r00:00:01,000 --> 00:00:02,500\r{TWO}\r",
    "markup.srt": f"1\n00:00:01,000 --> 00:00:02,500\n{{\\an8}}<b>{TWO}</b> <i>x</i>\n",
    "break.srt": "1\n00:00:01,000 --> 00:00:02,500\nपहली\\Nदूसरी\n",
    "place.srt": f"1\n00:00:01,000 --> 00:00:02,500 X1:100 X2:200 Y1:1 Y2:2\n{TWO}\n",
    "overlap.srt": PAIR.replace("01:00:03", "00:00:02").format(ONE, TWO),
    "late.srt": f"1\n10:00:05,000 --> 10:00:06,000\n{TWO}\n",
    "plain.vtt": "WEBVTT\n\n" + PAIR.replace(",", ".").format(ONE, TWO),
    "settings.vtt": f"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.500 line:0 align:start\n{TWO}\n",
    "plain.ass": "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\n"
    "Style: Default,Arial\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    f"Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{{\\k20}}एक, {{\\pos(1,2)}}दो\\Nतीन\n"
    f"Dialogue: 0,0:00:03.25,0:00:04.00,Default,,0,0,0,,{TWO}\n",
}


def by_pysubs2(path: Path) -> list[tuple[int, int, str]]:
    script = pysubs2.load(str(path), encoding="utf-8-sig")
    return [(event.start, event.end, event.plaintext) for event in script]


def by_ffmpeg(path: Path) -> list[tuple[int, int, str]]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "srt", "-"]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [
        (
            round(cue.start.total_seconds() * 1000),
            round(cue.end.total_seconds() * 1000),
            re.sub(r"<[^>]*>|\{\\[^}]*\}", "", cue.content),
        )
        for cue in srt.parse(written)
    ]


@pytest.mark.parametrize("name", FILES)
def test_our_reading_is_that_of_the_others(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8", newline="")
    ours = [
        (cue.start_ms, cue.end_ms, "\n".join(cue.lines))
        for cue in read_subtitles(path.read_bytes(), path.suffix, name).cues
    ]
    assert ours == by_pysubs2(path) == by_ffmpeg(path)


def test_a_short_fraction_is_a_part_of_a_second_as_for_pysubs2(tmp_path: Path) -> None:
    """FFmpeg and srt read 9.009 s; editors, whose users wrote the file, 9.9 s."""
    path = tmp_path / "short.srt"
    path.write_text(f"1\n00:00:09,9 --> 00:00:11,65\n{TWO}\n")
    (cue,) = read_subtitles(path.read_bytes(), "srt", "short.srt").cues
    assert [(cue.start_ms, cue.end_ms, TWO)] == by_pysubs2(path) == [(9_900, 11_650, TWO)]
