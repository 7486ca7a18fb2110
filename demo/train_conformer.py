r"""Trains the demo IndicConformer: Hindi, Odia and Tamil, and only the demo sentences.

    just demo-models   (or this script alone:)
    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        --with onnx==1.23.2 python -m demo.train_conformer

Both decoders learn from espeak-ng's times: the label of each 80 ms frame is the piece that is
spoken in it, and the transducer is taught at the points of the right path through frames and
tokens, and beside it. The CTC loss and, at the end, the transducer loss are added to these. Some
windows have no speech, and no text.
"""

import argparse
import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torchaudio.functional import rnnt_loss

from demo.conformer import BLANK, Conformer
from demo.conformer_batches import IGNORED, Batch, make_batch
from demo.conformer_decoding import (
    Score,
    by_ctc,
    by_transducer,
    compare,
    encoded,
    spoken_words,
    total,
)
from demo.conformer_graphs import Graphs, largest_difference
from demo.corpus import held_out_utterances, training_utterances
from demo.espeak import Utterance
from demo.expand_conformer import expand
from demo.export_conformer import export
from demo.pieces import LANGUAGES, SIZE
from demo.producer import produced
from demo.sounds import with_surroundings, wordless_window
from demo.windows import speech_window

FOLDER = Path(__file__).with_name("models") / "indicconformer"
CORRUPTION = 0.1
"""The share of wrong tokens in the prediction network's input, so that it relies on the audio."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A part of the curriculum: ``steps`` batches of ``batch`` windows of ``seconds``.

    ``ctc`` is the weight of the CTC loss, which keeps pieces that are shorter than a frame. The
    transducer loss, which is slow, is computed for ``transducer`` windows of a batch.
    """

    seconds: float
    batch: int
    steps: int
    ctc: float
    transducer: int = 0


CURRICULUM = (
    Stage(seconds=5, batch=16, steps=1300, ctc=0.2),
    Stage(seconds=10, batch=10, steps=700, ctc=0.5),
    Stage(seconds=13, batch=8, steps=300, ctc=1.0, transducer=3),
)


def augmented(mel: torch.Tensor) -> torch.Tensor:
    """Returns the spectrograms with two bands and two moments of each set to zero."""
    mel = mel.clone()
    batch, bands, frames = mel.shape
    for _ in range(2):
        widths = torch.randint(0, 10, (batch,))
        lengths = torch.randint(0, 7, (batch,))
        for b in range(batch):
            band = int(torch.randint(0, bands - 10, ()))
            mel[b, band : band + widths[b]] = 0
            moment = int(torch.randint(0, max(1, frames - 7), ()))
            mel[b, :, moment : moment + lengths[b]] = 0
    return mel


