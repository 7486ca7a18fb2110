"""Converts an aligner of Hugging Face's Wav2Vec2ForCTC layout to an ONNX network.

This module imports torch and transformers, which takes seconds; it is imported only to convert.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from torch.nn.utils import parametrize
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2ForCTC

from indicsubs_contract.audio import RATE
from indicsubs_contract.messages.engine import ComputeType
from indicsubs_networks.int8_graph import load_external_tensors, quantise_products
from indicsubs_whisperx.wav2vec2_network import load_network

_OPSET = 17
"""The version of ONNX's operators; the first with LayerNormalization."""
_SAMPLES = "samples"
"""The name of the network's input."""
_WEIGHTS = ".weights"
"""The suffix of the file with the weights."""


class _Scores(torch.nn.Module):
    """An aligner whose output is log-probabilities."""

    def __init__(self, network: Wav2Vec2ForCTC) -> None:
        super().__init__()
        self._network = network

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        return self._network(samples).logits.log_softmax(-1)


def convert(folder: Path, name: str, compute_type: ComputeType, target: Path) -> None:
    """Writes an aligner as an ONNX network.

    Its input is normalised samples [chunks, samples], its output log-probabilities [chunks, frames,
    columns].

    The weights are written one by one, so that they are never in memory twice.

    Args:
        folder: The aligner.
        name: Its name for errors.
        compute_type: ``float32``, or ``int8`` for the constant matrices of products; all else
            stays in float32.
        target: The file to write. Weights in float32 go to a file beside it.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the weights are not an aligner's.
        OSError, RuntimeError, ValueError: A file of the aligner is damaged.
    """
    network = load_network(folder, name)
    positions = network.wav2vec2.encoder.pos_conv_embed.conv
    if parametrize.is_parametrized(positions):
        # Otherwise the network would compute these weights from two factors for each chunk.
        parametrize.remove_parametrizations(positions, "weight")
    scores = _Scores(network.requires_grad_(False))
    with TemporaryDirectory(prefix="indicsubs-", dir=target.parent) as temporary:
        written = Path(temporary) / target.name if compute_type == "int8" else target
        _export(scores, written)
        graph = onnx.load(str(written))
        _give_weights(graph, dict(scores.named_parameters()), written.with_suffix(_WEIGHTS))
        if compute_type == "int8":
            quantise_products(graph, written)
            load_external_tensors(graph, written)
        onnx.save_model(graph, str(target))


def _export(scores: _Scores, target: Path) -> None:
    """Writes the graph of a network; its weights are inputs, named as the network names them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter tells what it takes for a constant
        torch.onnx.export(
            scores,
            (torch.zeros(2, RATE),),
            str(target),
            export_params=False,
            do_constant_folding=False,
            input_names=[_SAMPLES],
            output_names=["scores"],
            dynamic_axes={
                _SAMPLES: {0: "chunks", 1: "samples"},
                "scores": {0: "chunks", 1: "frames"},
            },
            opset_version=_OPSET,
            dynamo=False,
        )


def _give_weights(graph: onnx.ModelProto, weights: Mapping[str, torch.Tensor], file: Path) -> None:
    """Turns the inputs that are weights into constants, whose data goes to a file.

    The exporter transposes the matrices of products in the graph; here they are stored transposed.
    """
    given = {value.name: value.name for value in graph.graph.input if value.name != _SAMPLES}
    transposed = {
        node.output[0]: node.input[0]
        for node in graph.graph.node
        if node.op_type == "Transpose" and node.input[0] in given
    }
    nodes = [node for node in graph.graph.node if node.output[0] not in transposed]
    used = {name for node in nodes for name in node.input}
    with file.open("wb") as data:
        for name, weight in (given | transposed).items():
            if name not in used:
                continue
            tensor = weights[weight]
            array = (tensor.T if name in transposed else tensor).contiguous().numpy()
            constant = graph.graph.initializer.add()
            constant.name, constant.data_type = name, onnx.TensorProto.FLOAT
            constant.dims.extend(array.shape)
            constant.data_location = onnx.TensorProto.EXTERNAL
            for key, value in (
                ("location", file.name),
                ("offset", data.tell()),
                ("length", array.nbytes),
            ):
                constant.external_data.add(key=key, value=str(value))
            data.write(array.tobytes())
    samples = [value for value in graph.graph.input if value.name == _SAMPLES]
    del graph.graph.node[:], graph.graph.input[:]
    graph.graph.node.extend(nodes)
    graph.graph.input.extend(samples)
