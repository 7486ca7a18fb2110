from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicsubs_common.line_breaking import tokens

from indicsubs_common.cues import Cue, Layout, source_cues, translated_cues
from indicsubs_common.graphemes import count_graphemes
from indicsubs_contract.messages import CueLimits
from indicsubs_contract.transcript import Segment, Timing, Word

LIMITS = CueLimits()


def spoken(text: str, start_ms: int, end_ms: int, *, timing: Timing = Timing.ALIGNED) -> Segment:
    """A sentence whose words share its time evenly, with a short silence between them."""
    words = text.split()
    each = (end_ms - start_ms) / (len(words) - 0.1)
    return Segment(
        start_ms=start_ms,
        end_ms=end_ms,
        text=text,
        timing=timing,
        words=tuple(
            Word(
                text=word,
                start_ms=round(start_ms + number * each),
                end_ms=round(start_ms + (number + 0.9) * each),
            )
            for number, word in enumerate(words)
        ),
    )


def times(layout: Layout) -> list[tuple[int, int]]:
    return [(cue.start_ms, cue.end_ms) for cue in layout.cues]


def texts(layout: Layout) -> list[tuple[str, ...]]:
    return [cue.lines for cue in layout.cues]


# --- text ------------------------------------------------------------------------------------


def test_a_short_sentence_is_one_line():
    text = "मैंने तुमसे पहले ही कहा था, यहाँ मत आना।"
    assert texts(source_cues([spoken(text, 0, 2_000)], LIMITS)) == [(text,)]


def test_a_longer_one_is_two_balanced_lines():
    layout = source_cues(
        [spoken("the quick brown fox jumps over the lazy dog again", 0, 3_000)], LIMITS
    )
    assert texts(layout) == [("the quick brown fox jumps", "over the lazy dog again")]


def test_lines_break_after_punctuation_rather_than_in_the_very_middle():
    layout = source_cues(
        [spoken("When the rain stopped, we all walked down to the river.", 0, 3_000)], LIMITS
    )
    assert texts(layout) == [("When the rain stopped,", "we all walked down to the river.")]


def test_a_danda_written_apart_never_starts_a_line():
    text = "क ख ग घ च छ ज झ ट ठ ड ढ त थ द ध न प फ ब । भ म य र ल व श ष स ह क ख ग घ च छ ज झ ट ।"
    (lines,) = texts(source_cues([spoken(text, 0, 5_000)], LIMITS))
    assert lines[0].endswith("।")


def test_a_sentence_of_three_clauses_is_cut_at_them():
    text = (
        "When the rain finally stopped, we walked down to the river,"
        " and nobody said a word, because there was nothing left to say"
        " about the house that my grandfather built with his own hands."
    )
    assert texts(source_cues([spoken(text, 0, 12_000)], LIMITS)) == [
        ("When the rain finally stopped,", "we walked down to the river,"),
        ("and nobody said a word,", "because there was nothing left to say"),
        ("about the house that my grandfather", "built with his own hands."),
    ]


def test_a_word_that_cannot_be_broken_stays_whole_with_a_warning():
    word = "अ" * 50
    layout = source_cues([spoken(f"एक {word} दो", 0, 3_000)], LIMITS)
    assert [line for lines in texts(layout) for line in lines] == ["एक", word, "दो"]
    assert "1 line(s) are longer than 42" in layout.warnings[0]
    assert "cue 2" in layout.warnings[0]


def test_a_long_compound_is_broken_after_its_hyphens():
    word = "-".join(
        ["सामाजिक", "सांस्कृतिक", "राजनीतिक", "ऐतिहासिक", "भौगोलिक", "धार्मिक", "आर्थिक", "नैतिक"] * 2
    )
    layout = source_cues([spoken(word, 0, 3_000)], LIMITS)
    assert "".join("".join(cue.lines) for cue in layout.cues) == word
    assert not layout.warnings


