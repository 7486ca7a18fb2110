"""How messages become lines of JSON, and how a line that is none is refused."""

import msgspec

from indicsubs_contract.documents import refuse_newer_schema
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
    """One message as one line of JSON. NaN and infinite numbers become null."""
    return msgspec.json.encode(message) + b"\n"


def decode_manifest(line: bytes) -> Manifest:
    """Read what a stage is asked.

    Raises:
        ProtocolError: not JSON, a newer schema, an unknown field, a wrong type; the message ends
            with the path of the field, ``$.request.batch_size``.
    """
    refuse_newer_schema(line)
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
        refuse_newer_schema(line)
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
