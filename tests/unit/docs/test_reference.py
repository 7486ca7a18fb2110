"""The generated pages: each is as the code says, and nothing is left out."""

import doctest
import importlib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Literal

import msgspec
import pytest
from cyclopts import App

from docs.generate import environment_variables, usual_fields
from docs.generate.commands import option_descriptions
from docs.generate.docstrings import field_description, name_description
from docs.generate.files import struct_pages
from docs.generate.pages import BLOCKS, TEMPLATES, reference_pages
from docs.generate.structs import StructSections
from indicsubs.cli.main import app
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.profiles import MODELS, PROFILES
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import EXIT_STATUS
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.languages import LANGUAGES
from indicsubs_text.rule_profiles import BUNDLED, load_profile
from indicsubs_text.rules import UNITS
from indicsubs_text.scripts import SCRIPTS

pytestmark = pytest.mark.no_cover
"""Other tests run every line that these run, and measuring the coverage would double their time."""

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", [path.name for path in sorted(TEMPLATES.glob("*.md"))])
def test_a_committed_page_is_what_the_code_says(name: str) -> None:
    page = COMMITTED / name
    assert page.is_file(), "Run: just docs-reference"
    assert page.read_text(encoding="utf-8") == reference_pages()[name], "Run: just docs-reference"


def test_no_other_page_is_committed() -> None:
    assert {path.name for path in COMMITTED.iterdir()} == reference_pages().keys()


def test_every_block_of_the_table_is_used() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.md"))
    assert [name for name in BLOCKS if f"{{{{ {name} }}}}" not in templates] == []


# --- commands ---------------------------------------------------------------------------------


def commands_of(parent: App, path: str) -> Iterator[tuple[str, App]]:
    for name in parent:
        if not name.startswith("-"):
            if parent[name].default_command:
                yield f"{path} {name}", parent[name]
            yield from commands_of(parent[name], f"{path} {name}")


COMMANDS = dict(commands_of(app, "indicsubs"))


def section(page: str, heading: str) -> str:
    text = reference_pages()[page].split(f"\n## {heading}\n")
    assert len(text) == 2, heading
    return text[1].split("\n## ")[0]


def test_the_commands_that_people_type_are_among_those_found() -> None:
    assert {"indicsubs run", "indicsubs import", "indicsubs models fetch"} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_listed_with_every_option(name: str) -> None:
    text = section("commands.md", name)
    arguments = COMMANDS[name].assemble_argument_collection(parse_docstring=True)
    for argument in arguments:
        for spelling in argument.names if argument.show else ():
            if not spelling.startswith("--no-"):
                assert spelling in text, f"{name} {spelling}"


def test_the_usage_does_not_depend_on_how_the_generator_was_started() -> None:
    assert "docs.generate" not in reference_pages()["commands.md"]
    assert "indicsubs run [OPTIONS] [ARGS...]" in reference_pages()["commands.md"]


# --- structs ----------------------------------------------------------------------------------


STRUCTS = struct_pages()


def own_table(kind: type[msgspec.Struct], page: str) -> str:
    parts = [
        p
        for p in reference_pages()[page].split("\n#")
        if p.lstrip("#").startswith(f" {kind.__name__}\n")
    ]
    assert len(parts) == 1, f"{kind.__name__} has {len(parts)} sections in {page}"
    return parts[0]


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_every_field_of_every_struct_has_a_row_with_a_description(
    kind: type[msgspec.Struct],
) -> None:
    text = own_table(kind, STRUCTS[kind])
    for field in msgspec.structs.fields(kind):
        row = next(
            (row for row in text.splitlines() if row.startswith(f"| `{field.encode_name}` |")), ""
        )
        cells = [cell.strip() for cell in row.replace("\\|", "").strip("| ").split(" | ")]
        assert len(cells) == 4, f"{kind.__name__}.{field.name} has no description"


def test_a_table_has_all_that_json_has() -> None:
    class Part(msgspec.Struct, frozen=True, kw_only=True):
        text: str

    class Colour(Enum):
        RED = "red"

    class Whole(msgspec.Struct, tag_field="kind", tag="whole", frozen=True, kw_only=True):
        parts: tuple[Part, ...] = ()
        size: int | float | None = None
        mode: Literal["a", "b"] = "a"
        table: dict[str, int] = msgspec.field(default_factory=dict)
        colour: Colour = Colour.RED
        renamed: Annotated[bool, "a note"] = msgspec.field(default=True, name="other")
        part: Part = Part(text="")
        ratio: float

    described = {name: f"about {name}" for name in Whole.__struct_fields__}
    rows = StructSections({Part: "parts.md"}).section(Whole, 2, described).splitlines()
    assert rows == [
        "## Whole",
        "",
        "| field | type | default | what it is |",
        "|---|---|---|---|",
        '| `kind` | `"whole"` |  | Names the kind of object. |',
        "| `parts` | list of [Part](parts.md#part) | `[]` | about parts |",
        "| `size` | whole number or number or null | `null` | about size |",
        '| `mode` | `"a"`, `"b"` | `"a"` | about mode |',
        "| `table` | object: whole number by name | `{}` | about table |",
        '| `colour` | `"red"` | `"red"` | about colour |',
        "| `other` | true or false | `true` | about renamed |",
        "| `part` | [Part](parts.md#part) | its own defaults | about part |",
        "| `ratio` | number | required | about ratio |",
    ]


