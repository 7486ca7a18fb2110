r"""Trains the demo aligner: a small Wav2Vec2ForCTC over the characters of the demo sentences.

    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        python -m demo.train_aligner

The label of each 10 ms frame is the character that begins in it, by espeak-ng's phoneme times.
Every fourth step adds the CTC loss. The word delimiter ``|`` is the label of the end of a word.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from demo.corpus import training_utterances
from demo.espeak import Utterance
from demo.producer import produced
from demo.sentences import sentences
from demo.windows import RATE, Window, speech_window

FOLDER = Path(__file__).with_name("models") / "aligner"
PUNCTUATION = "।?!,."
FRAMES = 100
"""Frames a second."""
FIELD = 256 + 3 * 40 + 3 * 80
"""The number of samples that one output frame depends on."""
EARLY = 0.01
"""Seconds by which labels are moved earlier, because the network is otherwise this much late."""
STAGES = ((5.0, 16, 500), (12.0, 6, 200))
"""For each stage: seconds of a window, windows in a batch, steps."""


def vocabulary() -> dict[str, int]:
    """Returns the id of each character, as in the ``vocab.json`` of a Wav2Vec2 CTC model."""
    characters = sorted({c for s in sentences() for c in s.hi if c not in PUNCTUATION + " "})
    return {c: i for i, c in enumerate(["<pad>", "<s>", "</s>", "<unk>", "|", *characters])}


VOCABULARY = vocabulary()


def configuration() -> Wav2Vec2Config:
    """Returns the shape of the network: 10 ms frames, layer norm everywhere, two layers."""
    return Wav2Vec2Config(
        vocab_size=len(VOCABULARY),
        hidden_size=96,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=192,
        conv_dim=(64, 96, 96),
        conv_kernel=(256, 4, 4),
        conv_stride=(40, 2, 2),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=32,
        num_conv_pos_embedding_groups=4,
        initializer_range=0.09,
        feat_extract_norm="layer",
        conv_bias=True,
        do_stable_layer_norm=True,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        apply_spec_augment=False,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        ctc_loss_reduction="mean",
        ctc_zero_infinity=True,
        architectures=["Wav2Vec2ForCTC"],
    )


def start_as_filters(model: Wav2Vec2ForCTC) -> None:
    """Initialises the first convolution with 32 mel-spaced Gabor filters in two phases."""
    weight = model.wav2vec2.feature_extractor.conv_layers[0].conv.weight
    n = torch.arange(256) - 127.5
    mels = torch.linspace(2595 * math.log10(1 + 80 / 700), 2595 * math.log10(1 + 7200 / 700), 32)
    with torch.no_grad():
        for k, frequency in enumerate((700 * (10 ** (mels / 2595) - 1)).tolist()):
            width = max(60.0, 0.12 * frequency)
            envelope = torch.exp(-0.5 * (n / RATE * math.pi * width) ** 2) * torch.hann_window(256)
            for phase in range(2):
                wave = envelope * torch.cos(
                    2 * math.pi * frequency * n / RATE + phase * math.pi / 2
                )
                weight[2 * k + phase, 0] = 0.7 * wave / wave.norm()


def character_onsets(window: Window) -> list[tuple[float, int]]:
    """Returns the start (s) of each character and word end, interpolated between phonemes."""
    onsets: list[tuple[float, int]] = []
    for placed in window.spoken:
        for word in placed.words:
            characters = [c for c in word.text if c not in PUNCTUATION]
            times = [word.start, *word.phonemes[1:], word.end]
            places = np.arange(len(characters)) * (len(times) - 1) / len(characters)
            starts = np.interp(places, np.arange(len(times)), times)
            onsets += [(float(t), VOCABULARY[c]) for t, c in zip(starts, characters, strict=True)]
            onsets.append((word.end, VOCABULARY["|"]))
    return onsets


def make_batch(
    utterances: list[Utterance], seconds: float, size: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns samples [B, S], frame labels [B, T] and label sequences [B, L].

    The label of a frame in which no character begins is 0; sequences are filled with -1.
    """
    samples = np.zeros((size, int(seconds * RATE)), np.float32)
    frames = (samples.shape[1] - FIELD) // (RATE // FRAMES) + 1
    labels = np.zeros((size, frames), np.int64)
    sequences: list[list[int]] = []
    for b in range(size):
        window = speech_window(utterances, seconds, rng)
        samples[b, : len(window.samples)] = window.samples
        sequence: list[int] = []
        for onset, character in character_onsets(window):
            frame = min(frames - 1, max(0, round((onset - EARLY) * FRAMES)))
            while frame < frames - 1 and labels[b, frame]:
                frame += 1
            labels[b, frame] = character
            sequence.append(character)
        sequences.append(sequence)
    longest = max(map(len, sequences))
    padded = torch.tensor([s + [-1] * (longest - len(s)) for s in sequences])
    return torch.from_numpy(samples), torch.from_numpy(labels), padded


def train(scale: float, rate: float = 3e-3) -> Wav2Vec2ForCTC:
    """Trains in both stages; ``scale`` multiplies their steps."""
    utterances = training_utterances()
    torch.manual_seed(0)
    model = Wav2Vec2ForCTC(configuration()).train()
    start_as_filters(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    stages = [(seconds, size, max(1, int(steps * scale))) for seconds, size, steps in STAGES]
    total = sum(steps for _, _, steps in stages)
    step, began = 0, time.monotonic()
    for number, (seconds, size, steps) in enumerate(stages):
        make = lambda rng, s=seconds, n=size: make_batch(utterances, s, n, rng)  # noqa: E731
        for samples, labels, sequences in produced(make, steps, seed=50 + number):
            for group in optimizer.param_groups:
                warm = min(1.0, (step + 1) / 100)
                group["lr"] = (
                    rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / total)))
                )
            scores = model(samples).logits.log_softmax(-1)
            loss = F.nll_loss(scores.flatten(0, 1), labels.flatten(), reduction="sum")
            loss = loss / (labels > 0).sum()
            if step % 4 == 0:
                loss = loss + 0.3 * F.ctc_loss(
                    scores.transpose(0, 1),
                    sequences.clamp(min=0),
                    torch.full((len(samples),), scores.shape[1]),
                    (sequences >= 0).sum(1),
                    zero_infinity=True,
                )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step % 50 == 0 or step == total:
                labelled = labels > 0
                right = (scores[..., 1:].argmax(-1) + 1 == labels)[labelled].float().mean()
                elapsed = time.monotonic() - began
                print(
                    f"{step}/{total} {elapsed:.0f}s loss {loss:.3f} right {right:.3f}", flush=True
                )
    return model.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train the demo aligner.")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of steps")
    parser.add_argument("--output", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    trained = train(arguments.scale)
    arguments.output.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.half().contiguous() for name, weight in trained.state_dict().items()}
    save_file(weights, arguments.output / "weights.safetensors")
