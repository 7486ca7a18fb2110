import io
import json
import re
from fractions import Fraction
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysubs2 import SSAFile
from ttconv import model
from ttconv.imsc import reader
from ttconv.style_properties import DirectionType, FontStyleType, StyleProperties

from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.cues import Cue
from indicsubs_text.fonts import Font
from indicsubs_text.languages import LANGUAGES, find_language
from indicsubs_text.subtitle_files.formats import FORMATS
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.text_encoding import decode
from indicsubs_text.subtitle_files.timed_text import plain

HINDI = FileStyle(language=find_language("hi"), width=1280, height=720)
URDU = FileStyle(language=find_language("ur"))
CUES = (
    Cue(start_ms=500, end_ms=1_500, lines=("नमस्ते दोस्तों,", "कैसे हो?")),
    Cue(start_ms=3_600_000, end_ms=3_601_001, lines=("♪ ठीक ♪",), kind="song"),
)
TRAPS = (
    "<i>not a tag</i>",
    "<b",
    "a < b > c & d &amp; e &lrm;",
    "00:00:01,000 --> 00:00:02,000",
    "- -> --->",
    r"{\an8} {braces} } {y:i}",
    r"back\slash \N \h \n \{ \\",
    "  two spaces before and after  ",
    "\ttab\t",
    "",
    " ",
    "1",
    "WEBVTT",
    "NOTE",
    "Dialogue: 0,0:00:00.00",
    "[Events]",
    "\u2060",
    "<\u2060i>",
    "\u2060joined\u2060",
    "\\\u2060",
    "\u202bembedded\u202c",
    "\u202b",
    "\ufeff",
    "}{",
    "{}",
    "क्ष\u200dत्रि\u200cय",
    "👨‍👩‍👧",
)


def lines() -> st.SearchStrategy[str]:
    """Any text that a file can hold, much of it what some format takes for its own."""
    return st.one_of(
        st.text(),
        st.sampled_from(TRAPS),
        st.lists(st.sampled_from(TRAPS)).map("".join),
        st.text("<>-{}\\&;iN \u2060\u202b\u202c\t"),
    ).map(plain)


@st.composite
def cue_lists(draw: st.DrawFn) -> tuple[Cue, ...]:
    """Cues in order of time, none empty throughout (which is no cue)."""
    times = sorted(draw(st.sets(st.integers(0, 3_000_000), max_size=8)))
    return tuple(
        Cue(
            start_ms=start * 10,
            end_ms=end * 10,
            lines=tuple(draw(st.lists(lines(), min_size=1, max_size=3).filter([""].__ne__))),
            kind=draw(st.sampled_from(["speech", "song", "sound"])),
            language=draw(st.sampled_from([None, "en", "hi", "ur"])),
        )
        for start, end in zip(times[::2], times[1::2], strict=False)
    )


def settings() -> st.SearchStrategy[FileStyle]:
    return st.builds(
        FileStyle,
        language=st.sampled_from(list(LANGUAGES.values())),
        frame_rate=st.sampled_from([None, Fraction(25), Fraction(100)]),
    )


def kept(name: str, cue: Cue) -> Cue:
    """What a format keeps of a cue: all text and all times, not every kind and language."""
    if name != "json":
        cue = msgspec.structs.replace(cue, language=None)
    if name in {"srt", "vtt"} and cue.kind == "sound":
        return msgspec.structs.replace(cue, kind="speech")
    return cue


@pytest.mark.parametrize("name", FORMATS)
@given(cues=cue_lists(), style=settings(), windows=st.booleans(), mark=st.booleans())
def test_what_is_written_is_read_back(name, cues, style, windows, mark):
    data = FORMATS[name].encode(cues, style, windows_lines=windows, mark=mark)
    read = FORMATS[name].read(decode(data).text).cues
    assert read == tuple(kept(name, cue) for cue in cues)
    assert FORMATS[name].encode(read, style) == FORMATS[name].encode(
        [kept(name, cue) for cue in cues], style
    )


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("language", ["hi", "ur"])
def test_text_that_looks_like_markup_is_text(name: str, trap: str, language: str):
    cues = (
        Cue(start_ms=0, end_ms=1_000, lines=("a", trap, "b")),
        Cue(start_ms=2_000, end_ms=3_000, lines=(trap, trap)),
    )
    style = FileStyle(language=find_language(language))
    assert FORMATS[name].read(FORMATS[name].write(cues, style)).cues == cues