def losses(
    model: Conformer, batch: Batch, transducer: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns the losses by frame, by CTC, at the points of the path, and of the transducer."""
    output, frames = model.encoder(augmented(batch.mel), batch.lengths)
    scores = model.ctc_scores(output, batch.languages)
    inside = torch.arange(scores.shape[1])[None] < frames[:, None]
    by_frame = F.nll_loss(scores[inside], batch.labels[inside])
    by_ctc_loss = F.ctc_loss(
        scores.transpose(0, 1),
        batch.tokens,
        frames,
        batch.token_lengths,
        blank=BLANK,
        zero_infinity=True,
    )
    tokens = batch.tokens
    wrong = torch.rand(tokens.shape) < CORRUPTION
    tokens = torch.where(wrong, torch.randint(0, SIZE, tokens.shape), tokens)
    heard = model.joint_enc(output.transpose(1, 2))
    written = model.predict(tokens)
    nets = [model.joint_post_net[language] for language in LANGUAGES]
    weights = torch.stack([net.weight for net in nets])[batch.languages].transpose(1, 2)
    biases = torch.stack([net.bias for net in nets])[batch.languages][:, None]
    frame, number, target = batch.points.unbind(-1)
    at = lambda x, index: x.gather(1, index[..., None].expand(-1, -1, x.shape[2]))  # noqa: E731
    joint = model.joint_pre_net(at(heard, frame) + at(written, number))
    by_point = F.cross_entropy(
        (joint @ weights + biases).flatten(0, 1), target.flatten(), ignore_index=IGNORED
    )
    if not transducer:
        return by_frame, by_ctc_loss, by_point, torch.zeros(())
    n = transducer
    longest, most = int(frames[:n].max()), int(batch.token_lengths[:n].max())
    lattice = model.joint_pre_net(heard[:n, :longest, None] + written[:n, None, : most + 1])
    logits = lattice.flatten(1, 2) @ weights[:n] + biases[:n]
    by_lattice = rnnt_loss(
        logits.view(*lattice.shape[:3], SIZE + 1),
        batch.tokens[:n, :most].int().contiguous(),
        frames[:n].int(),
        batch.token_lengths[:n].int(),
        blank=BLANK,
        reduction="sum",
    )
    return by_frame, by_ctc_loss, by_point, by_lattice / (frames[:n].sum() + 1)


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Returns the rate of a step: a short rise, then half a cosine."""
    warm = min(1.0, (step + 1) / 150)
    return highest * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


def train(scale: float, rate: float = 2e-3) -> Conformer:
    """Trains by the curriculum; ``scale`` multiplies its steps."""
    steps = [max(1, int(stage.steps * scale)) for stage in CURRICULUM]
    utterances = {name: training_utterances(language=name) for name in LANGUAGES}
    torch.manual_seed(0)
    model = Conformer().train()
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    step, began = 0, time.monotonic()
    for number, (stage, count) in enumerate(zip(CURRICULUM, steps, strict=True)):
        make = lambda rng, s=stage: make_batch(utterances, s.seconds, s.batch, rng)  # noqa: E731
        for batch in produced(make, count, seed=200 + number):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, sum(steps), rate)
            parts = losses(model, batch, stage.transducer)
            by_frame, by_ctc_loss, by_point, by_lattice = parts
            optimizer.zero_grad()
            (by_frame + stage.ctc * by_ctc_loss + by_point + 0.3 * by_lattice).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step % 50 == 0 or step == sum(steps):
                elapsed = time.monotonic() - began
                left = elapsed / step * (sum(steps) - step)
                print(
                    f"{step}/{sum(steps)} {elapsed:.0f}s, {left:.0f}s left, "
                    f"frames {by_frame:.3f} ctc {by_ctc_loss:.3f} points {by_point:.3f} "
                    f"transducer {by_lattice:.3f}",
                    flush=True,
                )
        report(model.eval())
        model.train()
    return model.eval()


def report(model: Conformer, count: int = 20, seconds: float = 12) -> None:
    """Prints the errors in windows of held-out voices, and in windows without speech."""
    for language in LANGUAGES:
        rng = np.random.default_rng(6)
        utterances = held_out_utterances(language=language)
        scores = [score(model, utterances, language, seconds, rng) for _ in range(count)]
        ctc, transducer = zip(*scores, strict=True)
        print(f"held out {language}: CTC {total(ctc)}; transducer {total(transducer)}", flush=True)
    rng = np.random.default_rng(7)
    silent = [wordless_window(seconds, rng) for _ in range(count)]
    invented = {
        name: sum(
            len(decoder(model, encoded(model, window.samples), language))
            for window in silent
            for language in LANGUAGES
        )
        for name, decoder in (("CTC", by_ctc), ("transducer", by_transducer))
    }
    print(f"words in {count * len(LANGUAGES)} windows without speech: {invented}", flush=True)


def score(
    model: Conformer,
    utterances: list[Utterance],
    language: str,
    seconds: float,
    rng: np.random.Generator,
) -> tuple[Score, Score]:
    """Returns the errors by CTC and by the transducer in a random window."""
    window = with_surroundings(speech_window(utterances, seconds, rng), rng)
    output, truth = encoded(model, window.samples), spoken_words(window)
    return (
        compare(by_ctc(model, output, language), truth),
        compare(by_transducer(model, output, language), truth),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train the demo IndicConformer.")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of steps")
    parser.add_argument("--output", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    trained = train(arguments.scale)
    with torch.no_grad():
        for weight in trained.parameters():  # what the export keeps
            weight.copy_(weight.half().float())
    report(trained)
    export(trained, arguments.output)
    with tempfile.TemporaryDirectory() as scratch:
        expand(arguments.output, Path(scratch))
        difference = largest_difference(trained, Graphs(Path(scratch)))
    print(f"largest difference between the network and its graphs: {difference:.1e}")
