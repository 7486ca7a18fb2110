"""Converts words of nine Brahmic scripts to Devanagari, and Devanagari to eight of the scripts.

The Unicode blocks of the scripts have the same layout (all follow ISCII-91), so a letter is moved
from one block to another by the distance of the blocks. ``brahmic_letters.toml`` lists the letters
with another place, and the letters that a script or the library indic-transliteration lacks.
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
"""Distance of a block's last letter from the block's beginning; dandas and digits follow it."""
_NUKTA = "\u093c"
_FULL_YA = re.compile(f"(?<!{VIRAMA})य")
"""A y that follows no consonant. Bengali and Odia have two letters for it, and read the letter at
the same place in the block as j."""
_ADDAK = re.compile("ੱ([ਕ-ਹ])")
_UNASPIRATED = dict(zip("ਖਘਛਝਠਢਥਧਫਭ", "ਕਗਚਜਟਡਤਦਪਬ", strict=True))
_FINAL_VIRAMA = re.compile(r"്$")
"""The half u at the end of Malayalam words, which people type as u: ``veettilekku``."""
_CHILLU = dict(zip("ണനരലള", "ൺൻർൽൾ", strict=True))
"""Malayalam's letters without a vowel, as they are written at the end of a word."""
_CHILLU_PLACE = re.compile("([ണനരലള])്$|(ര)്(?!ര)")


class _Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The letters of a script that need a special rule."""

    first_code_point: int
    """The beginning of its Unicode block."""
    out_of_place: dict[str, str] = {}
    """Letters whose place differs from Devanagari's, and their spelling in letters at the same
    place. They are replaced in this order."""
    lacks: tuple[str, ...] = ()
    """The groups of ``_Letters.replacements`` that apply to the script."""
    replacements: dict[str, str] = {}
    """More letters of Devanagari that the script lacks, and the nearest letters that it has."""
    unknown_to_library: dict[str, str] = {}
    """Letters that the script has but the library does not convert, and their replacements."""


class _Letters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tables of ``brahmic_letters.toml``."""

    with_nukta: dict[str, str]
    """The single code point that the library knows for a letter with a nukta."""
    replacements: dict[str, dict[str, str]]
    """Letters of Devanagari that several scripts lack, and the nearest letters that these scripts
    have, by the name of a group."""
    scripts: dict[str, _Script]
    """The scripts by ISO 15924 code."""


@cache
def runs_of_letters(script: str) -> re.Pattern[str]:
    """Returns a pattern of letters and signs of a script, with joiners but no digits or danda."""
    row = _letters().scripts[script]
    extra = "".join(letter for letters in row.out_of_place for letter in letters)
    extra += "ੱ" if script == "Guru" else ""
    first, last = chr(row.first_code_point + 1), chr(row.first_code_point + _LAST_LETTER)
    letters = f"{first}-{last}{extra}"
    return re.compile(f"[{letters}](?:[{letters}\u200c\u200d]*[{letters}])?")


def to_devanagari(word: str, script: str, *, spell_half_u: bool) -> str:
    """Returns a word in Devanagari's letters.

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
    """Returns a word in a Brahmic script, from Devanagari's letters.

    Args:
        letters: A word in Devanagari's letters.
        script: ISO 15924 code of a Brahmic script.
        full_ya: Whether every y that follows no consonant becomes the letter that Bengali and Odia
            read as y.
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
    """Returns the nearest letter for each Devanagari letter, by code point, that a script lacks."""
    row = _letters().scripts[script]
    nearest: dict[str, str] = {}
    for group in row.lacks:
        nearest |= _letters().replacements[group]
    return str.maketrans(nearest | row.replacements)


def _gurmukhi(word: str) -> str:
    """Returns a word in Punjabi spelling: addak, tippi, half letters only below other letters."""
    word = re.sub("ਜ੍ਞਾ?", "ਗਿਆ", word).replace("੍ਯਾ", "ਿਆ").replace("ਁ", "ਂ")
    for aspirated, plain in _UNASPIRATED.items():
        word = word.replace(f"{plain}੍{aspirated}", f"ੱ{aspirated}")
    word = re.sub("([ਨਮ])੍\\1", "ੰ\\1", word)
    word = re.sub("([ਕ-ਹ])੍\\1", "ੱ\\1", word)
    word = re.sub("੍(?![ਰਹਵ])", "", word)
    return re.sub("(?<=[ਕ-ਹ਼ਿੁੂਅਇਉ])ਂ", "ੰ", word)
