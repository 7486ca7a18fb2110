"""Builds the demo recogniser: a small Whisper of transformers, with only the tokens in use."""

import copy
import math

import torch
from torch import nn
from transformers import WhisperConfig, WhisperForConditionalGeneration
from transformers.models.whisper.modeling_whisper import sinusoids

from demo.sentences import sentences
from demo.tokenizer import build_tokenizer
from demo.vocabulary import END, HINDI, NO_SPEECH, NO_TIMESTAMPS, START, TRANSCRIBE

WIDTH, LAYERS, HEADS = 96, 2, 3
FRAMES = 50
"""Encoder frames a second."""

TOKENIZER = build_tokenizer()
TEXTS = [sentence.hi for sentence in sentences()]
TEXT_IDS = sorted({i for text in TEXTS for i in TOKENIZER.encode(" " + text).ids})
USED = [*TEXT_IDS, END, START, HINDI, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS]
"""Real token ids of the trained rows, in the order of the compact vocabulary."""
COMPACT = {token: row for row, token in enumerate(USED)}
WORDS = {w: i for i, w in enumerate(sorted({w for text in TEXTS for w in text.split()}), 1)}
CHARACTERS = {c: i for i, c in enumerate(sorted({c for w in WORDS for c in w}), 1)}


def new_model() -> WhisperForConditionalGeneration:
    """Returns the network, newly initialised, with the compact vocabulary."""
    config = WhisperConfig(
        vocab_size=len(USED),
        d_model=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
        dropout=0.0,
        pad_token_id=COMPACT[END],
        bos_token_id=COMPACT[END],
        eos_token_id=COMPACT[END],
        decoder_start_token_id=COMPACT[START],
        suppress_tokens=None,
        begin_suppress_tokens=None,
        attn_implementation="sdpa",
    )
    model = WhisperForConditionalGeneration(config)
    eager = copy.deepcopy(config)
    eager._attn_implementation = "eager"
    for layer in model.model.decoder.layers:
        layer.encoder_attn.config = eager  # the training reads its weights
    with torch.no_grad():
        _fan_in(model)
        _start_local(model)
    return model


def _fan_in(model: WhisperForConditionalGeneration) -> None:
    for name, weight in model.named_parameters():
        if "embed_tokens" in name or "proj_out" in name:
            weight.normal_(std=WIDTH**-0.5)
        elif weight.dim() == 3:
            weight.normal_(std=(2 / (weight.shape[1] * weight.shape[2])) ** 0.5)
        elif weight.dim() == 2 and ("proj" in name or "fc" in name):
            weight.normal_(std=weight.shape[1] ** -0.5)
    for part in (model.model.encoder, model.model.decoder):
        for layer in part.layers:
            layer.fc2.weight.mul_(0.5)
            layer.self_attn.out_proj.weight.mul_(0.7)
    positions = model.model.decoder.embed_positions.weight
    positions.copy_(0.3 * sinusoids(*positions.shape))


def _start_local(model: WhisperForConditionalGeneration) -> None:
    """Makes encoder heads attend to the same frame and to frames a little before and after it.

    With sinusoidal positions, q.k = sharpness * sum(cos(w (i + shift - j))) over the fastest
    frequencies w peaks at j = i + shift.
    """
    half, head = WIDTH // 2, WIDTH // HEADS
    frequencies = torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))[
        : head // 2
    ].tolist()
    for layer, (reach, sharpness) in zip(
        model.model.encoder.layers, ((3, 2.0), (8, 1.7)), strict=True
    ):
        query, key = layer.self_attn.q_proj.weight, layer.self_attn.k_proj.weight
        query.mul_(0.1)
        key.mul_(0.1)
        for index in range(HEADS):
            shift = (index % 3 - 1) * reach
            for f, w in enumerate(frequencies):
                row = index * head + 2 * f
                cosine, sine = math.cos(w * shift), math.sin(w * shift)
                key[row, f] += sharpness
                key[row + 1, half + f] += sharpness
                query[row, f] += sharpness * cosine
                query[row, half + f] += sharpness * sine
                query[row + 1, half + f] += sharpness * cosine
                query[row + 1, f] -= sharpness * sine


def set_length(model: WhisperForConditionalGeneration, seconds: int) -> None:
    """Makes the encoder take windows of ``seconds`` instead of Whisper's 30."""
    model.config.max_source_positions = seconds * FRAMES
    positions = nn.Embedding(seconds * FRAMES, WIDTH)
    positions.weight = nn.Parameter(sinusoids(seconds * FRAMES, WIDTH), requires_grad=False)
    model.model.encoder.embed_positions = positions
