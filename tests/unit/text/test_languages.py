"""One table of languages, in every code that an engine or a player wants."""

import re

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.languages import (
    LANGUAGES,
    find_language,
    in_script,
    scripts_of,
    written_in,
)
from indicsubs_text.scripts import SCRIPTS

SCHEDULED = "as bn brx doi gom gu hi kn ks mai ml mni mr ne or pa sa sat sd ta te ur".split()
"""The 22 languages of the eighth schedule of India's constitution."""


def test_every_scheduled_language_and_english_are_there() -> None:
    assert {language.tag.partition("-")[0] for language in LANGUAGES.values()} == {
        *SCHEDULED,
        "en",
    }


def test_codes_have_their_form() -> None:
    for tag, language in LANGUAGES.items():
        assert tag == language.tag
        assert re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?", tag)
        assert re.fullmatch(r"[a-z]{3}", language.iso_639_2)
        assert re.fullmatch(r"[a-z]{3}", language.iso_639_3)
        assert language.own_script in SCRIPTS


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)
def test_every_code_finds_its_language(language) -> None:
    assert find_language(language.tag) is language
    assert find_language(f"{language.iso_639_3}_{language.own_script}") is language, "FLORES-200"
    assert find_language(language.name.upper()) is language


@pytest.mark.parametrize(
    ("code", "tag"),
    # Upstream's defaults where a code has two scripts: ks and sd Arabic, mni Meitei.
    [("kas", "ks"), ("snd", "sd"), ("mni", "mni"), ("hin", "hi"), ("npi", "ne"), ("kok", "gom")],
)
def test_iso_codes(code: str, tag: str) -> None:
    assert find_language(code).tag == tag


@pytest.mark.parametrize(
    "code", ["", "xx", "klingon", "sit", "xx-Latn", "hi-Latin", "hi-IN-Deva", "xx-IN", "-IN"]
)
def test_another_language_is_refused_with_those_there_are(code: str) -> None:
    with pytest.raises(IndicsubsError, match=r"Give one of: as.* bn.*ur") as refused:
        find_language(code)
    assert refused.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize(
    ("tag", "codes"),
    # ISO 639-2/T and 639-3 of each language, from the registers of ISO 639.
    [
        *((tag, tuple(codes.split())) for tag, codes in {
            "as": "asm asm", "bn": "ben ben", "en": "eng eng", "gu": "guj guj", "hi": "hin hin",
            "kn": "kan kan", "ks": "kas kas", "ml": "mal mal", "mr": "mar mar", "ne": "nep npi",
            "or": "ori ory", "pa": "pan pan", "sa": "san san", "sd": "snd snd", "ta": "tam tam",
            "te": "tel tel", "ur": "urd urd",
        }.items()),
        *((tag, tuple(codes.split())) for tag, codes in {
            "brx": "sit brx", "doi": "doi doi", "gom": "kok gom", "mai": "mai mai",
            "mni": "mni mni", "sat": "sat sat",
        }.items()),
        ("ks-Deva", ("kas", "kas")),
        ("sd-Deva", ("snd", "snd")),
        ("mni-Beng", ("mni", "mni")),
    ],
)  # fmt: skip
def test_iso_639(tag: str, codes: tuple[str, str]) -> None:
    language = LANGUAGES[tag]
    assert (language.iso_639_2, language.iso_639_3) == codes


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)
def test_native_names_find_their_language(language) -> None:
    assert find_language(language.native_name) is language
    assert language.base == language.tag
    assert language.script == language.own_script


@pytest.mark.parametrize(
    ("code", "tag", "name"),
    [
        ("hi-Latn", "hi-Latn", "Hindi in Latin script"),
        ("hin-latn", "hi-Latn", "Hindi in Latin script"),
        ("hin_Latn", "hi-Latn", "Hindi in Latin script"),
        ("Hindi-LATN", "hi-Latn", "Hindi in Latin script"),
        ("pa-Deva", "pa-Deva", "Punjabi in Devanagari script"),
        ("hi-Deva", "hi", "Hindi"),
        ("ks-Arab", "ks", "Kashmiri (Arabic)"),
        ("ks_deva", "ks-Deva", "Kashmiri (Devanagari)"),
    ],
)
def test_a_language_in_a_script(code: str, tag: str, name: str) -> None:
    language = find_language(code)
    assert (language.tag, language.name) == (tag, name)
    assert find_language(language.tag) == language


def test_what_is_shown_in_another_script_keeps_its_codes() -> None:
    hindi, shown = find_language("hi"), find_language("hi-Latn")
    assert (shown.base, shown.script, shown.shown_in) == ("hi", "Latn", "Latn")
    assert (shown.own_script, shown.iso_639_2) == ("Deva", "hin")
    assert in_script(shown, "Telu").tag == "hi-Telu"
    assert in_script(shown, None) is in_script(shown, "Deva") is hindi


def test_transliterated_languages_have_every_script_but_their_own() -> None:
    shown_in = {code for code, script in SCRIPTS.items() if script.transliteration_scheme}
    assert shown_in == set("Beng Deva Gujr Guru Knda Latn Mlym Orya Telu".split())
    tags = {tag for tag, language in LANGUAGES.items() if language.transliterated}
    assert tags == set("hi mr ne sa bn gu pa or ta te kn ml".split())
    for tag in tags:
        language = LANGUAGES[tag]
        assert set(scripts_of(language)) == shown_in - {language.script}
        assert all(find_language(f"{tag}-{code}").base == tag for code in scripts_of(language))


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("hi-IN", "hi"),
        ("ta_LK", "ta"),
        ("en-US", "en"),
        ("en-419", "en"),
        ("hi-Deva-IN", "hi"),
        ("pa-Guru-IN", "pa"),
        ("hi-Latn-IN", "hi-Latn"),
        ("ks-Deva-IN", "ks-Deva"),
    ],
)
def test_a_region_has_no_effect(code: str, tag: str) -> None:
    assert find_language(code).tag == tag


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ur-Deva", "Urdu cannot be shown in the script 'Deva'.*: none"),
        ("hi-Taml", "Hindi cannot be shown in the script 'Taml'.*Beng, Gujr"),
        ("hi-Arab", "Hindi cannot be shown"),
        ("en-Deva", "English cannot be shown"),
    ],
)
def test_a_script_that_a_language_cannot_be_shown_in_is_refused(code: str, message: str) -> None:
    with pytest.raises(IndicsubsError, match=message) as refused:
        find_language(code)
    assert refused.value.code is FailureCode.BAD_INPUT


def test_the_row_of_the_script_that_a_model_writes() -> None:
    assert written_in(LANGUAGES["sd"], "Deva") is LANGUAGES["sd-Deva"]
    assert written_in(LANGUAGES["sd-Deva"], "Arab") is LANGUAGES["sd"]
    assert written_in(LANGUAGES["hi"], "Deva") is LANGUAGES["hi"]
    for unknown in (None, "Latn"):
        assert written_in(LANGUAGES["hi"], unknown) is LANGUAGES["hi"]
