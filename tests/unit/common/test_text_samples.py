"""Samples of mov_text: one at a time, with italics, read back as SubRip."""

import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from indicsubs_common.muxing.text_samples import as_subrip, encoded, is_shortened, samples
from indicsubs_text.subtitle_files.timed_text import JOINER, TimedText

texts = st.builds(
    lambda start, length, text: TimedText(start, start + length, text),
    st.integers(0, 50),
    st.integers(0, 20),
    st.text("aक\n", min_size=1, max_size=3),
)


@given(st.lists(texts, max_size=8))
def test_samples_follow_each_other_and_show_every_text_for_its_time(cues: list[TimedText]):
    track = samples(cues)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(track))
    for now_ms in range(75):
        shown = [
            text for part in track if part.start_ms <= now_ms < part.end_ms for text in part.texts
        ]
        due = [
            cue.text for cue in cues if cue.start_ms <= now_ms < max(cue.end_ms, cue.start_ms + 1)
        ]
        assert sorted(text.text for text in shown) == sorted(due)


def test_italics_and_markup_come_back():
    song = TimedText(0, 20, "♪ गीत ♪", italic=True)
    plain = TimedText(10, 20, "a <b> {\\an8} < 3")
    _, both = samples([song, plain])
    assert as_subrip(encoded(both)) == (f"<i>♪ गीत ♪</i>\na <{JOINER}b> {{{JOINER}\\an8}} < 3")


def sample(text: bytes, *boxes: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text + b"".join(boxes)


def test_samples_of_other_writers():
    assert as_subrip(sample(b"")) == ""
    assert as_subrip(b"") == ""
    assert as_subrip(sample("नमस्ते".encode("utf-16"))) == "नमस्ते"
    assert as_subrip(sample(b"one\r\n\r\ntwo")) == f"one\n{JOINER}\ntwo"
    record = struct.pack(">HHHBBI", 0, 9, 1, 1, 16, 0)
    styl = struct.pack(">I4sH", 10 + len(record), b"styl", 1) + record
    other = struct.pack(">I4s", 12, b"hlit") + bytes(4)
    assert as_subrip(sample(b"bold", other, styl)) == "<b>bold</b>"
    assert as_subrip(sample(b"damaged", struct.pack(">I4s", 0, b"styl"))) == "damaged"


def test_a_text_over_the_limit_is_cut_between_letters():
    track = samples([TimedText(0, 10, "क" * 30_000, italic=True)])
    assert is_shortened(track)
    data = encoded(track[0])
    (length,) = struct.unpack_from(">H", data)
    assert data[2 : 2 + length].decode() == "क" * 21_845
    assert not is_shortened(samples([TimedText(0, 10, "क" * 21_845)]))
