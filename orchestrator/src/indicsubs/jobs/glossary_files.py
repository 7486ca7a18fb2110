"""Glossaries: files in which the user settles how terms are translated.

A TSV file, as spreadsheets save it, has a header: ``source``, then a language in each column (a
tag, a code or an English name), and if wanted ``keep``. Each further line is a term; an empty cell
leaves that language to the model, and ``keep`` (yes, true, x or 1) leaves the term as it is
wherever its cell is empty. Empty lines, and lines that begin with ``#``, are skipped::

    source	en	ta	keep
    वीरू	Veeru	வீரு
    CBI			yes

A TOML file has the same in a table ``terms``, with a table for each source term::

    [terms]
    "वीरू" = { en = "Veeru", ta = "வீரு" }
    "CBI" = { keep = true }
"""

import os
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_text.languages import find_language

_YES = frozenset({"yes", "true", "x", "1"})
_NO = frozenset({"", "no", "false", "0"})


class _Entry(NamedTuple):
    """A term as a file has it."""

    place: str
    """File, and line or key: how a message begins."""
    source: str
    targets: dict[str, str]
    """By tag; empty where nothing is said."""
    keep: bool


def read_glossary(
    files: Sequence[Path], environ: Mapping[str, str] = os.environ
) -> tuple[GlossaryTerm, ...]:
    """The terms of the user's own glossary and, over them, of the files named.

    A term of a later file replaces an earlier one's with the same source. In order of the source,
    so that the same terms are the same glossary, whatever file they come from.

    Raises:
        IndicsubsError: a file is absent or wrong; says where, and what to do.
    """
    terms: dict[str, GlossaryTerm] = {}
    for file in (*user_glossaries(environ), *files):
        terms |= {_key(term.source): term for term in read_terms(file)}
    return tuple(sorted(terms.values(), key=lambda term: term.source))


def user_glossaries(environ: Mapping[str, str]) -> list[Path]:
    """The user's own glossary, where there is one: ``indicsubs/glossary.toml`` or ``.tsv``.

    In ``XDG_CONFIG_HOME``, or ``~/.config``; of both files the TSV wins.
    """
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".config"
    folder = Path(home) / "indicsubs"
    return [path for name in ("toml", "tsv") if (path := folder / f"glossary.{name}").is_file()]


def read_terms(file: Path) -> list[GlossaryTerm]:
    """The terms of one file.

    Raises:
        IndicsubsError: it is absent or wrong.
    """
    parse = _PARSERS.get(file.suffix.lower())
    if parse is None:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{file}: a glossary's name ends with .tsv or .toml; save it as one of the two.",
        )
    terms: dict[str, GlossaryTerm] = {}
    for entry in parse(file, _text(file)):
        key = _key(entry.source)
        terms[key] = _joined(terms.get(key), entry)
    return list(terms.values())


