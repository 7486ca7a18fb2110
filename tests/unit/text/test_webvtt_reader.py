"""Reading WebVTT as people and programs write it."""

from textwrap import dedent

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.formats import read_subtitles
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile


def read(text: str) -> SubtitleFile:
    return read_subtitles(text.encode(), "vtt", "film.vtt")


def shown(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(cue.start_ms, cue.end_ms, cue.lines) for cue in read(text).cues]


def test_vtt() -> None:
    file = read(
        dedent("""\
        WEBVTT - a film
        Kind: captions

        STYLE
        ::cue { color: red }

        REGION
        id:fred

        NOTE to whom it may concern
        00:00.000 is no cue
        00:00.000 --> 00:01.000

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
    )
    assert file.cues == (
        Cue(start_ms=1000, end_ms=2500, lines=("तुम यहाँ क्या", "कर रहे हो?"), speaker="Ram"),
        Cue(start_ms=7000, end_ms=8000, lines=("- Who?", "- Me.")),
        Cue(start_ms=3_603_250, end_ms=360_004_000, lines=("Q&A <3 क\xa0\u200e",)),
    )
    assert [entry.place for entry in file.entries] == ["line 15", "line 24", "line 19"]
    assert [entry.dropped_tags for entry in file.entries] == [6, 2, 0]
    assert file.warnings == ("1 cue(s) of film.vtt without text were left out.",)


def test_vtt_without_a_line_below_its_header() -> None:
    assert shown("WEBVTT\n00:01.000 --> 00:02.000\nHi") == [(1000, 2000, ("Hi",))]
    assert shown("WEBVTT") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\nHi", 1),
        ("WEBVTT\n\nid\n00:61.000 --> 00:62.000\nHi", 4),
        ("WEBVTT\n\nstray\ntext", 4),
        ("WEBVTT\n\nदिल्ली --> मुंबई", 3),
        ("WEBVTT\n\n99999999999999:00:01.000 --> 99999999999999:00:03.000\nHi", 3),
        (f"WEBVTT\n\n00:01.000 --> {'9' * 5000}:00:03.000\nHi", 3),
    ],
)
def test_what_is_no_vtt_names_the_line(text: str, line: int) -> None:
    with pytest.raises(IndicsubsError, match=rf"film.vtt cannot be read: line {line} .*") as caught:
        read(text)
    assert caught.value.code is FailureCode.BAD_INPUT
    assert (text.split("\n")[line - 1][:60] or "(empty)") in caught.value.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("stray", 6),
        ("stray\ntext\n00:03.000 --> 00:04.000\nHo", 7),
        ("00:03.000 --> 00:0o.000\nHo", 6),
        ("00:03.000 --> 00:61.000\nHo\n", 6),
        ("99999999999999:00:01.000 --> 99999999999999:00:03.000\nHo", 6),
    ],
)
def test_a_part_that_cannot_be_read_is_left_out_with_its_line(text: str, line: int) -> None:
    file = read(f"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n\n{text}\n\n00:05.000 --> 00:06.000\nHa")
    assert [cue.lines for cue in file.cues if cue.lines != ("Ho",)] == [("Hi",), ("Ha",)]
    assert (("Ho",) in [cue.lines for cue in file.cues]) == text.startswith("stray\ntext")
    (warning,) = file.warnings
    assert f"film.vtt: 1 part(s) that cannot be read were left out: line {line} has" in warning


def test_damaged_times_without_a_blank_line_end_the_cue_above() -> None:
    for times in ("00:0x.000 --> 00:04.000", "00:03.000 --> 00:0o.000"):
        file = read(f"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n{times}\nHo")
        assert [cue.lines for cue in file.cues] == [("Hi",)]
        assert f"line 5 has times that cannot be read: '{times}'" in file.warnings[0]


def test_a_time_before_the_film_is_its_start() -> None:
    text = "WEBVTT\n\n-00:00:01.500 --> 00:02.000\nHi\n\n-00:02.000 --> 00:-1.000\nHo\n"
    assert shown(text) == [(0, 2000, ("Hi",))]
    assert len(read(text).warnings) == 2


def test_segments_of_a_stream_that_were_put_together() -> None:
    segment = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n"
    text = f"{segment}00:01.000 --> 00:02.000\nHi\n\n{segment}00:05.000 --> 00:06.000\nHo\n"
    assert shown(text) == [(1000, 2000, ("Hi",)), (5000, 6000, ("Ho",))]
    assert read(text).warnings == ()


def test_the_number_of_a_character_may_have_any_length() -> None:
    line = f"a&#{'9' * 5000};b&#x{'f' * 5000};c&#0000000000000065;"
    assert shown(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}\n") == [
        (1000, 2000, ("a\ufffdb\ufffdcA",))
    ]


def test_blank_lines_between_cues_may_be_missing_or_have_spaces() -> None:
    text = dedent("""\
        WEBVTT

        00:00:01.000 --> 00:00:03.000
        एक
        00:00:04.000 --> 00:00:05.000
        दो
        3
        00:00:06.000 --> 00:00:07.000
        तीन
        @
        four
        00:00:08.000 --> 00:00:09.000
        चार
        """).replace("@", "  ")
    assert shown(text) == [
        (1000, 3000, ("एक",)),
        (4000, 5000, ("दो",)),
        (6000, 7000, ("तीन",)),
        (8000, 9000, ("चार",)),
    ]
    assert shown("WEBVTT\n\n00:01.000 --> 00:02.000\n00:03.000 --> 00:04.000\nदो") == [
        (3000, 4000, ("दो",))
    ]


@pytest.mark.parametrize(
    ("time", "ms"),
    [
        ("00:01.5", 1500),
        ("0:00:01.50", 1500),
        ("1:02.000", 62_000),
        ("00:01,250", 1250),
        ("100:00:00.0005", 360_000_000),
    ],
)
def test_times_in_every_spelling(time: str, ms: int) -> None:
    assert shown(f"WEBVTT\n\n{time}-->{time}\tline:0\nएक\n") == [(ms, ms, ("एक",))]


def test_an_arrow_in_a_text_is_text() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nदिल्ली --> मुंबई\n1 --> 2\n"
    assert shown(text) == [(1000, 2000, ("दिल्ली --> मुंबई", "1 --> 2"))]


def test_signs_that_are_no_tags_stay() -> None:
    line = "2 < 3 &amp; 5 > 4 <c.yellow.bg_blue>हाँ</c> <lang hi>जी</lang>"
    text = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}\n"
    assert shown(text) == [(1000, 2000, ("2 < 3 & 5 > 4 हाँ जी",))]


@pytest.mark.parametrize(
    ("text", "lines", "speaker"),
    [
        ("<v राम>आओ", ("आओ",), "राम"),
        ("<v Tom &amp; Asha>आओ</v>", ("आओ",), "Tom & Asha"),
        ("<v>आओ", ("आओ",), None),
        ("अरे <v राम>आओ", ("अरे आओ",), None),
        ("<v राम>कौन? <v सीता>मैं।", ("- कौन?", "- मैं।"), None),
        ("<v राम>- कौन?</v>\n<v सीता>–मैं।</v>", ("- कौन?", "- मैं।"), None),
        ("♪ <v राम>कौन? <v सीता>मैं।", ("♪ ", "- कौन?", "- मैं।"), None),
        ("<v राम>कितना?\n<v सीता>-5 डिग्री", ("- कितना?", "- -5 डिग्री"), None),
    ],
)
def test_voices(text: str, lines: tuple[str, ...], speaker: str | None) -> None:
    (cue,) = read(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n").cues
    assert (cue.lines, cue.speaker) == (lines, speaker)


ROLLING = dedent("""\
    WEBVTT
    Kind: captions
    Language: hi

    00:00:00.160 --> 00:00:03.429 align:start position:0%
    @
    तुम<00:00:00.960><c> यहाँ</c><00:00:01.520><c> हो</c>

    00:00:03.429 --> 00:00:03.439 align:start position:0%
    तुम यहाँ हो
    @

    00:00:03.439 --> 00:00:05.749 align:start position:0%
    तुम यहाँ हो
    मैं<00:00:03.760><c> था</c>

    00:00:05.749 --> 00:00:05.759 align:start position:0%
    मैं था
    @

    00:00:09.000 --> 00:00:10.000 align:start position:0%
    मैं था
    दरवाज़ा<00:00:09.500><c> बंद</c>
    """).replace("@", " ")


def test_captions_that_roll_up_show_each_line_once() -> None:
    file = read(ROLLING)
    assert shown(ROLLING) == [
        (160, 3429, ("तुम यहाँ हो",)),
        (3439, 5749, ("मैं था",)),
        (9000, 10_000, ("मैं था", "दरवाज़ा बंद")),  # after a pause, which no rolling has
    ]
    assert file.warnings == (
        "film.vtt: its captions repeat lines as they roll up; each line was read once.",
    )


def test_lines_that_are_repeated_without_times_of_words_stay() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nना\n\n00:02.000 --> 00:03.000\nना\nना\n"
    assert shown(text) == [(1000, 2000, ("ना",)), (2000, 3000, ("ना", "ना"))]
    karaoke = text.replace("00:02.000\nना", "00:02.000\nला<00:01.500>ना")
    assert shown(karaoke) == [(1000, 2000, ("लाना",)), (2000, 3000, ("ना", "ना"))]
    assert read(karaoke).warnings == ()
