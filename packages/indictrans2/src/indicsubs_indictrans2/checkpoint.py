"""Reads the weights of an official checkpoint, and executes nothing from its folder."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indictrans2.network import Network, NetworkConfig
from indicsubs_indictrans2.shape import read_shape
from indicsubs_text.excerpts import first_few

SAFETENSORS, TORCH_FILE = "model.safetensors", "pytorch_model.bin"
_HEAD, _DECODER_INPUT = "lm_head.weight", "model.decoder.embed_tokens.weight"
_POSITIONS = ".embed_positions."
"""A part of the names of the sinusoid tables. Some checkpoints store them, but they are always
computed."""
_NAMED = 3
"""The most weights that an error names; it gives only the number of the others."""


def load_network(folder: Path, device: str, dtype: torch.dtype) -> Network:
    """Returns the network of a checkpoint, ready to translate.

    Weights are read from ``model.safetensors``, or else from the older ``pytorch_model.bin`` with
    torch's weights-only unpickler.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where a file is absent; ``BAD_INPUT`` where the
            configuration or the weights do not fit this architecture; the message names the weight
            and both shapes.
    """
    with torch.device("meta"):
        network = Network(NetworkConfig(read_shape(folder)))
    path = weights_file(folder)
    weights = {
        name: tensor.to(device, dtype) for name, tensor in _read(path) if _POSITIONS not in name
    }
    if network.config.shape.share_decoder_input_output_embed:
        _share(weights)
    _check(weights, {name: t.shape for name, t in network.state_dict().items()}, path)
    network.load_state_dict(weights, assign=True)
    network.tie()
    return network.to(device, dtype).eval().requires_grad_(requires_grad=False)


def weights_file(folder: Path) -> Path:
    """Returns the file that the weights of a checkpoint are read from.

    Raises:
        IndicsubsError: ``MISSING_MODEL``, where the folder has no file of weights.
    """
    for name in (SAFETENSORS, TORCH_FILE):
        if (folder / name).is_file():
            return folder / name
    raise IndicsubsError(
        FailureCode.MISSING_MODEL,
        f"{folder} has neither {SAFETENSORS} nor {TORCH_FILE}. `just models` shows how to get"
        " the model.",
    )


def _read(path: Path) -> Iterator[tuple[str, Tensor]]:
    if path.name == SAFETENSORS:
        try:
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 - not a mapping
                    yield name, file.get_tensor(name)
        except SafetensorError as error:
            raise _refusal(path, f"is not a safetensors file or is cut short ({error})") from error
        return
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        first = str(error).strip().partition("\n")[0]
        raise _refusal(path, f"holds more than weights, or is damaged ({first})") from error
    if not isinstance(weights, dict) or not all(isinstance(t, Tensor) for t in weights.values()):
        raise _refusal(path, "is not a table of weights")
    yield from weights.items()


def _share(weights: dict[str, Tensor]) -> None:
    """Gives a shared matrix both its names; if both are stored, the output projection is used."""
    for name, other in ((_HEAD, _DECODER_INPUT), (_DECODER_INPUT, _HEAD)):
        if name not in weights and other in weights:
            weights[name] = weights[other]
    if _HEAD in weights:
        weights[_DECODER_INPUT] = weights[_HEAD]


def _check(weights: dict[str, Tensor], shapes: dict[str, torch.Size], path: Path) -> None:
    for problem, names in (
        ("lacks", shapes.keys() - weights.keys()),
        ("has beside the architecture's weights", weights.keys() - shapes.keys()),
    ):
        if names:
            raise _refusal(path, f"{problem} {first_few(sorted(names), _NAMED)}")
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            raise _refusal(
                path,
                f"has {name} of shape {[*weights[name].shape]} where config.json says {[*shape]}",
            )


def _refusal(path: Path, problem: str) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{path} {problem}. It is not an IndicTrans2 checkpoint that fits its config.json. Fetch"
        " the model again.",
    )