@given(st.text())
def test_plain_text_loses_only_what_nobody_sees(text: str):
    line = plain(text)
    assert plain(line) == line
    assert not re.search("[\n\r\x00\x85\u2028\ufffe]", line)
    visible = "".join(text.split())
    assert "".join(line.split()) == "".join(c for c in visible if plain(c))


def test_line_breaks_within_a_line_become_spaces():
    assert plain("a\r\nb\u2028c\x00d\ufdd0e") == "a b cde"


def test_a_file_ends_its_lines_as_asked():
    for name in FORMATS:
        data = FORMATS[name].encode(CUES, HINDI, windows_lines=True, mark=True)
        assert data.startswith(b"\xef\xbb\xbf") == (name != "json")
        assert data.count(b"\n") == data.count(b"\r\n") > 5
        plain_data = FORMATS[name].encode(CUES, HINDI)
        assert b"\r" not in plain_data
        assert not plain_data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", FORMATS)
def test_silence_makes_a_valid_file(name: str):
    assert FORMATS[name].read(FORMATS[name].write((), HINDI)).cues == ()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("srt", "not a subtitle file", "not a subtitle"),
        ("vtt", "1\n00:01.000 --> 00:02.000\nx", "not 'WEBVTT'"),
        ("vtt", "WEBVTT\n\n1\n00:01;000 --> 00:02;000\nx", "line 4 has times that cannot be"),
        ("ass", "not a script", r"no section \[Events\]"),
        ("ass", "[Events]\nDialogue: 0,now,then,Default,,0,0,0,,x", "line 2 has a time .*: 'now'"),
        ("ttml", "<tt", "unclosed token"),
        ("ttml", "<html/>", "another document than TTML's tt: 'html'"),
        ("ttml", '<tt xmlns="http://www.w3.org/ns/ttml"><p begin="1x">x</p></tt>', "'1x'"),
        ("json", "{}", "missing required field"),
        (
            "json",
            FORMATS["json"].write((), HINDI).replace('"schema": 1', '"schema": 2'),
            "newer than 1",
        ),
    ],
)
def test_refuses_text_of_another_format(name: str, text: str, message: str):
    with pytest.raises(ValueError, match=message):
        FORMATS[name].read(text)


# --- SubRip ------------------------------------------------------------------------------------


def test_srt_is_numbered_and_timed():
    assert FORMATS["srt"].write(CUES, HINDI) == (
        "1\n00:00:00,500 --> 00:00:01,500\nनमस्ते दोस्तों,\nकैसे हो?\n\n"
        "2\n01:00:00,000 --> 01:00:01,001\n<i>♪ ठीक ♪</i>\n\n"
    )


def test_reads_what_editors_write():
    late = '7\n00:00:05,000 --> 00:00:06,000\n<font color="red">सात</font> {\\an8}<B>x</B>\n'
    early = "3\n00:00:01,000 --> 00:00:02,000\nतीन\n"
    empty = "4\n00:00:03,000 --> 00:00:04,000\n\n"
    read = FORMATS["srt"].read(f"{late}\n{early}\n{empty}")
    assert [cue.lines for cue in read.cues] == [("तीन",), (), ("सात x",)]


