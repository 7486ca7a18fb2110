from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from unicodedata import name

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from indicsubs_common.subtitles import layout as layouts
from indicsubs_common.subtitles import segmentation
from indicsubs_common.subtitles.cue_costs import CueCosts
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.layout import Layout
from indicsubs_common.subtitles.stretches import Stretch
from indicsubs_common.subtitles.timed_tokens import split_words, word_tokens
from indicsubs_common.subtitles.word_classes import LANGUAGES_WITH_CLASSES, word_classes
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import TURN, Segment, SegmentCue, Timing, Word
from indicsubs_text.languages import find_language

RULES = Rules()
GAP_MS = 84
"""Two frames at 24 a second."""


def source_cues(
    segments: Sequence[Segment], language: str = "en", rules: Rules = RULES, **facts
) -> Layout:
    return layouts.source_cues(segments, language, rules, FilmFacts(**facts))


def translated_cues(
    texts: Sequence[str], segments: Sequence[Segment], rules: Rules = RULES, **facts
) -> Layout:
    return layouts.translated_cues(texts, segments, "en", rules, FilmFacts(**facts))


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
    assert texts(source_cues([spoken(text, 0, 2_000)])) == [(text,)]


def test_a_longer_sentence_is_two_balanced_lines():
    layout = source_cues([spoken("the quick brown fox jumps over the lazy dog again", 0, 3_000)])
    assert texts(layout) == [("the quick brown fox jumps", "over the lazy dog again")]


def test_a_line_breaks_after_punctuation_rather_than_in_the_middle():
    layout = source_cues(
        [spoken("When the rain stopped, we all walked down to the river.", 0, 3_000)]
    )
    assert texts(layout) == [("When the rain stopped,", "we all walked down to the river.")]


def test_a_danda_after_a_space_never_starts_a_line():
    text = "मैंने उससे कहा कि वह कल सुबह यहाँ आए । और फिर हम सब साथ में वहाँ चलेंगे ।"
    found = texts(source_cues([spoken(text, 0, 5_000)], "hi"))
    assert not [line for lines in found for line in lines if line.startswith("।")]


def test_a_sentence_of_three_clauses_is_divided_between_them():
    text = (
        "When the rain finally stopped, we walked down to the river,"
        " and nobody said a word, because there was nothing left to say"
        " about the house that my grandfather built with his own hands."
    )
    assert texts(source_cues([spoken(text, 0, 12_000)])) == [
        ("When the rain finally stopped,", "we walked down to the river,"),
        ("and nobody said a word,", "because there was nothing left to say"),
        ("about the house that my grandfather built", "with his own hands."),
    ]


def test_a_word_that_cannot_be_broken_stays_whole_and_is_named():
    word = "अ" * 50
    layout = source_cues([spoken(f"एक {word} दो", 0, 3_000)])
    assert [line for lines in texts(layout) for line in lines] == ["एक", word, "दो"]
    (found,) = [violation for violation in layout.violations if violation.rule == "length"]
    assert (found.rule, found.cue, found.value, found.limit) == ("length", 1, 50, 42)


def test_a_long_compound_is_broken_after_its_hyphens():
    word = "-".join(
        ["सामाजिक", "सांस्कृतिक", "राजनीतिक", "ऐतिहासिक", "भौगोलिक", "धार्मिक", "आर्थिक", "नैतिक"] * 2
    )
    layout = source_cues([spoken(word, 0, 3_000)])
    assert "".join("".join(cue.lines) for cue in layout.cues) == word
    assert not layout.violations


def test_no_break_spaces_hold():
    text = "इसकी क़ीमत पूरे पाँच सौ\u00a0रुपये\u00a0है और उससे एक पैसा भी कम नहीं होगी भाई साहब।"
    assert "सौ\u00a0रुपये\u00a0है" in " ".join(texts(source_cues([spoken(text, 0, 4_000)]))[0])


@pytest.mark.parametrize("text", ["", " ", "\n\u2028 "])
def test_a_text_without_words_has_no_cue(text: str):
    segment = Segment(start_ms=0, end_ms=1_000, text=text)
    assert source_cues([segment]) == Layout(cues=(), violations=(), warnings=())
    assert translated_cues([text], [segment]) == Layout(cues=(), violations=(), warnings=())
    assert source_cues([], film_end_ms=5_000) == Layout(cues=(), violations=(), warnings=())


# --- times -----------------------------------------------------------------------------------


def test_cues_of_the_source_take_the_times_of_their_words():
    first = spoken("one two three four five six seven eight nine ten eleven,", 1_000, 5_000)
    second = spoken("twelve thirteen fourteen fifteen sixteen seventeen eighteen.", 6_500, 10_500)
    words = first.words + second.words
    segment = Segment(
        start_ms=1_000, end_ms=10_500, text=f"{first.text} {second.text}", words=words
    )
    layout = source_cues([segment])
    assert times(layout) == [(1_000, words[10].end_ms), (6_500, words[-1].end_ms)]


