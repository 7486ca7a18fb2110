"""Reads the JSON files of :mod:`indicsubs_contract.transcript`, which stages write."""

from typing import TypeVar

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError

SCHEMA = 1
"""The newest schema of messages and documents that this version reads."""

Document = TypeVar("Document")


class _Versioned(msgspec.Struct):
    schema: int = 0


def read_document(data: bytes, kind: type[Document], name: str) -> Document:
    """Decodes the content of a document.

    Args:
        data: The content of the file.
        kind: The type that the file holds.
        name: The name of the file, for the error message.

    Raises:
        IndicsubsError: ``BAD_INPUT``, with the name of the file and the path of the field.
    """
    try:
        refuse_newer_schema(data)
        return msgspec.json.decode(data, type=kind)
    except (ProtocolError, msgspec.DecodeError, RecursionError) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{name} is not a {kind.__name__} file of indicsubs: {error}."
        ) from error


def refuse_newer_schema(data: bytes) -> None:
    """Checks the field ``schema`` of a JSON object.

    Raises:
        ProtocolError: The schema is newer than :data:`SCHEMA`, or the data is not a JSON object.
    """
    try:
        schema = msgspec.json.decode(data, type=_Versioned).schema
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error
    if schema > SCHEMA:
        raise ProtocolError(
            f"Schema {schema} is newer than {SCHEMA}, the newest that this version reads; update"
            " indicsubs (`git pull`, then `just setup`) - at `$.schema`"
        )