def test_right_to_left_lines_are_embedded_each():
    cue = Cue(start_ms=0, end_ms=1_000, lines=("- تم کہاں ہو؟", "OK میں"))
    for name in ("srt", "vtt"):
        text = FORMATS[name].write([cue], URDU)
        assert text.endswith(
            "\n\u202b- تم کہاں ہو؟\u202c\n\u202bOK میں\u202c\n" + "\n" * (name == "srt")
        )
    assert ",,\u202b- تم کہاں ہو؟\u202c\\N\u202bOK میں\u202c\n" in FORMATS["ass"].write([cue], URDU)
    assert "\u202b" not in FORMATS["ttml"].write([cue], URDU)


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_a_file_for_editing_has_no_direction_characters(name: SubtitleFormat) -> None:
    cue = Cue(start_ms=0, end_ms=1_000, lines=("- تم کہاں ہو؟",))
    style = msgspec.structs.replace(URDU, for_editing=True)
    text = FORMATS[name].write([cue], style)
    assert "\n- تم کہاں ہو؟\n" in text
    assert FORMATS[name].read(text).cues == (cue,)


# --- WebVTT ------------------------------------------------------------------------------------


def test_vtt_tells_its_language_and_its_place():
    assert FORMATS["vtt"].write(CUES, HINDI) == (
        "WEBVTT\n\nNOTE Language: Hindi (hi)\n\n"
        "1\n00:00:00.500 --> 00:00:01.500 position:50% size:90% align:center\n"
        "नमस्ते दोस्तों,\nकैसे हो?\n\n"
        "2\n01:00:00.000 --> 01:00:01.001 position:50% size:90% align:center\n<i>♪ ठीक ♪</i>\n"
    )
    assert "NOTE Language: Urdu (ur), right to left\n" in FORMATS["vtt"].write(CUES, URDU)


def test_vtt_of_a_transcript_has_neither_note_nor_place():
    style = msgspec.structs.replace(HINDI, for_editing=True)
    text = FORMATS["vtt"].write([Cue(start_ms=1_000, end_ms=2_000, lines=("जी",))], style)
    assert text == "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nजी\n"


def test_vtt_from_elsewhere_reads():
    text = (
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\n"
        "01:02.000 --> 01:03.000 line:0\n<v Asha>नमस्ते</v> &amp; <c.x>जी</c>\n\n\n"
        "intro\n00:00:01.000 --> 00:00:02.000\n\n"
    )
    first, second = FORMATS["vtt"].read(text).cues
    assert (first.start_ms, first.lines) == (1_000, ())
    assert (second.start_ms, second.end_ms, second.lines) == (62_000, 63_000, ("नमस्ते & जी",))


@given(cue_lists())
def test_vtt_has_an_arrow_per_cue_and_no_stray_markup(cues: tuple[Cue, ...]):
    blocks = FORMATS["vtt"].write(cues, HINDI).removesuffix("\n").split("\n\n")
    assert len(blocks) == len(cues) + 2
    for block, cue in zip(blocks[2:], cues, strict=True):
        assert block.count("-->") == 1
        text = block.split("\n", 2)[2]
        if cue.kind == "song":
            text = text.removeprefix("<i>").removesuffix("</i>")
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)


# --- ASS ---------------------------------------------------------------------------------------


def test_ass_has_the_size_of_the_film_and_a_font_with_the_script():
    script = SSAFile.from_string(FORMATS["ass"].write(CUES, HINDI))
    assert (script.info["PlayResX"], script.info["PlayResY"]) == ("1280", "720")
    style = script.styles["Default"]
    assert (style.fontname, style.fontsize, style.encoding) == ("Noto Sans Devanagari", 47, 1)
    assert [event.text for event in script.events] == [
        r"नमस्ते दोस्तों,\Nकैसे हो?",
        r"{\i1}♪ ठीक ♪",
    ]
    assert [event.name for event in script.events] == ["", "song"]


def test_ass_lets_right_to_left_lines_be_laid_out_by_their_letters():
    style = SSAFile.from_string(FORMATS["ass"].write(CUES, URDU)).styles["Default"]
    assert (style.fontname, style.encoding) == ("Noto Nastaliq Urdu", -1)


def test_ass_sets_a_cue_in_another_language_in_its_font_and_direction():
    cues = (
        Cue(start_ms=0, end_ms=900, lines=("آؤ۔",), language="ur"),
        Cue(start_ms=1_000, end_ms=1_900, lines=("रुको।",)),
        Cue(start_ms=2_000, end_ms=2_900, lines=("कहाँ?",), language="mr"),
    )
    urdu, hindi, marathi = SSAFile.from_string(FORMATS["ass"].write(cues, HINDI)).events
    assert urdu.text == "{\\fnNoto Nastaliq Urdu\\fs72}\u202bآؤ۔\u202c"
    assert hindi.text == "रुको।"
    assert marathi.text == "कहाँ?", "Marathi has the font of Hindi"


