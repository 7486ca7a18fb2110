"""Converts text from one Brahmic script to another, or to readable Latin.

Letters are first converted to Devanagari (``brahmic_letters.py``) and then by the library
indic-transliteration, whose ISO 15919 becomes readable Latin (``latin_spelling.py``). Only letters
of the language's own script change; Latin words, markup, notes and marks stay.
"""

from functools import lru_cache

from indicsubs_text.languages import Language, in_script
from indicsubs_text.markup import outside_markup
from indicsubs_text.scripts import SCRIPTS, ascii_digits
from indicsubs_text.transliteration.brahmic_letters import (
    VIRAMA,
    from_devanagari,
    runs_of_letters,
    to_devanagari,
)
from indicsubs_text.transliteration.latin_spelling import has_silent_final_a, latin_spelling

_DANDA = "।"
_EVERY_VOWEL_IS_SPOKEN = frozenset({"Knda", "Mlym", "Telu"})
"""Scripts whose readers speak every written vowel."""
_TWO_LETTERS_Y = frozenset({"Beng", "Orya"})
"""Scripts with two letters for y; their own languages use both."""


def transliterate(text: str, language: Language, script: str) -> str:
    """Returns a text of a language in another script.

    Native digits become 0-9, and dandas become full stops in scripts without dandas.

    Args:
        text: A text in the language's own script; other characters in it stay as they are.
        language: A language whose ``transliterated`` is true.
        script: A code of ``languages.scripts_of(language)``; the language's own script leaves the
            text unchanged.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the language cannot be shown in the script.
    """
    in_script(language, script)
    own = language.own_script
    if script == own:
        return text

    def change(plain: str) -> str:
        changed = runs_of_letters(own).sub(
            lambda run: _word(run[0], language.base, own, script), plain
        )
        if _DANDA not in SCRIPTS[script].sentence_ends:
            changed = changed.replace("॥", ".").replace(_DANDA, ".")
        return ascii_digits(changed)

    return outside_markup(text, change)


@lru_cache(maxsize=32768)  # a process may serve many films
def _word(word: str, tag: str, own: str, script: str) -> str:
    letters = to_devanagari(word, own, spell_half_u=tag == "ml" and script == "Latn")
    if script == "Latn":
        return latin_spelling(letters, tag)
    if script in _EVERY_VOWEL_IS_SPOKEN and has_silent_final_a(letters, tag):
        letters += VIRAMA
    own_y = script not in _TWO_LETTERS_Y or own in _TWO_LETTERS_Y
    return from_devanagari(letters, script, full_ya=not own_y)
