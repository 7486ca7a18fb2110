"""Writes the compact form of the demo IndicConformer: ONNX graphs, and weights as float16.

``onnx`` is needed here only. ``demo.expand_conformer`` writes the official layout without it.
"""

import io
import json
import shutil
import warnings
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file
from torch import nn

from demo.conformer import BLANK, HIDDEN, LAYERS, START, WIDTH, Conformer
from demo.conformer_batches import FRAME
from demo.conformer_decoding import MOST_SYMBOLS
from demo.conformer_features import BANDS
from demo.pieces import LANGUAGES, vocabulary

OPSET = 17
CELL, CELL_NAME = "cell", "162"
"""The exporter refuses the official name of the LSTM's cell state, so it is renamed."""
SMALL = 64
"""Tensors of fewer elements stay in the encoder's graph."""


def export(model: Conformer, folder: Path) -> None:
    """Writes config.json, vocab.json, the graphs and ``weights.safetensors`` to ``folder``.

    The encoder's graph refers to one external file for each of its weights; ``weights.safetensors``
    has them by file name. The other graphs contain their weights, as float16 with a cast.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = {
        "BLANK_ID": BLANK,
        "RNNT_MAX_SYMBOLS": MOST_SYMBOLS,
        "PRED_RNN_LAYERS": LAYERS,
        "PRED_RNN_HIDDEN_DIM": HIDDEN,
        "SOS": START,
        "FRAME_DURATION_MS": FRAME,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    pieces = {language: vocabulary(language) for language in LANGUAGES}
    text = json.dumps(pieces, ensure_ascii=False)
    (folder / "vocab.json").write_text(text + "\n", encoding="utf-8")
    graphs = _graphs(model.eval())
    encoder = graphs.pop("encoder")
    save_file(_move_out(encoder), folder / "weights.safetensors")
    onnx.save(encoder, folder / "encoder.onnx")
    for name, graph in graphs.items():
        _halve(graph)
        onnx.save(graph, folder / f"{name}.onnx")


def _graphs(model: Conformer) -> dict[str, onnx.ModelProto]:
    """Returns the graphs by file name, with the input and output names of the official model."""
    batch, one = {0: "batch"}, torch.ones(1, dtype=torch.int32)
    state = torch.zeros(LAYERS, 1, HIDDEN)
    states = {1: "batch"}
    graphs = {
        "encoder": _graph(
            model.encoder,
            {"audio_signal": torch.randn(2, BANDS, 203), "length": torch.tensor([203, 150])},
            {
                "outputs": {0: "batch", 2: "frames"},
                "encoded_lengths": batch,
                "audio_signal": {0: "batch", 2: "mel_frames"},
                "length": batch,
            },
        ),
        "ctc_decoder": _graph(
            model.ctc_decoder,
            {"encoder_output": torch.randn(1, WIDTH, 5)},
            {
                "logprobs": {0: "batch", 1: "frames"},
                "encoder_output": {0: "batch", 2: "frames"},
            },
        ),
        "rnnt_decoder": _graph(
            model.rnnt_decoder,
            {
                "targets": one[None],
                "target_length": one,
                "states.1": state,
                "onnx::Slice_3": state,
            },
            {
                "outputs": {0: "batch", 2: "tokens"},
                "prednet_lengths": batch,
                "states": states,
                CELL: states,
                "targets": {0: "batch", 1: "tokens"},
                "target_length": batch,
                "states.1": states,
                "onnx::Slice_3": states,
            },
        ),
    }
    joints = {
        "joint_enc": (model.joint_enc, WIDTH),
        "joint_pred": (model.joint_pred, HIDDEN),
        "joint_pre_net": (model.joint_pre_net, HIDDEN),
        **{f"joint_post_net_{name}": (net, HIDDEN) for name, net in model.joint_post_net.items()},
    }
    axes = {0: "batch", 1: "frames"}
    for name, (module, width) in joints.items():
        graphs[name] = _graph(
            module, {"input": torch.randn(1, 2, width)}, {"output": axes, "input": axes}
        )
    return graphs


def _graph(
    module: nn.Module, inputs: dict[str, torch.Tensor], axes: dict[str, dict[int, str]]
) -> onnx.ModelProto:
    """Returns the module as an ONNX graph; what ``axes`` names besides inputs are the outputs."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The legacy exporter warns of its age, and of LSTMs with a variable batch.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            buffer,
            input_names=list(inputs),
            output_names=[name for name in axes if name not in inputs],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    graph = onnx.load_from_string(buffer.getvalue())
    for node in graph.graph.node:
        node.ClearField("doc_string")
        node.output[:] = [CELL_NAME if name == CELL else name for name in node.output]
    for output in graph.graph.output:
        output.name = CELL_NAME if output.name == CELL else output.name
    onnx.checker.check_model(graph)
    return graph


def _move_out(model: onnx.ModelProto) -> dict[str, object]:
    """Makes the weights of a graph external; returns them as float16 by file name."""
    weights = {}
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALL:
            continue
        location = tensor.name.replace("::", "__").replace("/", "_")
        weights[location] = values.astype("float16")
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", 0), ("length", values.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
    return weights


def _halve(model: onnx.ModelProto) -> None:
    """Keeps the weights of a graph as float16, and casts them where they are used."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALL:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype("float16"), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
