"""The lines between the orchestrator and the cluster: what is sent is what arrives."""

from pathlib import Path

import msgspec
import pytest
from fake_stages import asr_manifest

from indicsubs_contract.errors import FailureCode, ProtocolError
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.cluster import (
    CallAnswer,
    CallBegun,
    CallNote,
    CallProgress,
    ClusterMachine,
    Connect,
    Connected,
    FilmEnded,
    Refused,
    StageCall,
)
from indicsubs_contract.messages.engine import CudaDevice
from indicsubs_contract.messages.envelope import Failure, Result
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import (
    decode_call,
    decode_from_cluster,
    decode_to_cluster,
    encode_line,
)

FAILURE = Failure(code=FailureCode.BAD_INPUT, message="It is damaged. Get another.")
GPU = CudaDevice(name="NVIDIA H100", memory_mib=81559, driver="570.86")
MACHINE = ClusterMachine(
    name="kaveri",
    cpus=16.0,
    gpus=1.0,
    memory_bytes=10**11,
    environments=("common", "whisperx"),
    cuda=(GPU,),
)
TRANSCRIPT = Artifact(path="t.json", kind="transcript", sha256="0", bytes=4)


@pytest.fixture
def call(tmp_path: Path) -> StageCall:
    return StageCall(
        number=3,
        film=2,
        environment="whisperx",
        command=("uv", "run", "python"),
        silence_limit_s=1800.0,
        device="cuda",
        model_bytes=3_000_000_000,
        manifest=asr_manifest(tmp_path),
    )


def test_a_call_arrives_as_it_was_sent(call: StageCall) -> None:
    line = encode_line(call)
    assert line.count(b"\n") == 1
    assert decode_call(line) == call
    assert decode_to_cluster(line) == call
    assert decode_call(line).stage is StageName.ASR


@pytest.mark.parametrize(
    "message",
    [
        Connect(address="local"),
        Connect(
            address="ray://kaveri:10001",
            exchange="s3://films/subs",
            engine_cpus=8,
            engine_gpus=0.25,
        ),
        FilmEnded(film=7),
    ],
)
def test_lines_to_the_cluster_arrive_as_they_were_sent(message: msgspec.Struct) -> None:
    assert decode_to_cluster(encode_line(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        Connected(machines=(MACHINE,)),
        Refused(failure=FAILURE),
        CallBegun(number=1, machine="kaveri"),
        CallNote(number=1, text="kaveri was lost"),
        CallProgress(
            number=1, progress=Progress(stage=StageName.ASR, done=1, total=2, unit="chunks")
        ),
        CallAnswer(number=1, answer=FAILURE),
        CallAnswer(
            number=2,
            answer=Result(
                result=AsrResult(transcript=TRANSCRIPT, language="hi", segments=3),
                peak_memory_bytes=1,
            ),
        ),
    ],
    ids=lambda message: type(message).__name__,
)
def test_lines_from_the_cluster_arrive_as_they_were_sent(message: msgspec.Struct) -> None:
    assert decode_from_cluster(encode_line(message)) == message


DAMAGED = [
    b"",
    b"\n",
    b"garbage from a library\n",
    b'{"type": "moon"}\n',
    b"{}\n",
    b"[]\n",
    b"\xff\xfe\n",
    b'{"type": "film_ended", "film": "seven"}\n',
    b'{"type": "film_ended", "film": 7, "more": 1}\n',
    b'{"type": "call_begun", "number": 1}\n',
    b'{"type": "connect"}\n',
]


@pytest.mark.parametrize("line", DAMAGED)
@pytest.mark.parametrize("decode", [decode_call, decode_to_cluster, decode_from_cluster])
def test_a_damaged_line_is_refused(decode, line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(line)


def test_half_a_line_is_refused(call: StageCall) -> None:
    line = encode_line(call)
    for end in range(0, len(line) - 1, 37):
        with pytest.raises(ProtocolError):
            decode_call(line[:end])


def test_a_wrong_field_is_named(call: StageCall) -> None:
    line = encode_line(call).replace(b'"batch_size":', b'"batch_size":"many","was":')
    with pytest.raises(ProtocolError, match=r"\$\.manifest\.request"):
        decode_to_cluster(line)


def test_each_direction_has_lines_of_its_own(call: StageCall) -> None:
    for line in (encode_line(call), encode_line(FilmEnded(film=1))):
        with pytest.raises(ProtocolError):
            decode_from_cluster(line)
    with pytest.raises(ProtocolError):
        decode_to_cluster(encode_line(CallBegun(number=1, machine="kaveri")))
    with pytest.raises(ProtocolError):
        decode_call(encode_line(FilmEnded(film=1)))