def test_without_word_times_the_text_shares_the_span():
    text = " ".join(["word"] * 30) + "."
    layout = source_cues([Segment(start_ms=0, end_ms=10_000, text=text)])
    (_, first_end), (second_start, second_end) = times(layout)
    assert 4_500 < second_start < 5_500
    assert second_start - first_end == GAP_MS
    assert second_end == 10_000


def test_an_edited_text_replaces_its_old_words():
    segment = spoken("पुराना पाठ यहाँ था।", 1_000, 3_000)
    edited = Segment(start_ms=1_000, end_ms=3_000, text="नया पाठ।", words=segment.words)
    layout = source_cues([edited])
    assert texts(layout) == [("नया पाठ।",)]
    assert times(layout) == [(1_000, 3_000)]


def test_the_cues_of_an_imported_file_keep_their_times():
    segment = Segment(
        start_ms=1_000,
        end_ms=6_000,
        text="I told you that I would come back.",
        timing=Timing.SUBTITLE,
        cues=(
            SegmentCue(text="I told you that", start_ms=1_000, end_ms=3_000),
            SegmentCue(text="I would come back.", start_ms=4_000, end_ms=6_000),
        ),
    )
    layout = source_cues([segment])
    assert texts(layout) == [("I told you that",), ("I would come back.",)]
    assert times(layout) == [(1_000, 3_000), (4_000, 6_000)]


def test_a_translation_changes_its_cue_where_the_speaker_pauses():
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
    layout = translated_cues([translation], [segment])
    assert times(layout) == [(0, words[6].end_ms), (5_400, 9_000)]


def test_a_pause_falls_after_the_translation_s_punctuation():
    """ "Yes," is a fifth of the translation but a tenth of the speech: the comma is the pause."""
    words = (*spoken("हाँ", 0, 400).words, *spoken("मैं कल सुबह ज़रूर आऊँगा।", 2_000, 5_600).words)
    text = " ".join(word.text for word in words)
    segment = Segment(start_ms=0, end_ms=5_600, text=text, words=words)
    layout = translated_cues(["Yes, I am coming to see you."], [segment])
    assert texts(layout) == [("Yes,",), ("I am coming to see you.",)]
    assert times(layout) == [(0, 833), (2_000, 5_600)]


def test_a_translation_without_a_near_boundary_is_divided_by_length():
    segment = spoken("अकेला", 0, 10_000)
    translation = " ".join(["word"] * 30)
    (_, first_end), (second_start, end) = times(translated_cues([translation], [segment]))
    assert 4_500 < second_start < 5_500
    assert (first_end, end) == (second_start - GAP_MS, 10_000)


def test_translations_must_match_their_segments():
    with pytest.raises(ValueError, match="longer"):
        translated_cues(["one"], [spoken("एक", 0, 500), spoken("दो", 600, 900)])


def test_a_short_cue_lasts_longer_after_its_speech():
    assert times(source_cues([spoken("हाँ।", 5_000, 5_300)])) == [(5_000, 5_833)]


def test_a_short_sentence_without_enough_time_shares_the_next_cue():
    segments = [spoken("हाँ।", 5_000, 5_300), spoken("तो चलो, चलते हैं।", 5_400, 8_000)]
    layout = source_cues(segments, "hi")
    assert texts(layout) == [("हाँ। तो चलो, चलते हैं।",)]
    assert layout.cues[0].segments == (0, 1)


def test_a_short_cue_may_start_two_frames_before_its_speech():
    layout = source_cues([spoken("हाँ।", 9_800, 10_100)], film_end_ms=10_000)
    assert times(layout) == [(9_717, 10_000)]
    assert [violation.rule for violation in layout.violations] == ["short"]


def test_a_cue_that_is_read_fast_lasts_longer_if_there_is_time():
    text = "forty characters are two seconds to read"
    alone = [spoken(text, 0, 1_000)]
    followed = [*alone, spoken("और", 1_500, 3_000)]
    assert times(source_cues(alone)) == [(0, 2_000)]
    assert times(source_cues(followed))[0] == (0, 1_500 - GAP_MS)


def test_a_gap_is_kept_between_sentences_that_touch():
    segments = [spoken("पहला वाक्य यह है।", 0, 2_000), spoken("दूसरा वाक्य यह है।", 2_000, 4_000)]
    assert times(source_cues(segments)) == [(0, 1_916), (2_000, 4_000)]


