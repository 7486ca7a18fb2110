from itertools import pairwise
from unicodedata import name, normalize

import pytest

from benchmarks.cue_scores import Share, crowded_spans, score
from benchmarks.dialogue import LINE, LINES, make_dialogue, spoken
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.layout import source_cues
from indicsubs_common.subtitles.violations import find_violations
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, Word
from indicsubs_text.cues import Cue
from indicsubs_text.graphemes import characters
from indicsubs_text.rule_profiles import load_profile

RULES = Rules()
LANGUAGES = tuple(spoken())
SCRIPTS = {
    "en": "LATIN",
    "hi": "DEVANAGARI",
    "ta": "TAMIL",
    "te": "TELUGU",
    "bn": "BENGALI",
    "mr": "DEVANAGARI",
    "ur": "ARABIC",
}


def said(text: str, start_ms: int, end_ms: int) -> Segment:
    each = (end_ms - start_ms) // len(text.split())
    words = [
        Word(text=word, start_ms=start_ms + number * each, end_ms=start_ms + (number + 1) * each)
        for number, word in enumerate(text.split())
    ]
    return Segment(start_ms=start_ms, end_ms=end_ms, text=text, words=tuple(words))


@pytest.mark.parametrize("language", LANGUAGES)
def test_dialogue_is_the_same_each_time_and_other_with_another_seed(language: str):
    assert make_dialogue(language, 60) == make_dialogue(language, 60)
    assert make_dialogue(language, 60) != make_dialogue(language, 60, seed=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_dialogue_has_pauses_overlaps_and_cuts(language: str):
    dialogue = make_dialogue(language, 300)
    silences = [b.start_ms - a.end_ms for a, b in pairwise(dialogue.segments)]
    assert len(dialogue.reference) >= 300
    assert min(silences) < 0 < max(silences)
    assert all(a.start_ms < b.start_ms for a, b in pairwise(dialogue.segments))
    assert all(a < b for a, b in pairwise(dialogue.cuts_ms))
    for end in dialogue.scene_ends_ms:
        assert not any(s.start_ms <= end < s.end_ms for s in dialogue.segments)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reference_shows_every_word_in_lines_that_fit(language: str):
    dialogue = make_dialogue(language, 300)
    scores = score(dialogue.reference, dialogue.segments, language, RULES, FilmFacts())
    assert scores.lines.good == scores.length.good == scores.cues == len(dialogue.reference)
    assert all(
        characters(line, "graphemes") <= LINE and len(cue.lines) <= LINES
        for cue in dialogue.reference
        for line in cue.lines
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_is_in_the_language_s_script_in_phrases_that_fit_a_line(language: str):
    sayings = spoken()[language]
    clauses = (*sayings.clauses, *sayings.joined)
    assert len(set(clauses)) == len(clauses) >= 17
    for phrase in (*sayings.words, *(part for clause in clauses for part in clause.split(" | "))):
        assert phrase == normalize("NFC", " ".join(phrase.split()))
        assert 0 < characters(phrase, "graphemes") <= LINE
        assert {name(c).split()[0] for c in phrase if c.isalpha()} == {SCRIPTS[language]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_whole_clauses(language: str):
    sayings = spoken()[language]
    known = {text.replace(" | ", " ").lower() for text in (*sayings.clauses, *sayings.joined)}
    known |= {text.lower() for text in sayings.words}
    for segment in make_dialogue(language, 100).segments:
        assert segment.text == " ".join(word.text for word in segment.words)
        assert segment.text[-1] in sayings.stop + sayings.question
        clause: list[str] = []
        for word in segment.text[:-1].replace(sayings.comma, "").lower().split():
            clause.append(word)
            if " ".join(clause) in known:
                clause.clear()
        assert not clause


@pytest.mark.parametrize("language", LANGUAGES)
def test_cues_of_made_dialogue_keep_the_rules(language: str):
    rules = load_profile("house").rules_for(language)
    assert (rules.line_characters, rules.lines, rules.count) == (LINE, LINES, "graphemes")
    dialogue = make_dialogue(language, 200)
    facts = FilmFacts(shot_changes_ms=dialogue.cuts_ms)
    layout = source_cues(dialogue.segments, language, rules, facts)
    scores = score(layout.cues, dialogue.segments, language, rules, facts)
    for share in (scores.lines, scores.length, scores.gap, scores.overlap):
        assert share.good == share.all
    assert scores.duration_possible.good >= 0.99 * scores.duration_possible.all
    assert scores.speed_possible.good >= 0.97 * scores.speed_possible.all
    assert scores.stranded.good == 0


def test_cues_and_findings_add_up():
    dialogue = make_dialogue("en", 200)
    facts = FilmFacts(shot_changes_ms=dialogue.cuts_ms)
    layout = source_cues(dialogue.segments, "en", RULES, facts)
    scores = score(layout.cues, dialogue.segments, "en", RULES, facts)
    violations = find_violations(layout.cues, RULES, facts)
    for share, rules in (
        (scores.speed, {"speed"}),
        (scores.duration, {"short", "long"}),
        (scores.gap, {"gap", "overlap"}),
        (scores.cut, {"cut"}),
    ):
        assert share.all == scores.cues == len(layout.cues)
        assert share.all - share.good == len({f.cue for f in violations if f.rule in rules})
    assert scores.speed_possible.all == scores.duration_possible.all < scores.cues
    assert scores.cue_ends.all == scores.cues - 1
    assert scores.stranded.all == scores.cue_ends.all + scores.line_ends.all


def test_a_cue_is_counted_once_for_each_rule_that_it_breaks():
    segments = [said("Come to the house.", 0, 800), said("No.", 700, 900)]
    cues = [
        Cue(start_ms=0, end_ms=800, lines=("Come to the", "house.")),
        Cue(start_ms=700, end_ms=900, lines=("No.",)),
    ]
    scores = score(cues, segments, "en", RULES, FilmFacts())
    assert (str(scores.duration), str(scores.gap), str(scores.overlap)) == ("0", "50", "50")
    assert (scores.cue_ends, scores.line_ends) == (Share(1, 1), Share(0, 1))
    assert scores.stranded == Share(1, 2)
    assert scores.cut == Share(0, 0)
    assert str(scores.cut) == "–"


def test_speech_that_leaves_no_time_is_told_apart():
    segments = [
        said("Nobody could ever read all of this in time.", 0, 1_000),
        said("But this can be read.", 1_100, 2_500),
    ]
    assert crowded_spans(segments, RULES, FilmFacts()) == [(0, 1_000)]
    cues = [Cue(start_ms=s.start_ms, end_ms=s.end_ms, lines=(s.text,)) for s in segments]
    scores = score(cues, segments, "en", RULES, FilmFacts())
    assert (scores.speed, scores.speed_possible) == (Share(1, 2), Share(1, 1))


def test_shares_are_rounded_down():
    assert [str(Share(*pair)) for pair in ((2999, 3000), (3, 3), (1, 3), (0, 4))] == [
        "99.9",
        "100",
        "33.3",
        "0",
    ]


def test_a_lost_word_ends_the_judgement():
    cue = Cue(start_ms=0, end_ms=1_000, lines=("Come",))
    with pytest.raises(ValueError, match="1 words are shown, 2 were said"):
        score([cue], [said("Come in.", 0, 1_000)], "en", RULES, FilmFacts())
