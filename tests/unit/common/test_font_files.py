from pathlib import Path

import pytest
from fonts import make_font

from indicsubs_common.fonts import font_files
from indicsubs_common.fonts.font_files import find_font, missing_letters, read_font
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.fonts import Font


@pytest.fixture
def font(tmp_path: Path) -> Path:
    return make_font(tmp_path / "boxes.ttf", "नमसते्a", family="Boxes of Mine")


def test_reads_family_and_scale(font: Path):
    assert read_font(font) == Font(family="Boxes of Mine", ass_scale=1.2)


def test_lists_the_letters_and_signs_that_a_font_lacks(font: Path):
    assert missing_letters(font, ["नमस्ते, a?"], latin=True) == ""
    assert missing_letters(font, ["नमस्ते जी 12 ♪", "OK"], latin=False) == "जी"
    assert missing_letters(font, ["OK नम"], latin=True) == "KO"


@pytest.mark.parametrize("data", [b"", b"not a font at all", b"\x00\x01\x00\x00" + bytes(200)])
def test_refuses_files_that_are_not_fonts(tmp_path: Path, data: bytes):
    path = tmp_path / "font.ttf"
    path.write_bytes(data)
    with pytest.raises(IndicsubsError, match=r"font\.ttf is not a font that can be read") as caught:
        read_font(path)
    assert caught.value.code is FailureCode.BAD_INPUT


def fontconfig(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Puts an fc-match that always gives the same answer on the PATH, alone."""
    program = folder / "bin" / "fc-match"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nprintf '{answer}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


def test_asks_fontconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fontconfig(tmp_path, monkeypatch, "Noto Sans Tamil,Noto Sans Tamil Regular\\n/fonts/tamil.ttf")
    assert find_font("Noto Sans Tamil") == Path("/fonts/tamil.ttf")


def test_does_not_use_another_family_that_fontconfig_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fontconfig(tmp_path, monkeypatch, "DejaVu Sans\\n/fonts/dejavu.ttf")
    assert find_font("Noto Sans Tamil") is None


@pytest.mark.parametrize("name", ["NotoSansTamil-Regular.ttf", "NotoSansTamil[wdth,wght].ttf"])
def test_searches_the_folders_without_fontconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    fonts = tmp_path / "fonts" / "noto"
    fonts.mkdir(parents=True)
    for other in ("NotoSansTamil-Bold.ttf", "NotoSansTamilUI-Regular.ttf", "NotoSansTamil.txt"):
        (fonts / other).touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(font_files, "_FOLDERS", (str(tmp_path / "none"), str(tmp_path / "fonts")))
    assert find_font("Noto Sans Tamil") is None
    (fonts / name).touch()
    assert find_font("Noto Sans Tamil") == fonts / name
