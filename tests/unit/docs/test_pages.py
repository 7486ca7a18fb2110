"""The pages: links lead somewhere; commands, messages, names and examples are as in the code."""

import ast
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from cyclopts import App
from markdown_it import MarkdownIt
from markdown_it.token import Token

from docs.generate.markdown import slug
from indicsubs.cli.main import app
from indicsubs.machine.profiles import MODELS
from indicsubs_contract.engines import environment_names
from indicsubs_text.rule_profiles import load_profile

pytestmark = pytest.mark.no_cover
"""Other tests run every line that these run, and measuring the coverage would double their time."""

ROOT = Path(__file__).parents[3]
SITE = sorted(path for path in (ROOT / "docs").rglob("*.md") if "templates" not in path.parts)
PAGES = [*SITE, *ROOT.glob("*.md"), *ROOT.glob("demo/*.md")]
MARKDOWN = MarkdownIt("commonmark").enable("table")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
every_page_of_the_site = pytest.mark.parametrize("page", SITE, ids=name_of)


@cache
def tokens(page: Path) -> tuple[Token, ...]:
    """All tokens of a page, those inside of paragraphs and headings too."""
    blocks = MARKDOWN.parse(page.read_text(encoding="utf-8"))
    return tuple(part for block in blocks for part in (block, *(block.children or ())))


# --- links ------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    found: Counter[str] = Counter()
    names: set[str] = set()
    for opening, heading in zip(tokens(page), tokens(page)[1:], strict=False):
        if opening.type == "heading_open":
            text = "".join(part.content for part in heading.children or ())
            name = slug(text)
            names.add(f"{name}-{found[name]}" if found[name] else name)
            found[name] += 1
    return names


def broken_links(page: Path) -> Iterator[str]:
    for token in tokens(page):
        target = str(token.attrGet("href") or token.attrGet("src") or "")
        if not target or re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        is_there = not path.startswith("/") and place.exists() and place.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in anchors(place)):
            yield target


@every_page
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](there.md) [b](there.md#a-heading) ![c](there.md) [d](https://example.org/)", []),
        ("[a](nowhere.md)", ["nowhere.md"]),
        ("[a](there.md#nothing)", ["there.md#nothing"]),
        ("[a](/there.md)", ["/there.md"]),
        ("| a |\n|---|\n| [b](#none) |", ["#none"]),
        ("# One\n\n# One\n\n[a](#one-1) [b](#one-2)", ["#one-2"]),
        ("[a](../../../../../outside.md)", ["../../../../../outside.md"]),
    ],
)
def test_a_link_to_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, broken: list[str]
) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# A *heading*\n")
    page = tmp_path / "page.md"
    page.write_text(text)
    assert list(broken_links(page)) == broken


# --- commands ---------------------------------------------------------------------------------


