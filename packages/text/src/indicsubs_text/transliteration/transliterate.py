"""The same words in another script: Brahmic scripts among each other, and into readable Latin.

Letters go through Devanagari, whose Unicode block the other eight are laid out like (both follow
ISCII-91), and from there through the library indic-transliteration. What is ours: spellings that
the library leaves as they are, and readable Latin made of its ISO 15919 (docs/decisions/0010).
Only letters of the language's own script change; Latin words, markup, notes and marks stay.
"""

import re
import unicodedata
from functools import cache

from indicsubs_text.languages import Language, in_script
from indicsubs_text.markup import outside_markup
from indicsubs_text.scripts import SCRIPTS, ascii_digits
from indicsubs_text.transliteration.library import convert

_BLOCKS = {
    "Deva": 0x0900,
    "Beng": 0x0980,
    "Guru": 0x0A00,
    "Gujr": 0x0A80,
    "Orya": 0x0B00,
    "Taml": 0x0B80,
    "Telu": 0x0C00,
    "Knda": 0x0C80,
    "Mlym": 0x0D00,
}
"""First code point of each block; the letters lie from 0x01 to 0x63, dandas and digits behind."""
_VIRAMA, _NUKTA = "\u094d", "\u093c"
_UNPARALLEL = {
    "Beng": {"ৎ": "ত্", "ৰ": "র", "ৱ": "ব"},
    "Guru": {"ੰ": "ਂ"},
    "Orya": {"ୱ": "ଵ"},
    "Taml": {"ஃப": "\u0bab\u0bbc", "ஃ": ""},
    "Telu": {"ౘ": "చ", "ౙ": "జ"},
    "Knda": {"ೞ": "\u0cb4"},
    "Mlym": {"ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്", "ൗ": "ൌ"},
}
"""Letters that lie elsewhere than in Devanagari, written with those that do not."""
_ADDAK = re.compile("ੱ([ਕ-ਹ])")
_UNASPIRATED = dict(zip("ਖਘਛਝਠਢਥਧਫਭ", "ਕਗਚਜਟਡਤਦਪਬ", strict=True))
_FINAL_VIRAMA = re.compile(r"്$")
"""Malayalam's half u: a viewer reads and writes ``veettilekku``."""
_COMPOSED = {
    base + _NUKTA: chr(point)
    for base, point in zip(
        "कखगजडढफयनरळ", [*range(0x0958, 0x0960), 0x0929, 0x0931, 0x0934], strict=True
    )
} | {"स" + _NUKTA: "श"}
"""Letters with a dot as the single code points that the library knows; the last is Gurmukhi's."""

_PLAIN = {
    0x0958: "क",
    0x0959: "ख",
    0x095A: "ग",
    0x095B: "ज",
    0x095C: "ड",
    0x095D: "ढ",
    0x095E: "फ",
    0x095F: "य",
    0x0929: "न",
    0x093C: "",
}
_NO_SHORT = {ord(a): b for a, b in zip("ऎऒॆॊऱऴ", "एओेोरळ", strict=True)}
_NO_ROUND = {ord(a): b for a, b in zip("ऍऑॅॉ", "एआेा", strict=True)}
_WITH_FLAPS = {k: v for k, v in _PLAIN.items() if k not in {0x095C, 0x095D, 0x095F}}
_FOLDED: dict[str, dict[int, str]] = {
    "Beng": _WITH_FLAPS | _NO_SHORT | _NO_ROUND | {ord("ळ"): "ल", 0x0934: "ल", ord("व"): "ब"},
    "Gujr": _PLAIN | _NO_SHORT,
    "Guru": {0x0958: "क", 0x095F: "य", 0x0929: "न", ord("ँ"): "ं", ord("ष"): "श"}
    | _NO_SHORT
    | _NO_ROUND,
    "Knda": _PLAIN | _NO_ROUND | {ord("ँ"): "ं"},
    "Mlym": _PLAIN | _NO_ROUND | {ord("ँ"): "ं"},
    "Orya": _WITH_FLAPS | _NO_SHORT | _NO_ROUND,
    "Telu": _PLAIN | _NO_ROUND,
    "Deva": {},
    "Latn": {},
}
"""Letters that a script lacks, and the nearest that it has."""
_FROM_DEVANAGARI = {
    "Gujr": {ord("ऑ"): "ઑ", ord("ऍ"): "ઍ"},
    "Orya": {ord("ଵ"): "ୱ"},
}
"""Letters that a script has and the library does not know there."""

_WITH_DANDA = frozenset({"Beng", "Deva", "Guru", "Orya"})
_CHILLU = dict(zip("ണനരലള", "ൺൻർൽൾ", strict=True))
"""Malayalam's letters without a vowel, as they are written at the end of a word."""
_CHILLU_PLACE = re.compile("([ണനരലള])്$|(ര)്(?!ര)")

