"""The table of languages, with their names, their codes and their scripts.

The abilities of each engine in a language are in :mod:`indicsubs_contract.engines`. Sources: the 22
scheduled languages of India's constitution; ISO 639; BCP 47.

To add a language, add a row to :data:`LANGUAGES`. CONTRIBUTING.md lists every file.
"""

import re
import unicodedata

import msgspec
from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import shortened
from indicsubs_text.fonts import NASTALIQ, Font
from indicsubs_text.language_spellings import similar_tags
from indicsubs_text.scripts import SCRIPTS


class Language(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language in one script: its own script, or another one that its words are shown in."""

    tag: str
    """BCP-47 tag, with the script only where a language has several."""
    name: str
    native_name: str
    own_script: str
    """ISO 15924 code of the script that people and models write it in."""
    iso_639_2: str
    """The terminological (T) code, which media containers use."""
    iso_639_3: str
    own_full_stop: str | None = None
    """The mark at the end of a statement, where it differs from the script's usual mark."""
    own_font: Font | None = None
    """The font that its readers expect, where it differs from the script's usual font."""
    transliterated: bool = False
    """Whether it can be shown in other scripts (docs/decisions/0010)."""
    shown_in: str | None = None
    """ISO 15924 code of another script that the text is written in after translation."""

    @property
    def script(self) -> str:
        """ISO 15924 code of the script that a viewer sees."""
        return self.shown_in or self.own_script

    @property
    def base(self) -> str:
        """Tag of the language that a model translates into or from."""
        return self.tag.removesuffix(f"-{self.shown_in}")

    @property
    def right_to_left(self) -> bool:
        """Whether a viewer reads it from right to left."""
        return SCRIPTS[self.script].right_to_left

    @property
    def full_stop(self) -> str:
        """The mark at the end of a statement."""
        return self.own_full_stop or SCRIPTS[self.own_script].full_stop

    @property
    def font(self) -> Font:
        """The font of its subtitles."""
        return (None if self.shown_in else self.own_font) or SCRIPTS[self.script].font


def _row(
    tag: str,
    names: tuple[str, str],
    script: str,
    iso_639: tuple[str, str],
    *,
    full_stop: str | None = None,
    font: Font | None = None,
    transliterated: bool = False,
) -> Language:
    """Builds a row. ``names`` are English and native, ``iso_639`` are ISO 639-2 and 639-3 codes."""
    return Language(
        tag=tag,
        name=names[0],
        native_name=names[1],
        own_script=script,
        iso_639_2=iso_639[0],
        iso_639_3=iso_639[1],
        own_full_stop=full_stop,
        own_font=font,
        transliterated=transliterated,
    )


_ROWS = (
    _row("as", ("Assamese", "অসমীয়া"), "Beng", ("asm", "asm")),
    _row("bn", ("Bengali", "বাংলা"), "Beng", ("ben", "ben"), transliterated=True),
    _row("brx", ("Bodo", "बर'"), "Deva", ("sit", "brx")),
    _row("doi", ("Dogri", "डोगरी"), "Deva", ("doi", "doi")),
    _row("en", ("English", "English"), "Latn", ("eng", "eng")),
    _row("gom", ("Konkani", "कोंकणी"), "Deva", ("kok", "gom"), full_stop="."),
    _row("gu", ("Gujarati", "ગુજરાતી"), "Gujr", ("guj", "guj"), transliterated=True),
    _row("hi", ("Hindi", "हिन्दी"), "Deva", ("hin", "hin"), transliterated=True),
    _row("kn", ("Kannada", "ಕನ್ನಡ"), "Knda", ("kan", "kan"), transliterated=True),
    _row("ks", ("Kashmiri (Arabic)", "کٲشُر"), "Arab", ("kas", "kas"), font=NASTALIQ),
    _row("ks-Deva", ("Kashmiri (Devanagari)", "कॉशुर"), "Deva", ("kas", "kas")),
    _row("mai", ("Maithili", "मैथिली"), "Deva", ("mai", "mai")),
    _row("ml", ("Malayalam", "മലയാളം"), "Mlym", ("mal", "mal"), transliterated=True),
    _row("mni", ("Manipuri (Meitei Mayek)", "ꯃꯩꯇꯩꯂꯣꯟ"), "Mtei", ("mni", "mni")),
    _row("mni-Beng", ("Manipuri (Bengali)", "মৈতৈলোন্"), "Beng", ("mni", "mni")),
    _row("mr", ("Marathi", "मराठी"), "Deva", ("mar", "mar"), full_stop=".", transliterated=True),
    _row("ne", ("Nepali", "नेपाली"), "Deva", ("nep", "npi"), transliterated=True),
    _row("or", ("Odia", "ଓଡ଼ିଆ"), "Orya", ("ori", "ory"), transliterated=True),
    _row("pa", ("Punjabi", "ਪੰਜਾਬੀ"), "Guru", ("pan", "pan"), transliterated=True),
    _row("sa", ("Sanskrit", "संस्कृतम्"), "Deva", ("san", "san"), transliterated=True),
    _row("sat", ("Santali", "ᱥᱟᱱᱛᱟᱲᱤ"), "Olck", ("sat", "sat")),
    _row("sd", ("Sindhi (Arabic)", "سنڌي"), "Arab", ("snd", "snd")),
    _row("sd-Deva", ("Sindhi (Devanagari)", "सिन्धी"), "Deva", ("snd", "snd")),
    _row("ta", ("Tamil", "தமிழ்"), "Taml", ("tam", "tam"), transliterated=True),
    _row("te", ("Telugu", "తెలుగు"), "Telu", ("tel", "tel"), transliterated=True),
    _row("ur", ("Urdu", "اردو"), "Arab", ("urd", "urd"), font=NASTALIQ),
)

LANGUAGES: dict[str, Language] = {language.tag: language for language in _ROWS}
"""The languages by BCP-47 tag."""
_FAMILY_CODE = "sit"
"""The ISO 639-2 code of Bodo. It names a whole language family, so it finds no language."""


def _key(name: str) -> str:
    """Returns a name or a code as it is looked up: case and Unicode's composed forms are alike."""
    return unicodedata.normalize("NFC", name.strip()).lower()


_NAMES: dict[str, str] = {}
"""The tag for each name and code as :func:`_key` writes it. A code of several rows finds the first
of them, and so does their name without the script."""
for _language in _ROWS:
    for _name in (
        _language.tag,
        _language.iso_639_2,
        _language.iso_639_3,
        _language.name,
        _language.name.partition(" (")[0],
        _language.native_name,
    ):
        if _name != _FAMILY_CODE:
            _NAMES.setdefault(_key(_name), _language.tag)


def find_language(code: str) -> Language:
    """Finds the language of a tag, an ISO 639 code, or an English or native name.

    A code with a script, such as a FLORES-200 code, finds the language shown in that script. A
    region is accepted and has no effect.

    >>> find_language("hin_Deva").tag, find_language("தமிழ்").name, find_language("hi-IN").tag
    ('hi', 'Tamil', 'hi')
    >>> find_language("hin-latn").tag, find_language("pa-Deva").name
    ('hi-Latn', 'Punjabi in Devanagari script')

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the language is unknown or cannot be shown in the
            script; the message names similar languages and lists all, or lists the language's
            scripts.
    """
    tag = _NAMES.get(_key(code))
    if tag is not None:
        return LANGUAGES[tag]
    language = _from_subtags(re.split("[-_]", _key(code)))
    if language is None:
        raise IndicsubsError(FailureCode.BAD_INPUT, _unknown(code))
    return language


def _unknown(code: str) -> str:
    """Returns the message for a code that finds no language."""
    similar = similar_tags(_key(code), _NAMES)
    message = f"{shortened(code)!r} is not a language that indicsubs knows."
    if similar:
        names = " or ".join(_with_names(LANGUAGES[tag]) for tag in similar)
        return f"{message} Did you mean {names}? Give one of: {', '.join(LANGUAGES)}."
    return f"{message} Give one of: {', '.join(map(_with_names, _ROWS))}."


def _with_names(language: Language) -> str:
    """Returns a tag with the language's names in English and in the language itself.

    >>> _with_names(LANGUAGES["ta"]), _with_names(LANGUAGES["en"])
    ('ta (Tamil, தமிழ்)', 'en (English)')
    """
    names = dict.fromkeys((language.name.partition(" (")[0], language.native_name))
    return f"{language.tag} ({', '.join(names)})"


def in_script(language: Language, script: str | None) -> Language:
    """Returns a language shown in another script.

    Args:
        language: Any language.
        script: ISO 15924 code; None means the language's own script.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the language cannot be shown in the script.
    """
    base = LANGUAGES[language.base]
    if script is None or script == base.own_script:
        return base
    if script not in scripts_of(base):
        known = ", ".join(scripts_of(base)) or "none"
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{base.name} cannot be shown in the script {script!r}. Leave the script out, or give"
            f" one of these scripts: {known}.",
        )
    return replace(
        base,
        tag=f"{base.tag}-{script}",
        name=f"{base.name} in {SCRIPTS[script].name} script",
        native_name="",
        shown_in=script,
    )


