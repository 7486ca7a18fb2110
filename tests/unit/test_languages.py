"""One table of languages, in every code that an engine or a player wants."""

import re

import pytest

from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.languages import LANGUAGES, find_language

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


@pytest.mark.parametrize("code", ["", "xx", "klingon", "sit", "hin-Latn"])
def test_another_language_is_refused_with_those_there_are(code: str) -> None:
    with pytest.raises(StageError, match=r"Give one of: as, bn.*ur") as refused:
        find_language(code)
    assert refused.value.code is FailureCode.BAD_INPUT
