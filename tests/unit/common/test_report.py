import math

import pytest
from msgspec.structs import replace
from report_jobs import (
    CORRECTED,
    QUARANTINED,
    REASON,
    URDU,
    cues_heard_twice,
    heard_twice,
    language_cues,
    report_of,
    transcript_of,
    violation,
)
from report_jobs import (
    ENGLISH as ENGLISH_SEGMENT,
)

from indicsubs_common.report.document import Report
from indicsubs_common.report.flags import (
    CORRECTED_POINTS,
    ISSUE_POINTS,
    NOTE_POINTS,
    OTHER_ISSUE_POINTS,
    QUARANTINED_POINTS,
    RULE_POINTS,
    SILENCE_POINTS,
)
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_common.report.measures import make_report
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import (
    NOT_TRANSLATED,
    QualityIssue,
    Segment,
    SegmentCue,
    Timing,
    Transcript,
    Word,
)
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language

SEGMENTS = (
    Segment(start_ms=1_000, end_ms=3_000, text="नमस्ते दुनिया", confidence=0.9, no_speech=0.1),
    Segment(start_ms=4_000, end_ms=5_000, text="चलो", confidence=0.8),
)


def cue(start_ms: int, end_ms: int, *lines: str, segments: tuple[int, ...] = ()) -> Cue:
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=lines, segments=segments)


HINDI = (cue(1_000, 3_000, "नमस्ते", "दुनिया"), cue(4_000, 5_000, "चलो"))
ENGLISH = (cue(1_000, 3_000, "Hello, world"), cue(4_000, 5_000, "Come"))


def language_of(tag: str, cues=HINDI, violations=(), issues=()) -> LanguageCues:
    return LanguageCues(
        language=find_language(tag),
        file=f"film.{tag}.srt",
        rules=Rules(),
        cues=tuple(cues),
        violations=tuple(violations),
        issues=tuple(issues),
    )


def report(*languages: LanguageCues, segments=SEGMENTS, film_end_ms=None) -> Report:
    transcript = Transcript(language="hi", segments=tuple(segments))
    return make_report("film.mkv", film_end_ms, transcript, languages)


def flags(report: Report, tag: str, number: int) -> list[tuple[str, str, float]]:
    (language,) = (one for one in report.languages if one.tag == tag)
    return [(flag.kind, flag.rule, flag.points) for flag in language.cues[number - 1].flags]


def test_a_cue_is_measured_in_grapheme_clusters():
    first, second = report(language_of("hi")).languages[0].cues
    assert (first.number, first.duration_ms, first.gap_ms) == (1, 2_000, None)
    assert first.line_characters == (3, 3)
    assert first.characters == 7  # with the line break
    assert first.code_points == 13
    assert first.characters_per_second == 3.5
    assert first.confidence == 0.9
    assert first.word_score is None
    assert (second.number, second.gap_ms) == (2, 1_000)