def test_where_speech_overlaps_the_second_cue_waits_for_the_first_one():
    segments = [spoken("एक आदमी।", 0, 2_000), spoken("दूसरा आदमी।", 100, 2_100)]
    assert times(source_cues(segments)) == [(0, 833), (917, 2_100)]


def test_where_short_words_overlap_the_second_cue_waits_for_the_gap():
    segments = [spoken("कौन?", 0, 260), spoken("मैं।", 20, 280)]
    layout = source_cues(segments, "hi")
    assert times(layout) == [(0, GAP_MS), (2 * GAP_MS, 2 * GAP_MS + RULES.shortest_ms)]
    assert [violation.rule for violation in layout.violations] == ["short", "speed"]


def test_overlapping_short_sentences_share_a_cue_over_a_shot_change_in_the_overlap():
    segments = [spoken("कौन?", 1_000, 1_240), spoken("मैं।", 1_100, 1_290)]
    layout = source_cues(segments, "hi", shot_changes_ms=(1_160,))
    assert texts(layout) == [("कौन? मैं।",)]
    assert times(layout) == [(1_160, 1_993)]


def test_a_slow_sentence_is_divided_rather_than_shown_for_too_long():
    layout = source_cues([spoken("सुनो... मैं... आ... गया...", 0, 20_000)])
    assert len(layout.cues) == 4
    assert all(end - start <= RULES.longest_ms for start, end in times(layout))


def test_a_very_long_word_is_not_shown_for_too_long():
    assert times(source_cues([spoken("नहींईईई!", 1_000, 20_000)])) == [(1_000, 8_000)]


def test_a_film_end_too_early_for_the_cues_is_ignored_with_a_warning():
    layout = source_cues([spoken("एक।", 0, 1_000), spoken("दो।", 1_100, 2_000)], film_end_ms=1)
    assert times(layout)[-1] == (1_100, 2_000)
    assert "1 ms" in layout.warnings[0]


def test_a_cue_lingers_no_longer_than_the_rules_say():
    fast = [spoken("forty characters are two seconds to read", 0, 1_000)]
    assert times(source_cues(fast, rules=Rules(linger_ms=500))) == [(0, 1_500)]


def test_words_per_minute_and_words_per_cue_are_rules_too():
    rules = Rules(characters_per_second=None, words_per_minute=120, cue_words=3)
    layout = source_cues([spoken("one two three four five six.", 0, 1_500)], rules=rules)
    assert texts(layout) == [("one two three",), ("four five six.",)]
    assert times(layout)[1] == (750 + 13, 2_263)


def test_a_short_gap_is_closed_and_a_pause_stays():
    segments = [
        spoken("The first of three sentences.", 0, 2_000),
        spoken("The second follows at once.", 2_300, 4_000),
        spoken("The third takes its time.", 4_900, 6_500),
    ]
    rules = Rules(linger_ms=0)
    assert times(source_cues(segments, rules=rules)) == [
        (0, 2_300 - GAP_MS),
        (2_300, 4_000),
        (4_900, 6_500),
    ]


def test_the_gap_is_two_frames_of_the_films_own_rate():
    segments = [
        spoken("The first sentence is this.", 0, 2_000),
        spoken("The second is this.", 2_000, 4_000),
    ]
    for rate, gap_ms in (
        (Fraction(24_000, 1_001), 84),
        (Fraction(25), 80),
        (Fraction(60_000, 1_001), 34),
    ):
        first, second = times(source_cues(segments, frame_rate=rate))
        assert second[0] - first[1] == gap_ms


# --- shot changes ----------------------------------------------------------------------------


def test_starts_and_ends_near_a_shot_change_move_to_it():
    segment = spoken("We have been waiting for the train.", 1_300, 3_800)
    layout = source_cues([segment], shot_changes_ms=(1_000, 4_000))
    assert times(layout) == [(1_000, 4_000 - GAP_MS)]
    assert not layout.violations


def test_a_start_just_before_a_shot_change_waits_for_it_or_moves_half_a_second_before_it():
    late = spoken("We have been waiting for the train.", 900, 3_000)
    early = spoken("We have been waiting for the train.", 600, 3_000)
    assert times(source_cues([late], shot_changes_ms=(1_000,)))[0][0] == 1_000
    assert times(source_cues([early], shot_changes_ms=(1_000,)))[0][0] == 500


def test_an_end_just_after_a_shot_change_moves_half_a_second_after_it():
    segment = spoken("We have been waiting for the train.", 1_000, 3_200)
    layout = source_cues([segment], shot_changes_ms=(3_000,))
    assert times(layout) == [(1_000, 3_500)]


