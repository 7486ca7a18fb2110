"""The languages that indicsubs knows, in every code that an engine or a player wants.

Sources: the 22 scheduled languages with the FLORES-200 tags of IndicTrans2's model cards; ISO 639;
Whisper's language list (openai/whisper, tokenizer.py).
"""

import msgspec

from indicsubs_contract.errors import FailureCode, StageError


class Language(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language in one script."""

    tag: str
    """BCP-47, with the script only where a language has several."""
    name: str
    flores: str
    """As IndicTrans2 writes it."""
    iso_639_2: str
    """Terminological (T) code, as media containers have it."""
    iso_639_3: str
    whisper: str | None = None
    """Whisper's code; None where Whisper has no such language."""
    right_to_left: bool = False
    asr_chunk_ms: int = 12_000
    """The longest chunk whose text surely fits Whisper's 224 new tokens: a brisk speaker's words
    against the words that fit (SPEECH notes in docs/decisions/0003)."""


def _row(
    tag: str,
    name: str,
    flores: str,
    iso_639_2: str,
    iso_639_3: str,
    whisper: str | None = None,
    *,
    right_to_left: bool = False,
    asr_chunk_ms: int = 12_000,
) -> Language:
    return Language(
        tag=tag,
        name=name,
        flores=flores,
        iso_639_2=iso_639_2,
        iso_639_3=iso_639_3,
        whisper=whisper,
        right_to_left=right_to_left,
        asr_chunk_ms=asr_chunk_ms,
    )


_ROWS = (
    _row("as", "Assamese", "asm_Beng", "asm", "asm", "as", asr_chunk_ms=8_000),
    _row("bn", "Bengali", "ben_Beng", "ben", "ben", "bn", asr_chunk_ms=8_000),
    _row("brx", "Bodo", "brx_Deva", "sit", "brx"),
    _row("doi", "Dogri", "doi_Deva", "doi", "doi"),
    _row("en", "English", "eng_Latn", "eng", "eng", "en", asr_chunk_ms=28_000),
    _row("gom", "Konkani", "gom_Deva", "kok", "gom"),
    _row("gu", "Gujarati", "guj_Gujr", "guj", "guj", "gu", asr_chunk_ms=8_000),
    _row("hi", "Hindi", "hin_Deva", "hin", "hin", "hi"),
    _row("kn", "Kannada", "kan_Knda", "kan", "kan", "kn", asr_chunk_ms=8_000),
    _row("ks", "Kashmiri (Arabic)", "kas_Arab", "kas", "kas", right_to_left=True),
    _row("ks-Deva", "Kashmiri (Devanagari)", "kas_Deva", "kas", "kas"),
    _row("mai", "Maithili", "mai_Deva", "mai", "mai"),
    _row("ml", "Malayalam", "mal_Mlym", "mal", "mal", "ml", asr_chunk_ms=6_000),
    _row("mni", "Manipuri (Meitei Mayek)", "mni_Mtei", "mni", "mni"),
    _row("mni-Beng", "Manipuri (Bengali)", "mni_Beng", "mni", "mni"),
    _row("mr", "Marathi", "mar_Deva", "mar", "mar", "mr"),
    _row("ne", "Nepali", "npi_Deva", "nep", "npi", "ne", asr_chunk_ms=10_000),
    _row("or", "Odia", "ory_Orya", "ori", "ory"),
    _row("pa", "Punjabi", "pan_Guru", "pan", "pan", "pa", asr_chunk_ms=8_000),
    _row("sa", "Sanskrit", "san_Deva", "san", "san", "sa"),
    _row("sat", "Santali", "sat_Olck", "sat", "sat"),
    _row("sd", "Sindhi (Arabic)", "snd_Arab", "snd", "snd", "sd", right_to_left=True),
    _row("sd-Deva", "Sindhi (Devanagari)", "snd_Deva", "snd", "snd"),
    _row("ta", "Tamil", "tam_Taml", "tam", "tam", "ta", asr_chunk_ms=8_000),
    _row("te", "Telugu", "tel_Telu", "tel", "tel", "te", asr_chunk_ms=6_000),
    _row("ur", "Urdu", "urd_Arab", "urd", "urd", "ur", right_to_left=True, asr_chunk_ms=20_000),
)

LANGUAGES: dict[str, Language] = {language.tag: language for language in _ROWS}

_ALIASES: dict[str, str] = {}
for _language in _ROWS:
    for _code in (_language.flores, _language.iso_639_2, _language.iso_639_3, _language.name):
        if _code != "sit":  # the ISO 639-2 code of a whole family is no alias
            _ALIASES.setdefault(_code.lower(), _language.tag)


def find_language(code: str) -> Language:
    """The language of a tag, a FLORES or ISO 639 code, or an English name.

    >>> find_language("hin_Deva").tag, find_language("tam").name, find_language("HI").tag
    ('hi', 'Tamil', 'hi')

    Raises:
        StageError: ``BAD_INPUT``, naming the codes there are.
    """
    tag = next((known for known in LANGUAGES if known.lower() == code.lower()), None)
    tag = tag or _ALIASES.get(code.lower())
    if tag is None:
        raise StageError(
            FailureCode.BAD_INPUT,
            f"{code!r} is no language that indicsubs knows. Give one of: {', '.join(LANGUAGES)}.",
        )
    return LANGUAGES[tag]
