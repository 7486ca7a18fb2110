"""Calls indic-transliteration, which is imported at the first use, as it takes half a second."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The library has no annotations.

from functools import lru_cache

from indicsubs_text.scripts import SCRIPTS


def convert(text: str, source: str, target: str) -> str:
    """Converts a text between schemes of the library: ``devanagari``, ``iso``, ``itrans``..."""
    from indic_transliteration import sanscript

    converted: str = sanscript.transliterate(text, source, target)
    return converted


@lru_cache(maxsize=32768)  # a process may serve many films
def convert_devanagari(letters: str, script: str) -> str:
    """Converts Devanagari to another script of :data:`SCRIPTS`; Latin is ISO 15919.

    Args:
        letters: Text in Devanagari; letters with a nukta as single code points.
        script: ISO 15924 code of a script with a transliteration scheme.
    """
    letters = letters.replace("\u095d", "ढ\u093c")  # the only one that the library wants in two
    return convert(letters, "devanagari", SCRIPTS[script].transliteration_scheme or "")
