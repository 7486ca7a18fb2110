"""Writes random checkpoints of the official sizes, whose outputs end as a trained model's do.

A random network never ends a sentence: every output would have the same length, and a benchmark
would not measure the cost of batches with unequal lines. In these networks a few dimensions are
kept free of noise from the embedding to the output. One set of them carries the position in the
output. Another set gets, through one head of the first cross-attention, the mean position in the
source, which depends on the length of the source. The row of ``</s>`` in the output projection is
fitted to both sets, so that ``</s>`` has the highest score when the output is about as long as the
source. All other weights are random; every engine computes the same network.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import torch
from safetensors.torch import save_file
from torch import Tensor

from indicsubs_indictrans2.network import Decoder, Encoder, Network, NetworkConfig
from indicsubs_indictrans2.shape import EOS, PAD, Shape
from indicsubs_indictrans2.tokenizer import FILES

SIZES: Final = {"200M": (512, 2048, 8, True), "1B": (1024, 8192, 16, False)}
"""Width, feed-forward width, heads and ``layernorm_embedding`` of indictrans2-indic-en."""
LAYERS: Final = 18
SHARPNESS: Final = 5.0
"""Standard deviation of the random logits; it is large, so that few tokens have similar scores."""
BRANCH: Final = (2 * LAYERS) ** -0.5
"""Scale of the sum that a layer adds: all layers together add as much as the embedding has (as in
GPT-2's initialisation)."""
TOP: Final = 4.2 * SHARPNESS
"""About the highest of 32,296 scores with this standard deviation."""
STEEPNESS: Final = 4.0
"""Growth of the score of ``</s>`` with each token."""
TARGET_PER_SOURCE: Final = 1.0
"""Output tokens for each source token."""
_PAIRS: Final = 32
"""Frequencies in each noise-free set; their sines and cosines fill the dimensions of a head."""


def write_random(folder: Path, size: str, pieces: Path, sources: Sequence[Sequence[int]]) -> None:
    """Writes a checkpoint in a size of indictrans2-indic-en.

    Args:
        folder: An empty folder.
        size: A key of ``SIZES``.
        pieces: A checkpoint whose dictionaries and SentencePiece models are copied.
        sources: Token ids with end tokens; the ends of outputs are fitted to these sources.
    """
    shape = _shape(size)
    torch.manual_seed(0)
    network = Network(NetworkConfig(shape)).eval().requires_grad_(requires_grad=False)
    for name, weight in network.named_parameters():
        if weight.dim() == 2:
            branch = name.endswith(("out_proj.weight", "fc2.weight"))
            weight.normal_(0, weight.shape[1] ** -0.5 * (BRANCH if branch else 1))
        else:  # scale or shift of a norm, or a bias
            weight.fill_(float("norm" in name and "weight" in name))
    network.lm_head.weight *= SHARPNESS
    network.lm_head.weight[PAD] = 0
    _carry_positions(network, shape)
    _fit_end(network, shape, sources)
    save_file(network.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(msgspec.to_builtins(shape)), encoding="utf-8")
    for name in FILES:
        shutil.copyfile(pieces / name, folder / name)


def _shape(size: str) -> Shape:
    width, feed_forward, heads, normalised = SIZES[size]
    both = {
        "embed_dim": width,
        "ffn_dim": feed_forward,
        "attention_heads": heads,
        "layers": LAYERS,
    }
    return Shape(
        encoder_vocab_size=122_706,
        decoder_vocab_size=32_296,
        layernorm_embedding=normalised,
        share_decoder_input_output_embed=False,
        **{
            f"{side}_{key}": value for side in ("encoder", "decoder") for key, value in both.items()
        },
    )


def _kept(width: int, first: float) -> Tensor:
    """Returns the dimensions of ``_PAIRS`` frequencies, from the share ``first`` of all onwards."""
    half = width // 2
    sines = torch.arange(_PAIRS) + round(first * half)
    return torch.cat([sines, sines + half])


def _sets(shape: Shape) -> tuple[Tensor, Tensor]:
    """Returns two sets of dimensions: position (periods of 100 to 700 tokens) and mean position."""
    width = shape.encoder_embed_dim
    return _kept(width, 0.3), _kept(width, 0.75)


def _carry_positions(network: Network, shape: Shape) -> None:
    """Keeps both sets free of noise, and writes the source's mean position into the second."""
    position, mean = _sets(shape)
    both = torch.cat([position, mean])
    stacks: list[Encoder | Decoder] = [network.model.encoder, network.model.decoder]
    for stack in stacks:
        stack.embed_tokens.weight[:, both] = 0
        for layer in stack.layers:
            layer.self_attn.out_proj.weight[both] = 0
            layer.fc2.weight[both] = 0
    for layer in network.model.decoder.layers:
        layer.encoder_attn.out_proj.weight[both] = 0
    first = network.model.decoder.layers[0].encoder_attn
    head = torch.arange(2 * _PAIRS)
    first.q_proj.weight[head] = 0  # so that the head attends to all positions alike
    first.v_proj.weight[head] = 0
    first.v_proj.weight[head, position] = 1
    first.out_proj.weight[:, head] = 0
    first.out_proj.weight[mean, head] = 1
    network.lm_head.weight[:, both] = 0


def _fit_end(network: Network, shape: Shape, sources: Sequence[Sequence[int]]) -> None:
    """Fits the score of ``</s>``, by ridge regression, to a ramp that depends on both lengths."""
    kept = torch.cat(_sets(shape))
    states: list[Tensor] = []
    scores: list[Tensor] = []
    with torch.inference_mode():
        for source in sources:
            length = round(TARGET_PER_SOURCE * len(source))
            count = length + 4
            ids = torch.randint(EOS + 2, shape.decoder_vocab_size, (1, count))
            ids[:, 0] = EOS
            encoded = network.model.encoder(torch.tensor([source])).last_hidden_state
            mask = torch.ones(1, 1, 1, len(source), dtype=torch.bool)
            states.append(network.model.decoder(ids, encoded, mask, None)[0][:, kept])
            scores.append(TOP + STEEPNESS * (torch.arange(count) - length + 1))
    x, y = torch.cat(states).double(), torch.cat(scores).double()
    ridge = torch.eye(x.shape[1], dtype=x.dtype)  # the kept dimensions are nearly dependent
    network.lm_head.weight[EOS] = 0
    network.lm_head.weight[EOS, kept] = torch.linalg.solve(x.T @ x + ridge, x.T @ y).float()
