"""Lines that fail a check are translated again, here by a table of answers."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.transcript import QualityIssue
from indicsubs_text.languages import LANGUAGES
from indicsubs_translation.repair import (
    Attempt,
    CheckedTranslation,
    repunctuate,
    summary,
    translate_checked,
)

HINDI, ENGLISH, TAMIL = (LANGUAGES[tag] for tag in ("hi", "en", "ta"))
GOOD = {"वह गया।": "He went.", "चलो।": "Let's go."}


class Model:
    """Answers by line and number of beams, or by line; anything else with a wrong number."""

    def __init__(self, answers: dict[str | tuple[str, int], str] | None = None) -> None:
        self.answers = GOOD | (answers or {})
        self.calls: list[tuple[list[str], int]] = []

    def __call__(self, texts: Sequence[str], beam_size: int) -> list[Attempt]:
        self.calls.append((list(texts), beam_size))
        answers = [
            self.answers.get((text, beam_size), self.answers.get(text, "See 99.")) for text in texts
        ]
        return [Attempt(text, (f"seen with {beam_size}",)) for text in answers]


def translate(model: Model, lines: Sequence[str], beam_size: int = 5) -> CheckedTranslation:
    return translate_checked(lines, [model], HINDI, ENGLISH, beam_size=beam_size)


def test_good_lines_are_translated_in_one_pass_and_repeated_ones_once() -> None:
    model = Model()
    found = translate(model, ["वह गया।", "चलो।", "वह गया।"])
    assert found.texts == ["He went.", "Let's go.", "He went."]
    assert found.issues == []
    assert found.warnings == [(k, "seen with 5") for k in range(3)]
    assert model.calls == [(["वह गया।", "चलो।"], 5)]


def test_no_lines() -> None:
    assert translate(Model(), []) == CheckedTranslation([], [], [])


def test_only_failing_lines_are_translated_again_until_they_pass() -> None:
    model = Model(
        {
            ("वह 5 बजे गया।", 5): "He went at 6.",
            ("वह 5 बजे गया।", 10): "He went at 5.",
            ("वह 7 बजे गया।", 5): "He went at 6.",
            ("वह 7 बजे गया।", 1): "He went at 7.",
        }
    )
    found = translate(model, ["वह 5 बजे गया।", "चलो।", "वह 7 बजे गया।", "वह 5 बजे गया।"])
    assert found.texts == ["He went at 5.", "Let's go.", "He went at 7.", "He went at 5."]
    assert found.issues == []
    assert found.warnings == [
        (0, "seen with 10"),
        (1, "seen with 5"),
        (2, "seen with 1"),
        (3, "seen with 10"),
    ]
    assert [beams for _, beams in model.calls] == [5, 10, 1]
    assert model.calls[1][0] == ["वह 5 बजे गया।", "वह 7 बजे गया।"]
    assert model.calls[2][0] == ["वह 7 बजे गया।"]


@pytest.mark.parametrize(("used", "tried"), [(1, [1, 10]), (10, [10, 1]), (4, [4, 10, 1])])
def test_no_number_of_beams_is_used_twice(used: int, tried: list[int]) -> None:
    model = Model({"वह 5 बजे गया।": "He went."})
    translate(model, ["वह 5 बजे गया।"], used)
    assert [beams for _, beams in model.calls] == tried


def test_a_line_that_still_fails_keeps_its_first_translation_and_its_issues() -> None:
    line = "वह 5 बजे गया।"
    model = Model({(line, 5): "First.", (line, 10): "Second.", (line, 1): "Third."})
    found = translate(model, ["चलो।", line, line])
    assert found.texts == ["Let's go.", "First.", "First."]
    assert found.issues == [
        QualityIssue(index=1, reason="numbers", detail="5 missing"),
        QualityIssue(index=2, reason="numbers", detail="5 missing"),
    ]


def test_the_attempt_with_the_fewest_issues_is_chosen() -> None:
    line = "तुम 5 बजे कहाँ थे?"
    model = Model({(line, 5): "You were.", (line, 10): "Where were you?", (line, 1): "At 6?"})
    found = translate(model, [line])
    assert found.texts == ["Where were you?"]
    assert [issue.reason for issue in found.issues] == ["numbers"]


def test_words_with_an_issue_are_better_than_no_words() -> None:
    model = Model({("हाँ", 5): "", ("हाँ", 10): "Yes हाँ 5", "हाँ": ""})
    found = translate(model, ["हाँ", "चलो।"])
    assert found.texts[0] == "Yes हाँ 5"
    assert [issue.reason for issue in found.issues] == ["numbers", "leftover"]


def test_a_fragment_with_a_stray_stop_is_translated_as_a_clause() -> None:
    model = Model({"जब वह गया": "When he went.", "जब वह गया,": "When he went"})
    found = translate(model, ["जब वह गया", "चलो।"])
    assert found.texts == ["When he went", "Let's go."]
    assert found.issues == []
    assert model.calls[-1] == (["जब वह गया,"], 5)


def test_a_lost_question_is_translated_without_its_mark() -> None:
    model = Model({"कौन है?": "Who is it.", "कौन है": "Who is it?"})
    assert translate(model, ["कौन है?"]).texts == ["Who is it?"]


def test_a_full_stop_is_not_stray_where_no_line_is_punctuated() -> None:
    model = Model({"वह गया": "He went.", "चलो": "Let's go."})
    found = translate(model, ["वह गया", "चलो"])
    assert found.issues == []
    assert len(model.calls) == 1


def test_a_line_in_another_language_has_an_issue_without_more_attempts() -> None:
    model = Model({"Where are you?": "Where are you?"})
    found = translate(model, ["Where are you?"])
    assert found.texts == ["Where are you?"]
    assert [issue.reason for issue in found.issues] == ["identical", "source"]
    assert len(model.calls) == 1


def test_each_new_attempt_is_announced_with_its_number_of_lines() -> None:
    announced: list[int] = []
    translate_checked(
        ["वह 5 बजे गया।", "वह 7 बजे गया।"],
        [Model({("वह 7 बजे गया।", 10): "He went at 7."})],
        HINDI,
        ENGLISH,
        beam_size=5,
        retrying=announced.append,
    )
    assert announced == [2, 1]


def test_of_close_hypotheses_one_without_an_issue_is_chosen() -> None:
    def model(texts: Sequence[str], _: int) -> list[Attempt]:
        return [
            Attempt("He went.", ("w",), ("He went at 6.", "He went at 5.", "At 5.")) for _ in texts
        ]

    found = translate_checked(["वह 5 बजे गया।"], [model], HINDI, ENGLISH, beam_size=5)
    assert found == CheckedTranslation(["He went at 5."], [], [(0, "w")])


def test_of_hypotheses_without_an_issue_one_that_can_be_read_in_time_is_chosen() -> None:
    def model(texts: Sequence[str], _: int) -> list[Attempt]:
        return [
            Attempt("He has gone away.", others=("He left at 9.", "He went.", "Gone."))
            for _ in texts
        ]

    def chosen(most: int) -> str:
        return translate_checked(
            ["वह गया।"],
            [model],
            HINDI,
            ENGLISH,
            beam_size=5,
            is_readable=lambda line, text: line == "वह गया।" and len(text) <= most,
        ).texts[0]

    assert [chosen(most) for most in (99, 13, 8, 5, 2)] == [
        "He has gone away.",
        "He went.",
        "He went.",
        "Gone.",
        "He has gone away.",
    ]


def test_the_last_attempt_is_by_the_precise_translator() -> None:
    coarse = Model({"वह 5 बजे गया।": "He went."})
    precise = Model({"वह 5 बजे गया।": "He went at 5."})
    found = translate_checked(
        ["वह 5 बजे गया।", "चलो।"], [coarse, precise], HINDI, ENGLISH, beam_size=5
    )
    assert found.texts == ["He went at 5.", "Let's go."]
    assert found.issues == []
    assert [beams for _, beams in coarse.calls] == [5, 10, 1]
    assert precise.calls == [(["वह 5 बजे गया।"], 5)]


def test_a_model_that_does_not_fit_the_text_translates_once() -> None:
    model = Model()
    lines = [f"वह {number} बजे गया।" for number in range(30)]
    found = translate(model, lines)
    assert len(model.calls) == 1
    assert len({issue.index for issue in found.issues}) == 30
    assert found.note == (
        "30 of 30 different lines failed a check: the model does not fit this text, so no line was"
        " translated again"
    )
    assert translate(Model(), lines[:20]).note is None


@pytest.mark.parametrize(
    ("line", "reason", "tag", "wanted"),
    [
        ("जब वह गया", "stop", "hi", "जब वह गया,"),
        ("♪ <i>जब वह गया</i> ♪", "stop", "hi", "♪ <i>जब वह गया,</i> ♪"),
        ("“जब वह गया”", "stop", "hi", "“जब वह गया,”"),
        ("कौन है?", "question", "hi", "कौन है"),
        ("“کون ہے؟” ❤️", "question", "ur", "“کون ہے” ❤️"),
        ("ꯀꯅꯥ꫱", "question", "mni", "ꯀꯅꯥ"),
        ("कौन? वह", "question", "hi", None),
        ("ہاں", "empty", "ur", "ہاں۔"),
        ("ہاں۔", "empty", "ur", "ہاں"),
        ("হ্যাঁ", "empty", "bn", "হ্যাঁ।"),
        ("ᱦᱮᱸ", "empty", "sat", "ᱦᱮᱸ᱾"),
        ("ꯍꯣꯏ", "empty", "mni", "ꯍꯣꯏ꯫"),
        ("Yes", "empty", "en", "Yes."),
        ("होय", "empty", "mr", "होय."),
        ("वह 5 बजे गया।", "numbers", "hi", None),
    ],
)
def test_another_last_mark(line: str, reason: str, tag: str, wanted: str | None) -> None:
    assert repunctuate(line, {reason, "length"}, LANGUAGES[tag]) == wanted


def test_the_summary_counts_lines_and_names_the_first() -> None:
    issues = [
        QualityIssue(index=3, reason="script", detail=""),
        QualityIssue(index=3, reason="numbers", detail=""),
        QualityIssue(index=5, reason="numbers", detail=""),
        QualityIssue(index=9, reason="numbers", detail=""),
    ]
    assert summary(issues, "ta", lambda index: index * 20_700, "translation.ta.json") == (
        "ta: 3 lines fail a check (numbers 3, script 1), the first at 0:01:02;"
        " see translation.ta.json."
    )
    assert summary(issues[:1], "ta", lambda _: 0, "x") == (
        "ta: 1 line fails a check (script 1), the first at 0:00:00; see x."
    )


words = st.sampled_from(["वह", "गया", "5", "?", "।", "♪", "went", "went went went", "अ.", ""])
texts = st.lists(words, max_size=6).map(" ".join)


@given(st.lists(texts, max_size=6), st.randoms(use_true_random=False), st.integers(1, 12))
def test_any_model_gives_a_line_per_line_and_equal_lines_are_equal(
    lines: list[str], random: object, beam_size: int
) -> None:
    seen: dict[str, list[str]] = {}

    def model(asked: Sequence[str], _: int) -> list[Attempt]:
        answers = [" ".join(random.choices(["a", "5", "वह", ".", "?"], k=4)) for _ in asked]  # type: ignore[attr-defined]
        for line, text in zip(asked, answers, strict=True):
            seen.setdefault(line, []).append(text)
        return [Attempt(text) for text in answers]

    found = translate_checked(lines, [model], HINDI, TAMIL, beam_size=beam_size)
    assert len(found.texts) == len(lines)
    assert len(set(zip(lines, found.texts, strict=True))) == len(set(lines))
    assert all(len(attempts) <= 4 for attempts in seen.values())
    all_answers = {text for attempts in seen.values() for text in attempts}
    assert set(found.texts) <= all_answers
    indices = [issue.index for issue in found.issues]
    assert indices == sorted(indices)
