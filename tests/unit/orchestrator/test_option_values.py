"""Every option of every command with values that it cannot take: usage errors, and nothing made."""

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Union, get_args, get_origin

import fake_workspace
import pytest
from cyclopts import App, Argument, Parameter
from fake_workspace import indicsubs

from indicsubs.cli import main as cli
from indicsubs.cli.console import app
from indicsubs.cli.option_values import NumberIn, whole_number
from indicsubs.jobs.option_ranges import accepted_values, number_range, option_of
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.stages import StageName

assert cli.COMMANDS, "importing the command line adds its commands"

NOT_NUMBERS = ("", "x", "nan", "inf", "-inf", "1e400", "9" * 5000, "-1", "0", "1,5", "0x5")
NOT_WHOLE = ("1.5", "2.7", "1e3")
ZERO = {"--port", "--audio-track", "--priority", "--number"}
"""Options for which 0 is a value."""
NOT_LANGUAGES = ("", "klingon", "hni", "bangla", "hi;ta", "x" * 300)
NOT_FILES = ("", ".", "folder", "/")

TEXTS: dict[str, tuple[str, ...]] = {
    "--source": (*NOT_LANGUAGES, "hi,ta", "hi-Latn"),
    "--target": (*NOT_LANGUAGES, ",", "en,en", "en,eng", "hi,bangla"),
    "--language": NOT_LANGUAGES,
    "--languages": (*NOT_LANGUAGES, ",", "hi,hin"),
    "--burn-in": NOT_LANGUAGES,
    "--transcript": NOT_FILES,
    "--glossary": NOT_FILES,
    "--font": NOT_FILES,
    "--formats": ("", ",", "sub", "srt,srt", "SRT"),
    "--output": ("", "film.mp4", b"\xff".decode("utf-8", "surrogateescape")),
    "--film": ("", "folder", "."),
    "--job": ("", "folder", "."),
    "--asr-model": ("", "x" * 5000),
    "--alignment-model": ("", "x" * 5000),
    "--translation-model": ("", "x" * 5000),
    "--translation-engine": ("", "moon"),
    "--backend": ("", "moon"),
    "--initial-prompt": ("x" * 10_001,),
    "--hotwords": ("x" * 10_001,),
    "--rules": ("", "x" * 5000, "folder.toml"),
    "--name": (),  # of a rule profile: an unknown one is not there (66), as a file would not be
    "NAMES": ("", "a b/c", "/", "fastt", "../x"),
    "ENVIRONMENTS": ("", "moon"),
    "FILES": ("", "folder", "."),
    "FILMS": ("",),
    "--list": ("", "folder"),
    "--into": ("", "film.mp4"),
    "--to": ("", "folder"),
    "--memory": ("", "x" * 5000),
    "--ignore": ("",),
    "--quiet-hours": ("8", "25:00-26:00", "08:00-", "x" * 5000),
    "--hook": ("moon", "ftp://moon/hook", "http://"),
    "FOLDERS": ("",),
    "--host": ("", "0.0.0.0", "x" * 5000),
    "--allow-host": ("", "a"),
    "--token-file": NOT_FILES,
    "--on": ("",),
    "--exchange": ("", "folder", "films/x"),
    "--library": (),  # a folder that is not there (66), as a film would not be
}
"""The values that each option of text or path must refuse. A new option needs a row."""