RECIPES = set(
    re.findall(r"^([a-z][\w-]*)(?: [^:\n]*)?:(?!=)", (ROOT / "justfile").read_text(), re.MULTILINE)
)
_COMMAND_OF = {"demo": ["run"], "indicsubs": []}
"""What a recipe runs, where that is not the command of its own name."""


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every command line of ``just`` or ``indicsubs`` on a page."""
    for token in tokens(page):
        if token.type in {"fence", "code_block"} and token.info in {"", "bash"}:
            lines = token.content.replace("\\\n", " ").splitlines()
        else:
            lines = [token.content] if token.type == "code_inline" else []
        for line in lines:
            if re.match(r"(just|indicsubs) ", line) and "..." not in line:
                for part in re.split(r"&&|<|\|", line.partition(" # ")[0]):
                    yield shlex.split(part)


def problems(words: list[str]) -> Iterator[str]:
    if words[:1] == ["just"] and len(words) > 1 and words[1] not in RECIPES:
        yield f"no recipe {words[1]}"
    if words[:1] == ["just"]:
        words = ["indicsubs", *_COMMAND_OF.get(words[1], words[1:2]), *words[2:]]
    command: App = app
    rest = words[1:]
    while rest and rest[0] in command and not rest[0].startswith("-"):
        command, rest = command[rest[0]], rest[1:]
    if command is app:
        if words[0] == "indicsubs" and words[1:2] and words[1] not in RECIPES:
            yield f"no command {words[1]}"
        return
    arguments = command.assemble_argument_collection(parse_docstring=True)
    known = {name for argument in arguments for name in argument.names} | {"--help"}
    yield from (f"{words} has no {word}" for word in rest if word[:1] == "-" and word not in known)


@every_page
def test_every_command_and_option_exists(page: Path) -> None:
    assert [problem for words in commands(page) for problem in problems(words)] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("just run film.mp4 -s hi --burn-in en", []),
        ("just models fetch fast", []),
        ("just indicsubs import --drop -l en", []),
        ("just demo --from mux", []),
        ("just doctor --refresh", []),
        ("just run last --burnin en", ["--burnin"]),
        ("just indicsubs improt", ["no command improt"]),
        ("just rnu film.mp4", ["no recipe rnu"]),
        ("indicsubs run film.mp4 --fast", ["--fast"]),
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str, found: list[str]) -> None:
    text = " ".join(problems(shlex.split(line)))
    assert bool(text) == bool(found)
    assert all(part in text for part in found)


# --- messages ---------------------------------------------------------------------------------


@cache
def message_pieces() -> tuple[str, ...]:
    """The fixed parts of all texts in the code, one for each part between placeholders."""
    return tuple(
        " ".join(str(node.value, "utf-8", "replace").split())
        if isinstance(node.value, bytes)
        else " ".join(node.value.split())
        for folder in ("packages", "orchestrator")
        for path in (ROOT / folder).rglob("src/**/*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def headings_of_messages() -> list[str]:
    page = ROOT / "docs" / "troubleshooting.md"
    bold = re.findall(r"^\*\*(.+)\*\*\\$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [text for line in bold for text in re.findall(r"`([^`]+)`", line) if " " in text]


@pytest.mark.parametrize("message", headings_of_messages())
def test_a_message_that_troubleshooting_explains_is_in_the_code(message: str) -> None:
    pieces = [piece.strip(" .") for piece in message.split("...")]
    absent = [
        piece for piece in pieces if piece and not any(piece in said for said in message_pieces())
    ]
    assert absent == [], "The message has changed in the code; correct docs/troubleshooting.md"


def test_troubleshooting_explains_many_messages() -> None:
    assert len(headings_of_messages()) > 25


# --- names ------------------------------------------------------------------------------------


_PATH = re.compile(r"(?:docs|tests|packages|orchestrator|benchmarks|demo|\.ci)/[a-z0-9_./-]+")
_DOTTED = re.compile(r"indicsubs[a-z0-9_]*(?:\.\w+)+")


def names_in_code(page: Path) -> Iterator[str]:
    yield from (token.content for token in tokens(page) if token.type == "code_inline")


@every_page_of_the_site
def test_paths_and_names_of_code_exist(page: Path) -> None:
    for name in names_in_code(page):
        if _PATH.fullmatch(name) and name not in MODELS:
            assert (ROOT / name).exists(), name
        if _DOTTED.fullmatch(name):
            assert exists(name), name


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_the_tables_of_environments_name_them_all(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `?(\w+)`? \|", text, re.MULTILINE))
    assert set(environment_names()) <= named


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or a name in a module."""
    parent, _, last = name.rpartition(".")
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        pass
    try:
        return hasattr(import_module(parent), last)
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("indicsubs_contract.engines", True),
        ("indicsubs_contract.engines.ENGINES", True),
        ("indicsubs_contract.engines.NOTHING", False),
        ("indicsubs_contract.nothing", False),
        ("indicsubs_nothing.module", False),
    ],
)
def test_names_of_code_are_found(name: str, there: bool) -> None:
    assert exists(name) == there


# --- examples ---------------------------------------------------------------------------------


def test_the_example_of_a_rule_profile_loads(tmp_path: Path) -> None:
    page = ROOT / "docs" / "how-to" / "rule-profile.md"
    (example,) = (t.content for t in tokens(page) if t.type == "fence" and t.info == "toml")
    file = tmp_path / "archive.toml"
    file.write_text(example, encoding="utf-8")
    profile = load_profile(str(file))
    assert [layer.file for layer in profile.layers] == [
        "house.toml",
        "netflix.toml",
        "archive.toml",
    ]
    hindi, english = profile.rules_for("hi"), profile.rules_for("en")
    assert (hindi.line_characters, hindi.longest_ms, hindi.cue_words) == (40, 6000, None)
    assert english.characters_per_second == 18
    # What this profile says for all languages wins over what netflix says for Hindi.
    assert hindi.characters_per_second == 15
