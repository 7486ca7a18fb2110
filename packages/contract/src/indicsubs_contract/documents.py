"""Reads the JSON files of :mod:`indicsubs_contract.transcript`, which stages write."""

import codecs
from typing import TypeVar

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError

SCHEMA = 1
"""The newest schema of messages and documents that this version reads."""

NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The errors of ``msgspec.json.decode``: not JSON or another type, not UTF-8, nested too deeply."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""The byte order marks that editors put before a text, and the encodings that they declare."""

Document = TypeVar("Document")


class _Versioned(msgspec.Struct):
    schema: int = 0


def read_document(data: bytes, kind: type[Document], name: str) -> Document:
    """Decodes the content of a document. A person may have saved it with a byte order mark.

    Args:
        data: The content of the file.
        kind: The type that the file holds.
        name: The name of the file, for the error message.

    Raises:
        IndicsubsError: ``BAD_INPUT``, with the name of the file and the path of the field.
    """
    try:
        json = _without_mark(data)
        refuse_newer_schema(json)
        return msgspec.json.decode(json, type=kind)
    except (ProtocolError, *NOT_JSON) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{name} is not a {kind.__name__} file of indicsubs: {error}."
        ) from error


def _without_mark(data: bytes) -> bytes:
    """Returns the content in UTF-8, without a byte order mark.

    Raises:
        UnicodeDecodeError: The content is not in the encoding that its mark declares.
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding).encode()
    return data


def refuse_newer_schema(data: bytes) -> None:
    """Checks the field ``schema`` of a JSON object.

    Raises:
        ProtocolError: The schema is newer than :data:`SCHEMA`, or the data is not a JSON object.
    """
    try:
        schema = msgspec.json.decode(data, type=_Versioned).schema
    except NOT_JSON as error:
        raise ProtocolError(str(error)) from error
    if schema > SCHEMA:
        raise ProtocolError(
            f"Schema {schema} is newer than {SCHEMA}, the newest that this version reads; update"
            " indicsubs (`git pull`, then `just setup`) - at `$.schema`"
        )