@pytest.mark.parametrize("start_ms", [2_150, 2_230])
def test_cues_that_change_soon_after_a_shot_change_change_half_a_second_after_it(start_ms: int):
    segments = [
        spoken("The first of two sentences here.", 0, start_ms - 50),
        spoken("The second of two sentences here.", start_ms, 4_500),
    ]
    layout = source_cues(segments, shot_changes_ms=(1_700,))
    assert times(layout) == [(0, 2_200), (2_200 + GAP_MS, 4_500)]
    assert not layout.violations


def test_a_start_soon_after_a_shot_change_moves_back_to_it_if_earlier_speech_is_over():
    segments = [
        spoken("The first of two sentences here.", 0, 1_450),
        spoken("The second of two sentences here.", 2_010, 4_500),
    ]
    layout = source_cues(segments, shot_changes_ms=(1_700,))
    assert times(layout) == [(0, 1_616), (1_700, 4_500)]


def test_a_start_without_room_to_move_is_a_violation():
    segments = [
        spoken("The first of two sentences here.", 0, 2_000),
        spoken("The second of two sentences here.", 2_050, 4_000),
    ]
    layout = source_cues(segments, shot_changes_ms=(1_900,))
    assert times(layout)[1][0] == 2_050
    assert {violation.rule for violation in layout.violations} == {"cut"}


def test_the_film_is_searched_only_near_cues_and_sentences():
    segment = spoken("We have been waiting for the train.", 10_000, 12_000)
    cues = source_cues([segment]).cues
    ranges = layouts.shot_change_ranges(cues, [segment], RULES, FilmFacts())
    reach = RULES.cut_ms + GAP_MS
    assert sorted(set(ranges)) == [
        (9_400, 10_600), (10_000 - reach, 10_000 + reach),
        (11_400, 12_600), (12_000 - reach, 12_000 + reach),
    ]  # fmt: skip
    assert layouts.shot_change_ranges(cues, [segment], replace(RULES, cut_ms=0), FilmFacts()) == []


def test_sentences_on_either_side_of_a_shot_change_do_not_share_a_cue():
    segments = [spoken("Yes.", 0, 400), spoken("Come in, come in.", 450, 2_000)]
    assert len(source_cues(segments).cues) == 1
    assert len(source_cues(segments, shot_changes_ms=(425,)).cues) == 2


# --- speakers, songs, sounds -----------------------------------------------------------------


def by(speaker: str, segment: Segment) -> Segment:
    return replace(segment, speaker=speaker)


def test_two_short_sentences_of_two_speakers_share_a_cue_with_dashes():
    segments = [
        by("Veeru", spoken("कौन?", 0, 400)),
        by("Basanti", spoken("मैं हूँ।", 450, 900)),
    ]
    layout = source_cues(segments, "hi")
    assert texts(layout) == [("- कौन?", "- मैं हूँ।")]
    assert layout.cues[0].segments == (0, 1)
    assert texts(source_cues(segments, "hi", Rules(dialogue_dash=""))) == [("कौन?",), ("मैं हूँ।",)]


def test_a_sentence_too_long_for_a_line_with_a_dash_is_not_squeezed_into_one():
    long = " ".join(["मेला"] * 14) + "।"  # 42 wide, as a line without a dash
    segments = [by("A", spoken(long, 0, 2500)), by("B", spoken("हाँ।", 2550, 3000))]
    lines = [line for cue in texts(source_cues(segments, "hi")) for line in cue]
    assert f"- {long}" not in lines
    assert " ".join(line.removeprefix("- ") for line in lines) == f"{long} हाँ।"


def test_three_speakers_need_a_second_cue():
    segments = [
        by(name, spoken(text, start, start + 400))
        for name, text, start in (("A", "कौन?", 0), ("B", "मैं।", 450), ("C", "आओ।", 900))
    ]
    assert sorted(map(len, texts(source_cues(segments, "hi")))) == [1, 2]


def test_the_two_speakers_of_an_imported_cue_stay_in_it():
    segments = [
        Segment(
            start_ms=start,
            end_ms=start + 1_000,
            text=text,
            timing=Timing.SUBTITLE,
            speaker=f"{TURN}{number}",
            cues=(SegmentCue(text=text, start_ms=start, end_ms=start + 1_000),),
        )
        for number, (start, text) in enumerate([(0, "Are you coming?"), (1_000, "In a minute.")], 1)
    ]
    layout = source_cues(segments, rules=Rules(dialogue_dash="-"))
    assert texts(layout) == [("-Are you coming?", "-In a minute.")]
    assert times(layout) == [(0, 2_000)]
    alone = [segments[0], replace(segments[1], speaker=f"{TURN}1")]
    assert len(source_cues(alone).cues) == 2


