"""Spells Indian words in Latin letters as people type them, from ISO 15919 (decision 0010).

``latin_spelling.toml`` lists the letters that people type for each sound, and the common words
that people spell differently from the rules.
"""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import msgspec

from indicsubs_text.transliteration.library import convert_devanagari

_TABLE = Path(__file__).with_name("latin_spelling.toml")

_NORTHERN = frozenset({"hi", "mr", "ne", "gu", "pa", "bn"})
"""Languages in which a final written ``a`` is mostly silent. In Odia it is spoken."""
_TOKEN = re.compile(
    "a[iu]|[rl]\u0325\u0304?|k\u035fh|m\u0310|(?:[kgcjtdpb]|[\u1e6d\u1e0d\u1e5b])h|.", re.DOTALL
)
"""Finds one sound of ISO 15919."""
_VOWELS = frozenset(
    {"a", "ā", "i", "ī", "u", "ū", "e", "ē", "o", "ō", "ô", "ê", "ai", "au", "r̥", "r̥̄", "l̥"}
)
_LONG = {"ā": ("aa", "a"), "ī": ("ee", "i"), "ū": ("oo", "u")}
"""The doubled and the single spelling of each long vowel."""
_NASALS = frozenset({"ṁ", "m\u0310"})
_TAMIL = (
    ("ṟṟ", "tr"),
    ("ṉṟ", "ndr"),
    ("ṅk", "ng"),
    ("ñc", "nj"),
    ("ṇṭ", "nd"),
    ("nt", "ndh"),
    ("mp", "mb"),
    ("kk", "KK"),
    ("cc", "CCH"),
    ("ṭṭ", "TT"),
    ("tt", "TTH"),
    ("pp", "PP"),
    (r"\bc", "s"),
    (r"\bt", "TH"),
    (r"(?<=[aāiīuūeēoōyrlḻḷ])k(?=[aāiīuūeēoō])", "g"),
    (r"(?<=[aāiīuūeēoō])c(?=[aāiīuūeēoō])", "s"),
    (r"(?<=[aāiīuūeēoō])ṭ(?=[aāiīuūeēoō])", "d"),
    (r"(?<=[aāiīuūeēoōyrlḻḷ])t(?=[aāiīuūeēoō])", "dh"),
    (r"(?<=[aāiīuūeēoōyrlḻḷ])p(?=[aāiīuūeēoō])", "b"),
)
"""The spoken stops of Tamil: single stops after vowels, y, r, l and nasals are voiced."""
_MALAYALAM = (
    ("ṟṟ", "TT"),
    ("nṟ", "NT"),
    ("ññ", "nj"),
    ("ñ(?=[aāiīuūeēoō])", "nj"),
    ("ṅṅ", "ng"),
    ("ṭṭh?", "TT"),
    ("(?<=[aāiīuūeēoō])ṭ(?=[aāiīuūeēoō])", "d"),
    ("tt", "TTH"),
    ("t(?!h)", "TH"),
)
_SPOKEN_SOUNDS = {"ta": _TAMIL, "ml": _MALAYALAM}
"""Patterns of written sounds and their spoken sounds, by language; they are replaced in this order.
Capital letters are the letters that people type; no later pattern changes them."""


class _LanguageSpelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The differences between the Latin spelling of one language and the common spelling."""

    jn: str = "jn"
    """The letters that people type for ज्ञ."""
    sounds: dict[str, str] = {}
    """The letters for sounds that are typed differently than in the other languages."""
    words: dict[str, str] = {}
    """The spelling of common words that people spell differently from the rules, by their letters
    in Devanagari."""


class _LatinSpelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All tables of ``latin_spelling.toml``."""

    sounds: dict[str, str]
    """The letters, without diacritics, that people type for each sound of ISO 15919. Absent sounds
    are typed as they are, in small letters."""
    languages: dict[str, _LanguageSpelling]
    """The differences by language tag; an absent language has none."""


def latin_spelling(letters: str, tag: str) -> str:
    """Returns a word in Latin letters as people type it.

    Args:
        letters: The word with Devanagari's letters.
        tag: Tag of its language.
    """
    return _language(tag).words.get(letters) or _by_rule(letters, tag)


def has_silent_final_a(letters: str, tag: str) -> bool:
    """Returns whether the last vowel of a word is an ``a`` that is written and not spoken.

    Args:
        letters: The word with Devanagari's letters.
        tag: Tag of its language.
    """
    return tag in _NORTHERN and _is_final_a_silent(_sounds(letters), tag)


