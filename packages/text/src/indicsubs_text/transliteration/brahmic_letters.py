"""Words of nine Brahmic scripts in Devanagari, and Devanagari in eight of these scripts.

The Unicode blocks of the scripts are laid out alike (all follow ISCII-91): a letter is moved from
one block to another by the distance of the blocks. ``brahmic_letters.toml`` lists the letters that
lie elsewhere, and those that a script or the library indic-transliteration lacks.
"""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import msgspec

from indicsubs_text.transliteration.library import convert_devanagari

VIRAMA = "\u094d"

_TABLE = Path(__file__).with_name("brahmic_letters.toml")
_LAST_LETTER = 0x63
"""Distance of a block's last letter from its beginning; dandas and digits follow."""
_NUKTA = "\u093c"
_FULL_YA = re.compile(f"(?<!{VIRAMA})य")
"""Bengali and Odia have two letters for it, and read the parallel one as j."""
_ADDAK = re.compile("ੱ([ਕ-ਹ])")
_UNASPIRATED = dict(zip("ਖਘਛਝਠਢਥਧਫਭ", "ਕਗਚਜਟਡਤਦਪਬ", strict=True))
_FINAL_VIRAMA = re.compile(r"്$")
"""Malayalam's half u: a viewer reads and writes ``veettilekku``."""
_CHILLU = dict(zip("ണനരലള", "ൺൻർൽൾ", strict=True))
"""Malayalam's letters without a vowel, as they are written at the end of a word."""
_CHILLU_PLACE = re.compile("([ണനരലള])്$|(ര)്(?!ര)")


class _Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The letters of a script that need a rule of their own."""

    first_code_point: int
    """The beginning of its Unicode block."""
    out_of_place: dict[str, str] = {}
    """Letters that lie elsewhere than in Devanagari, written with letters that lie alike. They are
    replaced in this order."""
    lacks: tuple[str, ...] = ()
    """The groups of ``replacements`` that hold for the script."""
    replacements: dict[str, str] = {}
    """More letters of Devanagari that the script lacks, and the nearest that it has."""
    unknown_to_library: dict[str, str] = {}
    """Letters that the library leaves as they are although the script has them."""


class _Letters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tables of ``brahmic_letters.toml``."""

    with_nukta: dict[str, str]
    """The single code point that the library knows for a letter with a nukta."""
    replacements: dict[str, dict[str, str]]
    """Letters of Devanagari that several scripts lack, and the nearest that these have, by the name
    of a group."""
    scripts: dict[str, _Script]
    """By ISO 15924 code."""


@cache
def runs_of_letters(script: str) -> re.Pattern[str]:
    """The letters and signs of a script, with joiners among them; no digits, no danda."""
    row = _letters().scripts[script]
    extra = "".join(letter for letters in row.out_of_place for letter in letters)
    extra += "ੱ" if script == "Guru" else ""
    first, last = chr(row.first_code_point + 1), chr(row.first_code_point + _LAST_LETTER)
    letters = f"{first}-{last}{extra}"
    return re.compile(f"[{letters}](?:[{letters}\u200c\u200d]*[{letters}])?")


def to_devanagari(word: str, script: str, *, spell_half_u: bool) -> str:
    """Returns a word with Devanagari's letters.

    Args:
        word: A word in ``script``.
        script: ISO 15924 code of a Brahmic script.
        spell_half_u: Whether a virama at the end becomes the vowel u.
    """
    word = re.sub("[\u200c\u200d]", "", unicodedata.normalize("NFC", word))
    if spell_half_u:
        word = _FINAL_VIRAMA.sub("ു", word)
    if script == "Guru":
        word = _ADDAK.sub(lambda match: _UNASPIRATED.get(match[1], match[1]) + "੍" + match[1], word)
    table = _letters()
    row = table.scripts[script]
    for letter, parallel in row.out_of_place.items():
        word = word.replace(letter, parallel)
    first = row.first_code_point
    shift = table.scripts["Deva"].first_code_point - first
    word = "".join(chr(ord(c) + shift) if 0 < ord(c) - first <= _LAST_LETTER else c for c in word)
    for base, letter in table.with_nukta.items():
        word = word.replace(base + _NUKTA, letter)
    return word


def from_devanagari(letters: str, script: str, *, full_ya: bool) -> str:
    """Returns a word of Devanagari's letters in another Brahmic script.

    Args:
        letters: A word with Devanagari's letters.
        script: ISO 15924 code of a Brahmic script.
        full_ya: Whether every y that follows no consonant is the letter that Bengali and Odia read
            as y.
    """
    if full_ya:
        letters = _FULL_YA.sub("\u095f", letters)
    letters = letters.translate(_replacements(script))
    if script == "Deva":
        return unicodedata.normalize("NFC", letters)
    unknown = _letters().scripts[script].unknown_to_library
    word = convert_devanagari(letters, script).translate(str.maketrans(unknown))
    if script == "Mlym":
        return _CHILLU_PLACE.sub(lambda match: _CHILLU[match[1] or match[2]], word)
    return unicodedata.normalize("NFC", _gurmukhi(word) if script == "Guru" else word)


@cache
def _letters() -> _Letters:
    return msgspec.convert(tomllib.loads(_TABLE.read_text(encoding="utf-8")), _Letters)


@cache
def _replacements(script: str) -> dict[int, str]:
    """Devanagari's letters that a script lacks, by code point, and the nearest that it has."""
    row = _letters().scripts[script]
    nearest: dict[str, str] = {}
    for group in row.lacks:
        nearest |= _letters().replacements[group]
    return str.maketrans(nearest | row.replacements)


def _gurmukhi(word: str) -> str:
    """The spelling of Punjabi: addak, tippi, and no half letters except those below others."""
    word = re.sub("ਜ੍ਞਾ?", "ਗਿਆ", word).replace("੍ਯਾ", "ਿਆ").replace("ਁ", "ਂ")
    for aspirated, plain in _UNASPIRATED.items():
        word = word.replace(f"{plain}੍{aspirated}", f"ੱ{aspirated}")
    word = re.sub("([ਨਮ])੍\\1", "ੰ\\1", word)
    word = re.sub("([ਕ-ਹ])੍\\1", "ੱ\\1", word)
    word = re.sub("੍(?![ਰਹਵ])", "", word)
    return re.sub("(?<=[ਕ-ਹ਼ਿੁੂਅਇਉ])ਂ", "ੰ", word)
