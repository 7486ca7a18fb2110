"""What the fields of a specification accept, read from their types, for messages and options."""

from functools import cache

import msgspec
from msgspec.inspect import (
    BoolType,
    IntType,
    LiteralType,
    NoneType,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
)

from indicsubs.jobs.specification import JobSpec

_OPTIONS = {"source_language": "source", "targets": "target"}
"""Options that have another name than their field."""


def option_of(field: str) -> str:
    """Returns the option that sets a field.

    >>> option_of("source_language"), option_of("beam_size")
    ('--source', '--beam-size')
    """
    return f"--{_OPTIONS.get(field, field).replace('_', '-')}"


@cache
def _types() -> dict[str, Type]:
    info = msgspec.inspect.type_info(JobSpec)
    assert isinstance(info, StructType)  # noqa: S101  JobSpec is a struct
    return {field.name: field.type for field in info.fields}


def _parts(kind: Type) -> tuple[Type, ...]:
    """Returns the types of a union without None, or the type itself."""
    if isinstance(kind, UnionType):
        return tuple(each for each in kind.types if not isinstance(each, NoneType))
    return (kind,)


def number_range(field: str) -> tuple[int, int]:
    """Returns the least and the greatest number that a field accepts.

    Raises:
        KeyError: The field has no number, or a number without bounds.
    """
    for kind in _parts(_types()[field]):
        if isinstance(kind, IntType) and kind.ge is not None and kind.le is not None:
            return kind.ge, kind.le
    raise KeyError(field)


def accepted_values(field: str) -> str:
    """Returns what to give for a field, as a sentence without a full stop."""
    kind = _parts(_types()[field])[0]
    if isinstance(kind, VarTupleType):
        kind = kind.item_type
    match kind:
        case IntType():
            least, most = number_range(field)
            return f"Give a whole number from {least} to {most}"
        case LiteralType(values=values):
            return f"Choose from {', '.join(map(str, values))}"
        case StrType(min_length=least, max_length=int(most)):
            return f"Give a text of {least or 0} to {most} characters"
        case BoolType():
            return "Give true or false"
        case _:
            return "Give another value"
