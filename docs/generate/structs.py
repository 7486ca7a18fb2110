"""Writes msgspec structs as Markdown: one section for each, with its fields in a table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from docs.generate.docstrings import class_description, field_description
from docs.generate.markdown import code, from_docstring, slug, table
from docs.generate.usual_fields import OWN, USUAL

_NAMES: tuple[tuple[object, str], ...] = (
    (bool, "true or false"),
    (bytes, "text"),
    (float, "number"),
    (int, "whole number"),
    (str, "text"),
    (NoneType, "null"),
)
"""The name of each Python type in JSON."""


def struct_kinds(hint: object) -> list[type[msgspec.Struct]]:
    """Returns the structs that a type is made of, each once, in the order of their first use."""
    found: list[type[msgspec.Struct]] = []
    waiting = [hint]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            if part not in found:
                found.append(part)
                waiting += get_type_hints(part).values()
        else:
            waiting += get_args(part)
    return found


class StructSections:
    """Writes sections about structs, with links between them.

    Args:
        elsewhere: The pages that describe other structs, by struct.
    """

    def __init__(self, elsewhere: dict[type[msgspec.Struct], str] | None = None) -> None:
        self._elsewhere = elsewhere or {}

    def section(
        self, kind: type[msgspec.Struct], level: int = 3, described: Mapping[str, str] | None = None
    ) -> str:
        """Returns the heading, the description and the table of the fields of a struct.

        Args:
            kind: The struct.
            level: The level of the heading.
            described: The descriptions of fields that have none in the source, by field.
        """
        heading = f"{'#' * level} {kind.__name__}"
        description = _as_json(from_docstring(class_description(kind)))
        rows = [*self._tag(kind), *self._fields(kind, described or {})]
        fields = table(("field", "type", "default", "what it is"), rows)
        return "\n\n".join(filter(None, (heading, description, fields)))

    def _tag(self, kind: type[msgspec.Struct]) -> Iterator[Sequence[str]]:
        config = kind.__struct_config__
        if config.tag_field is not None:
            yield code(config.tag_field), code(f'"{config.tag}"'), "", "Names the kind of object."

    def _fields(
        self, kind: type[msgspec.Struct], described: Mapping[str, str]
    ) -> Iterator[Sequence[str]]:
        hints = get_type_hints(kind)
        for field in msgspec.structs.fields(kind):
            text = (
                field_description(kind, field.name)
                or described.get(field.name)
                or OWN.get(f"{kind.__name__}.{field.name}")
                or USUAL.get(field.name, "")
            )
            yield (
                code(field.encode_name),
                self.type_text(hints[field.name]),
                _default(field),
                _as_json(from_docstring(text)),
            )

    def type_text(self, hint: object) -> str:
        """Returns a description of a type in JSON's terms, with links to the structs in it."""
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self.type_text(arguments[0])
        if origin in (Union, UnionType):
            parts = [part for part in arguments if part is not msgspec.UnsetType]
            return " or ".join(dict.fromkeys(self.type_text(part) for part in parts))
        if origin is Literal:
            return ", ".join(code(f'"{value}"') for value in arguments)
        if origin in (tuple, list):
            return f"list of {self.type_text(arguments[0])}"
        if origin is dict:
            return f"object: {self.type_text(arguments[1])} by name"
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return f"[{hint.__name__}]({self._elsewhere.get(hint, '')}#{slug(hint.__name__)})"
        if isinstance(hint, type) and issubclass(hint, Enum):
            return ", ".join(code(f'"{member.value}"') for member in hint)
        return next(name for known, name in _NAMES if hint is known)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return code(msgspec.json.encode(field.default_factory()).decode())
    if field.required:
        return "required"
    if isinstance(field.default, msgspec.Struct):
        return "its own defaults"
    if field.default is msgspec.UNSET:
        return "absent"
    return code(msgspec.json.encode(field.default).decode())


def _as_json(text: str) -> str:
    """Returns the text with JSON's name for Python's None."""
    return re.sub(r"\bNone\b", "`null`", text)
