"""Reading SubRip as people and programs write it."""

from textwrap import dedent

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.formats import read_subtitles
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile

SRT = """\
1
00:00:01,000 --> 00:00:02,500
<i>तुम यहाँ
क्या कर रहे हो?</i>

2
01:00:03,250 --> 01:00:04,000 X1:100 X2:200
Stop!
"""


def read(text: str) -> SubtitleFile:
    return read_subtitles(text.encode(), ".SRT", "film.srt")


def shown(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(cue.start_ms, cue.end_ms, cue.lines) for cue in read(text).cues]


def refused(text: str) -> str:
    with pytest.raises(IndicsubsError) as caught:
        read(text)
    assert caught.value.code is FailureCode.BAD_INPUT
    assert caught.value.message.endswith(
        " Correct the file there, or save it as UTF-8 from a subtitle editor."
    )
    return caught.value.message


def test_srt() -> None:
    file = read(SRT)
    assert file.cues == (
        Cue(start_ms=1000, end_ms=2500, lines=("तुम यहाँ", "क्या कर रहे हो?"), kind="song"),
        Cue(start_ms=3_603_250, end_ms=3_604_000, lines=("Stop!",)),
    )
    assert [entry.place for entry in file.entries] == ["line 2", "line 7"]
    assert [entry.raw_text for entry in file.entries] == [
        "<i>तुम यहाँ\nक्या कर रहे हो?</i>",
        "Stop!",
    ]
    assert file.warnings == ()


def test_an_empty_file_has_no_cues() -> None:
    assert read("").cues == ()
    assert read("\n \n").cues == ()


@pytest.mark.parametrize(
    ("number", "first"),
    [("", ""), ("7\n", "0\n"), ("2\n", "2\n"), ("-1\n", "1.5\n"), (f"{'9' * 18}\n", "")],
)
def test_numbers_may_be_wrong_or_missing(number: str, first: str) -> None:
    text = f"{first}00:01,000 --> 00:02,000\nएक\n\n{number}00:03,000 --> 00:04,000\nदो\n"
    assert shown(text) == [(1000, 2000, ("एक",)), (3000, 4000, ("दो",))]


def test_a_number_may_have_any_length() -> None:
    text = f"{'9' * 50_000}\n00:00:01,000 --> 00:00:02,000\nएक\n"
    assert shown(text) == [(1000, 2000, ("एक",))]


def test_blank_lines_between_cues_may_be_missing() -> None:
    text = dedent("""\
        1
        00:00:01,000 --> 00:00:02,000
        एक
        2
        00:00:03,000 --> 00:00:04,000
        00:00:05,000 --> 00:00:06,000
        तीन
        """)
    assert shown(text) == [(1000, 2000, ("एक",)), (5000, 6000, ("तीन",))]


def test_blank_lines_within_a_text_stay() -> None:
    text = dedent("""\
        1

        1
        00:00:01,000 --> 00:00:02,000

        एक

        42

        2
        00:00:03,000 --> 00:00:04,000
        दो


        """)
    assert shown(text) == [(1000, 2000, ("एक", "", "42")), (3000, 4000, ("दो",))]


@pytest.mark.parametrize(
    ("time", "ms"),
    [
        ("00:00:09,9", 9_900),
        ("00:00:01,65", 1_650),
        ("00:00:01.500", 1_500),
        ("0:00:01,50", 1_500),
        ("00:01,500", 1_500),
        ("1:2,5", 62_500),
        ("00:00:01:250", 1_250),
        ("00:00:01, 250", 1_250),
        ("00:00:01，250", 1_250),
        ("00:00:01,", 1_000),
        ("00:00:01", 1_000),
        ("00:00:01,0006", 1_001),
        ("00:00:59,9996", 60_000),
        ("123:00:00,000", 442_800_000),
        ("999:59:59,999", 3_599_999_999),
    ],
)
def test_times_in_every_spelling(time: str, ms: int) -> None:
    assert shown(f"1\n{time} --> {time}\nएक\n") == [(ms, ms, ("एक",))]


@pytest.mark.parametrize("arrow", ["-->", " --> ", " -->", " -- > ", " - > ", "\t-->\t"])
def test_arrows_with_and_without_spaces(arrow: str) -> None:
    assert shown(f"1\n00:00:01,000{arrow}00:00:02,000\nएक\n") == [(1000, 2000, ("एक",))]


DAMAGED = [
    ("999999999999:00:00,000 --> 999999999999:00:01,000", "has a time of 1000 hours or more"),
    ("00:00:00,000 --> 1000:00:00,000", "has a time of 1000 hours or more"),
    (f"00:00:00,000 --> {'9' * 5000}:00", "has a time of 1000 hours or more"),
    ("01;00:03,250 --> 01;00:04,000 X1:100", "has times that cannot be read"),
    ("00:00:01,000 --> 00:00:02;000 --> x", "has times that cannot be read"),
    ("00:00:0x,000 --> 00:00:06,000", "has times that cannot be read"),
    ("xx:00:05,000 --> 00:00:06,000", "has times that cannot be read"),
    ("-1 day, 23:59:58.500000 --> 0:00:01", "has times that cannot be read"),
]


