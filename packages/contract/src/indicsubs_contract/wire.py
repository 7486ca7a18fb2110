"""How messages become lines of JSON, and how a line that is none is refused."""

from typing import TypeVar

import msgspec

from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.messages import SCHEMA, Answer, Manifest, Preparation

LIFELINE = "INDICSUBS_LIFELINE"
"""Environment variable that tells a stage to stop when its stdin ends."""

T = TypeVar("T")

_manifest_decoder = msgspec.json.Decoder(Manifest)
_preparation_decoder = msgspec.json.Decoder(Preparation)
_answer_decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


class _Versioned(msgspec.Struct):
    schema: int = 0


class _Kind(msgspec.Struct):
    prepare: object = None


class ProtocolError(ValueError):
    """A line is not the message that was expected."""


def encode_line(message: msgspec.Struct) -> bytes:
    """One message as one line of JSON. NaN and infinite numbers become null."""
    return msgspec.json.encode(message) + b"\n"


def decode_manifest(line: bytes) -> Manifest:
    """Read what a stage is asked.

    Raises:
        ProtocolError: not JSON, a newer schema, an unknown field, a wrong type; the message ends
            with the path of the field, ``$.request.batch_size``.
    """
    _refuse_newer(line, SCHEMA)
    try:
        return _manifest_decoder.decode(line)
    except msgspec.DecodeError as error:
        raise ProtocolError(str(error)) from error


def decode_preparation(line: bytes) -> Preparation | None:
    """Read what may come before a manifest; None where the line is something else.

    Raises:
        ProtocolError: as for :func:`decode_manifest`.
    """
    try:
        if msgspec.json.decode(line, type=_Kind).prepare is None:
            return None
        _refuse_newer(line, SCHEMA)
        return _preparation_decoder.decode(line)
    except msgspec.DecodeError as error:
        raise ProtocolError(str(error)) from error


def decode_answer(line: bytes) -> Answer:
    """Read what a stage says.

    Raises:
        ProtocolError: as for :func:`decode_manifest`.
    """
    try:
        return _answer_decoder.decode(line)
    except msgspec.DecodeError as error:
        raise ProtocolError(str(error)) from error


def read_document(data: bytes, kind: type[T], name: str) -> T:
    """Read a file of one of the ``transcript`` types.

    Raises:
        StageError: ``BAD_INPUT``, with the name of the file and the path of the field.
    """
    try:
        _refuse_newer(data, SCHEMA)
        return msgspec.json.decode(data, type=kind)
    except (ProtocolError, msgspec.DecodeError) as error:
        raise StageError(
            FailureCode.BAD_INPUT, f"{name} is not a {kind.__name__} file of indicsubs: {error}"
        ) from error


def _refuse_newer(data: bytes, known: int) -> None:
    try:
        schema = msgspec.json.decode(data, type=_Versioned).schema
    except msgspec.DecodeError as error:
        raise ProtocolError(str(error)) from error
    if schema > known:
        raise ProtocolError(
            f"Schema {schema} is newer than {known}, the newest known here; update indicsubs"
            " (`git pull`, then `just setup`) - at `$.schema`"
        )