def written_in(language: Language, script: str | None) -> Language:
    """Returns the row of a language that has several, for the script that a model writes.

    >>> written_in(find_language("sd"), "Deva").tag, written_in(find_language("sd"), None).tag
    ('sd-Deva', 'sd')

    Args:
        language: Any row.
        script: ISO 15924 code; None, or a script that the language has no row for, returns
            ``language``.
    """
    if language.own_script == script:
        return language
    rows = (
        row for row in _ROWS if row.iso_639_3 == language.iso_639_3 and row.own_script == script
    )
    return next(rows, language)


def scripts_of(language: Language) -> tuple[str, ...]:
    """Returns the codes of the other scripts that a language can be shown in."""
    base = LANGUAGES[language.base]
    if not base.transliterated:
        return ()
    return tuple(
        script.code
        for script in SCRIPTS.values()
        if script.transliteration_scheme is not None and script.code != base.own_script
    )


def _from_subtags(subtags: list[str]) -> Language | None:
    """Returns the language of BCP-47 subtags: language, then an optional script and region."""
    base = LANGUAGES.get(_NAMES.get(subtags[0], ""))
    rest = subtags[1:]
    if base is None:
        return None
    language = base
    if rest and _is_script(rest[0]):
        script = rest.pop(0).capitalize()
        language = LANGUAGES.get(f"{base.tag}-{script}") or in_script(base, script)
    if rest and _is_region(rest[0]):
        rest.pop(0)
    return None if rest else language


def _is_script(subtag: str) -> bool:
    return len(subtag) == 4 and subtag.isascii() and subtag.isalpha()


def _is_region(subtag: str) -> bool:
    letters = len(subtag) == 2 and subtag.isascii() and subtag.isalpha()
    return letters or (len(subtag) == 3 and subtag.isdigit())