_FULL_YA = re.compile(f"(?<!{_VIRAMA})य")
"""Bengali and Odia have two letters for it, and read the parallel one as j."""

_NORTHERN = frozenset({"hi", "mr", "ne", "gu", "pa", "bn"})
"""Languages whose written last vowel ``a`` is mostly not spoken. Odia speaks it."""
_TOKEN = re.compile(
    "a[iu]|[rl]\u0325\u0304?|k\u035fh|m\u0310|(?:[kgcjtdpb]|[\u1e6d\u1e0d\u1e5b])h|.", re.DOTALL
)
"""A sound of ISO 15919."""
_VOWELS = frozenset(
    {"a", "ā", "i", "ī", "u", "ū", "e", "ē", "o", "ō", "ô", "ê", "ai", "au", "r̥", "r̥̄", "l̥"}
)
_LONG = {"ā": ("aa", "a"), "ī": ("ee", "i"), "ū": ("oo", "u")}
_NASALS = frozenset({"ṁ", "m\u0310"})
_LETTERS = {
    "ē": "e",
    "ō": "o",
    "ô": "o",
    "ê": "e",
    "r\u0325": "ri",
    "r\u0325\u0304": "ri",
    "l\u0325": "li",
    "c": "ch",
    "ch": "chh",
    "ṭ": "t",
    "ṭh": "th",
    "ḍ": "d",
    "ḍh": "dh",
    "ṛ": "d",
    "ṛh": "dh",
    "ṇ": "n",
    "ñ": "n",
    "ṅ": "n",
    "ṉ": "n",
    "ś": "sh",
    "ṣ": "sh",
    "ḷ": "l",
    "ḻ": "zh",
    "ṟ": "r",
    "ẏ": "y",
    "ḥ": "h",
    "k\u035fh": "kh",
    "ġ": "g",
    "’": "",
}
"""Sounds as people type them, without diacritics."""
_OWN_LETTERS = {
    "bn": {"ṛ": "r", "ṛh": "rh", "a": "o", "v": "b"},
    "mr": {"r\u0325": "ru"},
    "gu": {"r\u0325": "ru", "ph": "f"},
    "or": {"r\u0325": "ru"},
    "te": {"r\u0325": "ru"},
    "kn": {"r\u0325": "ru"},
}
_JNY = {"hi": "gy", "pa": "gy", "bn": "gy", "ne": "gy", "gu": "gn", "mr": "dny", "or": "gy"}
_WORDS = {
    "hi": {"में": "mein", "यह": "yeh", "वह": "woh", "माँ": "maa", "मां": "maa"},
    "ne": {"छैन": "chhaina", "होइन": "hoina"},
    "bn": {
        "कत": "koto",
        "यत": "joto",
        "एत": "eto",
        "तत": "toto",
        "मत": "moto",
        "केन": "keno",
        "येन": "jeno",
        "छिल": "chhilo",
        "गेल": "gelo",
        "हल": "holo",
        "एल": "elo",
        "भाल": "bhalo",
        "छोट": "chhoto",
        "आछ": "achho",
        "कर": "koro",
        "बल": "bolo",
        "चल": "cholo",
    },
}
"""Common words that the rules would spell as nobody does, by their letters in Devanagari."""
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
"""How Tamil's stops sound: single ones after vowels, y, r, l and nasals are voiced."""
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
_SOUNDS = {"ta": _TAMIL, "ml": _MALAYALAM}
"""Capital letters are final already."""


def transliterate(text: str, language: Language, script: str) -> str:
    """Write a text of a language in another script.

    Native digits become 0-9, and dandas full stops in scripts that have none.

    Args:
        text: In the language's own script; what is not, stays as it is.
        language: One with ``transliterated``.
        script: One of ``languages.scripts_of(language)``; its own leaves the text alone.

    Raises:
        IndicsubsError: ``BAD_INPUT``, for a script that the language cannot be shown in.
    """
    in_script(language, script)
    own = language.own_script
    if script == own:
        return text

    def change(plain: str) -> str:
        made = _run_of(own).sub(lambda run: _word(run[0], language.base, own, script), plain)
        if script not in _WITH_DANDA:
            made = made.replace("॥", ".").replace("।", ".")
        return ascii_digits(made)

    return outside_markup(text, change)


@cache
def _run_of(script: str) -> re.Pattern[str]:
    """Letters and signs of a script, with joiners among them; no digits, no danda."""
    first = _BLOCKS[script]
    extra = "".join(letter for letters in _UNPARALLEL.get(script, {}) for letter in letters)
    extra += "ੱ" if script == "Guru" else ""
    letters = f"{chr(first + 1)}-{chr(first + 0x63)}{extra}"
    return re.compile(f"[{letters}](?:[{letters}\u200c\u200d]*[{letters}])?")


