"""Glossaries: files in which the user decides how terms are translated.

A TSV file is a table that a spreadsheet can save. Its header names the columns: ``source``, a
column for each language (a tag, a code or an English name), and optionally ``keep``. Each further
row is a term. Where a cell is empty, the model translates the term into that language; with
``keep`` (yes, true, x or 1) the term stays untranslated there. Empty lines, and lines that begin
with ``#``, are skipped::

    source	en	ta	keep
    वीरू	Veeru	வீரு
    CBI			yes

Spreadsheets put cells that contain tabs, line breaks or quotation marks in quotation marks. A cell
that begins with a quotation mark ends at the next single quotation mark; two quotation marks in a
row stand for one.

A TOML file has a table ``terms``. It contains a table for each source term, whose keys are the
other columns of a TSV file::

    [terms]
    "वीरू" = { en = "Veeru", ta = "வீரு" }
    "CBI" = { keep = true }
"""

import csv
import io
import os
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from indicsubs.jobs.input_files import check_input_file, unreadable
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_text.languages import find_language

T = TypeVar("T")

_YES = frozenset({"yes", "true", "x", "1"})
_NO = frozenset({"", "no", "false", "0"})


class _Entry(NamedTuple):
    """A term as a file states it."""

    place: str
    """The file, and the line or key; error messages begin with it."""
    source: str
    targets: dict[str, str]
    """Translations by language tag; the text is empty where the cell is empty."""
    keep: bool


def read_glossary(
    files: Sequence[Path], environ: Mapping[str, str] = os.environ
) -> tuple[GlossaryTerm, ...]:
    """Returns the terms of the user's own glossary and of the given files.

    A term of a later file replaces an earlier file's term with the same source. The terms are
    sorted by source, so that equal terms make an equal glossary, whichever files they come from.

    Raises:
        IndicsubsError: As :func:`read_terms`.
    """
    terms: dict[str, GlossaryTerm] = {}
    for file in (*user_glossaries(environ), *files):
        terms |= {_key(term.source): term for term in read_terms(file)}
    return tuple(sorted(terms.values(), key=lambda term: term.source))


def user_glossaries(environ: Mapping[str, str]) -> list[Path]:
    """Finds the user's own glossary files: ``indicsubs/glossary.toml`` and ``.tsv``.

    They lie in ``XDG_CONFIG_HOME``, or else in ``~/.config``. As its standard demands, a path that
    is not absolute counts as absent. Where both files exist, the TSV file comes later and its terms
    win. Without a home folder there are none.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the system does not let us see whether there is a file.
    """
    homes = (environ.get("XDG_CONFIG_HOME", ""), _home(environ))
    folder = next((Path(home) for home in homes if home and Path(home).is_absolute()), None)
    if folder is None:
        return []
    found: list[Path] = []
    for name in ("toml", "tsv"):
        path = folder / "indicsubs" / f"glossary.{name}"
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise IndicsubsError(
                FailureCode.NO_INPUT,
                f"{path}, where your own glossary would be, cannot be read: {error.strerror}. Make"
                " its folder readable, or set XDG_CONFIG_HOME to another folder.",
            ) from error
        found.append(path)
    return found


def _home(environ: Mapping[str, str]) -> str:
    """Returns ``~/.config``, or an empty text where there is no home folder."""
    home = environ.get("HOME", "")
    if not home:
        try:
            home = str(Path.home())
        except RuntimeError:  # a user without an entry in the system's list
            return ""
    return f"{home}/.config"


