"""Encodes messages as lines of JSON, and refuses lines that are not messages."""

import msgspec

from indicsubs_contract.documents import NOT_JSON, refuse_newer_schema
from indicsubs_contract.errors import ProtocolError
from indicsubs_contract.messages.envelope import Answer, Manifest
from indicsubs_contract.messages.preparation import Preparation

LIFELINE = "INDICSUBS_LIFELINE"
"""Environment variable that tells a stage to stop when its stdin ends."""

_manifest_decoder = msgspec.json.Decoder(Manifest)
_preparation_decoder = msgspec.json.Decoder(Preparation)
_answer_decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


class _Kind(msgspec.Struct):
    prepare: object = None


def encode_line(message: msgspec.Struct) -> bytes:
    """Returns a message as one line of JSON. NaN and infinite numbers become null."""
    return msgspec.json.encode(message) + b"\n"


def decode_manifest(line: bytes) -> Manifest:
    """Decodes a line as a manifest.

    Raises:
        ProtocolError: The line is not JSON, or it has a newer schema, an unknown field or a wrong
            type. The message ends with the path of the field, such as ``$.request.batch_size``.
    """
    refuse_newer_schema(line)
    try:
        return _manifest_decoder.decode(line)
    except NOT_JSON as error:
        raise ProtocolError(str(error)) from error


def decode_preparation(line: bytes) -> Preparation | None:
    """Decodes a line as a preparation, which may precede the manifest; None for any other line.

    Raises:
        ProtocolError: As for :func:`decode_manifest`.
    """
    try:
        if msgspec.json.decode(line, type=_Kind).prepare is None:
            return None
        refuse_newer_schema(line)
        return _preparation_decoder.decode(line)
    except NOT_JSON as error:
        raise ProtocolError(str(error)) from error


def decode_answer(line: bytes) -> Answer:
    """Decodes a line as the answer of a stage.

    Raises:
        ProtocolError: As for :func:`decode_manifest`.
    """
    try:
        return _answer_decoder.decode(line)
    except NOT_JSON as error:
        raise ProtocolError(str(error)) from error
