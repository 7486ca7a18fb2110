"""The table of scripts, with one row for each script that a language is written or shown in.

To add a script, add a row to :data:`SCRIPTS`. CONTRIBUTING.md lists every file.
"""

import unicodedata
from collections import Counter

import msgspec

from indicsubs_text.fonts import Font


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A script, with the facts that are needed to write subtitles in it."""

    code: str
    """ISO 15924 code."""
    name: str
    blocks: tuple[tuple[int, int], ...]
    """First and last code point of its Unicode blocks (Unicode 15, Blocks.txt)."""
    font: Font
    """A free font (OFL) of the Noto family. Source: Noto's families by script
    (notofonts.github.io). The scales were read with fontTools from Debian's fonts-noto-core
    20201225. The scale of Arabic is smaller than in its file (2.112): in ASS, players take Latin
    letters and notes from another font at the same size, and these would be much larger than the
    Arabic letters."""
    full_stop: str = "."
    """The mark at the end of a statement; some languages of the script have another one."""
    question_mark: str = "?"
    comma: str = ","
    sentence_ends: str = ""
    """The marks of this script that end a sentence."""
    right_to_left: bool = False
    transliteration_scheme: str | None = None
    """The script's name in the library indic-transliteration; None where no other languages are
    shown in the script (docs/decisions/0010)."""


_ROWS = (
    Script(
        code="Arab",
        name="Arabic",
        blocks=(
            (0x0600, 0x06FF),
            (0x0750, 0x077F),
            (0x0870, 0x08FF),
            (0xFB50, 0xFDFF),
            (0xFE70, 0xFEFC),
        ),
        font=Font(family="Noto Sans Arabic", ass_scale=1.75),
        full_stop="۔",
        question_mark="؟",
        comma="،",
        sentence_ends="؟۔",
        right_to_left=True,
    ),
    Script(
        code="Beng",
        name="Bengali",
        blocks=((0x0980, 0x09FF),),
        font=Font(family="Noto Sans Bengali", ass_scale=1.325),
        full_stop="।",
        sentence_ends="।॥",
        transliteration_scheme="bengali",
    ),
    Script(
        code="Deva",
        name="Devanagari",
        blocks=((0x0900, 0x097F), (0x1CD0, 0x1CFF), (0xA8E0, 0xA8FF)),
        font=Font(family="Noto Sans Devanagari", ass_scale=1.304),
        full_stop="।",
        sentence_ends="।॥",
        transliteration_scheme="devanagari",
    ),
    Script(
        code="Gujr",
        name="Gujarati",
        blocks=((0x0A80, 0x0AFF),),
        font=Font(family="Noto Sans Gujarati", ass_scale=1.304),
        transliteration_scheme="gujarati",
    ),
    Script(
        code="Guru",
        name="Gurmukhi",
        blocks=((0x0A00, 0x0A7F),),
        font=Font(family="Noto Sans Gurmukhi", ass_scale=1.304),
        full_stop="।",
        sentence_ends="।॥",
        transliteration_scheme="gurmukhi",
    ),
    Script(
        code="Knda",
        name="Kannada",
        blocks=((0x0C80, 0x0CFF),),
        font=Font(family="Noto Sans Kannada", ass_scale=1.349),
        transliteration_scheme="kannada",
    ),
    Script(
        code="Latn",
        name="Latin",
        blocks=((0x0041, 0x024F), (0x0300, 0x036F), (0x1E00, 0x1EFF)),
        font=Font(family="Noto Sans", ass_scale=1.362),
        transliteration_scheme="iso",
    ),
    Script(
        code="Mlym",
        name="Malayalam",
        blocks=((0x0D00, 0x0D7F),),
        font=Font(family="Noto Sans Malayalam", ass_scale=1.247),
        transliteration_scheme="malayalam",
    ),
    Script(
        code="Mtei",
        name="Meitei Mayek",
        blocks=((0xAAE0, 0xAAFF), (0xABC0, 0xABFF)),
        font=Font(family="Noto Sans Meetei Mayek", ass_scale=1.39),
        full_stop="꯫",
        sentence_ends="꫱꯫",
    ),
    Script(
        code="Olck",
        name="Ol Chiki",
        blocks=((0x1C50, 0x1C7F),),
        font=Font(family="Noto Sans Ol Chiki", ass_scale=1.362),
        full_stop="᱾",
        sentence_ends="᱾᱿",
    ),
    Script(
        code="Orya",
        name="Odia",
        blocks=((0x0B00, 0x0B7F),),
        font=Font(family="Noto Sans Oriya", ass_scale=1.362),
        full_stop="।",
        sentence_ends="।॥",
        transliteration_scheme="oriya",
    ),
    Script(
        code="Taml",
        name="Tamil",
        blocks=((0x0B80, 0x0BFF),),
        font=Font(family="Noto Sans Tamil", ass_scale=1.24),
    ),
    Script(
        code="Telu",
        name="Telugu",
        blocks=((0x0C00, 0x0C7F),),
        font=Font(family="Noto Sans Telugu", ass_scale=1.352),
        transliteration_scheme="telugu",
    ),
)

SCRIPTS: dict[str, Script] = {row.code: row for row in _ROWS}
"""The scripts by ISO 15924 code."""

OTHER = "another script"
"""The name for the script of a letter outside all blocks of the table."""

LEAST_SHARE = 0.3
"""The smallest share of a text's letters and vowel signs that are in the text's script. "मैं office
में meeting attend करूँगा" has 39 %; a Romanised sentence with one word in Devanagari has 15 to 20 %."""
MOST_STRANGE_SHARE = 0.1
"""The largest share that is neither in the text's script nor Latin."""


def ascii_digits(text: str) -> str:
    """Returns a text with the decimal digits of every script as 0-9.

    >>> ascii_digits("५:४५ ௧௨ ൩ ౦")
    '5:45 12 3 0'
    """
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text
    )


def letters_by_script(text: str) -> Counter[str]:
    """Counts letters and vowel signs by script: a key of :data:`SCRIPTS`, or ``OTHER``."""
    return Counter(
        _script_of(c) for c in text if c.isalpha() or unicodedata.category(c) in {"Mc", "Mn"}
    )


def is_in_script(text: str, script: str) -> bool:
    """Returns whether a text counts as written in a script; a text without letters does.

    Latin words within an Indic text are no fault; words in any other script are. Digits other than
    those of ASCII count as letters of their script.

    >>> is_in_script("TV on करो", "Deva"), is_in_script("yaha शादी nahim hosakti", "Deva")
    (True, False)
    >>> is_in_script("वह بہت अच्छा है", "Deva"), is_in_script("༬", "Deva")
    (False, False)
    """
    counts = letters_by_script(text) + Counter(
        _script_of(c) for c in text if not c.isascii() and unicodedata.category(c)[0] == "N"
    )
    total = counts.total()
    strange = total - counts[script] - (counts["Latn"] if script != "Latn" else 0)
    return not total or (
        counts[script] >= LEAST_SHARE * total and strange <= MOST_STRANGE_SHARE * total
    )


def _script_of(letter: str) -> str:
    point = ord(letter)
    for code, script in SCRIPTS.items():
        if any(first <= point <= last for first, last in script.blocks):
            return code
    return OTHER