def terms_for(terms: Iterable[GlossaryTerm], tags: Iterable[str]) -> tuple[GlossaryTerm, ...]:
    """What of a glossary matters for some target languages."""
    wanted = set(tags)
    found: list[GlossaryTerm] = []
    for term in terms:
        targets = {tag: text for tag, text in term.targets.items() if tag in wanted}
        if targets or (term.keep and wanted):
            found.append(GlossaryTerm(source=term.source, targets=targets, keep=term.keep))
    return tuple(found)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise IndicsubsError(FailureCode.NO_INPUT, f"{file} is not there.") from None
    except OSError as error:
        raise IndicsubsError(
            FailureCode.NO_INPUT, f"{file} cannot be read: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise _wrong(f"{file}", f"byte {error.start} is no UTF-8; save the file as UTF-8") from None


def _joined(known: GlossaryTerm | None, entry: _Entry) -> GlossaryTerm:
    """A term with what another entry of its file adds to it."""
    targets = {tag: text for tag, text in entry.targets.items() if text}
    if not entry.source:
        raise _wrong(entry.place, "the source term is empty; write it, or take the entry out")
    if not targets and not entry.keep:
        raise _wrong(
            entry.place,
            f"nothing is said about {entry.source!r}; give a translation, or keep to leave it as it"
            " is",
        )
    if known is None:
        return GlossaryTerm(source=entry.source, targets=targets, keep=entry.keep)
    for tag, text in targets.items():
        if (other := known.targets.get(tag, text)) != text:
            raise _wrong(
                entry.place,
                f"{entry.source!r} is {text!r} in {tag} here, and {other!r} earlier in the file;"
                " take one of them out",
            )
    return GlossaryTerm(
        source=known.source, targets=known.targets | targets, keep=known.keep or entry.keep
    )


def _read_tsv(file: Path, text: str) -> Iterator[_Entry]:
    rows = [
        (f"{file}, line {number}", [_plain(cell) for cell in line.split("\t")])
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.startswith("#")
    ]
    if not rows:
        raise _wrong(f"{file}", "there is no header; begin with: source, a tab, a language tag")
    place, header = rows[0]
    columns = [_column(place, name) for name in header]
    if "source" not in columns:
        raise _wrong(
            place,
            f"no column is called source in the header ({', '.join(header)}); name the one with the"
            " terms so, and part the columns by tabs",
        )
    if twice := next((name for k, name in enumerate(columns) if name in columns[:k]), None):
        raise _wrong(place, f"there are two columns for {twice}; take one of them out")
    for place, cells in rows[1:]:
        if any(cells[len(columns) :]):
            raise _wrong(
                place, f"there are {len(cells)} cells under {len(columns)} headings; check the tabs"
            )
        row = dict(zip(columns, cells, strict=False))
        yield _Entry(place, row.pop("source", ""), row, _is_yes(place, row.pop("keep", "")))


def _read_toml(file: Path, text: str) -> Iterator[_Entry]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"{file}", f"it is no TOML: {error}") from None
    terms = _table(document.pop("terms", None), f"{file}, terms", "write [terms] above the terms")
    for key in document:
        raise _wrong(f"{file}, {key}", "only the table terms is known; put the term below [terms]")
    for source, value in terms.items():
        place = f"{file}, terms.{source!r}"
        values = _table(value, place, 'write it as { en = "..." } or { keep = true }')
        keep = values.pop("keep", False)
        if not isinstance(keep, bool):
            raise _wrong(place, f"keep is {keep!r}; write true or false")
        targets: dict[str, str] = {}
        for code, translation in values.items():
            tag = _column(place, code)
            if not isinstance(translation, str):
                raise _wrong(place, f"{code} is {translation!r}; write the translation in quotes")
            if tag in targets:
                raise _wrong(place, f"there are two translations for {tag}; take one of them out")
            targets[tag] = _plain(translation)
        yield _Entry(place, _plain(source), targets, keep)


_PARSERS: dict[str, Callable[[Path, str], Iterator[_Entry]]] = {
    ".toml": _read_toml,
    ".tsv": _read_tsv,
}
"""By suffix."""


def _table(value: object, place: str, instead: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong(place, f"there is no table; {instead}")
    return dict(cast("dict[str, object]", value))


def _column(place: str, name: str) -> str:
    """``source``, ``keep``, or the tag of a language."""
    if name.lower() in {"source", "keep"}:
        return name.lower()
    try:
        return find_language(name).tag
    except IndicsubsError as error:
        raise _wrong(place, error.message.rstrip(".")) from None


def _is_yes(place: str, cell: str) -> bool:
    if cell.lower() not in _YES | _NO:
        raise _wrong(place, f"keep is {cell!r}; write yes, or leave the cell empty")
    return cell.lower() in _YES


def _plain(text: str) -> str:
    """Text in Unicode's composed form, with single spaces."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _key(source: str) -> str:
    return source.casefold()


def _wrong(place: str, what: str) -> IndicsubsError:
    return IndicsubsError(FailureCode.BAD_INPUT, f"{place}: {what}.")
