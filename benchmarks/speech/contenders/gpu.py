"""Looks for a GPU."""


def is_there() -> bool:
    """Returns whether torch finds a CUDA device."""
    import torch

    return torch.cuda.is_available()
