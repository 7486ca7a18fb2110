"""Reads rule profiles: TOML files of rules with their sources, bundled or written by the user.

A profile has a ``title``, names its ``[sources]``, and sets ``[rules]`` for every language and
``[languages.TAG]`` for one language. It may extend another profile (``extends = "netflix"``, or a
path relative to its own folder). A profile's own values override the values of the profile that it
extends, and its values for a language override its values for every language. A rule is a value, or
a table of ``value``, ``unit``, ``source``, ``secondary`` and ``note``; the bundled profiles have
only tables. The value ``"none"`` removes a limit.
"""

import tomllib
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.languages import LANGUAGES
from indicsubs_text.rules import UNITS, contradictions

BUNDLED = (
    "house",
    "children",
    "sdh",
    "netflix",
    "netflix-children",
    "netflix-sdh",
    "netflix-sdh-children",
    "bbc",
    "ted",
    "ai4bharat",
)
"""The profiles that indicsubs includes, each in ``profiles/NAME.toml``."""

_FOLDER = Path(__file__).parent / "profiles"
_TYPES = {name: hint for name, hint in get_type_hints(Rules).items() if name in UNITS}
_NO_LIMIT = "none"


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that numbers are taken from."""

    title: str
    url: str = ""
    retrieved: date | None = None


class RuleValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of one rule in a profile, and its source."""

    value: Any
    unit: str = ""
    source: str = ""
    """The name of a source in this profile, or in a profile that it extends."""
    secondary: bool = False
    """Whether the value was taken from a description of the source; it should be checked against
    the source."""
    note: str = ""


class _ProfileFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One TOML file, before its rules are checked."""

    title: str = ""
    extends: str | None = None
    sources: dict[str, Source] = {}
    rules: dict[str, Any] = {}
    languages: dict[str, dict[str, Any]] = {}


class ProfileLayer(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one file."""

    file: str
    rules: dict[str, RuleValue]
    languages: dict[str, dict[str, RuleValue]]


class RuleProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, with the rules of all the profiles that it extends."""

    name: str
    title: str
    layers: tuple[ProfileLayer, ...]
    """The profile that extends no other is first, the profile itself last."""
    sources: dict[str, Source]

    def numbers(self, tag: str) -> dict[str, RuleValue]:
        """Returns the value of each rule for a language."""
        numbers: dict[str, RuleValue] = {}
        for layer in self.layers:
            numbers |= layer.rules | layer.languages.get(tag, {})
        return numbers

    def rules_for(self, tag: str) -> Rules:
        """Returns the complete rules for a language.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where rules contradict each other; the message names the
                file that sets the value, and its key.
        """
        values = {name: number.value for name, number in self.numbers(tag).items()}
        rules = Rules(profile=self.name, **values)
        found = contradictions(rules)
        if found:
            names, problem = found[0]
            file, key = self._place(tag, names)
            raise _error(file, key, problem)
        return rules

    def tags(self) -> tuple[str, ...]:
        """Returns the tags of the languages for which a layer has values."""
        return tuple(dict.fromkeys(tag for layer in self.layers for tag in layer.languages))

    def _place(self, tag: str, names: Sequence[str]) -> tuple[str, str]:
        """Returns the last file that sets one of the rules, and the key in that file."""
        return next(
            (layer.file, f"{table}.{name}")
            for layer in reversed(self.layers)
            for table, rules in (
                (f"languages.{tag}", layer.languages.get(tag, {})),
                ("rules", layer.rules),
            )
            for name in names
            if name in rules
        )


def load_profile(name: str) -> RuleProfile:
    """Returns a bundled profile by its name, or a user's profile by the path of its file.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the profile does not exist; ``BAD_INPUT`` where the
            file is not a profile, with the path of the key.
    """
    path = _find(name, Path())
    files: list[tuple[Path, _ProfileFile]] = []
    while path is not None:
        if path in [seen for seen, _ in files]:
            raise _error(
                path.name, "extends", "it extends itself, directly or through another profile"
            )
        file = _read(path)
        files.append((path, file))
        path = _find(file.extends, path.parent) if file.extends else None
    sources: dict[str, Source] = {}
    layers: list[ProfileLayer] = []
    for path, file in reversed(files):
        sources |= file.sources
        layers.append(_layer(path, file, sources))
    profile = RuleProfile(name=name, title=files[0][1].title, layers=tuple(layers), sources=sources)
    for tag in LANGUAGES:
        profile.rules_for(tag)
    return profile


def _find(name: str, folder: Path) -> Path:
    if name in BUNDLED:
        return _FOLDER / f"{name}.toml"
    path = (folder / Path(name).expanduser()).resolve()
    if path.suffix.lower() != ".toml" or not path.is_file():
        close = get_close_matches(name, BUNDLED, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"{name} is neither a rule profile nor a .toml file.{hint} The profiles are"
            f" {', '.join(BUNDLED)}; `just indicsubs profiles` shows them.",
        )
    return path


def _read(path: Path) -> _ProfileFile:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _ProfileFile)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{path.name} is not TOML: {error}. Correct the file."
        ) from error
    except msgspec.ValidationError as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} is not a rule profile: {error}. A profile has title, extends, sources,"
            " rules and languages.",
        ) from error


def _layer(path: Path, file: _ProfileFile, sources: dict[str, Source]) -> ProfileLayer:
    for tag in file.languages:
        if tag not in LANGUAGES:
            raise _error(
                path.name,
                f"languages.{tag}",
                f"the language is unknown; give one of {', '.join(LANGUAGES)}",
            )
    return ProfileLayer(
        file=path.name,
        rules=_numbers(path, "rules", file.rules, sources),
        languages={
            tag: _numbers(path, f"languages.{tag}", rules, sources)
            for tag, rules in file.languages.items()
        },
    )


def _numbers(
    path: Path, table: str, rules: dict[str, Any], sources: dict[str, Source]
) -> dict[str, RuleValue]:
    return {
        name: _number(path, f"{table}.{name}", name, entry, sources)
        for name, entry in rules.items()
    }


def _number(path: Path, key: str, name: str, entry: Any, sources: dict[str, Source]) -> RuleValue:
    if name not in UNITS:
        close = get_close_matches(name, UNITS, n=1)
        hint = f"the nearest is {close[0]}" if close else f"the rules are {', '.join(UNITS)}"
        raise _error(path.name, key, f"the rule is unknown; {hint}")
    try:
        number = msgspec.convert(entry, RuleValue | bool | int | float | str)
        if not isinstance(number, RuleValue):
            number = RuleValue(value=number)
        value = None if number.value == _NO_LIMIT else number.value
        value = msgspec.convert(value, _TYPES[name])
    except msgspec.ValidationError as error:
        raise _error(path.name, key, str(error)) from error
    unit = number.unit or UNITS[name]
    if unit != UNITS[name]:
        raise _error(path.name, key, f"its unit is {UNITS[name] or 'none'}, not {unit}")
    if number.source and number.source not in sources:
        raise _error(path.name, key, f"source {number.source!r} is not among [sources]")
    return msgspec.structs.replace(
        number, value=value, unit=unit, source=number.source or path.name
    )


def _error(file: str, key: str, problem: str) -> IndicsubsError:
    return IndicsubsError(FailureCode.BAD_INPUT, f"{file}: {key}: {problem}. Correct the profile.")