def test_a_song_has_notes_and_does_not_share_its_cue():
    song = replace(spoken("ये दोस्ती हम नहीं तोड़ेंगे, तोड़ेंगे दम मगर तेरा साथ", 0, 5_000), kind="song")
    layout = source_cues([song, spoken("हाँ।", 5_050, 5_400)], "hi")
    assert texts(layout)[0][0].startswith("♪ ये")
    assert texts(layout)[0][-1].endswith("साथ ♪")
    assert [cue.kind for cue in layout.cues] == ["song", "speech"]
    plain = source_cues([song], "hi", Rules(song_mark=""))
    assert plain.cues[0].lines[0].startswith("ये")


def test_the_notes_of_a_song_count_as_characters():
    song = replace(spoken("a" * 40, 0, 3_000), kind="song")
    assert [f.value for f in source_cues([song]).violations] == [44]
    two = replace(spoken("a" * 20 + " " + "b" * 20, 0, 3_000), kind="song")
    assert texts(source_cues([two])) == [("♪ " + "a" * 20, "b" * 20 + " ♪")]


def test_sounds_are_shown_where_the_rules_ask_for_them():
    sound = replace(spoken("दरवाज़ा बंद होता है", 0, 2_000), kind="sound")
    shown = source_cues([sound], "hi", Rules(sounds=True))
    assert texts(shown) == [("[दरवाज़ा बंद होता है]",)]
    bare = source_cues([sound], "hi", Rules(sounds=True, sound_brackets=""))
    assert texts(bare) == [("दरवाज़ा बंद होता है",)]
    hidden = source_cues([sound], "hi")
    assert hidden.cues == ()
    assert "1 description(s) of sounds" in hidden.warnings[0]


# --- how it reads ----------------------------------------------------------------------------

READS = [
    ("en", "Mr. Sharma has been waiting for you in the office since nine o'clock in the morning.",
     [("Mr. Sharma has been waiting", "for you in the office"),
      ("since nine o'clock in the morning.",)]),
    ("en", "I need to talk to you about something important.",
     [("I need to talk to you", "about something important.")]),
    ("hi", "डॉ. शर्मा सुबह नौ बजे से दफ़्तर में तुम्हारा इंतज़ार कर रहे हैं और बहुत गुस्से में हैं।",
     [("डॉ. शर्मा सुबह नौ बजे से दफ़्तर में तुम्हारा इंतज़ार कर रहे हैं", "और बहुत गुस्से में हैं।")]),
    ("ta", "நான் உன்னிடம் முன்பே சொன்னேன் இங்கே வரவேண்டாம் என்று, ஆனால் நீ யார் பேச்சையும் கேட்பதில்லை.",
     [("நான் உன்னிடம் முன்பே சொன்னேன் இங்கே வரவேண்டாம் என்று,", "ஆனால் நீ யார் பேச்சையும் கேட்பதில்லை.")]),
    ("te", "మీ నాన్న గారు ఉదయం నుంచి ఆఫీసులో నీ కోసం ఎదురు చూస్తున్నారు, కానీ నువ్వు ఇంకా ఇంటికి రాలేదు.",
     [("మీ నాన్న గారు ఉదయం నుంచి ఆఫీసులో నీ కోసం ఎదురు చూస్తున్నారు,", "కానీ నువ్వు ఇంకా ఇంటికి రాలేదు.")]),
    ("bn", "আমি তোমাকে আগেই বলেছিলাম এখানে এসো না, কিন্তু তুমি কখনও কারও কথা শোনো না।",
     [("আমি তোমাকে আগেই বলেছিলাম এখানে এসো না,", "কিন্তু তুমি কখনও কারও কথা শোনো না।")]),
    ("ur", "میں نے تم سے کہا تھا کہ یہاں مت آنا، لیکن تم کبھی کسی کی بات نہیں سنتے۔",
     [("میں نے تم سے کہا تھا کہ یہاں مت آنا،", "لیکن تم کبھی کسی کی بات نہیں سنتے۔")]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "lines"), READS, ids=[row[0] for row in READS])
def test_cues_break_as_a_reader_expects(language: str, text: str, lines: list[tuple[str, ...]]):
    layout = source_cues([spoken(text, 0, 60 * len(text))], language)
    assert texts(layout) == lines
    assert not layout.violations


@pytest.mark.parametrize("tag", LANGUAGES_WITH_CLASSES)
def test_the_function_words_of_each_language_are_in_its_script(tag: str):
    """A word that was pasted into the table of another language would never be found in a text."""
    classes = word_classes(tag)
    closed = classes.cling_to_previous | classes.cling_to_next | classes.open_clause
    words = frozenset().union(*astuple(classes))
    script = NAMES[find_language(tag).own_script]
    assert len(closed) > 40
    assert {name(c).split()[0] for word in words for c in word if c.isalpha()} == {script}