@cache
def _word(word: str, tag: str, own: str, script: str) -> str:
    letters = _in_devanagari(word, own, spell_half_u=tag == "ml" and script == "Latn")
    if script == "Latn":
        return _WORDS.get(tag, {}).get(letters) or _latin(letters, tag)
    southern = script in {"Knda", "Mlym", "Telu"}
    if southern and tag in _NORTHERN and _speaks_no_final_a(_sounds(letters), tag):
        letters += _VIRAMA  # there every written vowel is spoken
    if script in {"Beng", "Orya"} and tag not in {"bn", "or"}:
        letters = _FULL_YA.sub("\u095f", letters)
    folded = letters.translate(_FOLDED[script])
    if script == "Deva":
        return unicodedata.normalize("NFC", folded)
    made = _convert(folded, script).translate(_FROM_DEVANAGARI.get(script, {}))
    if script == "Mlym":
        return _CHILLU_PLACE.sub(lambda match: _CHILLU[match[1] or match[2]], made)
    return unicodedata.normalize("NFC", _gurmukhi(made) if script == "Guru" else made)


def _in_devanagari(word: str, script: str, *, spell_half_u: bool) -> str:
    word = re.sub("[\u200c\u200d]", "", unicodedata.normalize("NFC", word))
    if spell_half_u:
        word = _FINAL_VIRAMA.sub("ു", word)
    if script == "Guru":
        word = _ADDAK.sub(lambda match: _UNASPIRATED.get(match[1], match[1]) + "੍" + match[1], word)
    for letter, parallel in _UNPARALLEL.get(script, {}).items():
        word = word.replace(letter, parallel)
    shift = _BLOCKS["Deva"] - _BLOCKS[script]
    word = "".join(chr(ord(c) + shift) if 0 < ord(c) - _BLOCKS[script] <= 0x63 else c for c in word)
    for pair, letter in _COMPOSED.items():
        word = word.replace(pair, letter)
    return word


@cache
def _convert(letters: str, script: str) -> str:
    """Devanagari to another script or ISO 15919, by the library."""
    letters = letters.replace("\u095d", "ढ" + _NUKTA)  # the only one that it wants in two
    return convert(letters, "devanagari", SCRIPTS[script].transliteration_scheme or "")


def _gurmukhi(word: str) -> str:
    """As Punjabi is spelt: addak, tippi, and no half letters but those that stand below others."""
    word = re.sub("ਜ੍ਞਾ?", "ਗਿਆ", word).replace("੍ਯਾ", "ਿਆ").replace("ਁ", "ਂ")
    for aspirated, plain in _UNASPIRATED.items():
        word = word.replace(f"{plain}੍{aspirated}", f"ੱ{aspirated}")
    word = re.sub("([ਨਮ])੍\\1", "ੰ\\1", word)
    word = re.sub("([ਕ-ਹ])੍\\1", "ੱ\\1", word)
    word = re.sub("੍(?![ਰਹਵ])", "", word)
    return re.sub("(?<=[ਕ-ਹ਼ਿੁੂਅਇਉ])ਂ", "ੰ", word)


def _sounds(letters: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFC", _convert(letters, "Latn")))


def _latin(letters: str, tag: str) -> str:
    sounds = _sounds(letters)
    if tag in _NORTHERN:
        sounds = _spoken(sounds, tag)
    if tag in _SOUNDS:
        spelt = "".join(sounds)
        for pattern, sound in _SOUNDS[tag]:
            spelt = re.sub(pattern, sound, spelt)
        sounds = _TOKEN.findall(spelt)
    return "".join(_typed(k, sounds, tag) for k in range(len(sounds)))


def _typed(k: int, sounds: list[str], tag: str) -> str:
    """What people type for the sound at ``k``."""
    sound = sounds[k]
    before, following = sounds[k - 1] if k else "", sounds[k + 1] if k + 1 < len(sounds) else ""
    together = {"jñ": _JNY.get(tag, "jn"), "cc": "cch", "cch": "cch"}
    if before + sound in together:
        return ""  # it is there already
    if sound + following in together:
        return together[sound + following]
    if sound in _LONG:
        return _LONG[sound][not _is_doubled(k, sounds, tag)]
    if sound in _NASALS:
        return _nasal(sound, following, tag)
    if tag == "bn" and sound == "y":
        return "y" if before and before not in _VOWELS else "j"
    return (_LETTERS | _OWN_LETTERS.get(tag, {})).get(sound, sound.lower())


def _spoken(sounds: list[str], tag: str) -> list[str]:
    """Leave out every ``a`` that is written and not spoken.

    The last one; and, from the right, one between vowel-consonant and consonant-vowel (Ohala's
    rule), but not before h: ``dopahar``.
    """
    if _speaks_no_final_a(sounds, tag):
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


def _speaks_no_final_a(sounds: list[str], tag: str) -> bool:
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
    """Whether a long vowel is written twice: aap, yaar, naan; but raha, kahan."""
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
