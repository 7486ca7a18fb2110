"""Writes Whisper's weights in MLX's layout from CTranslate2's file, without a change of numbers."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""CTranslate2's numbers of data types (its include/ctranslate2/types.h)."""
_VERSION = 6
"""The version of the file whose layout is read here."""
_ATTENTIONS = {"self_attention": ("attn", "attn_ln"), "attention": ("cross_attn", "cross_attn_ln")}


def write(model: str, folder: str) -> None:
    """Writes ``weights.safetensors`` and ``config.json``.

    Args:
        model: A folder with Whisper in CTranslate2's layout, in float32 or float16.
        folder: The folder to write.
    """
    from safetensors.numpy import save_file

    with (Path(model) / "model.bin").open("rb") as file:
        variables = dict(_variables(file))
    weights: dict[str, Array] = {}
    for name, value in variables.items():
        for new, part in _renamed(name, value):
            weights[new] = np.ascontiguousarray(part.astype(np.float32))
    heads = json.loads((Path(model) / "config.json").read_bytes())["alignment_heads"]
    weights["alignment_heads"] = np.array(heads, np.int32)
    layers = {
        side: len({name.split("/")[1] for name in variables if name.startswith(f"{side}/layer_")})
        - 1  # layer_norm
        for side in ("encoder", "decoder")
    }
    width = weights["encoder.ln_post.weight"].shape[0]
    config = {
        "n_mels": weights["encoder.conv1.weight"].shape[2],
        "n_audio_ctx": variables["encoder/position_encodings/encodings"].shape[0],
        "n_audio_state": width,
        "n_audio_head": width // 64,
        "n_audio_layer": layers["encoder"],
        "n_vocab": weights["decoder.token_embedding.weight"].shape[0],
        "n_text_ctx": weights["decoder.positional_embedding"].shape[0],
        "n_text_state": width,
        "n_text_head": width // 64,
        "n_text_layer": layers["decoder"],
        "model_type": "whisper",
    }
    target = Path(folder)
    target.mkdir(parents=True)
    save_file(weights, target / "weights.safetensors", metadata={"format": "mlx"})
    (target / "config.json").write_text(json.dumps(config))


def _variables(file: BinaryIO) -> Iterator[tuple[str, Array]]:
    """Yields the names and values of CTranslate2's file."""
    (version,) = struct.unpack("<I", file.read(4))
    if version != _VERSION:
        raise ValueError(f"model.bin has the version {version}, not {_VERSION}")
    _text(file)
    _, count = struct.unpack("<II", file.read(8))
    for _ in range(count):
        name = _text(file)
        (rank,) = struct.unpack("<B", file.read(1))
        shape = struct.unpack(f"<{rank}I", file.read(4 * rank))
        kind, size = struct.unpack("<BI", file.read(5))
        yield name, np.frombuffer(file.read(size), _TYPES[kind]).reshape(shape)


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<H", file.read(2))
    return file.read(length).rstrip(b"\0").decode()


def _renamed(name: str, value: Array) -> Iterator[tuple[str, Array]]:
    """Yields MLX's names of a variable; a fused matrix gives several, a setting none."""
    side, *path, last = name.split("/")
    last = {"gamma": "weight", "beta": "bias"}.get(last, last)
    if name == "decoder/position_encodings/encodings":
        yield "decoder.positional_embedding", value
    elif name == "decoder/embeddings/weight":
        yield "decoder.token_embedding.weight", value
    elif path in (["conv1"], ["conv2"]):
        # MLX has the width of the kernel in the middle.
        yield f"{side}.{path[0]}.{last}", value.transpose(0, 2, 1) if value.ndim == 3 else value
    elif path == ["layer_norm"]:
        yield f"{side}.{'ln_post' if side == 'encoder' else 'ln'}.{last}", value
    elif len(path) == 3 and last in {"weight", "bias"}:
        block = f"{side}.blocks.{path[0][6:]}"
        for new, part in _in_block(path[1], path[2], last, value):
            yield f"{block}.{new}", part


def _in_block(part: str, layer: str, last: str, value: Array) -> Iterator[tuple[str, Array]]:
    if part == "ffn":
        names = {"layer_norm": "mlp_ln", "linear_0": "mlp1", "linear_1": "mlp2"}
        yield f"{names[layer]}.{last}", value
        return
    attention, norm = _ATTENTIONS[part]
    fused = {
        ("self_attention", "linear_0"): ("query", "key", "value"),
        ("self_attention", "linear_1"): ("out",),
        ("attention", "linear_0"): ("query",),
        ("attention", "linear_1"): ("key", "value"),
        ("attention", "linear_2"): ("out",),
    }
    if layer == "layer_norm":
        yield f"{norm}.{last}", value
        return
    names = fused[part, layer]
    for new, one in zip(names, np.split(value, len(names)), strict=True):
        if (new, last) != ("key", "bias"):  # Whisper's keys have no bias; it is 0 here
            yield f"{attention}.{new}.{last}", one