NAMES = {
    "Latn": "LATIN", "Deva": "DEVANAGARI", "Taml": "TAMIL", "Telu": "TELUGU", "Beng": "BENGALI",
    "Gujr": "GUJARATI",
    "Knda": "KANNADA", "Mlym": "MALAYALAM", "Guru": "GURMUKHI", "Arab": "ARABIC",
}  # fmt: skip


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
    """Segments in order of time, with or without words; the times of words may be in any order."""
    segments: list[Segment] = []
    clock = draw(st.integers(0, 5_000))
    for text in draw(st.lists(any_text, max_size=6)):
        start = max(0, clock - draw(st.integers(0, 3_000))) if overlap else clock
        start = max(start, segments[-1].start_ms if segments else 0)
        end = start + draw(st.integers(0, 15_000))
        inside = st.integers(start, end)
        found = split_words(text) if draw(st.booleans()) else []
        spans = [sorted((draw(inside), draw(inside))) for _ in found]
        spans = draw(st.sampled_from([spans, sorted(spans)]))
        words = tuple(
            Word(text=word, start_ms=first, end_ms=last)
            for word, (first, last) in zip(found, spans, strict=True)
        )
        segments.append(
            Segment(
                start_ms=start,
                end_ms=end,
                text=text,
                timing=draw(st.sampled_from(Timing)),
                words=words,
                kind=draw(st.sampled_from(["speech", "speech", "song", "sound"])),
                speaker=draw(st.sampled_from([None, "A", "B", f"{TURN}1", f"{TURN}2"])),
            )
        )
        clock = end + draw(st.integers(1, 4_000))
    return segments


all_rules = st.builds(
    Rules,
    count=st.sampled_from(["graphemes", "code_points"]),
    line_characters=st.integers(1, 50),
    lines=st.integers(1, 3),
    characters_per_second=st.none() | st.floats(1, 50),
    words_per_minute=st.none() | st.floats(30, 400),
    cue_words=st.none() | st.integers(1, 20),
    shortest_ms=st.integers(100, 1_500),
    longest_ms=st.integers(1_500, 8_000),
    gap_frames=st.integers(0, 2),
    close_gap_below_ms=st.integers(0, 1_000),
    lead_ms=st.integers(0, 200),
    linger_ms=st.integers(0, 2_000),
    cut_ms=st.integers(0, 600),
    dialogue_dash=st.sampled_from(["", "-", "- "]),
    song_mark=st.sampled_from(["", "♪"]),
    sounds=st.just(True),
    sound_brackets=st.sampled_from(["", "[]"]),
)
all_film_facts = st.builds(
    FilmFacts,
    frame_rate=st.sampled_from([Fraction(24_000, 1_001), Fraction(25), Fraction(60)]),
    film_end_ms=st.none() | st.integers(0, 60_000),
    shot_changes_ms=st.lists(st.integers(0, 60_000), unique=True).map(
        lambda cuts: tuple(sorted(cuts))
    ),
)


def bare(lines: Iterable[str]) -> str:
    """Text without white space and without the marks that a layout may add.

    A long compound may be broken after a hyphen, and the texts of these tests may contain such
    marks themselves.
    """
    return "".join(
        c for line in lines for word in split_words(line) for c in word if c not in "-♪[]"
    )


def assert_valid(layout: Layout, rules: Rules, facts: FilmFacts, segments: Iterable[Segment]):
    """The cues are in order, and each one keeps the rules or has a violation."""
    for cue in layout.cues:
        assert 0 <= cue.start_ms < cue.end_ms
        assert cue.lines
        assert all(line and "\n" not in line for line in cue.lines)
    for before, after in pairwise(layout.cues):
        assert before.end_ms <= after.start_ms
    by_rule = {
        rule: [f for f in layout.violations if f.rule == rule] for rule in ("length", "lines")
    }
    assert not by_rule["lines"]
    assert not [f for f in layout.violations if f.rule in {"long", "overlap"}]
    for violation in by_rule["length"]:
        cue = layout.cues[violation.cue]
        assert len(cue.lines) == 1
        assert len(split_words(cue.lines[0].strip("♪ "))) == 1
    end_ms = facts.film_end_ms
    # Words without times share the time of their segment, so its end counts too.
    speech_is_in_film = end_ms is not None and all(
        max([segment.start_ms, *(word.start_ms for word in segment.words)]) < end_ms
        and max([segment.end_ms, *(word.end_ms for word in segment.words)]) <= end_ms
        for segment in segments
    )
    if speech_is_in_film and end_ms >= len(layout.cues):
        assert all(cue.end_ms <= facts.film_end_ms for cue in layout.cues)
    if rules.cue_words is not None:
        assert not [f for f in layout.violations if f.rule == "words" and f.value > 1]


