"""A tiny IndicConformer in the official layout, with random weights.

Its networks have the official names, types and shapes, weights in files of their own (one of them
of a Constant, as in the official encoder), and half a dozen operators. What is computed for a frame
does not depend on padding, as in the real encoder.
"""

import json
from itertools import product
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data

LANGUAGES = ("hi", "kok", "ta", "sd")
PIECES = 256
COLUMNS = PIECES * len(LANGUAGES) + 1
SIZE, JOINT, LAYERS, PREDICTION = 24, 12, 2, 8
START = COLUMNS - 1
_LETTERS = {
    "hi": ("कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह", "ािीुूेैोौ"),
    "kok": ("कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह", "ािीुूेोौ"),
    "ta": ("கஙசஞடணதநபமயரலவழளறன", "ாிீுூெேைொோ"),
    "sd": ("ابتثجحخدذرزسشصضطظعغفقلمنهوي", "َُِّ"),
}


def pieces(language: str) -> list[str]:
    consonants, vowels = _LETTERS[language]
    syllables = [c + v for v, c in product(("", *vowels), consonants)]
    texts = ["<unk>", "▁", *("▁" + s for s in syllables), *syllables][:PIECES]
    assert len(set(texts)) == PIECES
    return texts


def write_model(
    folder: Path, *, seed: int = 0, renamed: bool = False, blank_bias: float = 6.5
) -> Path:
    """Writes the official layout.

    Args:
        renamed: The encoder's inputs and outputs have other names and the opposite order.
        blank_bias: Added to the scores of the blank, of both decoders.
    """
    assets = folder / "assets"
    assets.mkdir(parents=True)
    random = np.random.default_rng(seed)
    sizes = {
        "BLANK_ID": PIECES,
        "RNNT_MAX_SYMBOLS": 10,
        "PRED_RNN_LAYERS": LAYERS,
        "PRED_RNN_HIDDEN_DIM": PREDICTION,
        "SOS": START,
        "FRAME_DURATION_MS": 80,
    }
    (folder / "config.json").write_text(json.dumps({"model_type": "iasr", **sizes}))
    # The official vocabulary has one entry more than there are pieces.
    vocabulary = {language: [*pieces(language), "<blank>"] for language in LANGUAGES}
    (assets / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    masks = {
        language: [
            k * PIECES <= column < (k + 1) * PIECES or column == COLUMNS - 1
            for column in range(COLUMNS)
        ]
        for k, language in enumerate(LANGUAGES)
    }
    (assets / "language_masks.json").write_text(json.dumps(masks))
    _write_encoder(assets, random, renamed)
    _write_head(assets, random, blank_bias)
    _write_prediction(assets, random)
    _write_joint(assets, random, blank_bias)
    return folder


def _write_encoder(assets: Path, random: np.random.Generator, renamed: bool) -> None:
    audio, length, outputs, lengths = (
        ("x", "n", "y", "m")
        if renamed
        else ("audio_signal", "length", "outputs", "encoded_lengths")
    )
    constant = helper.make_node("Constant", [], ["second"])
    constant.attribute.append(
        helper.make_attribute(
            "value", _weights("Constant_1970_attr__value", random, SIZE, 2 * SIZE)
        )
    )
    nodes = [
        helper.make_node("Pad", [audio, "seven_at_the_end"], ["padded"]),
        helper.make_node(
            "Conv", ["padded", "layers.0.conv.weight"], ["frames"], strides=[8], kernel_shape=[8]
        ),
        # Frames of padding are zero before the convolution that looks at neighbours.
        helper.make_node("Add", [length, "seven"], ["longer"]),
        helper.make_node("Div", ["longer", "eight"], [lengths]),
        helper.make_node("Shape", ["frames"], ["count"], start=2),
        helper.make_node("Squeeze", ["count"], ["count_scalar"]),
        helper.make_node("Range", ["zero", "count_scalar", "one"], ["numbers"]),
        helper.make_node("Unsqueeze", [lengths, "axis_1"], ["lengths_column"]),
        helper.make_node("Less", ["numbers", "lengths_column"], ["valid"]),
        helper.make_node("Cast", ["valid"], ["valid_float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["valid_float", "axis_1"], ["mask"]),
        helper.make_node("Mul", ["frames", "mask"], ["masked"]),
        helper.make_node("Conv", ["masked", "context"], ["mixed"], pads=[1, 1], kernel_shape=[3]),
        helper.make_node("Transpose", ["mixed"], ["rows"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["rows", "first"], ["wide"]),
        helper.make_node("Tanh", ["wide"], ["bent"]),
        constant,
        helper.make_node("MatMul", ["rows", "second"], ["wide_again"]),
        helper.make_node("Mul", ["bent", "wide_again"], ["gated"]),
        helper.make_node("Shape", ["rows"], ["shape"]),
        helper.make_node("Reshape", ["gated", "flat"], ["flat_rows"]),
        helper.make_node("Gemm", ["flat_rows", "third", "bias"], ["narrow"], transB=1),
        helper.make_node("Reshape", ["narrow", "shape"], ["deep"]),
        helper.make_node("Transpose", ["deep"], [outputs], perm=[0, 2, 1]),
    ]
    initializers = [
        _weights("layers.0.conv.weight", random, SIZE, 80, 8),
        _weights("context", random, SIZE, SIZE, 3),
        _weights("first", random, SIZE, 2 * SIZE),
        _weights("third", random, SIZE, 2 * SIZE),
        _weights("bias", random, SIZE),
        _integers("seven_at_the_end", [0, 0, 0, 0, 0, 7]),
        _integers("seven", [7]),
        _integers("eight", [8]),
        _integers("axis_1", [1]),
        _integers("flat", [-1, 2 * SIZE]),
        numpy_helper.from_array(np.array(0), "zero"),
        numpy_helper.from_array(np.array(1), "one"),
    ]
    inputs = [_float(audio, "B", 80, "T"), _value(length, TensorProto.INT64, "B")]
    results = [_float(outputs, "B", SIZE, "U"), _value(lengths, TensorProto.INT64, "B")]
    if renamed:
        inputs.reverse()
        results.reverse()
    _save(assets / "encoder.onnx", nodes, inputs, results, initializers)


def _write_head(assets: Path, random: np.random.Generator, blank_bias: float) -> None:
    bias = np.zeros(COLUMNS, np.float32)
    bias[-1] = blank_bias
    nodes = [
        helper.make_node("Conv", ["encoder_output", "weight", "bias"], ["scores"]),
        helper.make_node("Transpose", ["scores"], ["logprobs"], perm=[0, 2, 1]),
    ]
    _save(
        assets / "ctc_decoder.onnx",
        nodes,
        [_float("encoder_output", "B", SIZE, "U")],
        [_float("logprobs", "B", "U", COLUMNS)],
        [
            _weights("weight", random, COLUMNS, SIZE, 1, scale=0.4, external=False),
            numpy_helper.from_array(bias, "bias"),
        ],
    )


def _write_prediction(assets: Path, random: np.random.Generator) -> None:
    """A recurrent network: state = tanh(state * U + 0.5 * cell + embedding), cell = state."""
    nodes = [
        helper.make_node("Gather", ["embeddings", "targets"], ["row"]),
        helper.make_node("MatMul", ["states.1", "recurrent"], ["kept"]),
        helper.make_node("Mul", ["onnx::Slice_3", "half"], ["older"]),
        helper.make_node("Add", ["kept", "older"], ["history"]),
        helper.make_node("Add", ["history", "row"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["states"]),
        helper.make_node("Identity", ["states.1"], ["162"]),
        helper.make_node("ReduceSum", ["states", "axis_0"], ["summed"], keepdims=1),
        helper.make_node("Transpose", ["summed"], ["outputs"], perm=[0, 2, 1]),
        helper.make_node("Identity", ["target_length"], ["prednet_lengths"]),
    ]
    state = (LAYERS, 1, PREDICTION)
    _save(
        assets / "rnnt_decoder.onnx",
        nodes,
        [
            _value("targets", TensorProto.INT32, 1, 1),
            _value("target_length", TensorProto.INT32, 1),
            _float("states.1", *state),
            _float("onnx::Slice_3", *state),
        ],
        [
            _float("outputs", 1, PREDICTION, 1),
            _value("prednet_lengths", TensorProto.INT32, 1),
            _float("states", *state),
            _float("162", *state),
        ],
        [
            _weights("embeddings", random, START + 1, PREDICTION, scale=30.0, external=False),
            _weights("recurrent", random, PREDICTION, PREDICTION, external=False),
            numpy_helper.from_array(np.float32(0.5), "half"),
            _integers("axis_0", [0]),
        ],
    )


def _write_joint(assets: Path, random: np.random.Generator, blank_bias: float) -> None:
    for name, taken, scale in (("joint_enc", SIZE, 0.3), ("joint_pred", PREDICTION, 2.0)):
        _save(
            assets / f"{name}.onnx",
            [helper.make_node("MatMul", ["input", "weight"], ["output"])],
            [_float("input", "B", "T", taken)],
            [_float("output", "B", "T", JOINT)],
            [_weights("weight", random, taken, JOINT, scale=scale, external=False)],
        )
    _save(
        assets / "joint_pre_net.onnx",
        [helper.make_node("Relu", ["input"], ["output"])],
        [_float("input", "B", "T", JOINT)],
        [_float("output", "B", "T", JOINT)],
        [],
    )
    for language in LANGUAGES:
        bias = np.zeros(PIECES + 1, np.float32)
        bias[-1] = blank_bias
        _save(
            assets / f"joint_post_net_{language}.onnx",
            [
                helper.make_node("MatMul", ["input", "weight"], ["product"]),
                helper.make_node("Add", ["product", "bias"], ["output"]),
            ],
            [_float("input", "B", "T", JOINT)],
            [_float("output", "B", "T", PIECES + 1)],
            [
                _weights("weight", random, JOINT, PIECES + 1, external=False),
                numpy_helper.from_array(bias, "bias"),
            ],
        )


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    initializers: list[TensorProto],
) -> None:
    """Writes a network; the data of tensors marked ``_EXTERNAL`` go to files of their own."""
    graph = helper.make_graph(nodes, path.stem, inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    constants = [n.attribute[0].t for n in model.graph.node if n.op_type == "Constant"]
    for tensor in (*model.graph.initializer, *constants):
        if tensor.doc_string == _EXTERNAL:
            (path.parent / tensor.name).write_bytes(tensor.raw_data)
            set_external_data(tensor, tensor.name)
            tensor.ClearField("raw_data")
    path.write_bytes(model.SerializeToString())


_EXTERNAL = "in a file of its own"


def _weights(
    name: str,
    random: np.random.Generator,
    *shape: int,
    scale: float = 1.5,
    external: bool = True,
) -> TensorProto:
    fan_in = shape[0] if len(shape) < 3 else int(np.prod(shape[1:]))
    values = scale * random.standard_normal(shape) / np.sqrt(fan_in)
    tensor = numpy_helper.from_array(values.astype(np.float32), name)
    if external:
        tensor.doc_string = _EXTERNAL
    return tensor


def _integers(name: str, values: list[int]) -> TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def _float(name: str, *shape: int | str) -> onnx.ValueInfoProto:
    return _value(name, TensorProto.FLOAT, *shape)


def _value(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, list(shape))
