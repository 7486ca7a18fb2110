"""Reads font files, and finds the font of a language on this machine."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# fontTools has annotations, but no py.typed file.

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
"""The folders that contain fonts on Linux and macOS."""
_SUFFIXES = frozenset({".otf", ".ttc", ".ttf"})


def read_font(path: Path) -> Font:
    """The family and the scale of a font file.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file is not a font.
    """
    with _open_font(path) as font:
        metrics = font["OS/2"]
        height = metrics.usWinAscent + metrics.usWinDescent
        family = font["name"].getBestFamilyName()
        return Font(
            family=family or path.stem, ass_scale=round(height / font["head"].unitsPerEm, 3)
        )


def missing_letters(path: Path, texts: Iterable[str], *, latin: bool) -> str:
    """The letters and vowel signs that the texts have and a font lacks, sorted.

    Args:
        path: The font.
        texts: The texts to be shown.
        latin: Whether basic Latin letters count. Fonts of other scripts often lack them, and
            players then show them in another font.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file is not a font.
    """
    letters = {
        letter
        for letter in set("".join(texts))
        if unicodedata.category(letter)[0] in "LM" and (latin or not letter.isascii())
    }
    with _open_font(path) as font:
        return "".join(sorted(letters - set(map(chr, font.getBestCmap() or ()))))


def find_font(family: str) -> Path | None:
    """The regular face of a family on this machine; None if the family is not installed.

    fontconfig finds the font if fontconfig is installed; otherwise the usual folders are searched.
    """
    matcher = shutil.which("fc-match")
    if matcher:
        return _find_by_fontconfig(matcher, family)
    return _find_in_folders(family, map(Path, _FOLDERS))


@contextmanager
def _open_font(path: Path) -> Generator[Any]:
    try:
        with path.open("rb") as file, TTFont(file, lazy=True, fontNumber=0) as font:
            yield font
    except (TTLibError, KeyError, struct.error) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is not a font that can be read ({error}). Give a TrueType or OpenType file.",
        ) from error


def _find_by_fontconfig(matcher: str, family: str) -> Path | None:
    """The font that fontconfig names; None if it is of another family.

    fontconfig always names some font.
    """
    command = [matcher, "--format", "%{family}\n%{file}", f"{family}:style=Regular"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    families, _, file = answer.partition("\n")
    return Path(file) if file and family in families.split(",") else None


def _find_in_folders(family: str, folders: Iterable[Path]) -> Path | None:
    """Finds a font by file name: ``NotoSansTamil-Regular.ttf`` or ``NotoSansTamil[wght].ttf``."""
    stem = family.replace(" ", "")
    for folder in folders:
        for path in sorted(folder.expanduser().rglob(f"{stem}*")):
            rest = path.stem.removeprefix(stem)
            if path.suffix in _SUFFIXES and (rest in {"", "-Regular"} or rest.startswith("[")):
                return path
    return None
