"""indic-transliteration, loaded when it is first needed: importing it takes half a second."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The library has no annotations.


def convert(text: str, source: str, target: str) -> str:
    """Returns text in another scheme of the library, such as ``devanagari``, ``iso``, ``itrans``."""
    from indic_transliteration import sanscript

    converted: str = sanscript.transliterate(text, source, target)
    return converted
