"""Reading SubRip and WebVTT."""

from collections.abc import Callable
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_translation.cue_sentences import Cue
from indicsubs_translation.old_subtitle_files import decode, read_srt, read_vtt

SRT = """\
1
00:00:01,000 --> 00:00:02,500
<i>तुम यहाँ
क्या कर रहे हो?</i>

2
01:00:03,250 --> 01:00:04,000 X1:100 X2:200
Stop!
"""


def test_srt() -> None:
    assert read_srt(SRT, "film.srt") == [
        Cue(1000, 2500, "<i>तुम यहाँ\nक्या कर रहे हो?</i>"),
        Cue(3_603_250, 3_604_000, "Stop!"),
    ]


def test_srt_that_stops_being_srt_names_the_line() -> None:
    with pytest.raises(IndicsubsError, match=r"film.srt cannot be read from line 7 on: '01;00:03"):
        read_srt(SRT.replace("01:00", "01;00"), "film.srt")
    with pytest.raises(IndicsubsError, match="line 1 on: 'This is"):
        read_srt("This is a letter, not a film.", "letter.srt")


def test_vtt() -> None:
    text = dedent("""\
        WEBVTT - a film
        Kind: captions

        STYLE
        ::cue { color: red }

        REGION
        id:fred

        NOTE to whom it may concern
        00:00.000 is no cue

        opening
        00:01.000 --> 00:02.500 line:0 align:start
        <v.loud Ram>तुम <i>यहाँ</i> <00:01.500><c.x>क्या</c>
        कर रहे हो?

        01:00:03.250 --> 100:00:04.000
        Q&amp;A &lt;3 &#x0915;&nbsp;&lrm;

        00:05.000 --> 00:06.000

        00:07.000 --> 00:08.000
        <v Ram>Who?
        <v Sita>Me.
        """)
    assert read_vtt(text, "film.vtt") == [
        Cue(1000, 2500, "तुम यहाँ क्या\nकर रहे हो?", "Ram"),
        Cue(3_603_250, 360_004_000, "Q&A <3 क\xa0\u200e"),
        Cue(5000, 6000, ""),
        Cue(7000, 8000, "- Who?\n\n- Me."),
    ]


def test_vtt_without_a_line_below_its_header() -> None:
    assert read_vtt("WEBVTT\n00:01.000 --> 00:02.000\nHi", "a.vtt") == [Cue(1000, 2000, "Hi")]
    assert read_vtt("WEBVTT", "a.vtt") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1\n00:01.000 --> 00:02.000\nHi", 1),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nHi", 1),
        ("WEBVTT\n\n00:01,000 --> 00:02,000\nHi", 3),
        ("WEBVTT\n\nid\n00:61.000 --> 00:62.000\nHi", 4),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\nstray", 6),
        ("WEBVTT\n\nstray\ntext", 4),
    ],
)
def test_what_is_no_vtt_names_the_line(text: str, line: int) -> None:
    with pytest.raises(
        IndicsubsError, match=f"film.vtt cannot be read from line {line} on"
    ) as caught:
        read_vtt(text, "film.vtt")
    assert caught.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_newlines(encoding: str, newline: str) -> None:
    assert decode(SRT.replace("\n", newline).encode(encoding), "film.srt") == SRT


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ("naïve".encode("latin-1"), "byte 2 is no UTF-8"),
        (SRT.encode("utf-16-le"), "null characters"),
        (b"\xff\xfe\x00\xd8", "UTF-16"),
        (b"\xff\xfeabc", "UTF-16"),
    ],
)
def test_other_encodings_are_refused_with_the_way_out(data: bytes, part: str) -> None:
    with pytest.raises(IndicsubsError, match="Save it as UTF-8") as caught:
        decode(data, "film.srt")
    assert caught.value.code is FailureCode.BAD_INPUT
    assert part in caught.value.message


@given(st.text(), st.sampled_from([read_srt, read_vtt]))
def test_any_text_is_cues_or_an_error_with_a_line(
    text: str, reader: Callable[[str, str], list[Cue]]
) -> None:
    for candidate in (text, f"WEBVTT\n\n{text}"):
        cues: list[Cue] = []
        said = "from line"
        try:
            cues = reader(candidate, "x")
        except IndicsubsError as error:
            said = error.message
        assert "from line" in said
        assert all(isinstance(cue, Cue) for cue in cues)
