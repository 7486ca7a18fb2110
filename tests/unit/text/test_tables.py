"""The tables of languages and scripts: every row is complete."""

from itertools import combinations

import pytest

from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.flores import FLORES_CODES
from indicsubs_text.language_spellings import _OTHER_NAMES
from indicsubs_text.languages import LANGUAGES, Language, find_language
from indicsubs_text.scripts import SCRIPTS, Script, letters_by_script
from indicsubs_text.sentences import TERMINATORS
from indicsubs_text.transliteration.transliterate import transliterate


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)
def test_a_language_has_a_script_a_font_a_full_stop_and_a_translator(language: Language) -> None:
    script = SCRIPTS[language.own_script]
    assert letters_by_script(language.native_name)[script.code] > 0
    assert language.font.family
    assert language.full_stop in TERMINATORS
    assert FLORES_CODES[language.tag] == f"{language.iso_639_3}_{language.own_script}"
    if language.transliterated:
        assert script.transliteration_scheme is not None or script.code == "Taml"


def test_no_name_or_code_means_two_languages() -> None:
    for one, other in combinations(LANGUAGES.values(), 2):
        assert one.name != other.name
        assert one.native_name != other.native_name


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=lambda script: script.code)
def test_a_script_is_used_and_has_letters_marks_and_a_font(script: Script) -> None:
    assert SCRIPTS[script.code] is script
    assert script.code in {language.own_script for language in LANGUAGES.values()}
    assert script.font.family.startswith("Noto ")
    assert 1 <= script.font.ass_scale <= 3
    assert script.full_stop == "." or script.full_stop in script.sentence_ends
    assert all(first <= last for first, last in script.blocks)


def test_no_letter_is_of_two_scripts() -> None:
    blocks = [(block, script.code) for script in SCRIPTS.values() for block in script.blocks]
    for (one, its), (other, theirs) in combinations(blocks, 2):
        assert one[1] < other[0] or other[1] < one[0], (its, theirs)


@pytest.mark.parametrize(
    "code", [code for code, script in SCRIPTS.items() if script.transliteration_scheme]
)
def test_a_script_that_languages_are_shown_in_has_its_letters(code: str) -> None:
    shown = transliterate("नमस्ते घर में", LANGUAGES["hi"], code)
    counts = letters_by_script(shown)
    assert counts[code] == counts.total() > 5


def test_a_language_in_another_script_has_that_script_s_font() -> None:
    assert find_language("hi-Telu").font == SCRIPTS["Telu"].font
    assert find_language("hi-Latn").font == SCRIPTS["Latn"].font
    assert find_language("ur").font.family == "Noto Nastaliq Urdu"
    assert find_language("sd").font == SCRIPTS["Arab"].font


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("Kashmiri", "ks"),
        ("manipuri", "mni"),
        (" hi ", "hi"),
        ("ଓଡ\u0b3cିଆ", "or"),
        ("ଓ\u0b5cିଆ", "or"),
        ("বাংলা", "bn"),
        ("HINDI", "hi"),
    ],
)
def test_a_language_is_found_by_the_names_that_people_type(typed: str, tag: str) -> None:
    assert find_language(typed).tag == tag


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("bangla", "Did you mean bn (Bengali, বাংলা)?"),
        ("hni", "hi (Hindi, हिन्दी)"),
        ("hindhi", "hi (Hindi, हिन्दी)"),
        ("oriya", "Did you mean or (Odia, ଓଡ଼ିଆ)?"),
        ("tamli", "ta (Tamil, தமிழ்)"),
        ("हिंदी", "Did you mean hi (Hindi, हिन्दी)?"),
        ("Inglish", "en (English)?"),
        ("klingon", "Give one of: as (Assamese, অসমীয়া), bn (Bengali, বাংলা)"),
        ("xx" * 4000, "Give one of: as (Assamese, "),
        ("", "'' is not a language that indicsubs knows. Give one of: as (Assamese, "),
    ],
)
def test_a_mistyped_language_gets_names_to_choose_from(typed: str, suggestion: str) -> None:
    with pytest.raises(IndicsubsError) as error:
        find_language(typed)
    assert suggestion in error.value.message
    assert len(error.value.message) < 1000


def test_other_names_of_languages_are_of_the_table_and_not_in_it() -> None:
    for name, tag in _OTHER_NAMES.items():
        assert tag in LANGUAGES
        assert name == name.lower()
        with pytest.raises(IndicsubsError, match=rf"Did you mean {tag} \("):
            find_language(name)
