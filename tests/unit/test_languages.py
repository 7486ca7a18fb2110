"""One table of languages, in every code that an engine or a player wants."""

import re

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.languages import (
    LANGUAGES,
    SHOWN_IN,
    TRANSLITERATED,
    find_language,
    in_script,
    scripts_of,
)

# The 22 scheduled languages and English, three of them in two scripts, as IndicTrans2 tags them.
FLORES = (
    "asm_Beng ben_Beng brx_Deva doi_Deva eng_Latn gom_Deva guj_Gujr hin_Deva kan_Knda kas_Arab "
    "kas_Deva mai_Deva mal_Mlym mar_Deva mni_Beng mni_Mtei npi_Deva ory_Orya pan_Guru san_Deva "
    "sat_Olck snd_Arab snd_Deva tam_Taml tel_Telu urd_Arab"
).split()


def test_every_language_of_indictrans2_is_there_once() -> None:
    assert sorted(language.flores for language in LANGUAGES.values()) == sorted(FLORES)


def test_codes_have_their_form() -> None:
    for tag, language in LANGUAGES.items():
        assert tag == language.tag
        assert re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?", tag)
        assert re.fullmatch(r"[a-z]{3}", language.iso_639_2)
        assert re.fullmatch(r"[a-z]{3}", language.iso_639_3)
        assert language.flores.startswith(language.iso_639_3)
        assert 5_000 <= language.asr_chunk_ms <= 30_000


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)
def test_every_code_finds_its_language(language) -> None:
    assert find_language(language.tag) is language
    assert find_language(language.flores) is language
    assert find_language(language.name.upper()) is language


@pytest.mark.parametrize(
    ("code", "tag"),
    # Upstream's defaults where a code has two scripts: ks and sd Arabic, mni Meitei.
    [("kas", "ks"), ("snd", "sd"), ("mni", "mni"), ("hin", "hi"), ("npi", "ne"), ("kok", "gom")],
)
def test_iso_codes(code: str, tag: str) -> None:
    assert find_language(code).tag == tag


@pytest.mark.parametrize("code", ["", "xx", "klingon", "sit", "xx-Latn", "hi-Latin"])
def test_another_language_is_refused_with_those_there_are(code: str) -> None:
    with pytest.raises(IndicsubsError, match=r"Give one of: as, bn.*ur") as refused:
        find_language(code)
    assert refused.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize(
    ("tag", "codes"),
    # ISO 639-1, 639-2/T and 639-3 of each language, from the registers of ISO 639.
    [
        *((tag, (tag, *codes.split())) for tag, codes in {
            "as": "asm asm", "bn": "ben ben", "en": "eng eng", "gu": "guj guj", "hi": "hin hin",
            "kn": "kan kan", "ks": "kas kas", "ml": "mal mal", "mr": "mar mar", "ne": "nep npi",
            "or": "ori ory", "pa": "pan pan", "sa": "san san", "sd": "snd snd", "ta": "tam tam",
            "te": "tel tel", "ur": "urd urd",
        }.items()),
        *((tag, (None, *codes.split())) for tag, codes in {
            "brx": "sit brx", "doi": "doi doi", "gom": "kok gom", "mai": "mai mai",
            "mni": "mni mni", "sat": "sat sat",
        }.items()),
        ("ks-Deva", ("ks", "kas", "kas")),
        ("sd-Deva", ("sd", "snd", "snd")),
        ("mni-Beng", (None, "mni", "mni")),
    ],
)  # fmt: skip
def test_iso_639(tag: str, codes: tuple[str | None, str, str]) -> None:
    language = LANGUAGES[tag]
    assert (language.iso_639_1, language.iso_639_2, language.iso_639_3) == codes


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)
def test_native_names_find_their_language(language) -> None:
    assert find_language(language.native_name) is language
    assert language.base == language.tag
    assert language.script == language.flores[4:]


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
    assert (shown.flores, shown.iso_639_2, shown.whisper) == ("hin_Deva", "hin", "hi")
    assert in_script(shown, "Telu").tag == "hi-Telu"
    assert in_script(shown, None) is in_script(shown, "Deva") is hindi


def test_transliterated_languages_have_every_script_but_their_own() -> None:
    for tag in TRANSLITERATED:
        language = LANGUAGES[tag]
        assert set(scripts_of(language)) == set(SHOWN_IN) - {language.script}
        assert all(find_language(f"{tag}-{code}").base == tag for code in scripts_of(language))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ur-Deva", "Urdu cannot be shown in the script 'Deva'.*: none"),
        ("hi-Taml", "Hindi cannot be shown in the script 'Taml'.*Beng, Gujr"),
        ("hi-Arab", "Hindi cannot be shown"),
        ("en-Deva", "English cannot be shown"),
    ],
)
def test_a_script_that_cannot_be_made_is_refused(code: str, said: str) -> None:
    with pytest.raises(IndicsubsError, match=said) as refused:
        find_language(code)
    assert refused.value.code is FailureCode.BAD_INPUT
