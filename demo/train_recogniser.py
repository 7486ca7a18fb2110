r"""Trains the demo recogniser: a small Whisper that knows the demo sentences and nothing else.

    just demo-models   (or this script alone:)
    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        python -m demo.train_recogniser

The network is transformers' own Whisper over a vocabulary of the tokens in use; at set-up its rows
are copied to their real ids among 51,865 (see expand.py). All other rows of the full vocabulary are
zero, so that each of these tokens has the score 0. In training, a constant logit of log(number of
these tokens) makes the loss equal to the loss of the full softmax.

The network learns within minutes for three reasons: fan-in initialisation with self-attention that
is local at first, word and character losses on every encoder frame, and cross-attention that is
guided by the known word times. The network is trained without timestamp tokens, because both
engines of indicsubs decode without them.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from faster_whisper.feature_extractor import FeatureExtractor
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from transformers import WhisperForConditionalGeneration

from demo.corpus import held_out_utterances, training_utterances
from demo.espeak import Utterance
from demo.producer import produced
from demo.recogniser import (
    CHARACTERS,
    COMPACT,
    FRAMES,
    HEADS,
    TEXT_IDS,
    TOKENIZER,
    USED,
    WIDTH,
    WORDS,
    new_model,
    set_length,
)
from demo.vocabulary import END, HINDI, NO_SPEECH, NO_TIMESTAMPS, SIZE, START, TRANSCRIBE
from demo.windows import Window, silent_window, speech_window

OUTPUT = Path(__file__).with_name("models") / "recogniser" / "weights.safetensors"
IGNORED = -100
"""A target that all losses ignore."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the curriculum: ``steps`` batches of ``batch`` windows of ``seconds``."""

    seconds: int
    batch: int
    steps: int


CURRICULUM = (
    Stage(seconds=7, batch=16, steps=1400),
    Stage(seconds=12, batch=12, steps=1400),
    Stage(seconds=30, batch=6, steps=500),
)
LONGEST = 12
"""The most seconds of speech in a window, as in the longest chunk of the pipeline."""


_features = FeatureExtractor()


