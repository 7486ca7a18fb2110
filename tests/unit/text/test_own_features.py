"""What a subtitle file holds that other formats cannot keep."""

import pytest

from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import FORMATS, read_subtitles
from indicsubs_text.subtitle_files.own_features import own_features
from indicsubs_text.subtitle_files.style import FileStyle

ASS = r"""[Script Info]
PlayResX: 1920

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial
Style: Sign,Impact

[Fonts]
fontname: impact.ttf

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,a note
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\i1}in italics
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\an8}above {\b1}bold
Dialogue: 5,0:00:05.00,0:00:06.00,Sign,,0,0,90,,a shop
Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,{\k20}la {\k30}la
Dialogue: 0,0:00:09.00,0:00:10.00,Default,,0,0,0,,{\p1}m 0 0 l 9 9{\p0}
Dialogue: broken
"""
SRT = """1
00:00:01,000 --> 00:00:02,000 X1:100 X2:200 Y1:10 Y2:20
<font color="red">Shut</font> the <i>door</i>.

2
00:00:03,000 --> 00:00:04,000
{\\an8}Now.
"""
VTT = """WEBVTT

NOTE Language: English (en)

NOTE a remark

STYLE
::cue { color: red }

REGION
id:top

1
00:01.000 --> 00:02.000 position:50% size:90% align:center
Shut the door.

2
00:03.000 --> 00:04.000 line:0
<c.red>Now.</c>
"""


def features(text: str, kind: str) -> tuple[str, ...]:
    data = text.encode()
    return own_features(data, read_subtitles(data, kind, f"mine.{kind}"))


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (
            ASS,
            "ass",
            (
                "2 style(s)",
                "5 override(s)",
                "2 position(s)",
                "1 drawing(s)",
                "1 karaoke line(s)",
                "1 layer(s)",
                "1 comment(s)",
                "1 section(s) of embedded files",
            ),
        ),
        (SRT, "srt", ("5 tag(s)", "1 position(s)")),
        (
            VTT,
            "vtt",
            ("2 tag(s)", "1 cue setting(s)", "1 style(s)", "1 region(s)", "1 note(s)"),
        ),
    ],
)
def test_each_feature_is_counted(text: str, kind: str, expected: tuple[str, ...]) -> None:
    assert features(text, kind) == expected


@pytest.mark.parametrize("kind", ["srt", "vtt", "ass", "ttml", "json"])
@pytest.mark.parametrize("language", ["en", "ur"])
def test_what_indicsubs_writes_has_nothing_that_is_lost(kind: str, language: str) -> None:
    cues = [
        Cue(start_ms=0, end_ms=1000, lines=("♪ one ♪",), kind="song"),
        Cue(start_ms=2000, end_ms=3000, lines=("- दो", "- तीन"), language="hi"),
        Cue(start_ms=4000, end_ms=5000, lines=("{four} <b> ",)),
    ]
    text = FORMATS[kind].write(cues, FileStyle(language=find_language(language)))
    assert features(text, kind) == ()