def test_ass_takes_a_font_of_the_users_own():
    own = msgspec.structs.replace(HINDI, own_font=Font(family="Mukta", ass_scale=2.0))
    style = SSAFile.from_string(FORMATS["ass"].write(CUES, own)).styles["Default"]
    assert (style.fontname, style.fontsize) == ("Mukta", 72)


def test_ass_from_elsewhere_reads():
    text = (
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,a note\n"
        "Dialogue: 0,0:00:01.50,0:00:02.00,Default,Asha,0,0,0,,{\\an8\\i1}एक\\Nदो\\nतीन\\hचार\n"
    )
    (cue,) = FORMATS["ass"].read(text).cues
    assert cue == Cue(
        start_ms=1_500, end_ms=2_000, lines=("एक", "दो", "तीन\xa0चार"), speaker="Asha"
    )


def test_every_language_has_a_font():
    families = {tag: language.font.family for tag, language in LANGUAGES.items()}
    assert families["ur"] == families["ks"] == "Noto Nastaliq Urdu"
    assert families["sd"] == "Noto Sans Arabic"
    assert families["mni"] == "Noto Sans Meetei Mayek"
    assert families["en"] == "Noto Sans"


# --- times -------------------------------------------------------------------------------------

RATES = [Fraction(24_000, 1001), Fraction(25), Fraction(30_000, 1001), Fraction(60_000, 1001)]


@pytest.mark.parametrize("name", ["ass", "ttml"])
@pytest.mark.parametrize("rate", RATES, ids=str)
@given(frame=st.integers(0, 300_000))
def test_a_cue_on_a_frame_shows_with_that_frame(name: str, rate: Fraction, frame: int):
    """Not one later, whatever the rounding: a player shows what has begun by the frame's time."""
    style = msgspec.structs.replace(HINDI, frame_rate=rate)
    start_ms = round(frame / rate * 1000)
    cue = Cue(start_ms=start_ms, end_ms=start_ms + 1_000, lines=("x",))
    text = FORMATS[name].write([cue], style)
    clock = re.search(r'begin="([\d:.]+)"|Dialogue: 0,([\d:.]+)', text)
    assert clock
    hours, minutes, seconds = (clock[1] or clock[2]).split(":")
    written = 3600 * int(hours) + 60 * int(minutes) + Fraction(seconds)
    assert (frame - 1) / rate < written <= frame / rate
    if name == "ttml":
        assert FORMATS[name].read(text).cues == (cue,)


def test_ttml_writes_the_time_of_the_frame():
    style = msgspec.structs.replace(HINDI, frame_rate=Fraction(24_000, 1001))
    cue = Cue(start_ms=42, end_ms=1_001, lines=("x",))
    text = FORMATS["ttml"].write([cue], style)
    assert '<p begin="00:00:00.041708" end="00:00:01.001">x</p>' in text
    assert 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"' in text
    assert 'ttp:frameRate="25" ttp:frameRateMultiplier="1 1"' in FORMATS["ttml"].write(
        (), msgspec.structs.replace(HINDI, frame_rate=Fraction(25))
    )


# --- TTML --------------------------------------------------------------------------------------


def shown(document: model.ContentDocument) -> list[tuple]:
    """Begin, end, text and direction of each paragraph, as ttconv understands the document."""
    found = []
    for element in document.get_body().dfs_iterator():
        if isinstance(element, model.P):
            text = "".join(
                "\n" if isinstance(part, model.Br) else part.get_text()
                for part in element.dfs_iterator()
                if isinstance(part, model.Br | model.Text)
            )
            found.append((element.get_begin(), element.get_end(), text))
    return found


