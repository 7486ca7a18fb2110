"""Encodes messages as lines of JSON, and refuses lines that are not messages."""

from typing import TypeVar

import msgspec

from indicsubs_contract.documents import NOT_JSON, refuse_newer_schema
from indicsubs_contract.errors import ProtocolError
from indicsubs_contract.messages.cluster import FromCluster, StageCall, ToCluster
from indicsubs_contract.messages.envelope import Answer, Manifest
from indicsubs_contract.messages.preparation import Preparation

LIFELINE = "INDICSUBS_LIFELINE"
"""Environment variable that tells a stage to stop when its stdin ends."""

_manifest_decoder = msgspec.json.Decoder(Manifest)
_preparation_decoder = msgspec.json.Decoder(Preparation)
_answer_decoder: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)

_call_decoder = msgspec.json.Decoder(StageCall)
_to_cluster_decoder: msgspec.json.Decoder[ToCluster] = msgspec.json.Decoder(ToCluster)
_from_cluster_decoder: msgspec.json.Decoder[FromCluster] = msgspec.json.Decoder(FromCluster)

T = TypeVar("T")


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
    return _decoded(_manifest_decoder, line)


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
    return _decoded(_answer_decoder, line)


def decode_call(line: bytes) -> StageCall:
    """Decodes a line as a call of a stage on a cluster.

    Raises:
        ProtocolError: As for :func:`decode_manifest`.
    """
    return _decoded(_call_decoder, line)


def decode_to_cluster(line: bytes) -> ToCluster:
    """Decodes a line of the orchestrator to the process that runs stages on a cluster.

    Raises:
        ProtocolError: As for :func:`decode_manifest`.
    """
    return _decoded(_to_cluster_decoder, line)


def decode_from_cluster(line: bytes) -> FromCluster:
    """Decodes a line of the process that runs stages on a cluster.

    Raises:
        ProtocolError: As for :func:`decode_manifest`.
    """
    return _decoded(_from_cluster_decoder, line)


def _decoded(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    try:
        return decoder.decode(line)
    except NOT_JSON as error:
        raise ProtocolError(str(error)) from error
