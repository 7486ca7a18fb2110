"""The checks of the page's script: the declarations for TypeScript, and the places of problems."""

import json
import re
from typing import Literal

import msgspec
import pytest
from page_checks import check
from page_checks.declarations import data_declarations, element_declarations

from indicsubs_common.report.html_page import (
    PageData,
    join_scripts,
    page_scripts,
    page_template,
)


class Leaf(msgspec.Struct, omit_defaults=True):
    kind: Literal["a", "b"]
    score: float | None = None
    names: tuple[str, ...] = ()


class Tree(msgspec.Struct):
    leaves: tuple[Leaf, ...]
    best: Leaf | None
    counts: dict[str, tuple[int, ...]]
    data: bytes = b""
    checked: bool = False


def test_structs_become_interfaces_as_their_json_is():
    assert data_declarations(Tree) == (
        "export interface Tree {\n"
        "  leaves: Array<Leaf>;\n"
        "  best: Leaf | null;\n"
        "  counts: Record<string, Array<number>>;\n"
        "  data: string;\n"
        "  checked: boolean;\n"
        "}\n"
        "\n"
        "export interface Leaf {\n"
        '  kind: "a" | "b";\n'
        "  score?: number;\n"
        "  names?: Array<string>;\n"
        "}\n"
    )


def test_a_type_without_a_translation_is_an_error():
    class Odd(msgspec.Struct):
        value: complex

    with pytest.raises(TypeError, match="does not know the TypeScript type"):
        data_declarations(Odd)


def test_elements_are_known_by_their_id():
    assert element_declarations('<p id="note" hidden></p><canvas id="map"></canvas><p></p>') == (
        "export interface PageElements {\n"
        '  "note": HTMLElementTagNameMap["p"];\n'
        '  "map": HTMLElementTagNameMap["canvas"];\n'
        "}\n"
    )


def test_the_page_s_data_and_elements_can_be_declared():
    assert "characters_per_second: number;" in data_declarations(PageData)
    assert '"film": HTMLElementTagNameMap["video"];' in element_declarations(page_template())


def test_a_problem_is_placed_in_the_part_that_it_comes_from():
    scripts = page_scripts()
    for number, line in enumerate(join_scripts(scripts).splitlines(), 1):
        path, part_line, column = check.locate(scripts, number, 7).rsplit(":", 2)
        part = (check.ROOT / path).read_text(encoding="utf-8").splitlines()
        # The empty line between two parts counts as the end of the first.
        assert [*part, ""][int(part_line) - 1] == line
        assert column == "7"
    with pytest.raises(ValueError, match="no line 99999"):
        check.locate(scripts, 99_999, 1)


def test_the_tools_are_pinned_and_their_files_name_no_host():
    texts = [(check.FOLDER / name).read_text(encoding="utf-8") for name in (
        "package.json", "package-lock.json", ".npmrc",
    )]  # fmt: skip
    assert not [text for text in texts if "://" in text]
    versions = json.loads(texts[0])["devDependencies"].values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    packages = json.loads(texts[1])["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