def read_terms(file: Path) -> list[GlossaryTerm]:
    """Reads the terms of one file.

    Raises:
        IndicsubsError: ``USAGE`` for a file of another kind or a folder, ``NO_INPUT`` for a file
            that cannot be read, ``BAD_INPUT`` for a mistake in the file; the message names the
            place and the correction.
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
        terms[key] = _merged(terms.get(key), entry)
    return list(terms.values())


def terms_for(terms: Iterable[GlossaryTerm], tags: Iterable[str]) -> tuple[GlossaryTerm, ...]:
    """Returns the terms that apply to the target languages, with only their translations."""
    wanted = set(tags)
    selected: list[GlossaryTerm] = []
    for term in terms:
        targets = {tag: text for tag, text in term.targets.items() if tag in wanted}
        if targets or (term.keep and wanted):
            selected.append(GlossaryTerm(source=term.source, targets=targets, keep=term.keep))
    return tuple(selected)


def _text(file: Path) -> str:
    check_input_file(file)
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise unreadable(file, error) from error
    except UnicodeDecodeError as error:
        raise _mistake(
            f"{file}", f"byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None


def _merged(known: GlossaryTerm | None, entry: _Entry) -> GlossaryTerm:
    """Returns an entry as a term, merged with ``known``, the same term earlier in the file."""
    targets = {tag: text for tag, text in entry.targets.items() if text}
    if not entry.source:
        raise _mistake(entry.place, "the source term is empty; write it, or take the entry out")
    if not targets and not entry.keep:
        raise _mistake(
            entry.place,
            f"there is no translation of {entry.source!r}; give one, or keep to leave the term as"
            " it is",
        )
    if known is None:
        return GlossaryTerm(source=entry.source, targets=targets, keep=entry.keep)
    for tag, text in targets.items():
        if (other := known.targets.get(tag, text)) != text:
            raise _mistake(
                entry.place,
                f"{entry.source!r} is {text!r} in {tag} here, and {other!r} earlier in the file;"
                " take one of them out",
            )
    return GlossaryTerm(
        source=known.source, targets=known.targets | targets, keep=known.keep or entry.keep
    )


def _read_tsv(file: Path, text: str) -> Iterator[_Entry]:
    rows = _rows(file, text)
    first = next(rows, None)
    if first is None:
        raise _mistake(f"{file}", "there is no header; begin with: source, a tab, a language tag")
    place, header = first
    columns = [_column(place, name) for name in header]
    if "source" not in columns:
        raise _mistake(
            place,
            f"no column is called source in the header ({', '.join(header)}); give the column of"
            " the terms this name, and separate the columns by tabs",
        )
    if twice := next((name for k, name in enumerate(columns) if name in columns[:k]), None):
        raise _mistake(place, f"there are two columns for {twice}; take one of them out")
    for place, cells in rows:
        if any(cells[len(columns) :]):
            raise _mistake(
                place, f"there are {len(cells)} cells under {len(columns)} headings; check the tabs"
            )
        row = dict(zip(columns, cells, strict=False))
        yield _Entry(place, row.pop("source", ""), row, _is_yes(place, row.pop("keep", "")))


def _rows(file: Path, text: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the place and the cells of each row; a row may have line breaks in quoted cells."""
    lines = enumerate(io.StringIO(text, newline=""), 1)
    for number, line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        place = f"{file}, line {number}"
        # A reader for each row: a comment is only a comment where a row would begin.
        following = (line for _, line in lines)
        reader = csv.reader(chain((line,), following), dialect="excel-tab", strict=True)
        try:
            yield place, [_plain(cell) for cell in next(reader)]
        except csv.Error:
            raise _mistake(
                place,
                "a cell begins with a quotation mark and does not end with one; end it with one,"
                " and write two for each that belongs to the cell",
            ) from None


def _read_toml(file: Path, text: str) -> Iterator[_Entry]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _mistake(f"{file}", f"this is not TOML: {error}") from None
    terms = _typed(
        document.pop("terms", None),
        dict[str, Any],
        f"{file}, terms",
        "there is no table; write [terms] above the terms",
    )
    for key in document:
        raise _mistake(
            f"{file}, {key}", "only the table terms is known; put the term below [terms]"
        )
    for source, value in terms.items():
        place = f"{file}, terms.{source!r}"
        values = _typed(
            value,
            dict[str, Any],
            place,
            'there is no table; write it as { en = "..." } or { keep = true }',
        )
        keep = values.pop("keep", False)
        keep = _typed(keep, bool, place, f"keep is {keep!r}; write true or false")
        targets: dict[str, str] = {}
        for code, translation in values.items():
            tag = _column(place, code)
            if tag in targets:
                raise _mistake(place, f"there are two translations for {tag}; take one of them out")
            mistake = f"{code} is {translation!r}; write the translation in quotation marks"
            targets[tag] = _plain(_typed(translation, str, place, mistake))
        yield _Entry(place, _plain(source), targets, keep)


_PARSERS: dict[str, Callable[[Path, str], Iterator[_Entry]]] = {
    ".toml": _read_toml,
    ".tsv": _read_tsv,
}
"""The functions that read glossary files, by file suffix."""


def _typed(value: object, kind: type[T], place: str, mistake: str) -> T:
    """Returns the value, or reports ``mistake`` where its type is not ``kind``."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise _mistake(place, mistake) from None


def _column(place: str, name: str) -> str:
    """Returns the meaning of a column: ``source``, ``keep``, or the tag of a language."""
    if name.lower() in {"source", "keep"}:
        return name.lower()
    try:
        return find_language(name).tag
    except IndicsubsError as error:
        raise _mistake(place, error.message.rstrip(".")) from None


def _is_yes(place: str, cell: str) -> bool:
    if cell.lower() not in _YES | _NO:
        raise _mistake(place, f"keep is {cell!r}; write yes, or leave the cell empty")
    return cell.lower() in _YES


def _plain(text: str) -> str:
    """Returns the text in Unicode's composed form (NFC), with single spaces."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _key(source: str) -> str:
    return source.casefold()


def _mistake(place: str, what: str) -> IndicsubsError:
    return IndicsubsError(FailureCode.BAD_INPUT, f"{place}: {what}.")
