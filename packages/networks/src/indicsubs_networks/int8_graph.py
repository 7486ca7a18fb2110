"""Turns the weights of ONNX graphs into int8.

A matrix product with a constant matrix becomes ONNX's dynamic quantisation: the matrix is int8
with a scale for each column, and the input is turned into uint8 with a scale that is found as the
network runs. Convolutions and all else stay as they are. Weights are read one tensor at a time, so
that the float weights are never in memory together. onnxruntime.quantization gives the same
numbers, but copies the whole network several times.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import uses_external_data

_LARGEST_WEIGHT = 127
"""Weights are quantised from -127 to 127, so that zero stays zero."""


def quantise_products(model: onnx.ModelProto, network: Path) -> int:
    """Turns the constant matrices of a graph into int8, in place.

    Args:
        model: A model whose external tensors are not loaded.
        network: The model's file.

    Returns:
        The number of matrices.

    Raises:
        ValueError: The file of an external tensor is absent, outside the network's folder, or has
            another size than the tensor.
    """
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = node.attribute[0].t
    rewriter = _Rewriter(constants, network)
    nodes = [new for node in graph.node for new in rewriter.rewritten(node)]
    used = Counter(name for node in nodes for name in _inputs(node))
    used.update(value.name for value in graph.output)
    kept = [tensor for tensor in graph.initializer if used[tensor.name]]
    nodes = [node for node in nodes if node.op_type != "Constant" or used[node.output[0]]]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *rewriter.quantised])
    return len(rewriter.quantised) // 3


def load_external_tensors(model: onnx.ModelProto, network: Path) -> None:
    """Moves the data of all external tensors into the model.

    Raises:
        ValueError: The file of a tensor is absent, outside the network's folder, or has another
            size than the tensor.
    """
    for tensor in _tensors(model.graph):
        _load(tensor, network)


class _Rewriter:
    """Replaces products with constant matrices by integer products."""

    def __init__(self, constants: dict[str, TensorProto], network: Path) -> None:
        self.quantised: list[TensorProto] = []
        """Three for each matrix: the integers, the zero points, the scales."""
        self._constants = constants
        self._network = network
        self._matrices: set[str] = set()
        self._inputs: set[str] = set()

    def rewritten(self, node: onnx.NodeProto) -> list[onnx.NodeProto]:
        """Returns the nodes that replace a node; the node itself where it is no such product."""
        transposed = False
        if node.op_type == "Gemm":
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
            transposed = bool(attributes.pop("transB", 0))
            if any(value != _GEMM_DEFAULTS.get(name) for name, value in attributes.items()):
                return [node]
        elif node.op_type != "MatMul":
            return [node]
        matrix = self._constants.get(node.input[1])
        if matrix is None or len(matrix.dims) != 2 or matrix.data_type != TensorProto.FLOAT:
            return [node]
        name = f"{node.input[1]}{'/transposed' if transposed else ''}"
        if name not in self._matrices:
            self._matrices.add(name)
            self._quantise(name, matrix, transposed)
        result = node.output[0]
        addend = node.input[2] if len(node.input) == 3 and node.input[2] else None
        product = f"{result}/product" if addend else result
        nodes = [*self._quantised_input(node.input[0])]
        nodes += _integer_product(node.input[0], name, product)
        if addend:
            nodes.append(helper.make_node("Add", [product, addend], [result]))
        return nodes

    def _quantised_input(self, name: str) -> list[onnx.NodeProto]:
        """Returns the node that quantises an input, once for all its products."""
        if name in self._inputs:
            return []
        self._inputs.add(name)
        outputs = [f"{name}/int8", f"{name}/scale", f"{name}/zero"]
        return [helper.make_node("DynamicQuantizeLinear", [name], outputs)]

    def _quantise(self, name: str, matrix: TensorProto, transposed: bool) -> None:
        loaded = TensorProto()
        loaded.CopyFrom(matrix)
        _load(loaded, self._network)
        weights = numpy_helper.to_array(loaded)
        integers, scales = quantised(weights.T if transposed else weights)
        for suffix, array in (
            ("int8", integers),
            ("zero", np.zeros(len(scales), np.int8)),
            ("scale", scales),
        ):
            self.quantised.append(numpy_helper.from_array(array, f"{name}/{suffix}"))


_GEMM_DEFAULTS = {"alpha": 1.0, "beta": 1.0, "transA": 0}


def quantised(
    weights: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Returns a matrix as integers, and the scale of each column."""
    largest = np.abs(weights).max(axis=0)
    scales = np.where(largest > 0, largest, 1.0).astype(np.float32) / np.float32(_LARGEST_WEIGHT)
    return np.ascontiguousarray(np.rint(weights / scales)).astype(np.int8), scales


