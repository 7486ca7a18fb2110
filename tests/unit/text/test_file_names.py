"""Names beside films with very long names."""

import os

import pytest

from indicsubs_text.file_names import ADDED_BYTES, NAME_BYTES, name_stem

ROOM = NAME_BYTES - ADDED_BYTES


@pytest.mark.parametrize("stem", ["film", "a" * ROOM, "फ़िल्म", "a.b.c", os.fsdecode(b"caf\xff")])
def test_a_name_with_room_is_kept(stem: str) -> None:
    assert name_stem(stem) == stem


@pytest.mark.parametrize("letter", ["a", "é", "क", "😀", "कि", "e\u0301", os.fsdecode(b"\xff")])
def test_a_long_name_is_cut_at_a_character_and_leaves_room(letter: str) -> None:
    stem = letter * 255
    short = name_stem(stem)
    length = len(short.encode("utf-8", "surrogateescape"))
    whole = len(letter.encode("utf-8", "surrogateescape"))
    assert ROOM - whole < length <= ROOM
    assert short == letter * (length // whole)


def test_nothing_but_marks_or_dots_is_a_film() -> None:
    assert name_stem("\u0301" * 255) == "film"
    assert name_stem("." * 255) == "film"
    assert name_stem(".hidden") == "hidden"
    assert name_stem("a" * 200 + " " * 55) == "a" * 200