def test_no_break_spaces_hold():
    text = "इसकी क़ीमत पूरे पाँच सौ\u00a0रुपये\u00a0है और उससे एक पैसा भी कम नहीं होगी भाई साहब।"
    assert "सौ\u00a0रुपये\u00a0है" in " ".join(texts(source_cues([spoken(text, 0, 4_000)], LIMITS))[0])


@pytest.mark.parametrize("text", ["", " ", "\n\u2028 "])
def test_nothing_said_is_no_cue(text: str):
    segment = Segment(start_ms=0, end_ms=1_000, text=text)
    assert source_cues([segment], LIMITS) == Layout(cues=(), warnings=())
    assert translated_cues([text], [segment], LIMITS) == Layout(cues=(), warnings=())
    assert source_cues([], LIMITS, 5_000) == Layout(cues=(), warnings=())


# --- times -----------------------------------------------------------------------------------


def test_cues_of_the_source_take_the_times_of_their_words():
    first = spoken("one two three four five six seven eight nine ten eleven,", 1_000, 5_000)
    second = spoken("twelve thirteen fourteen fifteen sixteen seventeen eighteen.", 6_500, 10_500)
    words = first.words + second.words
    segment = Segment(
        start_ms=1_000, end_ms=10_500, text=f"{first.text} {second.text}", words=words
    )
    layout = source_cues([segment], LIMITS)
    assert times(layout) == [(1_000, words[10].end_ms), (6_500, words[-1].end_ms)]


def test_without_word_times_the_text_shares_the_span():
    text = " ".join(["word"] * 30) + "."
    layout = source_cues([Segment(start_ms=0, end_ms=10_000, text=text)], LIMITS)
    (_, first_end), (second_start, second_end) = times(layout)
    assert 4_500 < second_start < 5_500
    assert second_start - first_end == LIMITS.gap_ms
    assert second_end == 10_000


def test_an_edited_text_wins_over_its_old_words():
    segment = spoken("पुराना पाठ यहाँ था।", 1_000, 3_000)
    edited = Segment(start_ms=1_000, end_ms=3_000, text="नया पाठ।", words=segment.words)
    layout = source_cues([edited], LIMITS)
    assert texts(layout) == [("नया पाठ।",)]
    assert times(layout) == [(1_000, 3_000)]


def test_the_cues_of_a_brought_file_keep_their_times():
    segment = Segment(
        start_ms=1_000,
        end_ms=6_000,
        text="I told you that I would come back.",
        timing=Timing.SUBTITLE,
        words=(
            Word(text="I told you that", start_ms=1_000, end_ms=3_000),
            Word(text="I would come back.", start_ms=4_000, end_ms=6_000),
        ),
    )
    layout = source_cues([segment], LIMITS)
    assert texts(layout) == [("I told you that",), ("I would come back.",)]
    assert times(layout) == [(1_000, 3_000), (4_000, 6_000)]


def test_a_translation_changes_where_the_speaker_pauses():
    words = (
        *spoken("क ख ग घ च छ ज", 0, 4_600).words,
        *spoken("झ ट ठ ड ढ", 5_400, 9_000).words,
    )
    text = " ".join(word.text for word in words)
    segment = Segment(start_ms=0, end_ms=9_000, text=text, words=words)
    translation = (
        "This is a translation that is much too long for a single cue of two lines,"
        " so it has to be divided into two of them somewhere."
    )
    layout = translated_cues([translation], [segment], LIMITS)
    assert times(layout) == [(0, words[6].end_ms), (5_400, 9_000)]


def test_a_translation_without_a_near_boundary_is_divided_by_length():
    segment = spoken("अकेला", 0, 10_000)
    translation = " ".join(["word"] * 30)
    (_, first_end), (second_start, end) = times(translated_cues([translation], [segment], LIMITS))
    assert (second_start, first_end, end) == (5_000, 5_000 - LIMITS.gap_ms, 10_000)


