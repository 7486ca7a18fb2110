"""The closed set of sentences that the demo models know."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

SENTENCES = Path(__file__).with_name("sentences.tsv")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A line of dialogue and its translations."""

    hi: str
    en: str
    ta: str


@cache
def sentences() -> tuple[Sentence, ...]:
    """Every sentence the demo models know, in the order of ``sentences.tsv``."""
    header, *rows = SENTENCES.read_text(encoding="utf-8").splitlines()
    names = header.split("\t")
    return tuple(Sentence(**dict(zip(names, row.split("\t"), strict=True))) for row in rows)
