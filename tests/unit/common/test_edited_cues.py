"""Edited cues: read without changes, and compared with the sentences."""

import pytest

from indicsubs_common.subtitles.edited_cues import (
    NAMED,
    change_warnings,
    changed_since,
    read_edited,
    remaining_issues,
)
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.transcript import QualityIssue, Segment
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import overlapping_segments


def srt(*cues: tuple[str, str, str]) -> bytes:
    blocks = [f"7\n00:00:{start} --> 00:00:{end}\n{text}\n\n" for start, end, text in cues]
    return "".join(blocks).encode()


def sentence(second: int, text: str) -> Segment:
    return Segment(start_ms=1000 * second, end_ms=1000 * second + 900, text=text)


def cue(second: int, *lines: str) -> Cue:
    return Cue(start_ms=1000 * second, end_ms=1000 * second + 950, lines=lines)


def test_lines_and_times_are_taken_as_they_are_in_order_of_time() -> None:
    data = srt(("05,001", "05,900", " வா\nஇங்கே  வா "), ("01,000", "05,500", "<i>Song</i>"))
    file = b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")
    cues, warnings, master = read_edited(file, "srt", "mine.srt")
    assert master == file
    assert cues == (
        Cue(start_ms=1000, end_ms=5500, lines=("Song",), kind="song"),
        Cue(start_ms=5001, end_ms=5900, lines=(" வா", "இங்கே  வா ")),
    )
    assert warnings == ()


def test_a_file_in_another_encoding_is_published_in_utf_8() -> None:
    data = srt(("01,000", "02,000", "Shut the döör."))
    for encoded in (data.decode().encode("utf-16"), data.decode().encode("cp1252")):
        assert read_edited(encoded, "srt", "mine.srt").master == data


def test_what_cannot_be_kept_is_a_warning() -> None:
    data = srt(("01,000", "02,000", ""), ("03,000", "04,000", "a <b>b</b>"))
    cues, warnings, master = read_edited(data, "srt", "mine.srt")
    assert master == data
    assert [cue.lines for cue in cues] == [("a b",)]
    assert warnings == (
        "1 cue(s) of mine.srt without text were left out.",
        "2 tag(s) of mine.srt are in no other format: only italics of a whole cue are kept.",
    )


@pytest.mark.parametrize(
    ("data", "kind", "why"),
    [
        (b"nonsense", "srt", "mine cannot be read: line 1 is not the number or the times"),
        (b"nonsense", "vtt", "not 'WEBVTT'"),
        ("پنجاب".encode("cp1256"), "srt", "a byte that is not Windows-1252"),
        (b"", "doc", "not a subtitle file that indicsubs reads"),
        (
            srt(("02,000", "02,000", "Hi")),
            "srt",
            r"a cue that does not end after its start: line 2 shows 'Hi' from 2.000 s to",
        ),
    ],
)
def test_what_is_no_subtitle_file_is_refused(data: bytes, kind: str, why: str) -> None:
    with pytest.raises(IndicsubsError, match=why) as caught:
        read_edited(data, kind, "mine")
    assert caught.value.code is FailureCode.BAD_INPUT
    assert "import it again" in caught.value.message


@pytest.mark.parametrize("data", [b"", b"1\n00:00:01,000 --> 00:00:02,000\n \n"])
def test_edited_cues_are_not_replaced_by_nothing(data: bytes) -> None:
    with pytest.raises(IndicsubsError, match=r"mine has no cue with text\. Import another file"):
        read_edited(data, "srt", "mine")


def test_cues_over_changed_sentences_are_named() -> None:
    before = [sentence(1, "एक"), sentence(3, "दो"), sentence(5, "तीन")]
    now = [sentence(1, " एक "), sentence(3, "दो दो"), sentence(7, "चार")]
    cues = [cue(1, "one"), cue(3, "two", "lines"), cue(5, "three"), cue(9, "mine")]
    changed = changed_since(cues, before, now)
    assert changed.cues == (1, 2)
    assert [issue.index for issue in changed.issues] == [1]
    assert changed.without_cue == (2,)
    assert list(change_warnings(changed, cues, now)) == [
        (
            "The sentences under 2 edited cue(s) have changed; check these cues:"
            " 0:00:03 'two lines', 0:00:05 'three'."
        ),
        "1 new sentence(s) have no cue in the edited subtitles: 0:00:07 'चार'.",
    ]


def test_without_changes_there_is_no_warning() -> None:
    sentences = [sentence(1, "एक"), sentence(3, "दो")]
    changed = changed_since([cue(1, "one")], sentences, sentences)
    assert list(change_warnings(changed, [cue(1, "one")], sentences)) == []


def test_a_long_list_is_cut_short() -> None:
    cues = [cue(second, "text") for second in range(NAMED + 2)]
    (warning,) = change_warnings(
        changed_since(cues, [sentence(k, "अ") for k in range(20)], []), cues, []
    )
    assert warning.endswith("'text' and 2 more.")
    assert warning.count("'text'") == NAMED


def test_issues_stay_with_the_translations_that_were_not_changed() -> None:
    sentences = [sentence(1, "एक"), sentence(3, "दो"), sentence(5, "तीन"), sentence(7, "चार")]
    issues = [QualityIssue(index=k, reason="numbers", detail="") for k in range(4)]
    cues = [cue(1, "The first", "line"), cue(3, "my own"), cue(5, "added")]
    shown = overlapping_segments(cues, sentences, "leave_out")
    remaining = remaining_issues(issues, ["The first line", "second", "", ""], cues, shown)
    assert [issue.index for issue in remaining] == [0, 3]