def test_a_description_is_read_from_the_source() -> None:
    text = field_description(Rules, "gap_frames")
    assert text == "The shortest gap between two cues, in frames of the film's own rate."


def test_a_field_without_a_text_has_that_of_its_type() -> None:
    text = field_description(JobSpec, "device")
    assert text == name_description("indicsubs_contract.messages.engine", "Device")
    assert "Apple Silicon" in text


def test_a_name_that_is_nowhere_has_no_description() -> None:
    assert name_description("indicsubs_contract.messages.engine", "Nothing") == ""
    assert field_description(SimpleNamespace, "nothing") == ""


def test_no_usual_description_is_out_of_use() -> None:
    undescribed = {
        (kind.__name__, field.name)
        for kind in STRUCTS
        for field in msgspec.structs.fields(kind)
        if not field_description(kind, field.name)
    } | {("Rules", name) for name in UNITS if not field_description(Rules, name)}
    own = {tuple(name.split(".")) for name in usual_fields.OWN}
    assert own <= undescribed
    assert usual_fields.USUAL.keys() <= {name for _, name in undescribed - own}


def test_every_option_of_a_job_is_a_field_of_its_specification() -> None:
    assert option_descriptions().keys() <= set(JobSpec.__struct_fields__)


# --- tables -----------------------------------------------------------------------------------


def test_every_exit_status_and_every_failure_code_is_listed() -> None:
    text = reference_pages()["failures.md"]
    for code, status in EXIT_STATUS.items():
        assert f"| `{code.value}` | `{status.value}` |" in text


def test_every_engine_language_script_and_model_is_listed() -> None:
    pages = reference_pages()
    for engine in ENGINES.values():
        assert f"### {engine.name}\n" in pages["engines.md"]
        assert f"`{engine.layout.name}`" in pages["engines.md"]
        for tag in engine.languages:
            assert engine.name in next(
                row for row in pages["languages.md"].splitlines() if row.startswith(f"| `{tag}` |")
            )
    assert all(
        f"| `{tag}` | {row.name} |" in pages["languages.md"] for tag, row in LANGUAGES.items()
    )
    assert all(
        f"| `{code}` | {row.name} |" in pages["languages.md"] for code, row in SCRIPTS.items()
    )
    assert all(f"| `{name}` |" in pages["models.md"] for name in MODELS)
    assert all(f"## {name}\n" in pages["models.md"] for name in PROFILES)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_number_of_a_rule_profile_is_listed(name: str) -> None:
    text = section("rule-profiles.md", name)
    own = load_profile(name).layers[-1]
    for tag, numbers in {"all": own.rules, **own.languages}.items():
        language = LANGUAGES[tag].name if tag in LANGUAGES else tag
        for rule, number in numbers.items():
            value = "none" if number.value is None else number.value
            assert f"| `{rule}` | {language} | `{value}` |" in text


# --- environment variables --------------------------------------------------------------------


def test_every_variable_that_the_code_reads_is_described_and_no_other() -> None:
    assert environment_variables.variables_read() == environment_variables.READ.keys()


def test_every_variable_that_is_set_for_a_stage_is_described(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in environment_variables.SET:
        monkeypatch.delenv(name, raising=False)
    inherited = {"PATH": "/bin"}
    monkeypatch.setattr("os.environ", inherited)
    variables = EnvironmentManager(ROOT).process_variables("common")
    assert variables.keys() - inherited.keys() == environment_variables.SET.keys()


def test_all_ways_of_reading_a_variable_are_found(tmp_path: Path) -> None:
    package = tmp_path / "packages" / "one" / "src" / "one"
    package.mkdir(parents=True)
    (package / "names.py").write_text('FOURTH = "D"\n')
    (package / "reads.py").write_text(
        'os.environ.get("A")\nos.environ["B"]\n"C" in os.environ\nenviron.get(FOURTH, "")\n'
        'os.getenv("E")\n{}.get("F")\n[]["G"]\n"H" in []\nos.environ["I"] = "is set"\n'
    )
    assert environment_variables.variables_read(tmp_path) == set("ABCDE")


def test_a_variable_whose_name_is_computed_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "packages" / "one" / "src" / "one"
    package.mkdir(parents=True)
    (package / "reads.py").write_text('os.environ.get("A" + x)\n')
    with pytest.raises(ValueError, match="cannot tell which environment variable"):
        environment_variables.variables_read(tmp_path)


# --- Markdown ---------------------------------------------------------------------------------


def test_the_examples_of_the_generator() -> None:
    failed, tried = doctest.testmod(importlib.import_module("docs.generate.markdown"))
    assert tried
    assert not failed