def commands(group: App = app, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    for name in group:
        if not name.startswith("-"):
            command = group[name]
            if command.default_command:
                yield (*path, name), command
            yield from commands(command, (*path, name))


def kinds(hint: object) -> set[object]:
    """The plain types in an annotation."""
    if get_origin(hint) is Annotated:
        return kinds(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType, list, tuple):
        return {kind for part in get_args(hint) for kind in kinds(part)} - {type(None), Ellipsis}
    return {Literal} if get_origin(hint) is Literal else {hint}


ARGUMENTS = [
    (command, argument)
    for command, parsed in commands()
    for argument in parsed.assemble_argument_collection()
    if argument.names != ("*",)
]


def bad_values(argument: Argument) -> tuple[str, ...]:
    (kind,) = kinds(argument.hint)
    if kind is int:
        values = (*NOT_NUMBERS, *NOT_WHOLE)
        return tuple(v for v in values if v != "0" or argument.name not in ZERO)
    if kind is float:
        return NOT_NUMBERS
    if kind in (Literal, StageName):
        return ("", "nonsense", "9" * 5000)
    if kind is bool:
        return ()
    return TEXTS[argument.name]


def required(command: tuple[str, ...], name: str) -> list[str]:
    """The arguments without which a command does not begin, except ``name``."""
    if command[0] in {"run", "plan", "prepare"} and name not in {"--film", "FILMS", "--list"}:
        return ["film.mp4"]
    if command == ("queue", "add") and name not in {"FILMS", "--list"}:
        return ["film.mp4"]
    if command == ("queue", "priority") and name != "--number":
        return ["3"]
    if command == ("stage",) and name != "--name":
        return ["asr"]
    if command == ("clean",) and name != "--job":
        return ["last"]
    if command == ("models", "fetch") and name != "NAMES":
        return ["fast"]
    return []


def cases() -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each option of each command with the values that it must refuse.

    An option that many commands share, and whose type alone refuses values, gets all of them in the
    first command, and another one of them in each of the others.
    """
    seen: dict[tuple[str, object], int] = {}
    for command, argument in ARGUMENTS:
        values = bad_values(argument)
        if argument.name not in TEXTS and values:
            shared = (argument.name, argument.parameter.converter)
            turn = seen[shared] = seen.get(shared, -1) + 1
            values = values if turn == 0 else (values[turn % len(values)],)
        yield from ((command, argument.name, value) for value in values)


CASES = [*cases()]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("HF_HUB_CACHE", "/nowhere")
        monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
        monkeypatch.setattr("indicsubs.cli.console.find_workspace", lambda jobs: made)
        # Where all values are taken, the server would run on.
        monkeypatch.setattr(
            "indicsubs.cli.serving.run_server", lambda *given: given[-1].workspace() and None
        )
        made = fake_workspace.for_commands(tmp_path_factory.mktemp("options"), monkeypatch)
        (made.root / "folder").mkdir()
        (made.root / "folder.toml").mkdir()
        yield made


@pytest.mark.no_cover  # it runs hundreds of commands; other tests run their lines
@pytest.mark.parametrize("command", sorted({command for command, *_ in CASES}), ids=" ".join)
def test_a_value_that_an_option_cannot_take_is_a_usage_error(
    workspace: Workspace, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = []
    for of, name, value in CASES:
        if of != command:
            continue
        given = [value] if name.isupper() else [name, value]
        if name in {"--film", "--job", "--name", "--number"} and command != (
            "import",
        ):  # these are positions
            given = [value]
        status = indicsubs(*command, *required(command, name), *given)
        error = capsys.readouterr().err
        case = (*command, name, value[:50])
        if name == "FILES":  # needs a job first
            assert status == ExitStatus.NO_INPUT, (case, error)
            continue
        expected = {ExitStatus.USAGE}
        if name == "--language" and command == ("import",):
            expected.add(ExitStatus.NO_INPUT)  # there is no job to import into
        if name == "--rules":
            expected.add(ExitStatus.NO_INPUT)  # a profile that is not there
        if status not in expected:
            wrong.append((case, status, error))
            continue
        assert error.startswith("error: "), case
        assert error.count("\n") == 1, (case, error)
        assert "bug" not in error
        assert len(error) < 1500, (case, len(error))
    assert not wrong
    assert not workspace.jobs.exists(), "nothing is made"


def test_every_number_has_a_range_and_every_text_has_values_that_it_refuses() -> None:
    """A new option without them fails here."""
    for _, argument in ARGUMENTS:
        (kind,) = kinds(argument.hint)
        if kind in (int, float):
            assert isinstance(argument.parameter.converter, NumberIn), argument.name
        elif kind in (str, Path):
            assert argument.name in TEXTS, argument.name


def test_options_have_the_ranges_of_the_specification() -> None:
    for field in JobSpec.__struct_fields__:
        try:
            least, most = number_range(field)
        except KeyError:
            continue
        converter = whole_number(field).converter
        (argument,) = {
            argument.parameter.converter: argument
            for command, argument in ARGUMENTS
            if argument.name == option_of(field)
        }.values()
        assert argument.parameter.converter == converter
        assert accepted_values(field) == f"Give a whole number from {least} to {most}"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("formats", "Choose from ass, json, srt, ttml, vtt"),
        ("targets", "Give another value"),
        ("source", "Give another value"),
        ("initial_prompt", "Give a text of 0 to 10000 characters"),
    ],
)
def test_what_a_field_accepts(field: str, words: str) -> None:
    assert accepted_values(field) == words


def test_a_parameter_is_what_cyclopts_reads() -> None:
    assert isinstance(whole_number("beam_size"), Parameter)


def test_the_least_and_the_greatest_value_are_accepted(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--beam-size", "100", "--batch-size", "1", "--audio-track", "0", "-t", "en,ta")
    assert indicsubs("plan", "film.mp4", "-p", "demo", "-s", "hi", *options) == ExitStatus.DONE
