"""A glossary's marks through IndicTransToolkit's processor, in every language and both directions.

The model's part is played by texts with placeholders as the official models write them.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from indicsubs_contract.flores import FLORES_CODES
from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.translator import IndicTrans2
from indicsubs_text.languages import LANGUAGES, Language
from indicsubs_translation.glossary_translation import with_glossary
from indicsubs_translation.line_translation import translate_lines
from indicsubs_translation.repair import Attempt, Translator

NAMES = {
    "Arab": "ویرو",
    "Beng": "ৱীরু",
    "Deva": "वीरू",
    "Gujr": "વીરુ",
    "Guru": "ਵੀਰੂ",
    "Knda": "ವೀರು",
    "Latn": "Veeru",
    "Mlym": "വീരു",
    "Mtei": "ꯋꯤꯔꯨ",
    "Olck": "ᱣᱤᱨᱩ",
    "Orya": "ଵୀରୁ",
    "Taml": "வீரு",
    "Telu": "వీరు",
}
"""One name in every script."""
LEARNT = ["<ID1>", "< ID1 >", "[ID1]", "<id1>", "< ID1]"]
"""Forms of a placeholder that the processor knows; it writes the second."""
HINDI, ENGLISH = LANGUAGES["hi"], LANGUAGES["en"]
other_languages = pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "hi"])


def name_in(language: Language) -> str:
    return NAMES[language.own_script]


def through_the_processor(
    source: Language, target: Language, model: Callable[[str], str]
) -> tuple[Translator, list[str]]:
    """A translator that gives prepared texts to ``model``, and the list of these texts."""
    seen: list[str] = []

    def translate(lines: Sequence[str], beams: int) -> list[Attempt]:
        processing = Processing(FLORES_CODES[source.tag], FLORES_CODES[target.tag])
        prepared = processing.prepare(lines)
        seen.extend(prepared)
        return [Attempt(text) for text in processing.finish([model(text) for text in prepared])]

    return translate, seen


def translated(source: Language, target: Language, line: str, model: Callable[[str], str]) -> str:
    term = GlossaryTerm(source=name_in(source), targets={target.tag: name_in(target)})
    translate, _ = through_the_processor(source, target, model)
    (attempt,) = with_glossary(translate, [term], source, target)([line], 5)
    return attempt.text


@other_languages
@pytest.mark.parametrize("form", LEARNT)
def test_a_name_comes_out_in_the_target_s_script(tag: str, form: str) -> None:
    target = LANGUAGES[tag]
    translation = translated(HINDI, target, "वीरू, यह क्या है?", lambda _: f"{form} , यह !")
    name = name_in(target)
    assert translation.startswith(f"{name}, ")
    assert translation.endswith("!")
    assert "ID" not in translation


@other_languages
def test_a_name_is_hidden_in_the_source_s_script(tag: str) -> None:
    source, target = LANGUAGES[tag], HINDI
    line = f"{name_in(source)}: 10:30 A, {name_in(source)}!"
    term = GlossaryTerm(source=name_in(source), targets={"hi": "वीरू"})
    translate, seen = through_the_processor(source, target, lambda text: text)
    (attempt,) = with_glossary(translate, [term], source, target)([line], 5)
    assert attempt.text.count("वीरू") == 2
    assert "10:30" in attempt.text.replace(" ", "")
    assert len(seen) == 1
    assert name_in(source) not in seen[0]
    assert seen[0].count("< ID") >= 2  # the time has one too, unless its colon was guarded


@other_languages
def test_a_name_that_the_model_loses_is_there_all_the_same(tag: str) -> None:
    target = LANGUAGES[tag]
    translation = translated(HINDI, target, "कल वीरू आया।", lambda _: "<ID7> <ID")
    assert name_in(target) in translation.split()


@other_languages
def test_an_ending_of_the_target_may_cling_to_a_name(tag: str) -> None:
    target = LANGUAGES[tag]
    translation = translated(HINDI, target, "वीरू को मारो", lambda _: "< ID1 >-य")
    assert translation.startswith(f"{name_in(target)}-")


def test_many_terms_keep_their_places() -> None:
    words = [f"न{sign}म" for sign in "ािीुूेैोौृ"] + ["नम", "नमक", "नमन"]
    terms = [GlossaryTerm(source=word, targets={"en": f"Name{k}X"}) for k, word in enumerate(words)]
    line = " और ".join(words)
    translate, _ = through_the_processor(HINDI, ENGLISH, lambda text: text.replace("और", "and"))
    (attempt,) = with_glossary(translate, terms, HINDI, ENGLISH)([line], 5)
    assert attempt.text == " and ".join(f"Name{k}X" for k in range(len(words)))


def test_a_real_model_changes_exactly_the_lines_that_use_a_term(
    demo_translators: dict[str, Path], demo_sentences: list[tuple[str, str, str]]
) -> None:
    translator = IndicTrans2.load(demo_translators["indic-en"], "cpu", "float32")

    def translate(lines: Sequence[str], beams: int) -> list[Attempt]:
        return translate_lines(translator, lines, "hin_Deva", "eng_Latn", beam_size=beams)

    def film(*terms: GlossaryTerm) -> list[str]:
        attempts = with_glossary(translate, terms, HINDI, ENGLISH)(lines, 5)
        return [attempt.text for attempt in attempts]

    lines = [row[0] for row in demo_sentences]
    known = GlossaryTerm(source="दिल्ली", targets={"en": "delhi"})
    new = GlossaryTerm(source="पुलिस", targets={"en": "Force"})
    plain = film()
    assert plain == [row[1] for row in demo_sentences]
    changed = film(known, new)
    differing = [
        k for k, (one, other) in enumerate(zip(plain, changed, strict=True)) if one != other
    ]
    assert [lines[k] for k in differing] == [
        line for line in lines if "पुलिस" in line or "दिल्ली" in line
    ]
    by_line = dict(zip(lines, changed, strict=True))
    assert by_line["कल सुबह हम दिल्ली जाएँगे।"] == "We will go to delhi tomorrow morning."
    assert by_line["पुलिस हमारा पीछा कर रही है।"] == "The Force are chasing us."
