"""Compares words in different scripts by their sounds, to recognise names. Pure.

The word in an Indian or Arabic script becomes a pattern of all sounds that its letters may stand
for; the other word becomes a string of sounds. Sounds are written with A, I, U, E, O for vowels,
long or short, S for sh, c for ch, and otherwise as in English.
"""

import re
import unicodedata
from functools import lru_cache

from indicsubs_text.words import fold

_FIRST_OF_BLOCKS, _LAST_OF_BLOCKS, _BLOCK = 0x0900, 0x0D7F, 0x80
"""The blocks from Devanagari to Malayalam, in which a letter has the same place (Unicode, chapter
12)."""
_PARALLEL = frozenset({"Beng", "Deva", "Gujr", "Guru", "Knda", "Mlym", "Orya", "Taml", "Telu"})
_OUT_OF_PLACE = {"ੰ": "ं", "ੱ": "", "ৎ": "त्", "ৰ": "र", "ৱ": "व", "ৗ": ""}
"""Letters that Devanagari has in another place, or lacks, and their equivalents."""
SHORTEST = 3
"""The fewest sounds, inherent vowels included, of a word that is compared; shorter words match by
chance."""

_SHORT = "[AIU]?"
"""A vowel that is not written in Arabic letters."""
_ARABIC = {
    **{
        letter: f"{sound}{_SHORT}" for letter, sound in zip("بپچحسگلمنر", "bpchsglmnr", strict=True)
    },
    **dict.fromkeys("تٹط", f"th?{_SHORT}"),
    **dict.fromkeys("ثص", f"s{_SHORT}"),
    **dict.fromkeys("جذزژضظ", f"[jz]{_SHORT}"),
    **dict.fromkeys("خ", f"kh?{_SHORT}"),
    **dict.fromkeys("دڈ", f"dh?{_SHORT}"),
    **dict.fromkeys("ڑ", f"[rd]{_SHORT}"),
    **dict.fromkeys("ش", f"[Ss]{_SHORT}"),
    **dict.fromkeys("غ", f"gh?{_SHORT}"),
    **dict.fromkeys("ف", f"[fp]{_SHORT}"),
    **dict.fromkeys("قک", f"k{_SHORT}"),
    **dict.fromkeys("ہھ", f"h?{_SHORT}"),
    **dict.fromkeys("ں", "n?"),
    **dict.fromkeys("اع", "[AIUE]?"),
    **dict.fromkeys("و", f"(?:v{_SHORT}|U|O)"),
    **dict.fromkeys("یے", f"(?:y{_SHORT}|I|E)"),
    **dict.fromkeys("ء\u0653\u0654", ""),
}
"""The sounds that Latin or Indian letters may write for each letter of Urdu."""

_NOTHING = "(?!)"
"""A pattern that never matches, for a letter outside the table; its word then has no match."""

_VIRAMA, _NUKTA = "्", "़"
_SOUNDS = (
    {"क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "c", "छ": "ch", "ज": "j"}
    | {"झ": "jh", "ञ": "n", "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th"}
    | {"द": "d", "ध": "dh", "न": "n", "ऩ": "n", "प": "p", "फ": "f", "ब": "b", "भ": "bh"}
    | {"म": "m", "य": "y", "र": "r", "ऱ": "r", "ल": "l", "ळ": "l", "ऴ": "l", "व": "v"}
    | {"श": "S", "ष": "S", "स": "s", "ह": "h"}
)
"""Consonants, in the alphabet of sounds in which words of all scripts are compared."""
_ALSO = {aspirate: f"{aspirate}?" for aspirate in ("kh", "gh", "ch", "jh", "th", "dh", "bh")} | {
    "t": "th?",
    "d": "dh?",
    "f": "[fp]",
    "j": "[jz]",
    "S": "[Ss]",
}
"""Sounds with several Latin spellings: with or without an h, z for j, s for sh."""
_VOWELS = (
    dict.fromkeys("अआाॲ", "A")
    | dict.fromkeys("इईिी", "I")
    | dict.fromkeys("उऊुू", "U")
    | dict.fromkeys("एऐऍऎेैॅॆ", "E")
    | dict.fromkeys("ओऔऑऒोौॉॊ", "O")
)
_VOCALIC_R = "ऋृ"
_DIPHTHONGS = {"y": "{}y|E", "I": "{}I|E", "v": "{}v|{}O|O"}
"""The Latin spellings of an a before these sounds: Jay or Jai, Bhai, Rao."""

_LATIN = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ksh|x", "kS"),
        (r"sh", "S"),
        (r"ch", "c"),
        (r"ph", "f"),
        (r"ck|q|c(?![eiy])", "k"),
        (r"c", "s"),
        (r"(?:a[iy]|e[iy])(?![aeiou])", "E"),
        (r"(?:ee|ii|i)", "I"),
        (r"(?:oo|uu|ou|u)", "U"),
        (r"(?:au|o)", "O"),
        (r"aa?", "A"),
        (r"e", "E"),
        (r"y(?![aeiou])", "I"),
        (r"w", "v"),
    )
]
"""The sounds of Latin spellings, tried in this order at each place; other letters are their own
sounds."""
_DOUBLED = re.compile(r"([^aeiou])\1")

