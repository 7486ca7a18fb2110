"""Reading ASS, TTML and JSON, and what all readers have in common."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import FORMATS, read_subtitles
from indicsubs_text.subtitle_files.style import FileStyle

STYLE = FileStyle(language=find_language("hi"))


def cues(text: str, kind: str) -> tuple[Cue, ...]:
    return read_subtitles(dedent(text).encode(), kind, f"film.{kind}").cues


def refused(text: str, kind: str) -> str:
    with pytest.raises(IndicsubsError) as caught:
        cues(text, kind)
    assert caught.value.code is FailureCode.BAD_INPUT
    return caught.value.message


# --- every format ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
@given(text=st.text())
def test_any_text_is_cues_or_an_error_that_names_file_and_place(kind: str, text: str) -> None:
    heads = {"vtt": "WEBVTT\n\n", "ass": "[Events]\n", "srt": "00:01 --> 00:02\n"}
    for candidate in (text, heads.get(kind, "") + text):
        message = ""
        try:
            read_subtitles(candidate.encode("utf-8", "replace"), kind, "x")
        except IndicsubsError as error:
            message = error.message
        assert not message or message.startswith(
            ("x cannot be read: line ", "x cannot be read: it")
        )


@pytest.mark.parametrize("kind", [".SRT", "Vtt", "ass", ".ttml", "json", ".ssa", ".dfxp"])
def test_a_format_is_known_by_its_suffix(kind: str) -> None:
    cue = Cue(start_ms=1000, end_ms=2000, lines=("एक",))
    other = {".ssa": "ass", ".dfxp": "ttml"}.get(kind)
    name = other or next(name for name in FORMATS if name in kind.lower())
    assert read_subtitles(FORMATS[name].encode([cue], STYLE), kind, "film").cues == (cue,)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_that_is_no_text_is_refused_with_its_name(kind: str) -> None:
    for read in (FORMATS[kind].decode, lambda data, name: read_subtitles(data, kind, name)):
        with pytest.raises(IndicsubsError, match=r"x cannot be read: line 1 has a null character"):
            read(b"a line of text, \0 and more", "x")


def test_another_format_is_refused() -> None:
    message = refused("{1}{2}One", "sub")
    assert message == (
        "film.sub is not a subtitle file that indicsubs reads. Give a file that ends in .srt, .vtt,"
        " .ass, .ttml, .json."
    )


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "json"])
@pytest.mark.parametrize("named", FORMATS)
def test_a_file_is_read_as_its_content_is_whatever_its_name_says(kind: str, named: str) -> None:
    cue = Cue(start_ms=1000, end_ms=2000, lines=("एक",))
    data = ("\n \n" if kind != named else "").encode() + FORMATS[kind].encode([cue], STYLE)
    file = read_subtitles(data, named, "film")
    assert file.cues == (cue,)
    titles = {"srt": "SubRip", "vtt": "WebVTT", "ass": "ASS", "ttml": "TTML", "json": "JSON"}
    assert file.warnings == (
        (f"film: the file is {titles[kind]}, not {titles[named]}, and was read as such.",)
        if kind != named
        else ()
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("{1}{25}एक\n{30}{}दो\n", "MicroDVD, whose times are numbers of frames"),
        ("[10][25]एक|दो\n", "MPL2"),
        ("<SAMI><BODY><SYNC Start=0>एक</BODY></SAMI>", "SAMI"),
        ("00:00:01.00,00:00:02.00\nएक[br]दो\n", "SubViewer"),
        ("00:00:01:एक|दो\n00:00:03:तीन\n", "TMPlayer"),
        ("Scenarist_SCC V1.0\n\n00:00:01:00\t9420 9420\n", "SCC"),
        ("# VobSub index file, v7\n", "the index of VobSub, whose subtitles are pictures"),
    ],
)
def test_another_format_with_the_suffix_of_subrip_is_named(text: str, title: str) -> None:
    assert refused(text, "srt") == (
        f"film.srt cannot be read: it is {title}, not SubRip. Save it as SubRip from a subtitle"
        " editor, such as Subtitle Edit."
    )


def test_subrip_without_numbers_and_with_colons_is_no_other_format() -> None:
    (cue,) = cues("00:00:01:250 --> 00:00:02:000\nएक\n", "srt")
    assert (cue.start_ms, cue.end_ms, cue.lines) == (1250, 2000, ("एक",))


# --- ASS ---------------------------------------------------------------------------------------


def test_ass_of_another_editor() -> None:
    text = """\
        [Script Info]
        ScriptType: v4.00+

        [V4+ Styles]
        Format: Name, Fontname, Fontsize
        Style: Default,Arial,large,&Hwrong

        [events]
        Format: Start, End, Name, Layer, Text
        Comment: 0:00:00.00,now,,x,a note
        Dialogue:  0:00:01.5,0:00:02,Asha,x,{\\pos(1,2)}एक, दो\\Nतीन
        Dialogue: 100:00:03.00,100:00:04.123,,x, चार

        [Fonts]
        Dialogue of another section
        """
    assert cues(text, "ass") == (
        Cue(start_ms=1500, end_ms=2000, lines=("एक, दो", "तीन"), speaker="Asha"),
        Cue(start_ms=360_003_000, end_ms=360_004_123, lines=(" चार",)),
    )


def test_drawings_are_no_text() -> None:
    event = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,"
    text = (
        f"[Events]\n{event}{{\\an7\\p1}}m 0 0 l 100 0 100 100{{\\p0}}एक {{\\p2}}m 1 1\n"
        f"{event}{{\\p1}}m 0 0 l 1 1\n"
    )
    file = read_subtitles(text.encode(), "ass", "film.ass")
    assert [cue.lines for cue in file.cues] == [("एक ",)]
    assert file.warnings == ("1 cue(s) of film.ass without text were left out.",)


def test_a_song_in_syllables_is_read_as_its_line() -> None:
    """Aegisub's karaoke templater writes the syllables, and turns the line into a comment."""
    times = "0:00:01.00,0:00:02.00,Default,,0,0,0"
    line = f"Comment: 0,{times},karaoke,{{\\k20}}ना {{\\k20}}ना\n"
    syllables = f"Dialogue: 0,{times},fx,{{\\fad(1,2)}}ना\n" * 2
    text = f"[Events]\n{line}{syllables}Comment: 0,{times},,a note\n"
    assert [cue.lines for cue in cues(text, "ass")] == [("ना ना",)]
    alone = f"[Events]\n{syllables}"
    assert [cue.lines for cue in cues(alone, "ass")] == [("ना",)] * 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("0,now,0:00:02.00,Default,,0,0,0,,x", "has a time that cannot be read: 'now'"),
        ("0,0:00:02.00,9999:00:00.00,D,,0,0,0,,x", "has a time of 1000 hours or more: '9999"),
        ("0,0:00:02.00,0:00:02.00,D", "has an event without times and text: 'Dialogue: 0,0"),
    ],
)
def test_an_event_that_cannot_be_read_is_named(event: str, reason: str) -> None:
    text = f"[Script Info]\n\n[Events]\nDialogue: {event}\n"
    assert f"film.ass cannot be read: line 4 {reason}" in refused(text, "ass")
    good = "Dialogue: 0,-0:00:01.00,0:00:02.00,Default,,0,0,0,,एक\n"
    file = read_subtitles((text + good).encode(), "ass", "film.ass")
    assert file.cues == (Cue(start_ms=0, end_ms=2000, lines=("एक",)),)
    assert f"line 4 {reason}" in file.warnings[0]
    assert "line 5." in file.warnings[1]


