"""A segment after the second hearing: kept, corrected or quarantined."""

import pytest

from indicsubs_contract.transcript import SecondHearing, Segment, Timing, Word
from indicsubs_recognition.verdicts import OTHER_WORDS, SAME_WORDS, agreement, judge

DOOR = "दरवाज़ा बंद कर दो।"
NEAR = "दरवाज़ा बन्द करदो"
OTHER = "मुझे पानी चाहिए।"
SILENCE = "a second recogniser hears no words here"
OTHERWISE = "a second recogniser hears other words here"


def segment(text: str = DOOR, **fields: object) -> Segment:
    return Segment(start_ms=1000, end_ms=3000, text=text, **fields)


def verdict(
    first: Segment,
    second: Segment | None,
    *reasons: str,
    blanks: bool = False,
    corrects: bool = True,
) -> Segment:
    return judge(first, reasons, second, "whisperx", blanks_mean_silence=blanks, corrects=corrects)


def test_agreement() -> None:
    assert agreement(DOOR, DOOR.rstrip("।") + "?") == 1.0
    assert agreement(DOOR, NEAR) > SAME_WORDS
    assert agreement(DOOR, OTHER) < OTHER_WORDS < SAME_WORDS
    assert agreement("Stop!", "stop") == 1.0
    assert agreement("…", "") == 1.0, "two texts without letters do not differ"


def test_the_same_words_are_kept() -> None:
    kept = verdict(segment(), segment(NEAR), "unsure")
    assert (kept.text, kept.quarantined, kept.note) == (DOOR, None, None)
    assert kept.second_hearing == SecondHearing(
        engine="whisperx", text=NEAR, agreement=agreement(DOOR, NEAR)
    )


def test_punctuation_comes_from_the_recogniser_that_writes_it() -> None:
    kept = judge(
        segment("दरवाज़ा बंद कर दो।"),
        (),
        segment("दरवाज़ा, बंद कर दो!"),
        "whisperx",
        blanks_mean_silence=False,
        corrects=True,
        punctuates=True,
    )
    assert kept.text == "दरवाज़ा, बंद कर दो!"


def test_words_that_both_hear_leave_the_quarantine() -> None:
    assert verdict(segment(quarantined="in a gap"), segment(NEAR)).quarantined is None


def test_silence_of_the_second_quarantines_what_is_doubtful() -> None:
    assert verdict(segment(), None).note == SILENCE
    assert verdict(segment(), None).quarantined is None
    assert verdict(segment(), None, "unsure").quarantined == f"{SILENCE}; unsure"
    assert verdict(segment(quarantined="in a gap"), None).quarantined == SILENCE
    assert verdict(segment(), None, blanks=True).quarantined == SILENCE
    hearing = verdict(segment(), None).second_hearing
    assert hearing == SecondHearing(engine="whisperx", text="", agreement=0.0)


def test_a_doubtful_text_is_corrected_by_a_better_recogniser() -> None:
    words = (Word(text=OTHER, start_ms=1000, end_ms=2000),)
    second = segment(OTHER, words=words, timing=Timing.RECOGNISER, timed_by="whisperx")
    corrected = verdict(segment(note="unsure"), second, "unsure")
    assert (corrected.text, corrected.words, corrected.note) == (OTHER, words, None)
    assert corrected.timed_by == "whisperx"
    assert corrected.second_hearing is not None
    assert corrected.second_hearing.replaced == DOOR


@pytest.mark.parametrize("reasons", [(), ("unsure",)])
def test_a_second_recogniser_with_many_errors_changes_nothing(reasons: tuple[str, ...]) -> None:
    kept = verdict(segment(), segment(OTHER), *reasons, corrects=False)
    assert (kept.text, kept.quarantined, kept.note) == (DOOR, None, None)
    assert kept.second_hearing is not None
    assert kept.second_hearing.text == OTHER


def test_two_texts_that_cannot_be_trusted_are_quarantined() -> None:
    second = segment(OTHER, note="unsure too")
    assert verdict(segment(), second, "unsure").quarantined == f"{OTHERWISE}; unsure"
    half = segment("दरवाज़ा टूट गया और वह भाग गया", note="unsure too")
    assert OTHER_WORDS <= agreement(DOOR, half.text) < SAME_WORDS
    assert verdict(segment(), half, "unsure").quarantined is None


def test_other_words_are_noted_where_nothing_else_is_doubtful() -> None:
    kept = verdict(segment(), segment(OTHER))
    assert (kept.text, kept.quarantined, kept.note) == (DOOR, None, OTHERWISE)