@pytest.mark.parametrize(
    ("rules", "share", "measure", "limit"),
    [
        (Rules(), 0.175, "characters_per_second", 20.0),
        (Rules(characters_per_second=None, words_per_minute=180), 0.334, "words_per_minute", 180),
        (Rules(characters_per_second=None), None, "characters_per_second", None),
    ],
)
def test_the_speed_has_the_unit_that_the_profile_limits(
    rules: Rules, share: float | None, measure: str, limit: float | None
):
    (language,) = report(replace(language_of("hi"), rules=rules)).languages
    assert language.cues[0].words_per_minute == 60
    assert language.cues[0].reading_share == share
    assert (language.speed_of, language.speed.most) == (measure, limit)
    assert sum(language.speed.counts) == len(language.cues)
    spoken = getattr(language.cues[0], measure)
    assert language.speed.counts[int(spoken // language.speed.step)] >= 1


def test_overlapping_cues_have_a_negative_gap_and_an_empty_cue_has_a_speed():
    cues = (cue(1_000, 3_000, "a"), cue(2_500, 2_500, "b"))
    second = report(language_of("hi", cues)).languages[0].cues[1]
    assert second.gap_ms == -500
    assert second.characters_per_second == 1000.0


def test_the_word_score_is_that_of_the_words_spoken_while_the_cue_is_shown():
    words = (
        Word(text="नमस्ते", start_ms=1_000, end_ms=1_800, score=0.8),
        Word(text="दुनिया", start_ms=1_900, end_ms=3_000, score=0.2),
    )
    segment = Segment(start_ms=1_000, end_ms=3_000, text="नमस्ते दुनिया", words=words)
    cues = (
        cue(1_000, 1_850, "नमस्ते"),
        cue(1_850, 3_000, "दुनिया"),
        cue(3_000, 4_000, "और", segments=(0,)),
    )
    result = report(language_of("hi", cues), segments=[segment])
    assert [one.word_score for one in result.languages[0].cues] == [0.8, 0.2, 0.5]
    assert flags(result, "hi", 2) == [("hearing", "time", 1.0)]
    assert result.languages[0].cues[0].confidence is None


def test_points_of_a_broken_rule_grow_with_how_far_it_is_broken_up_to_double():
    def points(value: float, limit: float) -> float:
        broken = report(language_of("hi", violations=[violation(1, "speed", value, limit, "c/s")]))
        return flags(broken, "hi", 2)[0][2]

    assert points(20, 20) == RULE_POINTS["speed"]
    assert points(30, 20) == 1.5 * RULE_POINTS["speed"]
    assert points(90, 20) == 2 * RULE_POINTS["speed"]
    assert points(5, 0) == 2 * RULE_POINTS["speed"]


def test_a_rule_of_a_user_s_profile_has_points_and_a_share_too():
    result = report(language_of("hi", violations=[violation(0, "words", 15, 14, "words")]))
    assert flags(result, "hi", 1)[0][:2] == ("rule", "words")
    within = result.languages[0].within
    assert within["words"] == 0.5
    assert within["speed"] == 1.0
    assert list(within)[:3] == ["length", "lines", "speed"]


def test_a_cue_that_breaks_a_rule_twice_counts_once():
    twice = [violation(0, "length", 50, 42, "ch"), violation(0, "length", 60, 42, "ch")]
    assert report(language_of("hi", violations=twice)).languages[0].within["length"] == 0.5


def test_an_issue_of_a_sentence_is_flagged_on_the_first_of_its_cues():
    cues = (cue(1_000, 2_000, "Hello,", segments=(0,)), cue(2_000, 3_000, "world", segments=(0,)))
    issues = [
        QualityIssue(index=0, reason="numbers", detail="5 missing"),
        QualityIssue(index=0, reason="stop", detail="no full stop"),
    ]
    result = report(language_of("hi"), language_of("en", cues, issues=issues))
    assert flags(result, "en", 1) == [
        ("translation", "numbers", ISSUE_POINTS["numbers"]),
        ("translation", "stop", OTHER_ISSUE_POINTS),
    ]
    assert flags(result, "en", 2) == []
    assert flags(result, "hi", 1) == []


def test_a_sentence_without_a_translation_is_flagged_on_the_cue_of_the_source():
    empty = QualityIssue(index=1, reason="empty", detail="no words")
    result = report(language_of("hi"), language_of("en", ENGLISH[:1], issues=[empty]))
    flag = result.languages[0].cues[1].flags[0]
    assert (flag.rule, flag.detail) == ("empty", "English: no words")
    assert result.suspects[0].points == ISSUE_POINTS["empty"]


def test_unsure_hearing_is_flagged_on_the_source_alone():
    segments = [
        Segment(start_ms=1_000, end_ms=3_000, text="क", confidence=0.25, no_speech=0.7),
        Segment(start_ms=4_000, end_ms=5_000, text="ख", note="The aligner gave up."),
    ]
    result = report(language_of("hi"), language_of("en", ENGLISH), segments=segments)
    assert flags(result, "hi", 1) == [
        ("hearing", "silence", SILENCE_POINTS),
        ("hearing", "text", 3.0),
    ]
    assert flags(result, "hi", 2) == [("hearing", "note", NOTE_POINTS)]
    assert flags(result, "en", 1) == flags(result, "en", 2) == []
    assert result.languages[1].cues[0].confidence == 0.25


def test_suspects_are_ranked_by_points_and_the_earlier_of_equal_ones_comes_first():
    violations = [violation(1, "gap", 80, 80, "ms"), violation(0, "gap", 80, 80, "ms")]
    english = [violation(1, "overlap", 100, 100, "ms")]
    result = report(
        language_of("hi", violations=violations), language_of("en", ENGLISH, violations=english)
    )
    assert [(s.language, s.number, s.points) for s in result.suspects] == [
        ("en", 2, 6.0),
        ("hi", 1, 1.0),
        ("hi", 2, 1.0),
    ]


def test_cues_of_the_same_sentence_stand_side_by_side():
    halves = (cue(1_000, 2_000, "Hello,"), cue(2_000, 3_000, "world"), cue(4_100, 5_200, "Come"))
    result = report(language_of("hi"), language_of("en", halves), language_of("ta", HINDI[:1]))
    assert [(p.start_ms, p.end_ms, p.cues) for p in result.passages] == [
        (1_000, 3_000, {"hi": (1,), "en": (1, 2), "ta": (1,)}),
        (4_000, 5_200, {"hi": (2,), "en": (3,)}),
    ]


def test_a_cue_of_two_sentences_holds_the_cues_of_both_together():
    both = [cue(1_000, 5_000, "Hello, world. Come", segments=(0, 1))]
    result = report(language_of("hi"), language_of("en", both))
    assert [p.cues for p in result.passages] == [{"hi": (1, 2), "en": (1,)}]


def test_a_cue_without_speech_stands_alone():
    alone = (cue(0, 500, "♪"), *HINDI)
    result = report(language_of("hi", alone))
    assert [p.cues for p in result.passages] == [{"hi": (1,)}, {"hi": (2,)}, {"hi": (3,)}]
    assert result.languages[0].cues[0].confidence is None


def test_histograms_count_each_cue_once_and_the_last_bar_is_open():
    cues = [cue(0, 100, "a" * 50), cue(1_000, 2_000, "a" * 20), cue(3_000, 20_000, "a")]
    language = report(language_of("hi", cues)).languages[0]
    assert sum(language.speed.counts) == sum(language.duration.counts) == 3
    assert language.speed.counts[-1] == 1
    assert language.speed.counts[20] == 1
    assert language.duration.counts[0] == 1
    assert language.duration.counts[4] == 1
    assert language.duration.counts[-1] == 1
    assert (language.speed.least, language.speed.most) == (None, 20.0)
    assert (language.duration.least, language.duration.most) == (833, 7_000)


def test_a_job_without_cues_has_an_empty_report():
    result = report(language_of("hi", ()), segments=())
    assert (result.end_ms, result.passages, result.suspects) == (0, (), ())
    assert set(result.languages[0].within.values()) == {1.0}
    assert report().languages == ()


@pytest.mark.parametrize(("known", "expected"), [(None, 5_000), (9_000, 9_000)])
def test_the_end_is_the_film_s_or_the_last_cue_s(known: int | None, expected: int):
    assert report(language_of("hi"), film_end_ms=known).end_ms == expected


@pytest.mark.no_cover  # it is long, and other tests run its lines
def test_every_cue_of_a_long_film_is_in_one_passage_and_flagged_cues_are_suspects():
    result = report_of(3_000)
    cues = [(language.tag, one) for language in result.languages for one in language.cues]
    placed = [(tag, n) for p in result.passages for tag, ns in p.cues.items() for n in ns]
    assert sorted(placed) == sorted((tag, one.number) for tag, one in cues)
    assert len(result.passages) == 3_000
    suspects = {(s.language, s.number): s.points for s in result.suspects}
    assert suspects == {(tag, one.number): one.points for tag, one in cues if one.flags}
    assert all(
        math.isclose(one.points, sum(flag.points for flag in one.flags), abs_tol=0.01)
        for _, one in cues
    )


def test_times_alone_give_the_same_passages_as_segments():
    transcript = transcript_of(200)
    known = [language_cues(tag, transcript) for tag in ("hi", "en")]
    unknown = [
        LanguageCues(
            language=one.language,
            file=one.file,
            rules=one.rules,
            cues=tuple(cue(c.start_ms, c.end_ms, *c.lines) for c in one.cues),
            violations=(),
        )
        for one in known
    ]
    passages = [
        make_report("", None, transcript, languages).passages for languages in (known, unknown)
    ]
    assert passages[0] == passages[1]


# --- the second hearing, timing and other languages -------------------------------------------


def test_quarantined_corrected_and_foreign_segments_are_listed_with_both_texts():
    transcript = heard_twice(20)
    report = make_report("film.mkv", None, transcript, [cues_heard_twice(transcript)])
    noted = {segment.number - 1: segment for segment in report.noted_segments}
    assert sorted(noted) == [QUARANTINED, CORRECTED, URDU, ENGLISH_SEGMENT]
    assert noted[QUARANTINED].quarantined == REASON
    for index, segment in noted.items():
        assert segment.text == transcript.segments[index].text
        assert segment.second_hearing == transcript.segments[index].second_hearing
    urdu, english = noted[URDU], noted[ENGLISH_SEGMENT]
    assert (urdu.language, urdu.language_name, urdu.right_to_left) == ("ur", "Urdu", True)
    assert (english.language, english.language_name, english.right_to_left) == (
        "en",
        "English",
        False,
    )


def test_the_cues_of_a_second_hearing_are_flagged_and_in_their_language():
    transcript = heard_twice(20)
    report = make_report("film.mkv", None, transcript, [cues_heard_twice(transcript)], "show")
    corrected = flags(report, "hi", CORRECTED)  # the quarantined segment before it has no cue
    assert ("hearing", "corrected", CORRECTED_POINTS) in corrected
    cues = report.languages[0].cues
    assert (cues[URDU - 1].text_language, cues[URDU - 1].text_right_to_left) == ("ur", True)
    assert (cues[0].text_language, cues[0].text_right_to_left) == (None, False)


def test_a_quarantined_sentence_that_is_shown_is_the_first_suspect():
    segments = (SEGMENTS[0], replace(SEGMENTS[1], quarantined="nobody speaks"))
    transcript = Transcript(language="hi", segments=segments)
    shown = make_report("film.mkv", None, transcript, [language_of("hi")], "show")
    assert flags(shown, "hi", 2) == [("hearing", "quarantined", QUARANTINED_POINTS)]
    assert [suspect.number for suspect in shown.suspects] == [2]
    left_out = make_report("film.mkv", None, transcript, [language_of("hi")])
    assert flags(left_out, "hi", 2) == [], "an edited cue at its time does not show it"


def test_a_text_that_was_not_translated_is_flagged():
    issue = QualityIssue(index=1, reason=NOT_TRANSLATED, detail="no model")
    found = report(language_of("hi"), language_of("en", ENGLISH, issues=[issue]))
    assert flags(found, "en", 2) == [("translation", "language", ISSUE_POINTS[NOT_TRANSLATED])]


def test_each_segment_counts_for_the_method_that_timed_it():
    words = (Word(text="चलो", start_ms=4_000, end_ms=5_000, score=0.9),)
    cue_of_file = SegmentCue(text="चलो", start_ms=4_000, end_ms=5_000)
    chalo = SEGMENTS[1]
    segments = (
        SEGMENTS[0],
        replace(
            chalo, words=words, timing=Timing.ALIGNED, timed_by="wav2vec2", timing_confidence=0.71
        ),
        replace(chalo, start_ms=6_000, end_ms=7_000, words=words, timing=Timing.ALIGNED),
        replace(chalo, start_ms=8_000, end_ms=9_000, timing=Timing.SUBTITLE, cues=(cue_of_file,)),
        replace(chalo, start_ms=10_000, end_ms=11_000),
    )
    cues = [
        cue(one.start_ms, one.end_ms, one.text, segments=(k,)) for k, one in enumerate(segments)
    ]
    found = report(language_of("hi", cues), language_of("en", cues), segments=segments)
    hindi, english = found.languages
    assert [one.timed_by for one in hindi.cues] == [
        ("characters",),
        ("wav2vec2",),
        ("aligned",),
        ("subtitle",),
        ("characters",),
    ]
    assert [one.timing_confidence for one in hindi.cues] == [None, 0.71, None, None, None]
    assert {one.timed_by for one in english.cues} == {()}, "a translation has its source's times"
    assert [(count.method, count.sentences) for count in found.timings] == [
        ("characters", 2),
        ("wav2vec2", 1),
        ("aligned", 1),
        ("subtitle", 1),
    ]
    both = cue(1_000, 5_000, "नमस्ते चलो", segments=(0, 1))
    (joined,) = report(language_of("hi", [both]), segments=segments).languages[0].cues
    assert (joined.timed_by, joined.timing_confidence) == (("characters", "wav2vec2"), 0.71)
