"""Visits and replaces the parts of a message."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import msgspec

Message = TypeVar("Message")


def parts(message: object) -> Iterator[object]:
    """Yields the message and everything inside it, in the order of fields and items."""
    yield message
    for inside in _inside(message):
        yield from parts(inside)


def parts_of_type(message: object, kind: type[Message]) -> list[Message]:
    """Returns every part of a message that has the given type, in the order of fields and items."""
    return [part for part in parts(message) if isinstance(part, kind)]


def transform(message: object, change: Callable[[object], object]) -> Any:
    """Returns the message with every part replaced by ``change(part)``.

    The inside of a replaced part is not visited. The types of fields are not checked.
    """
    changed = change(message)
    if changed is not message:
        return changed
    match message:
        case msgspec.Struct():
            fields = {
                name: transform(getattr(message, name), change)
                for name in message.__struct_fields__
            }
            return msgspec.structs.replace(message, **fields)
        case tuple() | list():
            items = cast("tuple[object, ...] | list[object]", message)
            return type(items)(transform(item, change) for item in items)
        case dict():
            table = cast("dict[object, object]", message)
            return {key: transform(value, change) for key, value in table.items()}
        case _:
            return message


def _inside(message: object) -> Iterator[object]:
    match message:
        case msgspec.Struct():
            for name in message.__struct_fields__:
                yield getattr(message, name)
        case tuple() | list():
            yield from cast("tuple[object, ...] | list[object]", message)
        case dict():
            yield from cast("dict[object, object]", message).values()
        case _:
            return
