"""Translating lines with the demo models, and with random ones where anything goes."""

import re
from pathlib import Path

import pytest
from conftest import Checkpoint

from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_indictrans2.translator import Translator


@pytest.fixture(scope="module")
def to_english(demo_translators: dict[str, Path]) -> Translator:
    return Translator.load(demo_translators["indic-en"], "cpu", "float32")


Sentences = list[tuple[str, str, str]]


def test_recognised_lines_without_punctuation_are_right(
    to_english: Translator, demo_sentences: Sentences
) -> None:
    heard = [re.sub("[।?!,.]", "", hindi) for hindi, _, _ in demo_sentences]
    wanted = [english for _, english, _ in demo_sentences]
    assert to_english.translate(heard, "hin_Deva", "eng_Latn") == wanted


@pytest.mark.parametrize("batch_size", [1, 5, 64])
@pytest.mark.parametrize("beam_size", [1, 5])
def test_batches_and_order_change_nothing(
    to_english: Translator, demo_sentences: Sentences, batch_size: int, beam_size: int
) -> None:
    pairs = sorted(demo_sentences, key=lambda row: row[1])
    found = to_english.translate(
        [row[0] for row in pairs],
        "hin_Deva",
        "eng_Latn",
        batch_size=batch_size,
        beam_size=beam_size,
    )
    assert found == [row[1] for row in pairs]


def test_lines_without_letters_are_copied_and_never_reach_the_model(
    demo_translators: dict[str, Path],
) -> None:
    translator = Translator.load(demo_translators["indic-en"], "cpu", "float32")
    translator._engine.generate = None  # type: ignore[method-assign]
    lines = ["", "  ", "♪ ♫", "५:४५", "...", "?!", "❤️👨‍👩‍👧", "- 42 -", "<i>♪</i>", "{\\an8}…"]
    done: list[int] = []
    assert translator.translate(lines, "hin_Deva", "eng_Latn", report=done.append) == lines
    assert done == [len(lines)]
    assert translator.translate([], "hin_Deva", "eng_Latn") == []


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("♪ दरवाज़ा बंद कर दो। ♪", "♪ Close the door. ♪"),
        ("- <i>दरवाज़ा बंद कर दो।</i>", "- <i>Close the door.</i>"),
        ("{\\an8}दरवाज़ा बंद\nकर दो। ❤️", "{\\an8}Close the door. ❤️"),
        ("मुझे अकेला छोड़ दो। दरवाज़ा बंद कर दो।", "Leave me alone. Close the door."),
        ("मुझे अकेला छोड़ दो.दरवाज़ा बंद कर दो।", "Leave me alone. Close the door."),
    ],
)
def test_what_surrounds_a_sentence_stays(to_english: Translator, line: str, wanted: str) -> None:
    assert to_english.translate([line], "hin_Deva", "eng_Latn") == [wanted]


def test_markup_inside_a_line_is_lost_and_said(to_english: Translator) -> None:
    said: list[tuple[int, str]] = []
    found = to_english.translate(
        ["मुझे अकेला छोड़ दो।", "दरवाज़ा <b>बंद</b> कर दो।"],
        "hin_Deva",
        "eng_Latn",
        warn=lambda index, what: said.append((index, what)),
    )
    assert found[1] == "Close the door."
    assert said == [(1, "markup inside the line is lost")]


def test_literal_tokens_do_no_harm(to_english: Translator) -> None:
    lines = ["<s>", "</s> दरवाज़ा बंद कर दो।", "<pad><unk> hin_Deva", "[ID1] <ID1> <dnt>"]
    found = to_english.translate(lines, "hin_Deva", "eng_Latn")
    assert found[0] == "<s>"
    assert found[1] == "</s> Close the door."
    assert len(found) == 4


def test_two_thousand_words_are_translated_to_the_end(to_english: Translator) -> None:
    sentence = "रास्ता बहुत लंबा और खतरनाक है"
    words = " ".join([sentence] * 400).split()[:2000]
    said: list[str] = []
    (found,) = to_english.translate(
        [" ".join(words)],
        "hin_Deva",
        "eng_Latn",
        beam_size=1,
        warn=lambda _, what: said.append(what),
    )
    assert said == ["longer than the model's 256 tokens; translated in pieces"]
    # The model knows single sentences: each piece gives one of them, and there are as many pieces
    # as 253 tokens demand.
    assert found.count("The road is very long and dangerous.") >= 2000 * 4 // 253


def test_an_output_that_the_model_does_not_end_is_said(checkpoint: Checkpoint) -> None:
    folder = checkpoint(max_target_positions=8)
    translator = Translator.load(folder, "cpu", "float32")
    said: list[tuple[int, str]] = []
    lines = ["", "मैं घर आज", "हम पानी कल"]
    found = translator.translate(
        lines,
        "hin_Deva",
        "eng_Latn",
        beam_size=1,
        warn=lambda index, what: said.append((index, what)),
    )
    assert len(found) == 3
    assert (1, "cut by the model after 7 tokens; look at its end") in said


def test_progress_counts_lines_up_to_all(to_english: Translator, demo_sentences: Sentences) -> None:
    done: list[int] = []
    lines = [
        "",
        *(row[0] for row in demo_sentences),
        f"{demo_sentences[0][0]} {demo_sentences[1][0]}",
    ]
    to_english.translate(
        lines, "hin_Deva", "eng_Latn", beam_size=1, batch_size=4, report=done.append
    )
    assert done == sorted(done)
    assert done[0] == 1
    assert done[-1] == len(lines)


def test_languages_that_nobody_or_the_model_does_not_know(to_english: Translator) -> None:
    with pytest.raises(StageError, match="'hindi' is no FLORES tag") as caught:
        to_english.translate(["एक"], "hindi", "eng_Latn")
    assert caught.value.code is FailureCode.BAD_INPUT
    with pytest.raises(StageError, match="no tag for mar_Deva") as caught:
        to_english.translate(["एक"], "mar_Deva", "eng_Latn")
    assert caught.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize(
    "line",
    [
        "This is English, not Hindi at all!",
        "یہ اردو ہے۔",
        "இது தமிழ்.",
        "𝒜𝓁𝑔𝑒𝒷𝓇𝒶 \u200b\ufeff\u202e אבג",
        "https://example.com/a?b=c ram@example.com #hashtag 50% 1,234.56 $5",
        "क" * 3000,
    ],
)
def test_lines_that_the_model_has_never_seen(to_english: Translator, line: str) -> None:
    (found,) = to_english.translate([line], "hin_Deva", "eng_Latn", beam_size=1)
    assert isinstance(found, str)
    assert "<ID" not in found
