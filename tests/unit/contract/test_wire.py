"""What crosses the pipe: read back as it was written, refused with a name when it is wrong."""

import json

import msgspec
import pytest

from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError
from indicsubs_contract.messages.envelope import Failure, Manifest
from indicsubs_contract.messages.export_transcript import ExportTranscriptRequest
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.subtitles import SubtitleRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_contract.wire import decode_answer, decode_manifest, decode_preparation, encode_line

ARTIFACT = Artifact(path="stages/alignment/transcript.json", kind="transcript", sha256="0", bytes=1)
MANIFEST = Manifest(
    job="/jobs/1",
    output="stages/.export_transcript",
    request=ExportTranscriptRequest(transcript=ARTIFACT),
)


def changed(**changes: object) -> bytes:
    return json.dumps(msgspec.to_builtins(MANIFEST) | changes).encode()


def test_a_manifest_is_read_back_as_it_was_written() -> None:
    line = encode_line(MANIFEST)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_manifest(line) == MANIFEST


def test_a_preparation_differs_from_a_manifest() -> None:
    known = Preparation(prepare=StageName.ASR, device="cuda", compute_type="float16")
    assert decode_preparation(encode_line(known)) == known
    assert decode_preparation(encode_line(MANIFEST)) is None
    assert decode_preparation(b"{}") is None


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"hello", "JSON is malformed"),
        (b'{"prepare": "asr", "colour": "red"}', "unknown field `colour`"),
        (b'{"prepare": "asr", "schema": 99}', "Schema 99 is newer"),
    ],
)
def test_a_preparation_that_is_none_is_refused(line: bytes, what: str) -> None:
    with pytest.raises(ProtocolError, match=what):
        decode_preparation(line)


def test_the_kinds_of_answers_are_decoded() -> None:
    progress = Progress(stage="asr", done=1, total=2, unit="chunks")
    failure = Failure(code=FailureCode.DEVICE, message="no GPU")
    assert decode_answer(encode_line(progress)) == progress
    assert decode_answer(encode_line(failure)) == failure


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (changed(colour="red"), "unknown field `colour`"),
        (changed(output=7), "$.output"),
        (
            changed(request={"stage": "export_transcript", "transcript": {"file": "artifact"}}),
            "$.request.transcript",
        ),
        (
            changed(request=msgspec.to_builtins(MANIFEST.request) | {"speed": 2}),
            "unknown field `speed` - at `$.request`",
        ),
        (changed(request={"stage": "cook"}), "$.request.stage"),
        (changed(schema=2), "Schema 2 is newer than 1"),
        (b"not json", "malformed"),
        (b"", "truncated"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_field(line: bytes, path: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        decode_manifest(line)
    assert path in str(refused.value)


def test_a_newer_schema_is_named_even_where_its_fields_are_unknown() -> None:
    with pytest.raises(ProtocolError, match=r"newer .*just setup.* - at `\$\.schema`"):
        decode_manifest(b'{"schema": 99, "surprise": {}}')


def test_numbers_that_json_lacks_become_null() -> None:
    # Engines answer NaN now and then; a stage must still be able to say so.
    segment = Segment(start_ms=0, end_ms=1, text="", confidence=float("nan"))
    assert b'"confidence":null' in msgspec.json.encode(segment)


def test_an_absent_field_has_its_default() -> None:
    request = SubtitleRequest(transcript=ARTIFACT)
    fields = msgspec.to_builtins(request)
    del fields["rules"], fields["translations"]
    manifest = changed(request=fields)
    assert decode_manifest(manifest).request == request


def test_a_document_of_another_kind_is_bad_input_with_its_name() -> None:
    transcript = Transcript(language="hi", segments=())
    assert read_document(msgspec.json.encode(transcript), Transcript, "t.json") == transcript
    with pytest.raises(IndicsubsError, match=r"t\.json is not a Transcript .*segments") as refused:
        read_document(b'{"schema": 1, "language": "hi"}', Transcript, "t.json")
    assert refused.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize("decode", [decode_manifest, decode_preparation, decode_answer])
def test_what_is_nested_too_deeply_is_a_protocol_error(decode) -> None:
    with pytest.raises(ProtocolError):
        decode(b'{"job":' + b"[" * 100_000)


@pytest.mark.parametrize("decode", [decode_manifest, decode_answer])
def test_what_is_not_utf_8_is_a_protocol_error(decode) -> None:
    with pytest.raises(ProtocolError):
        decode(b'{"\x93job": 1}')


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_document_may_have_a_byte_order_mark(encoding: str) -> None:
    """Windows Notepad saves one."""
    transcript = Transcript(language="hi", segments=(Segment(start_ms=0, end_ms=1, text="एक"),))
    data = msgspec.json.encode(transcript).decode().encode(encoding)
    assert read_document(data, Transcript, "t.json") == transcript
    with pytest.raises(IndicsubsError, match=r"t\.json is not a Transcript file"):
        read_document(data + b"\xff", Transcript, "t.json")