_SAME_SIGN = str.maketrans("ईऊीूऎऒॆॊँ", "इउिुएओेों")
"""Long and short vowels that are interchanged in spellings of a name, and the two nasal signs."""
_NASAL = re.compile(rf"[ङञणनम]{_VIRAMA}(?=[क-घच-झट-ढत-धप-भशषस])")
_GEMINATE = re.compile(rf"([क-ह]){_VIRAMA}(?=\1)|ं(?=[नम])")
_MERGED = {
    "Beng": str.maketrans("vS", "bs"),
    "Orya": str.maketrans("vS", "bs"),
    "Taml": str.maketrans("gdbfjsSz", "ktppcccc"),
}
"""Sounds that share one letter in a script."""
_WITH_FINAL_VOWEL = frozenset({"Knda", "Mlym", "Orya", "Taml", "Telu"})
"""Scripts of languages that speak an inherent vowel at the end of a word without a virama."""
_ASPIRATION = re.compile("(?<=[kgcjtdb])h")


def comparable(source: str, target: str) -> bool:
    """Returns whether words of two scripts, given by their codes, can be compared."""
    indian = _PARALLEL | {"Latn"}
    one_is_not_latin = {source, target} != {"Latn"}
    return source in indian | {"Arab"} and target in indian and one_is_not_latin


def sound_alike(source_word: str, source_script: str, target_word: str, target_script: str) -> bool:
    """Returns whether a word of the target may be a word of the source in other letters.

    >>> sound_alike("वीरू", "Deva", "Viru", "Latn"), sound_alike("राम", "Deva", "Rum", "Latn")
    (True, False)

    Args:
        source_word: A word of the source.
        source_script: Code of its script.
        target_word: A word of the target.
        target_script: Code of its script; the two are :func:`comparable`.
    """
    if source_script == "Latn":  # then the Indian word gives the pattern of its Latin letters
        return _match(target_word, target_script, source_word, source_script)
    return _match(source_word, source_script, target_word, target_script)


def _match(word: str, script: str, other: str, other_script: str) -> bool:
    pattern = _compiled(word, script, other_script)
    return pattern is not None and bool(pattern.fullmatch(_sound(other, other_script, script)))


@lru_cache(maxsize=8192)  # a process may serve many films
def _compiled(word: str, script: str, against: str) -> re.Pattern[str] | None:
    """Returns a pattern for the sounds of words in another script; None for a short word."""
    if len(word if script == "Arab" else _indic_sound(word)) < SHORTEST:
        return None
    pattern = _pattern(word, script)
    if "Taml" in {script, against}:
        pattern = pattern.replace("h?", "")
    return re.compile(_merged(pattern, script, against))


@lru_cache(maxsize=32768)  # a process may serve many films
def _sound(word: str, script: str, against: str) -> str:
    """Returns the sounds of a word; sounds that share a letter in either script are made equal."""
    sound = _latin_sound(word) if script == "Latn" else _indic_sound(word)
    if "Taml" in {script, against}:
        sound = _ASPIRATION.sub("", sound)
    return _merged(sound, script, against)


def _merged(sounds: str, *scripts: str) -> str:
    for script in scripts:
        sounds = sounds.translate(_MERGED.get(script, {}))
    return sounds


