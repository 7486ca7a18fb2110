"""The languages that indicsubs knows, in every code that an engine or a player wants.

Sources: the 22 scheduled languages with the FLORES-200 tags of IndicTrans2's model cards; ISO 639;
Whisper's language list (openai/whisper, tokenizer.py).
"""

import re

import msgspec
from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, StageError


class Language(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language in one script: its own, or another that the same words are shown in."""

    tag: str
    """BCP-47, with the script only where a language has several."""
    name: str
    flores: str
    """As IndicTrans2 writes it: with the script that the model gives, whatever it is shown in."""
    iso_639_2: str
    """Terminological (T) code, as media containers have it."""
    iso_639_3: str
    whisper: str | None = None
    """Whisper's code; None where Whisper has no such language."""
    right_to_left: bool = False
    asr_chunk_ms: int = 12_000
    """The longest chunk whose text surely fits Whisper's 224 new tokens: a brisk speaker's words
    against the words that fit (SPEECH notes in docs/decisions/0003)."""
    iso_639_1: str | None = None
    native_name: str = ""
    shown_in: str | None = None
    """ISO 15924 code of another script that the text is written in after translation."""

    @property
    def script(self) -> str:
        """ISO 15924 code of the script that a viewer sees."""
        return self.shown_in or self.flores.partition("_")[2]

    @property
    def base(self) -> str:
        """Tag of the language that a model translates into or from."""
        return self.tag.removesuffix(f"-{self.shown_in}")


def _row(
    tag: str,
    names: tuple[str, str],
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
        name=names[0],
        flores=flores,
        iso_639_2=iso_639_2,
        iso_639_3=iso_639_3,
        whisper=whisper,
        right_to_left=right_to_left,
        asr_chunk_ms=asr_chunk_ms,
        iso_639_1=tag[:2] if len(tag.partition("-")[0]) == 2 else None,
        native_name=names[1],
    )


_ROWS = (
    _row("as", ("Assamese", "অসমীয়া"), "asm_Beng", "asm", "asm", "as", asr_chunk_ms=8_000),
    _row("bn", ("Bengali", "বাংলা"), "ben_Beng", "ben", "ben", "bn", asr_chunk_ms=8_000),
    _row("brx", ("Bodo", "बर'"), "brx_Deva", "sit", "brx"),
    _row("doi", ("Dogri", "डोगरी"), "doi_Deva", "doi", "doi"),
    _row("en", ("English", "English"), "eng_Latn", "eng", "eng", "en", asr_chunk_ms=28_000),
    _row("gom", ("Konkani", "कोंकणी"), "gom_Deva", "kok", "gom"),
    _row("gu", ("Gujarati", "ગુજરાતી"), "guj_Gujr", "guj", "guj", "gu", asr_chunk_ms=8_000),
    _row("hi", ("Hindi", "हिन्दी"), "hin_Deva", "hin", "hin", "hi"),
    _row("kn", ("Kannada", "ಕನ್ನಡ"), "kan_Knda", "kan", "kan", "kn", asr_chunk_ms=8_000),
    _row("ks", ("Kashmiri (Arabic)", "کٲشُر"), "kas_Arab", "kas", "kas", right_to_left=True),
    _row("ks-Deva", ("Kashmiri (Devanagari)", "कॉशुर"), "kas_Deva", "kas", "kas"),
    _row("mai", ("Maithili", "मैथिली"), "mai_Deva", "mai", "mai"),
    _row("ml", ("Malayalam", "മലയാളം"), "mal_Mlym", "mal", "mal", "ml", asr_chunk_ms=6_000),
    _row("mni", ("Manipuri (Meitei Mayek)", "ꯃꯩꯇꯩꯂꯣꯟ"), "mni_Mtei", "mni", "mni"),
    _row("mni-Beng", ("Manipuri (Bengali)", "মৈতৈলোন্"), "mni_Beng", "mni", "mni"),
    _row("mr", ("Marathi", "मराठी"), "mar_Deva", "mar", "mar", "mr"),
    _row("ne", ("Nepali", "नेपाली"), "npi_Deva", "nep", "npi", "ne", asr_chunk_ms=10_000),
    _row("or", ("Odia", "ଓଡ଼ିଆ"), "ory_Orya", "ori", "ory"),
    _row("pa", ("Punjabi", "ਪੰਜਾਬੀ"), "pan_Guru", "pan", "pan", "pa", asr_chunk_ms=8_000),
    _row("sa", ("Sanskrit", "संस्कृतम्"), "san_Deva", "san", "san", "sa"),
    _row("sat", ("Santali", "ᱥᱟᱱᱛᱟᱲᱤ"), "sat_Olck", "sat", "sat"),
    _row("sd", ("Sindhi (Arabic)", "سنڌي"), "snd_Arab", "snd", "snd", "sd", right_to_left=True),
    _row("sd-Deva", ("Sindhi (Devanagari)", "सिन्धी"), "snd_Deva", "snd", "snd"),
    _row("ta", ("Tamil", "தமிழ்"), "tam_Taml", "tam", "tam", "ta", asr_chunk_ms=8_000),
    _row("te", ("Telugu", "తెలుగు"), "tel_Telu", "tel", "tel", "te", asr_chunk_ms=6_000),
    _row(
        "ur",
        ("Urdu", "اردو"),
        "urd_Arab",
        "urd",
        "urd",
        "ur",
        right_to_left=True,
        asr_chunk_ms=20_000,
    ),
)

LANGUAGES: dict[str, Language] = {language.tag: language for language in _ROWS}

_ALIASES: dict[str, str] = {}
for _language in _ROWS:
    for _code in (
        _language.flores,
        _language.iso_639_2,
        _language.iso_639_3,
        _language.name,
        _language.native_name,
    ):
        if _code != "sit":  # the ISO 639-2 code of a whole family is no alias
            _ALIASES.setdefault(_code.lower(), _language.tag)

SHOWN_IN = {
    "Beng": "Bengali",
    "Deva": "Devanagari",
    "Gujr": "Gujarati",
    "Guru": "Gurmukhi",
    "Knda": "Kannada",
    "Latn": "Latin",
    "Mlym": "Malayalam",
    "Orya": "Odia",
    "Telu": "Telugu",
}
"""The scripts that a language can be shown in besides its own, and their names
(docs/decisions/0010)."""
TRANSLITERATED = frozenset({"hi", "mr", "ne", "sa", "bn", "gu", "pa", "or", "ta", "te", "kn", "ml"})
"""The languages that can be shown in them."""

_IN_SCRIPT = re.compile(r"(.+)[-_]([A-Za-z]{4})")


def find_language(code: str) -> Language:
    """The language of a tag, a FLORES or ISO 639 code, or an English or native name.

    A script behind the code gives the language shown in that script.

    >>> find_language("hin_Deva").tag, find_language("தமிழ்").name, find_language("HI").tag
    ('hi', 'Tamil', 'hi')
    >>> find_language("hin-latn").tag, find_language("pa-Deva").name
    ('hi-Latn', 'Punjabi in Devanagari script')

    Raises:
        StageError: ``BAD_INPUT``, naming the codes, or the language's scripts, that there are.
    """
    language = _find(code)
    if language is None and (match := _IN_SCRIPT.fullmatch(code)):
        base = _find(match[1])
        script = match[2].capitalize()
        language = base and (LANGUAGES.get(f"{base.tag}-{script}") or in_script(base, script))
    if language is None:
        raise StageError(
            FailureCode.BAD_INPUT,
            f"{code!r} is no language that indicsubs knows. Give one of: {', '.join(LANGUAGES)}.",
        )
    return language


def in_script(language: Language, script: str | None) -> Language:
    """The same language shown in a script; None or its own script gives its own.

    Raises:
        StageError: ``BAD_INPUT``, for a script that cannot be made of that language's.
    """
    base = LANGUAGES[language.base]
    if script is None or script == base.script:
        return base
    if script not in scripts_of(base):
        known = ", ".join(scripts_of(base)) or "none"
        raise StageError(
            FailureCode.BAD_INPUT,
            f"{base.name} cannot be shown in the script {script!r}. Leave the script out, or give"
            f" one of those that it can be shown in: {known}.",
        )
    return replace(
        base,
        tag=f"{base.tag}-{script}",
        name=f"{base.name} in {SHOWN_IN[script]} script",
        native_name="",
        right_to_left=False,
        shown_in=script,
    )


def scripts_of(language: Language) -> tuple[str, ...]:
    """The other scripts that a language can be shown in."""
    if language.base not in TRANSLITERATED:
        return ()
    return tuple(script for script in SHOWN_IN if script != LANGUAGES[language.base].script)


def _find(code: str) -> Language | None:
    tag = next((known for known in LANGUAGES if known.lower() == code.lower()), None)
    tag = tag or _ALIASES.get(code.lower())
    return LANGUAGES[tag] if tag else None
