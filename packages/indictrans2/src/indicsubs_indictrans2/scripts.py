"""The scripts of the languages that IndicTrans2 translates, by code point."""

from typing import NamedTuple


class Script(NamedTuple):
    """A script, as FLORES tags name it."""

    name: str
    blocks: tuple[tuple[int, int], ...]
    """First and last code point of its Unicode blocks (Unicode 15, Blocks.txt)."""


SCRIPTS = {
    "Arab": Script(
        "Arabic",
        ((0x0600, 0x06FF), (0x0750, 0x077F), (0x0870, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    ),
    "Beng": Script("Bengali", ((0x0980, 0x09FF),)),
    "Deva": Script("Devanagari", ((0x0900, 0x097F), (0x1CD0, 0x1CFF), (0xA8E0, 0xA8FF))),
    "Gujr": Script("Gujarati", ((0x0A80, 0x0AFF),)),
    "Guru": Script("Gurmukhi", ((0x0A00, 0x0A7F),)),
    "Knda": Script("Kannada", ((0x0C80, 0x0CFF),)),
    "Latn": Script("Latin", ((0x0041, 0x024F), (0x0300, 0x036F), (0x1E00, 0x1EFF))),
    "Mlym": Script("Malayalam", ((0x0D00, 0x0D7F),)),
    "Mtei": Script("Meitei Mayek", ((0xAAE0, 0xAAFF), (0xABC0, 0xABFF))),
    "Olck": Script("Ol Chiki", ((0x1C50, 0x1C7F),)),
    "Orya": Script("Odia", ((0x0B00, 0x0B7F),)),
    "Taml": Script("Tamil", ((0x0B80, 0x0BFF),)),
    "Telu": Script("Telugu", ((0x0C00, 0x0C7F),)),
}