@pytest.mark.parametrize("arrow", ["->", " -> ", "→", " —> ", "--&gt;", " ==> "])
def test_another_arrow_below_a_number_is_one(arrow: str) -> None:
    second = f"00:00:03,000{arrow}00:00:04,000"
    text = f"1\n00:00:01,000{arrow}00:00:02,000\nएक\n\n2\n{second}\nदो\n"
    assert shown(text) == [(1000, 2000, ("एक",)), (3000, 4000, ("दो",))]
    # Without a number below a blank line it is text.
    text = f"1\n00:00:01,000 --> 00:00:02,000\nएक\n2\n{second}\n"
    assert shown(text) == [(1000, 2000, ("एक", "2", second))]
    assert "1000 hours" in refused(f"1\n1000:00:01,000{arrow}00:00:02,000\nएक\n")


@pytest.mark.parametrize(("times", "reason"), DAMAGED)
def test_a_cue_with_damaged_times_is_left_out_with_its_line(times: str, reason: str) -> None:
    text = f"1\n00:00:01,000 --> 00:00:02,000\nएक\n\n2\n{times}\nदो\n"
    file = read(text)
    assert [cue.lines for cue in file.cues] == [("एक",)]
    assert file.warnings == (
        f"film.srt: 1 part(s) that cannot be read were left out: line 6 {reason}: {times[:60]!r}.",
    )


@pytest.mark.parametrize(("times", "reason"), DAMAGED)
def test_a_file_without_another_cue_is_refused(times: str, reason: str) -> None:
    message = refused(f"1\n{times}\nदो\n")
    assert f"film.srt cannot be read: line 2 {reason}: {times[:60]!r}." in message


def test_a_warning_names_five_damaged_cues_and_counts_the_others() -> None:
    damaged = "".join(f"\n00:00:0x,000 --> 00:00:06,{n:03}\nदो\n" for n in range(7))
    (warning,) = read(f"00:00:01,000 --> 00:00:02,000\nएक\n{damaged}").warnings
    assert warning.startswith("film.srt: 7 part(s) that cannot be read were left out: line 4 has")
    assert "line 16 has" in warning
    assert "line 19 has" not in warning
    assert warning.endswith(" and 2 more.")


@pytest.mark.parametrize(
    ("times", "start_ms", "end_ms"),
    [
        ("-00:00:01,500 --> 00:00:02,000", 0, 2000),
        ("00:00:-1,500 --> 00:00:02,000", 0, 2000),
        ("00:00:00,-500 --> 00:00:02,000", 0, 2000),
        ("\N{MINUS SIGN}00:00:01,500 --> 00:00:02,000", 0, 2000),
        ("-00:00:02,000 --> -00:00:01,000", None, None),
        ("-00:00:02,000 --> 00:00:00,000", None, None),
        ("00:00:02,000 --> -00:00:01,000", 2000, 0),
    ],
)
def test_a_time_before_the_film_is_its_start(
    times: str, start_ms: int | None, end_ms: int | None
) -> None:
    file = read(f"1\n{times}\nएक\n\n2\n00:00:03,000 --> 00:00:04,000\nदो\n")
    early, last = file.cues if start_ms is not None else (None, *file.cues)
    assert (last.start_ms, last.lines) == (3000, ("दो",))
    if early is None:
        assert file.warnings == (
            "film.srt: 1 cue(s) before the film's start were left out: line 2.",
        )
    else:
        assert (early.start_ms, early.end_ms) == (start_ms, end_ms)
        assert file.warnings == (
            (
                "film.srt: 1 cue(s) with a time before the film's start were moved to its start:"
                " line 2."
            ),
        )


def test_text_before_the_first_cue_is_left_out_with_a_warning() -> None:
    file = read(f"Subtitles by\nसीता\n\n{SRT}")
    assert len(file.cues) == 2
    assert file.warnings == (
        (
            "film.srt: 1 part(s) that cannot be read were left out: line 1 is not the number or the"
            " times of a SubRip cue: 'Subtitles by'."
        ),
    )


def test_a_file_without_a_cue_is_refused() -> None:
    message = "film.srt cannot be read: line 1 is not the number or the times of a SubRip cue: "
    assert f"{message}'This is a letter'" in refused("This is a letter")
    assert f"{message}'1'" in refused("1\n")


# As yt-dlp converts the captions of YouTube: the times of the words are gone.
ROLLING = """\
1
00:00:00,160 --> 00:00:03,429

तुम यहाँ हो

2
00:00:03,429 --> 00:00:03,439
तुम यहाँ हो
@

3
00:00:03,439 --> 00:00:05,749
तुम यहाँ हो
मैं था

4
00:00:05,749 --> 00:00:05,759
मैं था
@

5
00:00:09,000 --> 00:00:10,000
मैं था
दरवाज़ा बंद
""".replace("@", " ")


