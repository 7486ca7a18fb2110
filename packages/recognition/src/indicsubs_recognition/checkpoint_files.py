"""Finds and reads the files of a checkpoint in transformers' layout; executes nothing in it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.model_layout import TRANSFORMERS_WEIGHTS
from indicsubs_contract.weight_index import WeightIndex
from indicsubs_text.excerpts import first_few

_NAMED = 3
"""The most weights that an error names; it gives only the number of the others."""

T = TypeVar("T")


class CheckpointError(ValueError):
    """A file of a checkpoint is absent, damaged, or of another model; the message says which."""


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Returns the files that the weights of a checkpoint are read from: safetensors before torch's.

    Raises:
        CheckpointError: A part of the weights is absent, or the index of the parts is damaged.
    """
    name = next(name for name in TRANSFORMERS_WEIGHTS if (folder / name).is_file())
    path = folder / name
    if path.suffix != ".json":
        return (path,)
    parts = sorted(set(read_json(path, WeightIndex).weight_map.values()))
    absent = [part for part in parts if Path(part).name != part or not (folder / part).is_file()]
    if absent or not parts:
        raise CheckpointError(f"{path} names {named(absent)}, which is not there")
    return tuple(folder / part for part in parts)


def read_json(path: Path, kind: type[T]) -> T:
    """Returns the content of a JSON file as a type; unknown fields are ignored.

    Raises:
        CheckpointError: The file is not JSON, or not of that type.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except NOT_JSON as error:
        raise CheckpointError(f"{path}: {error}") from error


def named(names: Iterable[str]) -> str:
    """Returns the first names of a list, and the number of the others.

    >>> named(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    return first_few(sorted(names), _NAMED) or "no file"