def test_translations_must_match_their_segments():
    with pytest.raises(ValueError, match="longer"):
        translated_cues(["one"], [spoken("एक", 0, 500), spoken("दो", 600, 900)], LIMITS)


def test_a_short_cue_lasts_longer_after_its_speech():
    assert times(source_cues([spoken("हाँ।", 5_000, 5_300)], LIMITS)) == [(5_000, 5_833)]


def test_a_short_cue_without_time_after_it_comes_earlier():
    segments = [spoken("हाँ।", 5_000, 5_300), spoken("तो चलो, चलते हैं।", 5_400, 8_000)]
    assert times(source_cues(segments, LIMITS)) == [(4_484, 5_317), (5_400, 8_000)]


def test_a_short_cue_at_the_end_of_the_film_comes_earlier():
    assert times(source_cues([spoken("हाँ।", 9_800, 10_100)], LIMITS, 10_000)) == [(9_167, 10_000)]


def test_a_cue_that_is_read_fast_lasts_longer_if_there_is_time():
    text = "forty characters are two seconds to read"
    alone = [spoken(text, 0, 1_000)]
    followed = [*alone, spoken("और", 1_500, 3_000)]
    assert times(source_cues(alone, LIMITS)) == [(0, 2_000)]
    assert times(source_cues(followed, LIMITS))[0] == (0, 1_500 - LIMITS.gap_ms)


def test_a_gap_is_kept_between_sentences_that_touch():
    segments = [spoken("पहला वाक्य यह है।", 0, 2_000), spoken("दूसरा वाक्य यह है।", 2_000, 4_000)]
    assert times(source_cues(segments, LIMITS)) == [(0, 1_917), (2_000, 4_000)]


def test_of_two_who_speak_at_once_the_second_waits_for_the_first_to_be_read():
    segments = [spoken("एक आदमी।", 0, 2_000), spoken("दूसरा आदमी।", 100, 2_100)]
    assert times(source_cues(segments, LIMITS)) == [(0, 833), (916, 2_100)]


def test_a_slow_sentence_is_cut_rather_than_shown_for_long():
    layout = source_cues([spoken("सुनो... मैं... आ... गया...", 0, 20_000)], LIMITS)
    assert len(layout.cues) == 4
    assert all(end - start <= LIMITS.longest_ms for start, end in times(layout))


def test_one_endless_word_is_taken_away_in_time():
    assert times(source_cues([spoken("नहींईईई!", 1_000, 20_000)], LIMITS)) == [(1_000, 8_000)]


def test_a_film_too_short_for_its_cues_is_disregarded_with_a_warning():
    layout = source_cues([spoken("एक।", 0, 1_000), spoken("दो।", 1_100, 2_000)], LIMITS, 1)
    assert times(layout)[-1] == (1_100, 2_000)
    assert "1 ms" in layout.warnings[0]


# --- properties ------------------------------------------------------------------------------

any_text = st.one_of(
    st.text(max_size=40),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=40).map(" ".join),
    st.lists(st.sampled_from(["हाँ", "नमस्ते,", "क्षेत्र", "है।", "a", "-", "—", "well-known/other"])).map(
        " ".join
    ),
)


@st.composite
def segment_lists(draw: st.DrawFn, *, overlap: bool) -> list[Segment]:
    """Segments in order of time, with or without words, whose times may be odd within them."""
    segments: list[Segment] = []
    clock = draw(st.integers(0, 5_000))
    for text in draw(st.lists(any_text, max_size=6)):
        start = max(0, clock - draw(st.integers(0, 3_000))) if overlap else clock
        start = max(start, segments[-1].start_ms if segments else 0)
        end = start + draw(st.integers(0, 15_000))
        inside = st.integers(start, end)
        found = tokens(text) if draw(st.booleans()) else []
        spans = [sorted((draw(inside), draw(inside))) for _ in found]
        spans = draw(st.sampled_from([spans, sorted(spans)]))
        words = tuple(
            Word(text=word, start_ms=first, end_ms=last)
            for word, (first, last) in zip(found, spans, strict=True)
        )
        timing = draw(st.sampled_from(Timing))
        segments.append(Segment(start_ms=start, end_ms=end, text=text, timing=timing, words=words))
        clock = end + draw(st.integers(0, 4_000))
    return segments