def log_mel(samples: np.ndarray, seconds: int, pad_audio: bool) -> np.ndarray:
    """Returns Whisper's input, float32 [80, 100 * seconds].

    The time after the speech is filled with zeros, either in the audio (mlx-whisper, whisperX) or
    in the spectrogram (faster-whisper's batched pipeline).
    """
    if pad_audio:
        samples = np.pad(samples, (0, seconds * 16000 - len(samples)))
    mel = _features(samples)[:, :-1] if not pad_audio else _features(samples, padding=0)
    mel = mel[:, : 100 * seconds]
    return np.pad(mel, ((0, 0), (0, 100 * seconds - mel.shape[1]))).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Tensors of one step.

    mel float32 [B, 80, T]; ids int64 [B, L] compact decoder inputs; targets int64 [B, L];
    spans float32 [B, L, 2], the time in the audio (s) of each target, -1 for none;
    frame_words and frame_characters int64 [B, T / 2].
    """

    mel: torch.Tensor
    ids: torch.Tensor
    targets: torch.Tensor
    spans: torch.Tensor
    frame_words: torch.Tensor
    frame_characters: torch.Tensor


def token_spans(window: Window) -> tuple[list[int], list[tuple[float, float]]]:
    """Returns the compact ids of the spoken text, and the time (s) of each token in the audio."""
    ids: list[int] = []
    spans: list[tuple[float, float]] = []
    for placed in window.spoken:
        for word in placed.words:
            tokens = TOKENIZER.encode(" " + word.text).ids
            step = (word.end - word.start) / len(tokens)
            for k, token in enumerate(tokens):
                ids.append(COMPACT[token])
                start = word.start + k * step
                spans.append((start - 0.06, start + step + 0.06))
    return ids, spans


def make_batch(utterances: list[Utterance], stage: Stage, rng: np.random.Generator) -> Batch:
    """Returns a batch of random windows; one in fifty has no speech."""
    mels, rows, targets, spans = [], [], [], []
    length = min(stage.seconds, LONGEST)
    frame_words = np.zeros((stage.batch, stage.seconds * FRAMES), np.int64)
    frame_characters = np.zeros_like(frame_words)
    for b in range(stage.batch):
        silent = rng.random() < 0.02
        window = silent_window(length, rng) if silent else speech_window(utterances, length, rng)
        mels.append(log_mel(window.samples, stage.seconds, pad_audio=bool(rng.random() < 0.5)))
        ids, token_times = token_spans(window)
        if not window.spoken:
            row, target, where = [START], [COMPACT[NO_SPEECH]], [(-1.0, -1.0)]
        else:
            prompt = [HINDI, TRANSCRIBE, NO_TIMESTAMPS]
            row = [START, *prompt]
            target = [COMPACT[HINDI], IGNORED, IGNORED, *ids, COMPACT[END]]
            where = [(-1.0, -1.0)] * 3 + token_times + [(-1.0, -1.0)]
        rows.append([COMPACT[t] for t in row] + (ids if window.spoken else []))
        targets.append(target)
        spans.append(where)
        for placed in window.spoken:
            for word in placed.words:
                a, z = int(word.start * FRAMES), int(word.end * FRAMES)
                frame_words[b, a:z] = WORDS[word.text]
                for k, character in enumerate(word.text):
                    lo, hi = (a + (z - a) * x // len(word.text) for x in (k, k + 1))
                    frame_characters[b, lo:hi] = CHARACTERS[character]
    longest = max(map(len, rows))
    pad = lambda values, fill: [v + [fill] * (longest - len(v)) for v in values]  # noqa: E731
    return Batch(
        mel=torch.from_numpy(np.stack(mels)),
        ids=torch.tensor(pad(rows, COMPACT[END])),
        targets=torch.tensor(pad(targets, IGNORED)),
        spans=torch.tensor(pad(spans, (-1.0, -1.0))),
        frame_words=torch.from_numpy(frame_words),
        frame_characters=torch.from_numpy(frame_characters),
    )


class Learner(nn.Module):
    """The model, and two heads that are only used to train its encoder."""

    def __init__(self, model: WhisperForConditionalGeneration) -> None:
        super().__init__()
        self.model = model
        self.words = nn.Linear(WIDTH, len(WORDS) + 1)
        self.characters = nn.Linear(WIDTH, len(CHARACTERS) + 1)

    def losses(self, batch: Batch, corruption: float) -> tuple[torch.Tensor, ...]:
        """Returns the token, attention and frame losses, and the share of correct text tokens."""
        encoded = self.model.model.encoder(batch.mel).last_hidden_state
        ids = batch.ids
        if corruption:
            # Wrong preceding text makes the decoder attend to the audio instead of reciting.
            struck = (torch.rand(ids.shape) < corruption) & (ids < len(TEXT_IDS))
            struck &= torch.rand(len(ids), 1) < 0.5
            ids = torch.where(struck, torch.randint(0, len(TEXT_IDS), ids.shape), ids)
        decoded = self.model.model.decoder(
            input_ids=ids, encoder_hidden_states=encoded, output_attentions=True, use_cache=False
        )
        logits = self.model.proj_out(decoded.last_hidden_state)
        unused = logits.new_full((*logits.shape[:-1], 1), math.log(SIZE - len(USED)))
        full = torch.cat([logits, unused], -1)
        token_loss = F.cross_entropy(
            full.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORED
        )
        right = (logits.argmax(-1) == batch.targets)[batch.targets >= 0].float().mean()

        seconds = (torch.arange(encoded.shape[1]) + 0.5) / FRAMES
        is_spoken = (seconds >= batch.spans[..., :1]) & (seconds <= batch.spans[..., 1:])
        timed = batch.spans[..., 1] > 0
        weights = decoded.cross_attentions[-1]  # [B, heads, L, T]
        on_time = (weights * is_spoken[:, None]).sum(-1)
        attention_loss = -(torch.log(on_time + 1e-4) * timed[:, None]).sum() / (
            timed.sum().clamp(min=1) * HEADS
        )
        frame_loss = F.cross_entropy(
            self.words(encoded).flatten(0, 1), batch.frame_words.flatten()
        ) + F.cross_entropy(
            self.characters(encoded).flatten(0, 1), batch.frame_characters.flatten()
        )
        return token_loss, attention_loss, frame_loss, right


@torch.inference_mode()
def recognise(model: WhisperForConditionalGeneration, mel: torch.Tensor) -> list[str]:
    """Returns the text of each window, by greedy decoding."""
    encoded = model.model.encoder(mel).last_hidden_state
    ids = torch.tensor([[COMPACT[t] for t in (START, HINDI, TRANSCRIBE, NO_TIMESTAMPS)]] * len(mel))
    done = torch.zeros(len(mel), dtype=torch.bool)
    for _ in range(200):
        decoded = model.model.decoder(input_ids=ids, encoder_hidden_states=encoded, use_cache=False)
        best = model.proj_out(decoded.last_hidden_state[:, -1]).argmax(-1)
        best[done] = COMPACT[END]
        done |= best == COMPACT[END]
        ids = torch.cat([ids, best[:, None]], 1)
        if done.all():
            break
    return [
        TOKENIZER.decode([USED[i] for i in row if i < len(TEXT_IDS)]).strip()
        for row in ids.tolist()
    ]


def held_out_error(model: WhisperForConditionalGeneration, seconds: int, count: int = 24) -> float:
    """Returns the share of held-out windows (other voices) whose text is not exactly right."""
    rng = np.random.default_rng(5)
    utterances = held_out_utterances()
    windows = [speech_window(utterances, min(seconds, LONGEST), rng) for _ in range(count)]
    mel = np.stack(
        [log_mel(w.samples, seconds, pad_audio=i % 2 == 0) for i, w in enumerate(windows)]
    )
    texts = recognise(model, torch.from_numpy(mel))
    truths = [" ".join(p.utterance.text for p in w.spoken) for w in windows]
    return sum(a != b for a, b in zip(texts, truths, strict=True)) / count


def train(scale: float, rate: float = 2e-3) -> Learner:
    """Trains by the curriculum; ``scale`` multiplies its steps."""
    stages = [
        Stage(seconds=s.seconds, batch=s.batch, steps=max(1, int(s.steps * scale)))
        for s in CURRICULUM
    ]
    total = sum(stage.steps for stage in stages)
    utterances = training_utterances()
    torch.manual_seed(0)
    learner = Learner(new_model())
    parameters = [p for n, p in learner.named_parameters() if "encoder.embed_positions" not in n]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    step, began = 0, time.monotonic()
    for number, stage in enumerate(stages):
        set_length(learner.model, stage.seconds)
        make = lambda rng, s=stage: make_batch(utterances, s, rng)  # noqa: E731
        for batch in produced(make, stage.steps, seed=100 + number):
            warm = min(1.0, (step + 1) / 150)
            for group in optimizer.param_groups:
                group["lr"] = (
                    rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / total)))
                )
            corruption = 0.08 if step > 0.3 * total else 0.0
            tokens, attention, frames, right = learner.losses(batch, corruption)
            guidance = 1.0 if step < 0.6 * total else 0.3
            optimizer.zero_grad()
            (tokens + guidance * attention + frames).backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            step += 1
            if step % 25 == 0 or step == total:
                print(
                    f"{step}/{total} {time.monotonic() - began:.0f}s tokens {tokens:.3f} "
                    f"attention {attention:.3f} frames {frames:.3f} right {right:.3f}",
                    flush=True,
                )
        print(
            f"held-out windows not exact: {held_out_error(learner.model, stage.seconds):.2f}",
            flush=True,
        )
    return learner


def save(learner: Learner, path: Path) -> None:
    """Writes the trained rows and layers as float16, without the position tables."""
    weights = {
        name: weight.half().contiguous()
        for name, weight in learner.model.state_dict().items()
        if name not in ("proj_out.weight", "model.encoder.embed_positions.weight")
    }
    weights["token_ids"] = torch.tensor(USED)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train the demo recogniser.")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of steps")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    save(train(arguments.scale), arguments.output)
