"""Says which devices and number formats IndicConformer can have on this machine."""

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_networks.sessions import has_cuda


def check_device(device: str, compute_type: str) -> None:
    """Checks a device and a number format.

    Raises:
        IndicsubsError: ``DEVICE``.
    """
    if device == "mps":
        raise IndicsubsError(
            FailureCode.DEVICE,
            "IndicConformer cannot use Apple's GPU. Give --device cpu.",
        )
    if compute_type != "float32":
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"IndicConformer computes in float32, not in {compute_type}. A model that was made"
            " smaller has int8 weights and is computed in float32 too.",
        )
    if device == "cuda" and not has_cuda():
        raise IndicsubsError(
            FailureCode.DEVICE,
            "ONNX Runtime in the indicconformer environment has no CUDA. Give --device cpu;"
            " docs/decisions/0020-indicconformer.md says how to install the other build.",
        )