@given(segment_lists(overlap=False), all_rules, all_film_facts)
def test_no_word_is_lost_doubled_or_moved(segments: list[Segment], rules: Rules, facts: FilmFacts):
    source_texts = [segment.text for segment in segments]
    for layout in (
        layouts.source_cues(segments, "hi", rules, facts),
        layouts.translated_cues(source_texts, segments, "en", rules, facts),
    ):
        assert bare(line for cue in layout.cues for line in cue.lines) == bare(source_texts)
        assert_valid(layout, rules, facts, segments)


@given(segment_lists(overlap=True), all_rules, all_film_facts)
def test_no_word_is_lost_where_speech_overlaps(
    segments: list[Segment], rules: Rules, facts: FilmFacts
):
    layout = layouts.source_cues(segments, "hi", rules, facts)
    shown = Counter(bare(line for cue in layout.cues for line in cue.lines))
    assert shown == Counter(bare(segment.text for segment in segments))
    assert_valid(layout, rules, facts, segments)


def imported(layout: Layout, rules: Rules) -> list[Segment]:
    """The cues as they are imported from a subtitle file: with their times, without their marks."""
    segments: list[Segment] = []
    for cue in layout.cues:
        turns = [" ".join(cue.lines)]
        dash = rules.dialogue_dash
        if len(cue.segments) > 1 and dash and all(line.startswith(dash) for line in cue.lines):
            turns = [line.removeprefix(dash) for line in cue.lines]
        if cue.kind == "song" and rules.song_mark:
            turns = [turns[0].removeprefix("♪ ").removesuffix(" ♪")]
        if cue.kind == "sound" and rules.sound_brackets:
            turns = [turns[0][1:-1]]
        each = (cue.end_ms - cue.start_ms) // len(turns)
        for number, text in enumerate(turns, 1):
            start = cue.start_ms + (number - 1) * each
            end = cue.end_ms if number == len(turns) else start + each
            segments.append(
                Segment(
                    start_ms=start,
                    end_ms=end,
                    text=text,
                    timing=Timing.SUBTITLE,
                    kind=cue.kind,
                    speaker=f"{TURN}{number}" if len(turns) > 1 else None,
                    cues=(SegmentCue(text=text, start_ms=start, end_ms=end),),
                )
            )
    return segments


plain_words = st.lists(
    st.sampled_from(
        ["हाँ", "नमस्ते,", "क्षेत्र", "है।", "में", "और", "the", "a", "Ram", "go.", "well-known", "I", "नहीं"]
    ),
    min_size=1,
    max_size=30,
).map(" ".join)


@st.composite
def dialogues(draw: st.DrawFn) -> list[Segment]:
    """Sentences of whole words with plausible times, close together or far apart."""
    segments: list[Segment] = []
    clock = draw(st.integers(0, 3_000))
    for text in draw(st.lists(plain_words, max_size=8)):
        end = clock + draw(st.integers(1, 60)) * len(text)
        segments.append(
            replace(
                spoken(text, clock, end),
                kind=draw(st.sampled_from(["speech", "speech", "speech", "song", "sound"])),
                speaker=draw(st.sampled_from([None, "A", "B"])),
            )
        )
        clock = end + draw(st.sampled_from([0, 50, 300, 700, 2_000]))
    return segments


@given(dialogues(), all_rules, all_film_facts)
def test_its_own_output_laid_out_again_is_unchanged(
    segments: list[Segment], rules: Rules, facts: FilmFacts
):
    rules = replace(rules, line_characters=max(20, rules.line_characters))
    first = layouts.source_cues(segments, "hi", rules, facts)
    again = layouts.source_cues(imported(first, rules), "hi", rules, facts)
    assert [(c.start_ms, c.end_ms, c.lines, c.kind) for c in again.cues] == [
        (c.start_ms, c.end_ms, c.lines, c.kind) for c in first.cues
    ]


@given(
    st.lists(st.lists(st.integers(1, 14), min_size=1, max_size=4), min_size=3, max_size=6),
    st.integers(1, 14),
)
def test_an_edited_sentence_does_not_change_cues_beyond_the_next_pause(
    scenes: list[list[int]], new: int
):
    segments: list[Segment] = []
    at_ms = 0
    for scene in scenes:
        for words in scene:
            segments.append(spoken(" ".join(["word"] * words) + ".", at_ms, at_ms + 350 * words))
            at_ms = segments[-1].end_ms + 150
        at_ms += 2_000
    first = len(scenes[0])
    scene = set(range(first, first + len(scenes[1])))
    original = [segment.text for segment in segments]
    edited = [*original[:first], " ".join(["text"] * new) + ".", *original[first + 1 :]]
    before, after = (
        [cue for cue in translated_cues(some, segments).cues if scene.isdisjoint(cue.segments)]
        for some in (original, edited)
    )
    assert before == after