def _integer_product(source: str, matrix: str, result: str) -> list[onnx.NodeProto]:
    """Returns the nodes of a product, in a pattern that ONNX Runtime computes in one step."""
    return [
        helper.make_node(
            "MatMulInteger",
            [f"{source}/int8", f"{matrix}/int8", f"{source}/zero", f"{matrix}/zero"],
            [f"{result}/integers"],
        ),
        helper.make_node(
            "Cast", [f"{result}/integers"], [f"{result}/floats"], to=TensorProto.FLOAT
        ),
        helper.make_node("Mul", [f"{source}/scale", f"{matrix}/scale"], [f"{result}/scales"]),
        helper.make_node("Mul", [f"{result}/floats", f"{result}/scales"], [result]),
    ]


def _inputs(node: onnx.NodeProto) -> Iterator[str]:
    """Yields the names of the values that a node and the graphs inside it read."""
    yield from node.input
    for graph in _inner_graphs(node):
        for inner in graph.node:
            yield from _inputs(inner)
        yield from (value.name for value in graph.output)


def _inner_graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        yield from (graph for graph in (attribute.g, *attribute.graphs) if graph.node)


def _tensors(graph: onnx.GraphProto) -> Iterator[TensorProto]:
    """Yields all constant tensors of a graph and of the graphs inside it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                yield attribute.t
            yield from attribute.tensors
        for inner in _inner_graphs(node):
            yield from _tensors(inner)


def _load(tensor: TensorProto, network: Path) -> None:
    """Reads the data of a tensor, if it is in a file of its own.

    Raises:
        ValueError: The file is absent or outside the network's folder, or has not as many bytes as
            the tensor.
    """
    if not uses_external_data(tensor):
        return
    place = {entry.key: entry.value for entry in tensor.external_data}
    path = _inside(network, place.get("location", ""), tensor.name)
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
    expected = int(np.prod(tensor.dims, dtype=np.int64)) * dtype.itemsize
    with path.open("rb") as file:
        file.seek(int(place.get("offset", "0")))
        data = file.read(int(place.get("length", "-1")))
    if len(data) != expected:
        raise ValueError(f"the tensor {tensor.name!r} has {len(data)} bytes, not {expected}")
    tensor.raw_data = data
    tensor.data_location = TensorProto.DEFAULT
    del tensor.external_data[:]


def _inside(network: Path, location: str, tensor: str) -> Path:
    """Returns the path of a tensor's file, as ONNX Runtime finds it.

    A file may be a link: in the hub's cache, a network and its weights are links to one folder.

    Raises:
        ValueError: The file is absent, or outside the folder of the network and outside the folder
            that the network is a link to.
    """
    path = network.parent / location
    resolved = path.resolve()
    folders = (network.parent.resolve(), network.resolve().parent)
    # pathlib drops the folder where the location is absolute, and resolves what goes up.
    if not any(resolved.is_relative_to(folder) for folder in folders):
        raise ValueError(f"the weights of the tensor {tensor!r} are outside the model: {location}")
    if not resolved.is_file():
        raise ValueError(f"the file {location!r} with the tensor {tensor!r} is absent")
    return resolved