@cache
def _spelling() -> _LatinSpelling:
    return msgspec.convert(tomllib.loads(_TABLE.read_text(encoding="utf-8")), _LatinSpelling)


def _language(tag: str) -> _LanguageSpelling:
    return _spelling().languages.get(tag, _LanguageSpelling())


@cache
def _typed_sounds(tag: str) -> dict[str, str]:
    """Returns the letters that people type for each sound of a language."""
    return _spelling().sounds | _language(tag).sounds


def _sounds(letters: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFC", convert_devanagari(letters, "Latn")))


def _by_rule(letters: str, tag: str) -> str:
    sounds = _sounds(letters)
    if tag in _NORTHERN:
        sounds = _without_silent_a(sounds, tag)
    if tag in _SPOKEN_SOUNDS:
        spelt = "".join(sounds)
        for pattern, sound in _SPOKEN_SOUNDS[tag]:
            spelt = re.sub(pattern, sound, spelt)
        sounds = _TOKEN.findall(spelt)
    return "".join(_typed(k, sounds, tag) for k in range(len(sounds)))


def _typed(k: int, sounds: list[str], tag: str) -> str:
    """Returns the letters that people type for the sound at index ``k``."""
    sound = sounds[k]
    before, following = sounds[k - 1] if k else "", sounds[k + 1] if k + 1 < len(sounds) else ""
    together = {"jñ": _language(tag).jn, "cc": "cch", "cch": "cch"}
    if before + sound in together:
        return ""  # the sound before has written both
    if sound + following in together:
        return together[sound + following]
    if sound in _LONG:
        return _LONG[sound][not _is_doubled(k, sounds, tag)]
    if sound in _NASALS:
        return _nasal(sound, following, tag)
    if tag == "bn" and sound == "y":
        return "y" if before and before not in _VOWELS else "j"
    return _typed_sounds(tag).get(sound, sound.lower())


def _without_silent_a(sounds: list[str], tag: str) -> list[str]:
    """Returns the sounds without each ``a`` that is written but not spoken.

    A final ``a`` may be silent (:func:`_is_final_a_silent`). Then, from the right, each ``a``
    between vowel-consonant and consonant-vowel is silent (Ohala's rule), but not before h:
    ``dopahar``.
    """
    if _is_final_a_silent(sounds, tag):
        sounds = sounds[:-1]
    kept = list(sounds)
    for k in range(len(kept) - 3, 1, -1):
        if (
            kept[k] == "a"
            and kept[k - 2] in _VOWELS
            and _is_consonant(kept[k - 1])
            and _is_consonant(kept[k + 1])
            and kept[k + 1] != "h"
            and kept[k + 2] in _VOWELS
        ):
            del kept[k]
    return kept


def _is_final_a_silent(sounds: list[str], tag: str) -> bool:
    if len(sounds) < 3 or sounds[-1] != "a" or not any(s in _VOWELS for s in sounds[:-1]):
        return False
    last, before = sounds[-2], sounds[-3]
    if last == "y" and before in {"i", "ī", "ē"}:
        return False  # priya, bharatiya
    if last in _VOWELS or not _is_consonant(before):
        return last not in _VOWELS
    if tag in {"bn", "ne"}:
        return False  # jaccho, garchha
    sonorous = before in {"r", "l", "n", "m", "y", "v", "h"}
    return not (last == "y" or (last in {"r", "v", "n", "ṇ", "m"} and not sonorous))


def _is_consonant(sound: str) -> bool:
    return sound.isalpha() and sound not in _VOWELS and sound not in _NASALS


def _is_doubled(k: int, sounds: list[str], tag: str) -> bool:
    """Returns whether a long vowel is written twice: aap, yaar, naan; but raha, kahan."""
    if tag in {"bn", "or", "sa"}:
        return False
    vowels = [place for place, sound in enumerate(sounds) if sound in _VOWELS]
    if tag in {"te", "kn", "ml"}:
        return k == vowels[0]
    if tag == "ta" or (k == 0 and sounds[k] == "ā"):
        return True
    return vowels == [k] and any(
        sound not in _NASALS or _nasal(sound, "", tag) for sound in sounds[k + 1 :]
    )


def _nasal(sound: str, following: str, tag: str) -> str:
    if tag == "bn" and sound == "ṁ":
        return "ng"
    if not following:
        if tag in {"gu", "mr"}:
            return ""
        return "m" if tag in {"sa", "te", "kn", "ml", "ta"} else "n"
    return "m" if following[0] in "pbm" else "n"
