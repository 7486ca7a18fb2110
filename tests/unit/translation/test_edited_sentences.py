"""Edited cues compared with their baseline: sentences of unchanged cues stay."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from indicsubs_contract.transcript import Segment, Timing, Word
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import overlapping_segments
from indicsubs_translation.edited_sentences import sentences_from_edited


def sentence(start_ms: int, end_ms: int, text: str) -> Segment:
    words = (Word(text=text, start_ms=start_ms, end_ms=end_ms, score=0.9),)
    return Segment(start_ms=start_ms, end_ms=end_ms, text=text, timing=Timing.ALIGNED, words=words)


def cue(start_ms: int, end_ms: int, text: str) -> Cue:
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=(text,))


SENTENCES = (
    sentence(1000, 2000, "एक।"),
    sentence(2100, 3000, "दो।"),
    sentence(5000, 9000, "तीन चार।"),
    sentence(12000, 13000, "पाँच।"),
)
BASELINE = (
    cue(900, 3200, "एक। दो।"),
    cue(5000, 7000, "तीन"),
    cue(7080, 9500, "चार।"),
    cue(12000, 13500, "पाँच।"),
)


def test_unchanged_cues_keep_their_sentences() -> None:
    broken = [replace(BASELINE[0], lines=("एक।", "दो।")), *BASELINE[1:]]
    assert sentences_from_edited(broken, BASELINE, SENTENCES) == list(SENTENCES)


def test_times_that_a_format_rounds_keep_their_sentences() -> None:
    """A person saves the SRT as ASS, which counts hundredths of a second, and corrects one word."""
    exact = [replace(each, start_ms=each.start_ms + 4, end_ms=each.end_ms + 7) for each in BASELINE]
    rounded = [replace(BASELINE[0], lines=("एक। तीस।",)), *BASELINE[1:]]
    found = sentences_from_edited(rounded, exact, SENTENCES)
    assert [segment.text for segment in found] == ["एक। तीस।", "तीन चार।", "पाँच।"]
    assert found[1:] == list(SENTENCES[2:])
    late = [replace(each, start_ms=each.start_ms + 11) for each in BASELINE]
    assert all(
        segment.timing is Timing.SUBTITLE
        for segment in sentences_from_edited(late, BASELINE, SENTENCES)
    )


def test_a_changed_cue_replaces_its_sentence_with_all_cues_of_the_sentence() -> None:
    edited = [BASELINE[0], BASELINE[1], replace(BASELINE[2], lines=("सौ।",)), BASELINE[3]]
    found = sentences_from_edited(edited, BASELINE, SENTENCES)
    assert [found[0], found[1], found[3]] == [SENTENCES[0], SENTENCES[1], SENTENCES[3]]
    assert (found[2].text, found[2].timing) == ("तीन सौ।", Timing.SUBTITLE)
    assert [(cue.start_ms, cue.end_ms) for cue in found[2].cues] == [(5000, 7000), (7080, 9500)]


def test_a_changed_cue_of_two_sentences_replaces_both() -> None:
    edited = [replace(BASELINE[0], lines=("एक। तीस।",)), *BASELINE[1:]]
    found = sentences_from_edited(edited, BASELINE, SENTENCES)
    assert [segment.text for segment in found] == ["एक। तीस।", "तीन चार।", "पाँच।"]
    assert found[1:] == list(SENTENCES[2:])


def test_a_moved_cue_moves_its_sentence() -> None:
    found = sentences_from_edited([*BASELINE[:3], cue(14000, 15000, "पाँच।")], BASELINE, SENTENCES)
    assert found[:3] == list(SENTENCES[:3])
    assert (found[3].start_ms, found[3].end_ms) == (14000, 15000)


def test_a_removed_cue_takes_its_sentence_and_a_new_one_brings_one() -> None:
    new = cue(10000, 11000, "नया।")
    found = sentences_from_edited([new, *BASELINE[:3]], BASELINE, SENTENCES)
    assert [segment.text for segment in found] == ["एक।", "दो।", "तीन चार।", "नया।"]


def test_a_sentence_that_no_cue_shows_stays() -> None:
    assert sentences_from_edited(BASELINE[1:], BASELINE[1:], SENTENCES) == list(SENTENCES)


def test_a_cue_that_shows_no_sentence_is_one() -> None:
    song = cue(20000, 21000, "गीत।")
    found = sentences_from_edited([*BASELINE, song], [*BASELINE, song], SENTENCES)
    assert found[:4] == list(SENTENCES)
    assert found[4].text == "गीत।"


def test_cues_on_both_sides_of_a_kept_sentence_are_never_joined() -> None:
    sentences = [sentence(0, 900, "अ"), sentence(1000, 1200, "ब।"), sentence(1300, 2200, "स।")]
    baseline = [cue(s.start_ms, s.end_ms, s.text) for s in sentences]
    edited = [replace(baseline[0], lines=("आ",)), baseline[1], replace(baseline[2], lines=("सा।",))]
    assert [s.text for s in sentences_from_edited(edited, baseline, sentences)] == [
        "आ",
        "ब।",
        "सा।",
    ]


@given(st.sets(st.integers(0, 19)))
def test_exactly_the_changed_sentences_are_replaced(changed: set[int]) -> None:
    sentences = [sentence(3000 * k, 3000 * k + 1500, f"वाक्य{k}।") for k in range(20)]
    baseline = [cue(s.start_ms, s.end_ms + 400, s.text) for s in sentences]
    edited = [
        replace(cue, lines=("बदला।",)) if k in changed else cue for k, cue in enumerate(baseline)
    ]
    result = sentences_from_edited(edited, baseline, sentences)
    assert len(result) == 20
    for k, segment in enumerate(result):
        assert (segment == sentences[k]) == (k not in changed)


def test_half_of_the_shorter_one_s_time_is_shared() -> None:
    assert overlapping_segments(BASELINE, SENTENCES, "leave_out") == [(0, 1), (2,), (2,), (3,)]
    brief = [cue(2000, 2100, "-"), cue(2900, 3100, "-"), cue(2901, 3101, "-")]
    assert overlapping_segments(brief, SENTENCES, "leave_out") == [(), (1,), ()]
    assert overlapping_segments(BASELINE, (), "leave_out") == [()] * 4
