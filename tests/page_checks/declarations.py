"""TypeScript declarations of the JSON that the page's script reads, and of its HTML elements."""

import json
from collections.abc import Mapping
from html.parser import HTMLParser

import msgspec
from msgspec import inspect

_SCALARS: Mapping[type[inspect.Type], str] = {
    inspect.BoolType: "boolean",
    inspect.BytesType: "string",
    inspect.FloatType: "number",
    inspect.IntType: "number",
    inspect.NoneType: "null",
    inspect.StrType: "string",
}


def data_declarations(root: type[msgspec.Struct]) -> str:
    """Returns an interface for each struct in the JSON of ``root``."""
    interfaces: dict[str, str] = {}
    _declare(inspect.type_info(root), interfaces)
    return "\n".join(interfaces.values())


def element_declarations(page: str) -> str:
    """Returns the interface ``PageElements``: the types of an HTML page's elements by their id."""
    elements = _Elements()
    elements.feed(page)
    rows = [f'  "{name}": HTMLElementTagNameMap["{tag}"];\n' for name, tag in elements.tags.items()]
    return f"export interface PageElements {{\n{''.join(rows)}}}\n"


class _Elements(HTMLParser):
    """The tag of each element that has an id."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.tags[value] = tag


def _declare(kind: inspect.Type, interfaces: dict[str, str]) -> str:
    """Returns the TypeScript type of a value in JSON, and adds the interfaces that it needs."""
    match kind:
        case inspect.StructType(cls=cls):
            if cls.__name__ not in interfaces:
                interfaces[cls.__name__] = ""  # its place is before those that it needs
                interfaces[cls.__name__] = _interface(kind, interfaces)
            return cls.__name__
        case inspect.VarTupleType(item_type=item):
            return f"Array<{_declare(item, interfaces)}>"
        case inspect.DictType(value_type=value):
            return f"Record<string, {_declare(value, interfaces)}>"
        case inspect.UnionType(types=types):
            return " | ".join(_declare(one, interfaces) for one in types)
        case inspect.LiteralType(values=values):
            return " | ".join(map(json.dumps, values))
        case _ if type(kind) in _SCALARS:
            return _SCALARS[type(kind)]
        case _:
            raise TypeError(f"declarations.py does not know the TypeScript type of {kind}.")


def _interface(struct: inspect.StructType, interfaces: dict[str, str]) -> str:
    """An interface; a field that JSON lacks where it has its default is optional."""
    omits_defaults = struct.cls.__struct_config__.omit_defaults
    rows: list[str] = []
    for field in struct.fields:
        optional = omits_defaults and not field.required
        kind = field.type
        if optional and field.default is None and isinstance(kind, inspect.UnionType):
            # None is never written.
            kind = inspect.UnionType(
                tuple(one for one in kind.types if not isinstance(one, inspect.NoneType))
            )
        mark = "?" if optional else ""
        rows.append(f"  {field.encode_name}{mark}: {_declare(kind, interfaces)};\n")
    return f"export interface {struct.cls.__name__} {{\n{''.join(rows)}}}\n"
