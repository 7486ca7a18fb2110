"""Opens ONNX networks, and finds their inputs and outputs by type and position.

ONNX Runtime itself refuses a network whose weights lie outside its folder, which would let a
downloaded model read any file (docs/decisions/0020).
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # is read at import

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from indicsubs_contract.errors import FailureCode, IndicsubsError

RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotFound,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""ONNX Runtime's errors, which have no base class of their own."""
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "DEFAULT", "cudnn_conv1d_pad_to_nc1d": "1"}
"""The exhaustive search for the fastest convolution, which is the default, is repeated for every
length of audio; one takes up to 50 s."""


class Port(NamedTuple):
    """What an input or output of a network must be."""

    name: str
    """The official name. Exporters make some up, so another name is accepted."""
    kind: str
    """``float`` or ``int``, of any number of bits."""
    rank: int


class OnnxNetwork:
    """An ONNX network. Its values are given and returned in the order of its ports."""

    def __init__(
        self, path: Path, device: str, inputs: Sequence[Port], outputs: Sequence[Port]
    ) -> None:
        """Opens a network.

        Raises:
            IndicsubsError: ``DEVICE`` where the network cannot be opened on CUDA.
            ValueError: It has other inputs or outputs than ``inputs`` and ``outputs``.
            RuntimeError: The file is damaged, or its weights are missing or outside its folder.
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = _visible_cores()
        options.inter_op_num_threads = 1
        # Threads that spin while they wait take the cores from other programs, and those from them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers: list[Any] = ["CPUExecutionProvider"]
        if device == "cuda":
            providers.insert(0, ("CUDAExecutionProvider", _CUDA_OPTIONS))
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        except RUNTIME_ERRORS as error:
            raise _readable(error) from error
        if device == "cuda" and "CUDAExecutionProvider" not in self._session.get_providers():
            raise IndicsubsError(  # ONNX Runtime itself goes on with the CPU
                FailureCode.DEVICE,
                "ONNX Runtime could not use CUDA; its message is in the stage's log. Give"
                " --device cpu, or install the CUDA libraries that it names.",
            )
        self._inputs = _ordered(path.name, "input", self._session.get_inputs(), inputs)
        self._outputs = _ordered(path.name, "output", self._session.get_outputs(), outputs)

    def run(self, *values: Any) -> list[Any]:
        """Returns the arrays that the network computes from arrays.

        Raises:
            RuntimeError: The memory of the device is full, or the values do not fit the network.
        """
        feed = {
            port.name: value.astype(_DTYPES[port.type], copy=False)
            for port, value in zip(self._inputs, values, strict=True)
        }
        try:
            return self._session.run([port.name for port in self._outputs], feed)
        except RUNTIME_ERRORS as error:
            raise _readable(error) from error


_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
}


def has_cuda() -> bool:
    """Returns whether this build of ONNX Runtime can use CUDA."""
    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _visible_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ordered(file: str, what: str, found: Sequence[Any], ports: Sequence[Port]) -> list[Any]:
    """Returns the inputs or outputs of a network in the order of ``ports``.

    A port is the first one of its kind and rank that is not taken yet.

    Raises:
        ValueError: There are others than ``ports``, or an official name is at another place.
    """
    remaining = list(found)
    ordered: list[Any] = []
    for port in ports:
        fitting = [value for value in remaining if _fits(value, port)]
        if not fitting:
            raise ValueError(
                f"{file} has no {what} {port.name!r}: it needs numbers of kind {port.kind} with"
                f" {port.rank} dimensions"
            )
        ordered.append(fitting[0])
        remaining.remove(fitting[0])
    if remaining:
        raise ValueError(f"{file} has an unknown {what} {remaining[0].name!r}")
    official = {port.name for port in ports}
    for value, port in zip(ordered, ports, strict=True):
        if value.name in official and value.name != port.name:
            raise ValueError(f"{file}: its {what} {value.name!r} is where {port.name!r} belongs")
    return ordered


def _fits(value: Any, port: Port) -> bool:
    dtype = _DTYPES.get(value.type, "")
    return dtype.startswith(port.kind) and len(value.shape) == port.rank


def _readable(error: Exception) -> RuntimeError:
    """Returns an error that ``device_memory`` and ``model_files`` know."""
    return RuntimeError(" ".join(str(error).split()))