@pytest.mark.no_cover  # it is long, and other tests run its lines
def test_the_work_grows_with_the_number_of_words(monkeypatch: pytest.MonkeyPatch):
    """Three hours, 3,000 sentences of nine words: counts the starts of cues that are tried."""
    tried = 0
    cheapest_division = segmentation._cheapest_division

    def counted(costs: CueCosts, least_costs: Sequence[float], starts: Iterable[int], end: int):
        nonlocal tried
        starts = list(starts)
        tried += len(starts)
        return cheapest_division(costs, least_costs, starts, end)

    monkeypatch.setattr(segmentation, "_cheapest_division", counted)
    words = "this is what nine words of dialogue look like."
    film = [spoken(words, 3_600 * n, 3_600 * n + 3_600) for n in range(3_000)]
    layout = source_cues(film)
    assert len(layout.cues) >= 2_000
    assert 9 * 3_000 <= tried < 40 * 9 * 3_000


@given(plain_words, st.integers(20, 600), all_rules, all_film_facts, st.booleans())
@example(text="I" + 12 * " I", word_ms=600, rules=RULES, facts=FilmFacts(), speakers=False).via(
    "two divisions with the same cost"
)
def test_no_other_division_is_cheaper(
    text: str, word_ms: int, rules: Rules, facts: FilmFacts, speakers: bool
):
    """The search without shortcuts: the full cost of every cue, the shortest last cue first."""
    tokens = word_tokens(spoken(text, 0, word_ms * len(text.split())).words, rules)
    stretch = Stretch(
        tokens=tokens,
        segments=[0] * len(tokens),
        kind="speech",
        language="hi",
        free_until_ms=facts.film_end_ms,
        speaker_changes=frozenset(range(4, len(tokens), 5)) if speakers else frozenset(),
    )
    shot_rules, gap_ms = facts.shot_rules(rules), facts.gap_ms(rules)
    costs = CueCosts(stretch, rules, shot_rules, gap_ms)
    best = [(0.0, [0])]
    for end in range(1, len(tokens) + 1):
        candidates: list[tuple[float, list[int]]] = []
        for start in reversed(range(end)):
            lines = costs.line_breaks(start, end)
            if lines and (start + 1 == end or not costs.exceeds_limits(start, end)):
                cost, edges = best[start]
                cost = cost + lines[0] + costs.cost_without_lines(start, end)
                candidates.append((cost, [*edges, end]))
        best.append(min(candidates, key=lambda candidate: candidate[0]))
    cues = segmentation.split_into_cues(stretch, rules, shot_rules, gap_ms)
    assert [0, *(cue.end for cue in cues)] == best[-1][1]


# --- other languages and quarantine ------------------------------------------------------------


def test_sentences_in_two_languages_never_share_a_cue():
    segments = [
        spoken("रुको।", 0, 900),
        replace(spoken("Wait.", 1_000, 1_900), language="en"),
        spoken("आओ।", 2_000, 2_900),
    ]
    cues = source_cues(segments, "hi").cues
    assert [(cue.lines, cue.language) for cue in cues] == [
        (("रुको।",), None),
        (("Wait.",), "en"),
        (("आओ।",), None),
    ]


@pytest.mark.parametrize("timing", [Timing.ALIGNED, Timing.ASR])
def test_a_quarantined_sentence_has_a_cue_only_where_it_is_shown(timing: Timing):
    invented = replace(spoken("धन्यवाद।", 3_000, 3_900, timing=timing), quarantined="not spoken")
    segments = [spoken("रुको।", 0, 900), invented]
    shown = layouts.source_cues(segments, "hi", RULES, FilmFacts(), "show")
    assert texts(source_cues(segments, "hi")) == [("रुको।",)]
    assert texts(shown) == [("रुको।",), ("धन्यवाद।",)]
    assert texts(translated_cues(["Stop.", "Thanks."], segments)) == [("Stop.",)]


def test_a_text_that_no_model_translated_is_in_the_language_of_its_segment():
    segments = [replace(spoken("آؤ۔", 0, 900), language="ur"), spoken("रुको।", 2_000, 2_900)]
    layout = layouts.translated_cues(
        ["آؤ۔", "Stop."], segments, "en", RULES, FilmFacts(), copied={0}
    )
    assert [cue.language for cue in layout.cues] == ["ur", None]


def test_lines_of_another_language_are_broken_by_its_own_function_words():
    """A break before a clause is good in English; the tables of Hindi do not know its words."""
    text = "You will never believe what happened to the old man of the sea."
    english = replace(spoken(text, 0, 6_000), language="en")
    (cue,) = source_cues([english], "hi").cues
    assert cue.lines == ("You will never believe", "what happened to the old man of the sea.")
