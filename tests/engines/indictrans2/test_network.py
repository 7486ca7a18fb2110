"""The network against a plain reimplementation: one sentence at a time, no cache, no padding."""

import math
from typing import Any

import pytest
import torch
from conftest import SHAPES, make_network
from random_networks import generated
from torch import Tensor
from transformers import GenerationConfig
from transformers.cache_utils import DynamicLayer

from indicsubs_indictrans2 import network as network_module
from indicsubs_indictrans2.layers import padding_mask
from indicsubs_indictrans2.network import Network
from indicsubs_indictrans2.shape import BOS, EOS, PAD

LONGEST = 24
SOURCES = [[4, 5, 17, 23, 9, EOS], [4, 5, 30, EOS], [4, 6, 11, 12, 13, 14, 15, 45, 44, EOS]]


class Reference:
    """IndicTrans2 spelt out from a table of weights, in loops."""

    def __init__(self, network: Network) -> None:
        self.weights = network.state_dict()
        self.shape = network.config.shape

    def linear(self, name: str, x: Tensor) -> Tensor:
        bias = self.weights.get(f"{name}.bias")
        product = x @ self.weights[f"{name}.weight"].T
        return product if bias is None else product + bias

    def norm(self, name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / torch.sqrt(centred.pow(2).mean(-1, keepdim=True) + 1e-5)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def attend(self, name: str, x: Tensor, y: Tensor, heads: int, *, causal: bool) -> Tensor:
        q, k, v = (self.linear(f"{name}.{p}_proj", z) for p, z in (("q", x), ("k", y), ("v", y)))
        size = q.shape[1] // heads
        parts = []
        for head in range(heads):
            columns = slice(head * size, (head + 1) * size)
            scores = q[:, columns] @ k[:, columns].T / math.sqrt(size)
            for row in range(len(scores)) if causal else ():
                scores[row, row + 1 :] = -math.inf
            parts.append(scores.softmax(-1) @ v[:, columns])
        return self.linear(f"{name}.out_proj", torch.cat(parts, 1))

    def embed(self, side: str, ids: list[int]) -> Tensor:
        table = self.weights[f"model.{side}.embed_tokens.weight"]
        width = table.shape[1]
        rows = []
        for place, number in enumerate(ids, start=2):
            angles = [
                place * math.exp(-i * math.log(10000) / (width // 2 - 1)) for i in range(width // 2)
            ]
            position = torch.tensor([*map(math.sin, angles), *map(math.cos, angles)])
            scale = math.sqrt(width) if self.shape.scale_embedding else 1.0
            rows.append(table[number] * scale + position)
        x = torch.stack(rows)
        if self.shape.layernorm_embedding:
            x = self.norm(f"model.{side}.layernorm_embedding", x)
        return x

    def feed_forward(self, name: str, x: Tensor) -> Tensor:
        act = {"gelu": torch.nn.functional.gelu, "relu": torch.relu}
        y = self.linear(f"{name}.fc1", self.norm(f"{name}.final_layer_norm", x))
        return x + self.linear(f"{name}.fc2", act[self.shape.activation_function](y))

    def encode(self, ids: list[int]) -> Tensor:
        x = self.embed("encoder", ids)
        for i in range(self.shape.encoder_layers):
            name = f"model.encoder.layers.{i}"
            y = self.norm(f"{name}.self_attn_layer_norm", x)
            heads = self.shape.encoder_attention_heads
            x = x + self.attend(f"{name}.self_attn", y, y, heads, causal=False)
            x = self.feed_forward(name, x)
        return self.norm("model.encoder.layer_norm", x)

    def logits(self, source: list[int], ids: list[int]) -> Tensor:
        states, x = self.encode(source), self.embed("decoder", ids)
        heads = self.shape.decoder_attention_heads
        for i in range(self.shape.decoder_layers):
            name = f"model.decoder.layers.{i}"
            y = self.norm(f"{name}.self_attn_layer_norm", x)
            x = x + self.attend(f"{name}.self_attn", y, y, heads, causal=True)
            y = self.norm(f"{name}.encoder_attn_layer_norm", x)
            x = x + self.attend(f"{name}.encoder_attn", y, states, heads, causal=False)
            x = self.feed_forward(name, x)
        return self.linear("lm_head", self.norm("model.decoder.layer_norm", x))

    def following(self, source: list[int], ids: list[int]) -> Tensor:
        """Log-probabilities of the next token. Padding is none, though random weights like it."""
        scores = self.logits(source, ids)[-1].log_softmax(-1)
        scores[PAD] = -math.inf
        return scores

    def greedy(self, source: list[int], longest: int) -> list[int]:
        ids = [EOS]
        while len(ids) < longest:
            ids.append(int(self.following(source, ids).argmax()))
            if ids[-1] == EOS:
                break
        return ids[1:]

    def beam(self, source: list[int], beams: int, longest: int) -> list[int]:
        """Beam search that ends with the first ``beams`` finished hypotheses."""
        live, finished = [(0.0, [EOS])], []
        for _ in range(longest - 1):
            scores = [
                (score + float(p), [*ids, number])
                for score, ids in live
                for number, p in enumerate(self.following(source, ids))
            ]
            best = sorted(scores, key=lambda x: -x[0])[: 2 * beams]
            finished += [(s / (len(i) - 1), i) for s, i in best[:beams] if i[-1] == EOS]
            live = [x for x in best if x[1][-1] != EOS][:beams]
            if len(finished) >= beams:
                break
        else:
            finished += [(s / (len(i) - 1), i) for s, i in live]
        return max(sorted(finished, key=lambda x: -x[0])[:beams])[1][1:]


def padded(rows: list[list[int]], side: str) -> Tensor:
    width = max(map(len, rows))
    fill = [[PAD] * (width - len(row)) for row in rows]
    joined = [
        row + pad if side == "right" else pad + row for row, pad in zip(rows, fill, strict=True)
    ]
    return torch.tensor(joined)


def generate(network: Network, ids: Tensor, **how: Any) -> list[list[int]]:
    """No trained network gives padding; random ones do."""
    return generated(network, ids, max_length=LONGEST, suppress_tokens=[PAD], **how)


@pytest.mark.parametrize("changes", SHAPES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_logits_equal_the_reference(changes: dict[str, Any], side: str) -> None:
    network = make_network(**changes)
    reference = Reference(network)
    targets = [[EOS, 7, 30, 12], [EOS, 40, 4, 4], [EOS, 9, 8, 33]]
    with torch.inference_mode():
        logits = network(
            input_ids=padded(SOURCES, side), decoder_input_ids=torch.tensor(targets)
        ).logits
        for row, source, target in zip(logits, SOURCES, targets, strict=True):
            torch.testing.assert_close(row, reference.logits(source, target), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("changes", SHAPES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_greedy_equals_the_reference(changes: dict[str, Any], side: str) -> None:
    network = make_network(seed=1, **changes)
    reference = Reference(network)
    with torch.inference_mode():
        wanted = [reference.greedy(source, LONGEST) for source in SOURCES]
    assert generate(network, padded(SOURCES, side), num_beams=1) == wanted


@pytest.mark.parametrize("changes", SHAPES)
def test_beams_equal_the_reference(changes: dict[str, Any]) -> None:
    network = make_network(seed=2, **changes)
    reference = Reference(network)
    with torch.inference_mode():
        wanted = [reference.beam(source, 5, LONGEST) for source in SOURCES]
    found = generate(network, padded(SOURCES, "right"), num_beams=5, early_stopping=True)
    assert found == wanted


@pytest.mark.parametrize("changes", SHAPES)
@pytest.mark.parametrize("beams", [1, 5])
def test_cache_and_padding_change_nothing(changes: dict[str, Any], beams: int) -> None:
    network = make_network(seed=3, **changes)
    wanted = [generate(network, torch.tensor([s]), num_beams=beams)[0] for s in SOURCES]
    for side in ("left", "right"):
        ids = padded(SOURCES, side)
        assert generate(network, ids, num_beams=beams) == wanted
        assert generate(network, ids, num_beams=beams, use_cache=False) == wanted


def test_several_tokens_after_a_cached_start_see_only_what_came_before() -> None:
    from transformers import DynamicCache
    from transformers.cache_utils import EncoderDecoderCache

    network = make_network()
    ids, target = torch.tensor([SOURCES[0]]), torch.tensor([[EOS, 7, 30, 12, 5]])
    with torch.inference_mode():
        whole = network(input_ids=ids, decoder_input_ids=target).logits
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        network(input_ids=ids, decoder_input_ids=target[:, :2], past_key_values=cache)
        rest = network(input_ids=ids, decoder_input_ids=target[:, 2:], past_key_values=cache)
    torch.testing.assert_close(rest.logits, whole[:, 2:], rtol=1e-4, atol=1e-4)


def test_more_tokens_than_positions_are_refused() -> None:
    network = make_network(max_source_positions=8)
    with pytest.raises(ValueError, match="9 tokens, and 8 positions at most"):
        network(input_ids=torch.full((1, 9), 5), decoder_input_ids=torch.tensor([[EOS]]))


def test_weights_have_the_official_names() -> None:
    def layer(name: str, attentions: tuple[str, ...]) -> set[str]:
        parts = {"fc1", "fc2", "final_layer_norm"}
        for attention in attentions:
            parts |= {f"{attention}.{p}_proj" for p in ("q", "k", "v", "out")}
            parts.add(f"{attention}_layer_norm")
        return {f"{name}.{part}.{what}" for part in parts for what in ("weight", "bias")}

    names = {"lm_head.weight"}
    for side, attentions in (
        ("encoder", ("self_attn",)),
        ("decoder", ("self_attn", "encoder_attn")),
    ):
        names.add(f"model.{side}.embed_tokens.weight")
        for norm in ("layer_norm", "layernorm_embedding"):
            names |= {f"model.{side}.{norm}.weight", f"model.{side}.{norm}.bias"}
        names |= layer(f"model.{side}.layers.0", attentions)
    network = make_network(encoder_layers=1, decoder_layers=1)
    assert set(network.state_dict()) == names


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("width", [1, 7, 8, 9])
def test_padding_masks_have_the_rows_that_kernels_for_gpus_take(
    dtype: torch.dtype, width: int
) -> None:
    real = torch.ones(3, width, dtype=torch.bool)
    real[1, width // 2 :] = False
    mask = padding_mask(real, dtype)
    assert mask.shape == (3, 1, 1, width)
    assert mask.dtype == dtype
    assert torch.equal(mask[:, 0, 0] == 0, real)
    assert torch.equal(mask[:, 0, 0] == -math.inf, ~real)
    assert [stride % 8 for stride in mask.stride()] == [0, 0, 0, 1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_padding_masks_change_no_bit_of_what_booleans_give(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    network = make_network(seed=4).to(dtype)
    inputs = {
        "input_ids": padded(SOURCES, "right"),
        "decoder_input_ids": torch.tensor([[EOS, 7, 30]] * len(SOURCES)),
    }
    with torch.inference_mode():
        logits = network(**inputs).logits
        monkeypatch.setattr(network_module, "padding_mask", lambda real, _: real[:, None, None, :])
        assert torch.equal(logits, network(**inputs).logits)


def test_the_beams_of_a_source_share_its_keys_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_network(seed=5)
    ids = padded(SOURCES, "right")
    reordered: list[int] = []
    reorder = DynamicLayer.reorder_cache

    def record(layer: DynamicLayer, beams: Tensor) -> None:
        reordered.append(layer.keys.shape[2])
        reorder(layer, beams)

    monkeypatch.setattr(DynamicLayer, "reorder_cache", record)
    found = generate(network, ids, num_beams=5)
    steps, layers = len(reordered) // 2, network.config.shape.decoder_layers
    assert layers == 2
    assert reordered == [length for length in range(1, steps + 1) for _ in range(layers)]
    scores = network.beam_scores
    monkeypatch.delattr(Network, "_reorder_cache")
    assert generate(network, ids, num_beams=5) == found
    assert torch.equal(network.beam_scores, scores)
    assert len(reordered) == 3 * layers * steps


@pytest.mark.parametrize("hypotheses", [1, 3, 5])
def test_scores_of_hypotheses_are_those_of_transformers(hypotheses: int) -> None:
    network = make_network(seed=6)
    ids = padded(SOURCES, "right")
    config = GenerationConfig(
        num_beams=5,
        num_return_sequences=hypotheses,
        max_length=LONGEST,
        bos_token_id=BOS,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=EOS,
        return_dict_in_generate=True,
        output_scores=True,
    )
    with torch.inference_mode():
        output = network.generate(ids, attention_mask=ids.ne(PAD), generation_config=config)
    assert torch.equal(network.beam_scores[:, :hypotheses].flatten(), output.sequences_scores)
