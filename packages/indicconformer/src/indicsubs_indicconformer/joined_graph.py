"""Joins the CTC head of IndicConformer to its encoder."""

import onnx
from onnx import compose, version_converter

_HEAD_PREFIX = "ctc_head/"


def join_head(encoder: onnx.ModelProto, head: onnx.ModelProto) -> None:
    """Appends the CTC head to the encoder; the graph then gives the head's scores and the lengths.

    Raises:
        ValueError: The head does not take what the encoder gives.
    """
    graph = encoder.graph
    hidden = [value for value in graph.output if len(value.type.tensor_type.shape.dim) == 3]
    if len(hidden) != 1 or len(head.graph.input) != 1 or len(head.graph.output) != 1:
        raise ValueError("the encoder and the CTC head do not fit each other")
    wanted, given = _opset(encoder), _opset(head)
    if given != wanted:
        head = version_converter.convert_version(head, wanted)
    prefixed = compose.add_prefix(head, _HEAD_PREFIX, inplace=True)
    source, target = prefixed.graph.input[0].name, hidden[0].name
    for node in prefixed.graph.node:
        for position, name in enumerate(node.input):
            if name == source:
                node.input[position] = target
    graph.node.extend(prefixed.graph.node)
    graph.initializer.extend(prefixed.graph.initializer)
    graph.output.remove(hidden[0])
    graph.output.insert(0, prefixed.graph.output[0])


def _opset(model: onnx.ModelProto) -> int:
    """Returns the version of ONNX's own operators.

    Raises:
        ValueError: The model has operators of others, or functions.
    """
    versions = {opset.domain or "ai.onnx": opset.version for opset in model.opset_import}
    if set(versions) != {"ai.onnx"} or model.functions:
        raise ValueError("the network has operators that are not ONNX's own")
    return versions["ai.onnx"]
