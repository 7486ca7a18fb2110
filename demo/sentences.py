"""The closed set of sentences that the demo models know."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

SENTENCES = Path(__file__).with_name("sentences.tsv")
ODIA_SENTENCES = Path(__file__).with_name("sentences-or.tsv")
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


@cache
def lines(language: str) -> tuple[dict[str, str], ...]:
    """Returns the sentences that are spoken in ``language``: the text by language code.

    ``hi`` and ``ta`` are the languages of ``sentences.tsv``; ``or`` has sentences of its own, which
    the translators do not know.
    """
    path = ODIA_SENTENCES if language == "or" else SENTENCES
    return tuple(_rows(path))


def _read(path: Path) -> tuple[Sentence, ...]:
    return tuple(Sentence(**row) for row in _rows(path))


def _rows(path: Path) -> list[dict[str, str]]:
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    names = header.split("\t")
    return [dict(zip(names, row.split("\t"), strict=True)) for row in rows]