@lru_cache(maxsize=32768)  # a process may serve many films
def spelling(word: str, script: str) -> str:
    """Returns a key that is equal for two words that differ only in spelling.

    >>> spelling("Veeru", "Latn") == spelling("Viru", "Latn")
    True
    >>> len({spelling(word, "Latn") for word in ("Ram", "Rama", "Rum", "Raam")})
    3
    """
    if script == "Latn":
        return _latin_sound(word)
    letters = _NASAL.sub("ं", _in_devanagari(word).translate(_SAME_SIGN))
    return letters if script in _WITH_FINAL_VOWEL else letters.removesuffix(_VIRAMA)


def _latin_sound(word: str) -> str:
    """Returns the sounds of a word in Latin letters, read as an Indian name.

    >>> _latin_sound("Lakshmi"), _latin_sound("Laxmee"), _latin_sound("Jaya"), _latin_sound("Jai")
    ('lAkSmI', 'lAkSmI', 'jAyA', 'jE')
    """
    plain = "".join(c for c in fold(word).text if c.isascii())
    plain = _DOUBLED.sub(r"\1", plain)
    sound, place = "", 0
    while place < len(plain):
        match, heard = next(
            ((match, heard) for form, heard in _LATIN if (match := form.match(plain, place))),
            (None, plain[place]),
        )
        sound += heard
        place = match.end() if match else place + 1
    return sound


def _in_devanagari(word: str) -> str:
    """Returns a word of a script in ``_PARALLEL`` in Devanagari, without doubled letters."""
    composed = unicodedata.normalize("NFC", fold(word).text)  # vowel signs of two parts are one
    return _GEMINATE.sub("", "".join(map(_letter_in_devanagari, composed)))


def _letter_in_devanagari(letter: str) -> str:
    if letter in _OUT_OF_PLACE:
        return _OUT_OF_PLACE[letter]
    if _FIRST_OF_BLOCKS <= ord(letter) <= _LAST_OF_BLOCKS:
        return chr(_FIRST_OF_BLOCKS + ord(letter) % _BLOCK)
    return letter


def _indic_sound(word: str) -> str:
    """Returns the sounds of a word of a script in ``_PARALLEL``, with every inherent vowel."""
    sound = ""
    letters = _in_devanagari(word)
    for k, letter in enumerate(letters):
        if letter in _SOUNDS:
            sound += _SOUNDS[letter] + ("A" if _is_inherent(letters, k) else "")
        elif letter in _VOCALIC_R:
            sound += "rI"
        elif letter in "ंँ":
            sound += "n"
        else:
            sound += _VOWELS.get(letter, "")
    return sound


def _pattern(word: str, script: str) -> str:
    """Returns a regular expression for the sounds that an Indian or Arabic word may stand for."""
    if script == "Arab":
        return "".join(_ARABIC.get(letter, _NOTHING) for letter in fold(word).text)
    letters = _in_devanagari(word)
    inherent = "[AO]?" if script in {"Beng", "Orya"} else "A?"
    pieces: list[str] = []
    for k, letter in enumerate(letters):
        sound = _SOUNDS.get(letter) or _VOWELS.get(letter, "")
        before = pieces[-1] if pieces else ""
        if letter in "डढ" and letters[k + 1 : k + 2] == _NUKTA:
            pieces.append("[rd]h?")
        elif sound in _DIPHTHONGS and before in {"A", inherent}:
            pieces[-1] = f"(?:{_DIPHTHONGS[sound].replace('{}', before)})"
        elif letter in _VOCALIC_R:
            pieces.append("r[IU]")
        elif letter in "ंँ":
            # At the end of a word, or as a chandrabindu, the nasal may be hardly heard.
            pieces.append("[nm]" if letter == "ं" and k + 1 < len(letters) else "[nm]?")
        else:
            pieces.append(_ALSO.get(sound, sound))
        if letter in _SOUNDS and _is_inherent(letters, k):
            pieces.append(inherent)
    return "".join(pieces) + ("A?" if letters.endswith(_VIRAMA) else "")


def _is_inherent(letters: str, k: int) -> bool:
    """Returns whether the consonant at ``k`` has no vowel sign and no virama after it."""
    following = letters[k + 1 :].lstrip(_NUKTA)[:1]
    return not (following == _VIRAMA or "ा" <= following <= "ौ")
