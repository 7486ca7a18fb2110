"""The closed set of sentences that the demo models know."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

SENTENCES = Path(__file__).with_name("sentences.tsv")
TERMS = Path(__file__).with_name("terms.tsv")


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A line of dialogue and its translations."""

    hi: str
    en: str
    ta: str


@cache
def sentences() -> tuple[Sentence, ...]:
    """Returns the sentences that the demo models know, in the order of ``sentences.tsv``."""
    return _read(SENTENCES)


@cache
def terms() -> tuple[Sentence, ...]:
    """Returns names and nouns of the sentences, each in all three languages.

    The translators are trained with placeholders in place of these terms, so that a glossary works.
    """
    return _read(TERMS)


def _read(path: Path) -> tuple[Sentence, ...]:
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    names = header.split("\t")
    return tuple(Sentence(**dict(zip(names, row.split("\t"), strict=True))) for row in rows)