limits = st.builds(
    CueLimits,
    line_characters=st.integers(1, 50),
    lines=st.integers(1, 3),
    shortest_ms=st.integers(1, 1_500),
    longest_ms=st.integers(1_500, 8_000),
    gap_ms=st.integers(0, 500),
    characters_per_second=st.floats(1, 50),
)
film_ends = st.none() | st.integers(0, 60_000)


def assert_shown_in_order(cues: Sequence[Cue], limits: CueLimits, film_end_ms: int | None):
    for cue in cues:
        assert 0 <= cue.start_ms < cue.end_ms
        assert cue.end_ms - cue.start_ms <= max(limits.longest_ms, 1)
        assert film_end_ms is None or film_end_ms < len(cues) or cue.end_ms <= film_end_ms
    for before, after in pairwise(cues):
        assert before.end_ms <= after.start_ms


def assert_laid_out(cues: Sequence[Cue], limits: CueLimits):
    for cue in cues:
        assert 1 <= len(cue.lines) <= limits.lines
        for line in cue.lines:
            assert line
            assert "\n" not in line
            assert len(tokens(line)) == 1 or count_graphemes(line) <= limits.line_characters


def characters(words: Sequence[str]) -> str:
    """Words without what parts them: a long compound may be broken after a hyphen."""
    return "".join(token for word in words for token in tokens(word))


@given(segment_lists(overlap=False), limits, film_ends)
def test_no_word_is_lost_doubled_or_moved(
    segments: list[Segment], limits: CueLimits, film_end_ms: int | None
):
    layouts = (
        source_cues(segments, limits, film_end_ms),
        translated_cues([segment.text for segment in segments], segments, limits, film_end_ms),
    )
    for layout in layouts:
        shown = characters([line for cue in layout.cues for line in cue.lines])
        in_time = sorted(segments, key=lambda segment: segment.start_ms)
        if len({segment.start_ms for segment in segments}) == len(segments):
            assert shown == characters([segment.text for segment in in_time])
        assert_shown_in_order(layout.cues, limits, film_end_ms)
        assert_laid_out(layout.cues, limits)


@given(segment_lists(overlap=True), limits, film_ends)
def test_people_may_speak_at_once(
    segments: list[Segment], limits: CueLimits, film_end_ms: int | None
):
    layout = source_cues(segments, limits, film_end_ms)
    shown = characters([line for cue in layout.cues for line in cue.lines])
    assert Counter(shown) == Counter(characters([segment.text for segment in segments]))
    assert_shown_in_order(layout.cues, limits, film_end_ms)
    assert_laid_out(layout.cues, limits)
    wide = any(
        count_graphemes(line) > limits.line_characters for cue in layout.cues for line in cue.lines
    )
    assert wide == any("longer than" in warning for warning in layout.warnings)


@given(segment_lists(overlap=False))
def test_cues_laid_out_again_keep_their_text(segments: list[Segment]):
    """What is written as cues and brought back as a subtitle file is cut no further."""
    first = source_cues(segments, LIMITS).cues
    brought = [
        Segment(
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            text=" ".join(cue.lines),
            timing=Timing.SUBTITLE,
            words=(Word(text=" ".join(cue.lines), start_ms=cue.start_ms, end_ms=cue.end_ms),),
        )
        for cue in first
    ]
    again = source_cues(brought, LIMITS).cues
    assert [characters(cue.lines) for cue in again] == [characters(cue.lines) for cue in first]