# --- TTML --------------------------------------------------------------------------------------

TTML = """\
<?xml version="1.0" encoding="utf-16"?>
<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="hi">
  <body><div>
    <p begin="00:00:03.000" end="00:00:04.5">
      दो <span>और</span>
      दो
      <br/> चार
    </p>
    <p begin="00:00:01.000" end="00:00:02.000">एक</p>
    <p begin="00:00:05.000" end="00:00:06.000"/>
  </div></body>
</tt>
"""


def test_ttml_of_another_editor() -> None:
    file = read_subtitles(TTML.encode("utf-16"), "ttml", "film.ttml")
    assert file.cues == (
        Cue(start_ms=1000, end_ms=2000, lines=("एक",)),
        Cue(start_ms=3000, end_ms=4500, lines=("दो और दो", "चार")),
    )
    assert [entry.place for entry in file.entries] == ["line 9", "line 4"]
    assert file.warnings == ("1 cue(s) of film.ttml without text were left out.",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('end="00:00:02.000"', "", "line 9 has a paragraph without end."),
        ('"00:00:02.000"', '"2 s"', "line 9 has a time of a form that TTML does not have: '2 s'"),
        ('"00:00:02.000"', '"1000:00:02"', "line 9 has a time of 1000 hours or more: '1000:00:02'"),
        ("</span>", "", "line 8 is not XML (mismatched tag: line 8, column 6): '</p>'."),
    ],
)
def test_ttml_that_cannot_be_read_names_the_line(old: str, new: str, reason: str) -> None:
    text = TTML.replace(old, new)
    if "XML" in reason:
        assert f"film.ttml cannot be read: {reason}" in refused(text, "ttml")
        return
    file = read_subtitles(text.encode("utf-16"), "ttml", "film.ttml")
    assert [cue.lines for cue in file.cues] == [("दो और दो", "चार")]
    assert reason in file.warnings[0]


def test_ttml_may_be_nested_to_any_depth() -> None:
    spans = 50_000
    text = f"{'<span>' * spans}एक{'</span>' * spans}"
    (cue,) = cues(TTML.replace("एक", text).replace("दो", ""), "ttml")[:1]
    assert cue.lines == ("एक",)


# --- JSON --------------------------------------------------------------------------------------


def with_end(ms: int | str) -> bytes:
    """A document of two cues, the second of which ends at ``ms``, a number or its digits."""
    one = Cue(start_ms=0, end_ms=1000, lines=("एक",))
    text = FORMATS["json"].encode([one, one], STYLE).decode()
    at = text.rindex('"end_ms": 1000')
    return f'{text[:at]}"end_ms": {ms}{text[at + 14 :]}'.encode()


@pytest.mark.parametrize("ms", [3_600_000_000, 10**18, -(10**18)])
def test_json_with_times_that_no_film_has_names_the_cue(ms: int) -> None:
    file = read_subtitles(with_end(ms), "json", "film.json")
    assert len(file.cues) == 1
    assert f": cue 2 has a time that is not within 1000 hours: '{ms}'." in file.warnings[0]


@pytest.mark.parametrize("digits", [40, 5000, 100_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_json_with_a_number_of_any_size_has_a_short_message(sign: str, digits: int) -> None:
    try:
        (damage,) = read_subtitles(with_end(sign + "9" * digits), "json", "film.json").warnings
    except IndicsubsError as error:
        damage = error.message
    assert damage.startswith("film.json")
    assert len(damage) < 300


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    data = b'{"cues":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert "film.json cannot be read: it is not a document of cues" in refused(
        data.decode(), "json"
    )
