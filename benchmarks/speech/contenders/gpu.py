"""Looks for a GPU, and for what the engines need to use it."""


def describe() -> str | None:
    """Returns the CUDA device and torch's settings for it; None where torch finds no device."""
    import torch

    if not torch.cuda.is_available():
        return None
    tf32 = [
        "TF32" if is_allowed else "float32"
        for is_allowed in (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32)
    ]
    return (
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}; float32 networks multiply in"
        f" {tf32[0]} and convolve in {tf32[1]}"
    )


def lacks_ctranslate2(device: str) -> str | None:
    """Returns why CTranslate2 cannot use a device; None where it finds it."""
    try:
        import ctranslate2
    except ImportError as error:
        return str(error)
    if device == "cuda" and not ctranslate2.get_cuda_device_count():
        return f"CTranslate2 {ctranslate2.__version__} finds no CUDA device"
    return None


def lacks_onnx_cuda() -> str | None:
    """Returns why ONNX Runtime cannot use CUDA; None where it is the build that can."""
    try:
        import onnxruntime
    except ImportError as error:
        return str(error)
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return f"ONNX Runtime {onnxruntime.__version__} is the build without CUDA"
    return None