def test_captions_that_roll_up_show_each_line_once() -> None:
    file = read(ROLLING)
    assert shown(ROLLING) == [
        (160, 3429, ("तुम यहाँ हो",)),
        (3439, 5749, ("मैं था",)),
        (9000, 10_000, ("मैं था", "दरवाज़ा बंद")),  # after a pause, which no rolling has
    ]
    assert [entry.raw_text for entry in file.entries][:2] == ["तुम यहाँ हो", "मैं था"]
    assert file.warnings == (
        "film.srt: its captions repeat lines as they roll up; each line was read once.",
    )


def test_captions_that_roll_up_without_short_cues() -> None:
    """As television's captions are recorded."""
    texts = ("एक", "एक\nदो", "दो\nतीन", "तीन\nचार")
    cues = [f"00:00:0{n},000 --> 00:00:0{n + 1},000\n{text}\n" for n, text in enumerate(texts)]
    damaged = "00:00:0x,000 --> 00:00:06,000\nपाँच\n"
    file = read("\n".join([*cues, damaged]))
    assert [cue.lines for cue in file.cues] == [("एक",), ("दो",), ("तीन",), ("चार",)]
    assert len(file.warnings) == 2
    said_twice = "\n".join(cues[:3])
    assert [len(cue.lines) for cue in read(said_twice).cues] == [1, 2, 2], "two are too few"


def test_an_arrow_in_a_text_is_text() -> None:
    text = dedent("""\
        1
        00:00:01,000 --> 00:00:03,000
        दिल्ली --> मुंबई
        9:30 --> 10:15
        1 --> 2

        2
        00:00:04,000 --> 00:00:05,000
        दरवाज़ा बंद कर दो।
        """)
    assert shown(text) == [
        (1000, 3000, ("दिल्ली --> मुंबई", "9:30 --> 10:15", "1 --> 2")),
        (4000, 5000, ("दरवाज़ा बंद कर दो।",)),
    ]


def test_a_literal_line_break_of_ass_is_one() -> None:
    text = "1\n00:00:01,000 --> 00:00:03,000\nपहली\\Nदूसरी<br>तीसरी <BR /> C:\\new\n"
    assert shown(text) == [(1000, 3000, ("पहली", "दूसरी", "तीसरी ", " C:\\new"))]
    assert read(text).entries[0].raw_text == "पहली\nदूसरी\nतीसरी \n C:\\new"
    # The word joiner is how our own writer keeps the backslash apart.
    ours = "1\n00:00:01,000 --> 00:00:03,000\nपहली\\\u2060Nदूसरी\n"
    assert shown(ours) == [(1000, 3000, ("पहली\\Nदूसरी",))]


def test_markup_is_taken_out_and_counted() -> None:
    text = dedent("""\
        1
        00:00:01,000 --> 00:00:02,000 X1:040 X2:600 Y1:020 Y2:460
        {\\an8}<b>एक</b> <font color="#ff0000">दो</font>
        <c.yellow>तीन</c> <v Asha>चार <laughs> 2 < 3
        """)
    (entry,) = read(text).entries
    assert entry.cue.lines == ("एक दो", "तीन चार <laughs> 2 < 3")
    assert entry.dropped_tags == 8
    assert (entry.cue.kind, entry.cue.speaker) == ("speech", None)


@pytest.mark.parametrize(
    ("text", "kind", "dropped"),
    [
        ("<i>ला ला</i>", "song", 0),
        ("<I>ला ला</I>", "song", 0),
        ("<i>ला</i>\n<i>ला</i>", "song", 0),
        ("{\\an8}<i>ला ला</i>", "song", 1),
        ("<i>\nला ला\n</i>", "song", 0),
        ("<i>ला</i> और <i>ला</i>", "speech", 4),
        ("<i>ला ला", "speech", 1),
        ('<i class="x">ला ला</i>', "speech", 2),
    ],
)
def test_italics_throughout_are_a_song(text: str, kind: str, dropped: int) -> None:
    (entry,) = read(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n").entries
    assert (entry.cue.kind, entry.dropped_tags) == (kind, dropped)
    assert not any("<" in line or not line for line in entry.cue.lines)


def test_cues_come_in_order_of_time_and_may_overlap_or_end_early() -> None:
    text = dedent("""\
        1
        00:00:03,000 --> 00:00:02,000
        उल्टा

        2
        00:00:00,900 --> 00:00:05,000
        DELHI, 1975
        """)
    assert shown(text) == [(900, 5000, ("DELHI, 1975",)), (3000, 2000, ("उल्टा",))]


def test_cues_without_text_are_left_out_with_a_warning() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n<i> </i>\n\n2\n00:00:03,000 --> 00:00:04,000\nएक\n"
    file = read(text)
    assert [cue.lines for cue in file.cues] == [("एक",)]
    assert file.warnings == ("1 cue(s) of film.srt without text were left out.",)
