"""Fonts as files: the user's own, or a language's on this machine."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# fontTools has annotations, but does not say so.

import shutil
import struct
import subprocess
import unicodedata
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont, TTLibError

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.fonts import Font

_FOLDERS = (
    "~/.fonts",
    "~/.local/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/fonts",
    "~/Library/Fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
)
"""Where Linux and macOS keep fonts."""
_SUFFIXES = frozenset({".otf", ".ttc", ".ttf"})


def read_font(path: Path) -> Font:
    """Family and measures of a font file.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if it is no font.
    """
    with _opened(path) as font:
        metrics = font["OS/2"]
        height = metrics.usWinAscent + metrics.usWinDescent
        family = font["name"].getBestFamilyName()
        return Font(
            family=family or path.stem, ass_scale=round(height / font["head"].unitsPerEm, 3)
        )


def missing_letters(path: Path, texts: Iterable[str], *, latin: bool) -> str:
    """The letters and vowel signs of the texts that a font does not have.

    Args:
        path: The font.
        texts: What is to be shown.
        latin: Whether basic Latin letters count. Fonts of other scripts often leave them to another
            font, and so do players.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if it is no font.
    """
    letters = {
        letter
        for letter in set("".join(texts))
        if unicodedata.category(letter)[0] in "LM" and (latin or not letter.isascii())
    }
    with _opened(path) as font:
        return "".join(sorted(letters - set(map(chr, font.getBestCmap() or ()))))


def find_font(family: str) -> Path | None:
    """The regular face of a family on this machine; None where it is not installed.

    fontconfig is asked where it is there; else the usual folders are looked through.
    """
    matcher = shutil.which("fc-match")
    return _match(matcher, family) if matcher else _look_for(family, map(Path, _FOLDERS))


@contextmanager
def _opened(path: Path) -> Generator[Any]:
    try:
        with path.open("rb") as file, TTFont(file, lazy=True, fontNumber=0) as font:
            yield font
    except (TTLibError, KeyError, struct.error) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is no font that can be read ({error}). Give a TrueType or OpenType file.",
        ) from error


def _match(matcher: str, family: str) -> Path | None:
    """What fontconfig says; it always answers with some font, so its family is compared."""
    command = [matcher, "--format", "%{family}\n%{file}", f"{family}:style=Regular"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    families, _, file = answer.partition("\n")
    return Path(file) if file and family in families.split(",") else None


def _look_for(family: str, folders: Iterable[Path]) -> Path | None:
    """By the file's name: ``NotoSansTamil-Regular.ttf``, ``NotoSansTamil[wght].ttf``."""
    stem = family.replace(" ", "")
    for folder in folders:
        for path in sorted(folder.expanduser().rglob(f"{stem}*")):
            rest = path.stem.removeprefix(stem)
            if path.suffix in _SUFFIXES and (rest in {"", "-Regular"} or rest.startswith("[")):
                return path
    return None
