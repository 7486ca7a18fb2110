"""The published word error rates of recognisers, from ``error_rates.toml``."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

_FILE = Path(__file__).with_name("error_rates.toml")


class ErrorRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word error rate that others have published. Nobody of this project has measured it."""

    model: str
    """Its name on the hub, or the name that its authors give it."""
    language: str
    """BCP-47 tag."""
    wer: float
    """Wrong, missing and invented words for 100 spoken words; it can pass 100."""
    dataset: str
    decoding: str | None = None
    """How the text was read from the network's output; None where the source does not say it."""
    year: int | None = None
    """The year of publication; None where the source does not say it."""
    source: str
    """The place where the rate was read. Rates of different sources do not compare."""


@cache
def error_rates() -> tuple[ErrorRate, ...]:
    """Returns all rates, in the order of the file."""
    content = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return msgspec.convert(content["rate"], tuple[ErrorRate, ...])


def rates_of(model: str, language: str) -> list[ErrorRate]:
    """Returns the rates of a model in a language, in the order of the file.

    Args:
        model: The name that the file gives it.
        language: Tag of the language.
    """
    return [rate for rate in error_rates() if (rate.model, rate.language) == (model, language)]
