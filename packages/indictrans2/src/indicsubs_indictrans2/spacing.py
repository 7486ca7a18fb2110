"""Restores the spacing that IndicTransToolkit's processor changes. Pure."""

import re

from indicsubs_text.scripts import ascii_digits

_GLUED_DASH = re.compile(r"(?<=[^\s-])-(?=[^\W\d_])")
_SPACED_DASH = re.compile(r"(?<=\S)\s+([-–—])\s+(?=\S)")
_NUMBER = re.compile(r"[$€£₹]?\d+(?:[.,:/'-]\d+)+")


def restore(source: str, translation: str) -> str:
    """Returns a translation with the spacing of numbers and dashes as in the source.

    >>> restore("मैं 5:45 पर $1,234.56 लाऊँगा — सच।", "I will bring $1, 234.56 at 5: 45-really.")
    'I will bring $1,234.56 at 5:45 — really.'
    """
    for number in dict.fromkeys(_NUMBER.findall(ascii_digits(source))):
        parts = re.findall(r"\d+|[^\d]", number)
        spaced = r"\s*".join(map(re.escape, parts))
        translation = re.sub(rf"(?<!\d){spaced}(?!\d)", lambda _, n=number: n, translation)
    dashes = _SPACED_DASH.findall(source)
    if dashes and len(dashes) == len(_GLUED_DASH.findall(translation)):
        marks = iter(dashes)
        translation = _GLUED_DASH.sub(lambda _: f" {next(marks)} ", translation)
    return translation
