"""Edited cues against those they were made from: only what was touched is read anew."""

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
MADE = (
    cue(900, 3200, "एक। दो।"),
    cue(5000, 7000, "तीन"),
    cue(7080, 9500, "चार।"),
    cue(12000, 13500, "पाँच।"),
)


def test_cues_that_were_left_alone_leave_the_sentences_alone() -> None:
    broken = [replace(MADE[0], lines=("एक।", "दो।")), *MADE[1:]]
    assert sentences_from_edited(broken, MADE, SENTENCES) == list(SENTENCES)


def test_a_touched_cue_takes_its_sentence_and_the_sentence_s_other_cues_with_it() -> None:
    edited = [MADE[0], MADE[1], replace(MADE[2], lines=("सौ।",)), MADE[3]]
    made = sentences_from_edited(edited, MADE, SENTENCES)
    assert [made[0], made[1], made[3]] == [SENTENCES[0], SENTENCES[1], SENTENCES[3]]
    assert (made[2].text, made[2].timing) == ("तीन सौ।", Timing.SUBTITLE)
    assert [(cue.start_ms, cue.end_ms) for cue in made[2].cues] == [(5000, 7000), (7080, 9500)]


def test_a_cue_of_two_sentences_is_read_anew_for_both() -> None:
    edited = [replace(MADE[0], lines=("एक। तीस।",)), *MADE[1:]]
    made = sentences_from_edited(edited, MADE, SENTENCES)
    assert [segment.text for segment in made] == ["एक। तीस।", "तीन चार।", "पाँच।"]
    assert made[1:] == list(SENTENCES[2:])


def test_a_moved_cue_moves_its_sentence() -> None:
    made = sentences_from_edited([*MADE[:3], cue(14000, 15000, "पाँच।")], MADE, SENTENCES)
    assert made[:3] == list(SENTENCES[:3])
    assert (made[3].start_ms, made[3].end_ms) == (14000, 15000)


def test_a_removed_cue_takes_its_sentence_and_a_new_one_brings_one() -> None:
    new = cue(10000, 11000, "नया।")
    made = sentences_from_edited([new, *MADE[:3]], MADE, SENTENCES)
    assert [segment.text for segment in made] == ["एक।", "दो।", "तीन चार।", "नया।"]


def test_a_sentence_that_no_cue_shows_stays() -> None:
    assert sentences_from_edited(MADE[1:], MADE[1:], SENTENCES) == list(SENTENCES)


def test_a_cue_that_shows_no_sentence_is_one() -> None:
    song = cue(20000, 21000, "गीत।")
    made = sentences_from_edited([*MADE, song], [*MADE, song], SENTENCES)
    assert made[:4] == list(SENTENCES)
    assert made[4].text == "गीत।"


def test_cues_parted_by_a_sentence_that_stays_are_never_one() -> None:
    sentences = [sentence(0, 900, "अ"), sentence(1000, 1200, "ब।"), sentence(1300, 2200, "स।")]
    made = [cue(s.start_ms, s.end_ms, s.text) for s in sentences]
    edited = [replace(made[0], lines=("आ",)), made[1], replace(made[2], lines=("सा।",))]
    assert [s.text for s in sentences_from_edited(edited, made, sentences)] == ["आ", "ब।", "सा।"]


@given(st.sets(st.integers(0, 19)))
def test_all_that_was_not_edited_stays_whatever_was(changed: set[int]) -> None:
    sentences = [sentence(3000 * k, 3000 * k + 1500, f"वाक्य{k}।") for k in range(20)]
    made = [cue(s.start_ms, s.end_ms + 400, s.text) for s in sentences]
    edited = [replace(cue, lines=("बदला।",)) if k in changed else cue for k, cue in enumerate(made)]
    result = sentences_from_edited(edited, made, sentences)
    assert len(result) == 20
    for k, segment in enumerate(result):
        assert (segment == sentences[k]) == (k not in changed)


def test_half_of_the_shorter_one_s_time_is_shared() -> None:
    assert overlapping_segments(MADE, SENTENCES) == [(0, 1), (2,), (2,), (3,)]
    brief = [cue(2000, 2100, "-"), cue(2900, 3100, "-"), cue(2901, 3101, "-")]
    assert overlapping_segments(brief, SENTENCES) == [(), (1,), ()]
    assert overlapping_segments(MADE, ()) == [()] * 4
