"""Cues to sentences."""

from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.transcript import Timing
from indicsubs_indictrans2.cues import JOIN_WITHIN_MS, LONGEST_SENTENCE, Cue, sentences_from_cues

END = Cue(90_000, 91_000, "अंत।")
"""Makes a file one with punctuation."""


def texts(*cues: Cue) -> list[str]:
    return [segment.text for segment in sentences_from_cues([*cues, END])][:-1]


def test_a_sentence_over_three_cues_becomes_one_segment_with_their_times() -> None:
    cues = [Cue(0, 900, "अगर तुम"), Cue(1000, 1900, "वहाँ\nगए,"), Cue(2000, 3000, "तो मैं भी चलूँगा।")]
    (segment,) = sentences_from_cues(cues)
    assert segment.text == "अगर तुम वहाँ गए, तो मैं भी चलूँगा।"
    assert (segment.start_ms, segment.end_ms, segment.timing) == (0, 3000, Timing.SUBTITLE)
    assert [(word.text, word.start_ms, word.end_ms) for word in segment.words] == [
        ("अगर तुम", 0, 900),
        ("वहाँ गए,", 1000, 1900),
        ("तो मैं भी चलूँगा।", 2000, 3000),
    ]


def test_an_ended_sentence_stands_alone() -> None:
    assert texts(Cue(0, 1000, "रुको!"), Cue(1000, 2000, "कौन है?")) == ["रुको!", "कौन है?"]
    assert texts(Cue(0, 1000, "I met Dr."), Cue(1000, 2000, "Rao.")) == ["I met Dr. Rao."]


def test_a_pause_ends_a_sentence() -> None:
    def after(pause: int) -> list[str]:
        return texts(Cue(0, 1000, "मैं"), Cue(1000 + pause, 9000, "जाऊँगा।"))

    assert after(JOIN_WITHIN_MS) == ["मैं जाऊँगा।"]
    assert after(JOIN_WITHIN_MS + 1) == ["मैं", "जाऊँगा।"]


def test_a_sentence_has_a_greatest_length() -> None:
    half = "क" * (LONGEST_SENTENCE // 2)
    assert texts(Cue(0, 1000, half[1:]), Cue(1000, 2000, half)) == [f"{half[1:]} {half}"]
    assert texts(Cue(0, 1000, half), Cue(1000, 2000, half)) == [half, half]


def test_two_speakers_share_a_cue_by_what_they_say() -> None:
    found = sentences_from_cues([Cue(1000, 3000, "- कौन?\n- मैं हूँ, राम\nऔर श्याम।")])
    assert [(s.text, s.start_ms, s.end_ms) for s in found] == [
        ("कौन?", 1000, 1307),
        ("मैं हूँ, राम और श्याम।", 1307, 3000),
    ]


def test_only_the_second_speaker_may_have_a_dash() -> None:
    assert texts(Cue(0, 1000, "कौन है\n–मैं हूँ")) == ["कौन है", "मैं हूँ"]


def test_a_dash_begins_a_new_speaker_and_a_minus_does_not() -> None:
    assert texts(Cue(0, 1000, "मैं"), Cue(1000, 2000, "- चलो।")) == ["मैं", "चलो।"]
    assert texts(Cue(0, 1000, "आज"), Cue(1000, 2000, "-5 डिग्री है।")) == ["आज -5 डिग्री है।"]


def test_songs_stay_line_by_line() -> None:
    cues = [Cue(0, 1000, "♪ आ चल के तुझे"), Cue(1000, 2000, "♪ मैं ले के चलूँ"), Cue(2000, 3000, "एक")]
    assert texts(*cues) == ["♪ आ चल के तुझे", "♪ मैं ले के चलूँ", "एक"]


def test_markup_goes_and_empty_cues_with_it() -> None:
    cues = [
        Cue(0, 1000, "{\\an8}<i>राम</i>  <font color='red'>है।</font>"),
        Cue(1000, 2000, "<i> </i>"),
        Cue(2000, 3000, " \n "),
        Cue(3000, 4000, "2 < 3 है।"),
    ]
    assert texts(*cues) == ["राम है।", "2 < 3 है।"]


def test_order_and_repetition_in_the_file_do_not_matter() -> None:
    one, two = Cue(0, 1000, "पहले।"), Cue(5000, 6000, "बाद में।")
    assert texts(two, one, two, one) == ["पहले।", "बाद में।"]


def test_cues_shown_together_are_not_joined() -> None:
    sign, line = Cue(0, 5000, "दिल्ली स्टेशन"), Cue(1000, 2000, "तुम आ गए।")
    assert texts(sign, line) == ["दिल्ली स्टेशन", "तुम आ गए।"]


def test_a_cue_that_ends_before_it_starts_takes_no_time() -> None:
    (segment,) = sentences_from_cues([Cue(2000, 1000, "अजीब।")])
    assert (segment.start_ms, segment.end_ms) == (2000, 2000)


def test_a_file_without_punctuation_keeps_its_cues() -> None:
    cues = [Cue(k * 1000, k * 1000 + 900, f"बात {k}") for k in range(20)]
    assert [segment.text for segment in sentences_from_cues(cues)] == [cue.text for cue in cues]


cue = st.builds(
    Cue,
    st.integers(0, 60_000),
    st.integers(0, 60_000),
    st.text(alphabet="अक ।?.…\n-–♪A1<>{}\\i", max_size=40),
)


@given(st.lists(cue, max_size=12))
def test_times_and_words_always_agree(cues: list[Cue]) -> None:
    segments = sentences_from_cues(cues)
    assert [s.start_ms for s in segments] == sorted(s.start_ms for s in segments)
    for segment in segments:
        assert segment.text.strip()
        assert segment.start_ms <= segment.end_ms
        assert segment.text == " ".join(word.text for word in segment.words)
        assert segment.start_ms == segment.words[0].start_ms
        assert segment.end_ms == max(word.end_ms for word in segment.words)
        assert all(word.start_ms <= word.end_ms for word in segment.words)