@pytest.mark.parametrize("style", [HINDI, URDU], ids=["hi", "ur"])
def test_another_program_reads_the_same_ttml(style: FileStyle, caplog: pytest.LogCaptureFixture):
    traps = [trap for trap in TRAPS if trap]
    cues = [
        *CUES,
        *(
            Cue(start_ms=4_000_000 + at * 1_000, end_ms=4_000_500 + at * 1_000, lines=(trap, trap))
            for at, trap in enumerate(traps)
        ),
    ]
    text = FORMATS["ttml"].write(cues, style)
    document = reader.to_model(ElementTree.parse(io.StringIO(text)))
    assert [record.message for record in caplog.records if record.levelname != "INFO"] == []
    assert document.get_lang() == style.language.tag
    assert shown(document) == [
        (Fraction(cue.start_ms, 1000), Fraction(cue.end_ms, 1000), "\n".join(cue.lines))
        for cue in cues
    ]
    (division,) = document.get_body()
    rtl = style.language.right_to_left
    assert division.get_style(StyleProperties.Direction) == (DirectionType.rtl if rtl else None)
    assert division.get_region().get_id() == "bottom"
    _, song, *_ = division
    assert song.get_style(StyleProperties.FontStyle) == FontStyleType.italic


def test_ttml_names_language_direction_and_font_of_a_cue_in_another_language():
    cues = (
        Cue(start_ms=0, end_ms=900, lines=("रुको।",)),
        Cue(start_ms=1_000, end_ms=1_900, lines=("آؤ۔",), language="ur"),
    )
    document = reader.to_model(ElementTree.parse(io.StringIO(FORMATS["ttml"].write(cues, HINDI))))
    (division,) = document.get_body()
    own, other = division
    assert own.get_style(StyleProperties.Direction) is None
    assert other.get_style(StyleProperties.Direction) == DirectionType.rtl
    assert other.get_lang() == "ur"
    assert other.get_style(StyleProperties.FontFamily)[0] == "Noto Nastaliq Urdu"


# --- JSON --------------------------------------------------------------------------------------


def test_json_has_everything():
    cue = Cue(start_ms=0, end_ms=1_000, lines=("[दरवाज़ा]",), kind="sound", segments=(3, 4))
    style = msgspec.structs.replace(HINDI, frame_rate=Fraction(24_000, 1001))
    document = json.loads(FORMATS["json"].write([cue], style))
    assert document == {
        "schema": 1,
        "language": "hi",
        "language_name": "Hindi",
        "direction": "ltr",
        "width": 1280,
        "height": 720,
        "frame_rate": "24000/1001",
        "cues": [
            {
                "start_ms": 0,
                "end_ms": 1_000,
                "lines": ["[दरवाज़ा]"],
                "kind": "sound",
                "segments": [3, 4],
                "language": None,
            }
        ],
    }


def test_json_of_tomorrow_reads_as_far_as_it_is_known():
    document = json.loads(FORMATS["json"].write(CUES, URDU))
    document["confidence"] = 0.9
    document["cues"][0]["place"] = "top"
    assert FORMATS["json"].read(json.dumps(document)).cues == CUES


@pytest.mark.parametrize("name", ["srt", "vtt", "ass", "ttml"])
def test_songs_are_in_italics_where_the_rules_want_it(name: SubtitleFormat) -> None:
    song = Cue(start_ms=0, end_ms=1000, lines=("♪ ला ला ♪",), kind="song")
    hindi = find_language("hi")
    slanted, upright = (
        FORMATS[name].encode([song], FileStyle(language=hindi, song_italics=wanted)).decode()
        for wanted in (True, False)
    )
    mark = {"srt": "<i>", "vtt": "<i>", "ass": r"{\i1}", "ttml": '"italic"'}[name]
    assert mark in slanted
    assert mark not in upright


@pytest.mark.parametrize("name", FORMATS)
def test_times_after_ten_hours_stay(name: str):
    cue = Cue(start_ms=123 * 3_600_000 + 50, end_ms=999 * 3_600_000, lines=("एक",))
    assert FORMATS[name].read(FORMATS[name].write([cue], HINDI)).cues == (cue,)
