import re
from datetime import timedelta

import pytest
import srt
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_common.cues import Cue
from indicsubs_common.pieces import tokens
from indicsubs_common.subtitle_files import from_srt, to_srt, to_vtt
from indicsubs_contract.languages import find_language

CUES = (
    Cue(start_ms=500, end_ms=1_500, lines=("नमस्ते दोस्तों,", "कैसे हो?")),
    Cue(start_ms=3_600_000, end_ms=3_601_001, lines=("ठीक।",)),
)


def lines() -> st.SearchStrategy[str]:
    """Lines as cues have them: words with single spaces between."""
    return st.text().map(lambda text: " ".join(tokens(text))).filter(bool)


@st.composite
def cue_lists(draw: st.DrawFn) -> tuple[Cue, ...]:
    times = sorted(draw(st.sets(st.integers(0, 100_000_000), max_size=8)))
    return tuple(
        Cue(
            start_ms=start,
            end_ms=end,
            lines=tuple(draw(st.lists(lines(), min_size=1, max_size=2))),
        )
        for start, end in zip(times[::2], times[1::2], strict=False)
    )


def test_srt_is_numbered_and_timed():
    assert to_srt(CUES) == (
        "1\n00:00:00,500 --> 00:00:01,500\nनमस्ते दोस्तों,\nकैसे हो?\n\n"
        "2\n01:00:00,000 --> 01:00:01,001\nठीक।\n\n"
    )


def test_vtt_tells_its_language():
    assert to_vtt(CUES, find_language("hi")) == (
        "WEBVTT\n\nNOTE Language: Hindi (hi)\n\n"
        "1\n00:00:00.500 --> 00:00:01.500\nनमस्ते दोस्तों,\nकैसे हो?\n\n"
        "2\n01:00:00.000 --> 01:00:01.001\nठीक।\n"
    )


def test_nothing_to_say_is_a_valid_file():
    assert to_srt(()) == ""
    assert to_vtt(()) == "WEBVTT\n"
    assert from_srt("") == []


def test_markup_and_arrows_are_text():
    cue = Cue(start_ms=0, end_ms=1_000, lines=("<i> & 00:01 --> 00:02",))
    assert "&lt;i&gt; &amp; 00:01 --&gt; 00:02" in to_vtt([cue])
    assert from_srt(to_srt([cue]))[0].lines == ("<i> & 00:01 → 00:02",)


def test_reads_what_editors_write():
    late = "7\r\n00:00:05,000 --> 00:00:06,000\r\nसात\r\n"
    early = "3\r\n00:00:01,000 --> 00:00:02,000\r\nतीन\r\n"
    assert [cue.lines for cue in from_srt(f"\ufeff{late}\r\n{early}")] == [("तीन",), ("सात",)]


def test_refuses_what_is_none():
    with pytest.raises(ValueError, match="not a subtitle"):
        from_srt("not a subtitle file")


@given(cue_lists())
def test_srt_reads_back(cues: tuple[Cue, ...]):
    text = to_srt(cues)
    read = list(srt.parse(text))
    assert [one.index for one in read] == list(range(1, len(cues) + 1))
    assert [one.start // timedelta(milliseconds=1) for one in read] == [c.start_ms for c in cues]
    for one, cue in zip(from_srt(text), cues, strict=True):
        assert (one.start_ms, one.end_ms) == (cue.start_ms, cue.end_ms)
        assert one.lines == tuple(re.sub("-[ -] *>", "→", line) for line in cue.lines)
    assert to_srt(from_srt(text)) == text


@given(cue_lists())
def test_vtt_has_an_arrow_per_cue_and_no_stray_markup(cues: tuple[Cue, ...]):
    blocks = to_vtt(cues).removesuffix("\n").split("\n\n")
    assert blocks[0] == "WEBVTT"
    assert len(blocks) == len(cues) + 1
    for block, cue in zip(blocks[1:], cues, strict=True):
        assert block.count("-->") == 1
        text = block.split("\n", 2)[2]
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
        for escape, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            text = text.replace(escape, character)
        assert text == "\n".join(cue.lines)
