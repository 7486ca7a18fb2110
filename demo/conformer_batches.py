"""Training batches for the demo IndicConformer: features, and pieces with their times."""

from dataclasses import dataclass

import numpy as np
import torch

from demo.conformer import BLANK, SUBSAMPLING
from demo.conformer_features import BANDS, HOP, log_mel
from demo.espeak import Utterance
from demo.pieces import LANGUAGES, encode, plain
from demo.sounds import with_surroundings, wordless_window
from demo.windows import RATE, Window, speech_window

FRAME = SUBSAMPLING * HOP / RATE
"""Seconds of an output frame."""
IGNORED = -100
"""A target that the losses ignore."""
WORDLESS = 0.08
"""The share of windows without speech."""
SHARES = (0.4, 0.2, 0.4)
"""The share of each language."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Tensors of one step.

    mel float32 [B, 80, T]; lengths int64 [B], the valid mel frames; languages int64 [B];
    labels int64 [B, T / 8], the piece that is spoken in each frame, or the blank;
    tokens int64 [B, U], filled with 0; token_lengths int64 [B];
    points int64 [B, P, 3]: a frame, a number of tokens written, and what the transducer must write
    there, ``IGNORED`` where a row has fewer points.
    """

    mel: torch.Tensor
    lengths: torch.Tensor
    languages: torch.Tensor
    labels: torch.Tensor
    tokens: torch.Tensor
    token_lengths: torch.Tensor
    points: torch.Tensor


def output_frames(mel_frames: int) -> int:
    """Returns the length of the encoder's output."""
    return -(-mel_frames // SUBSAMPLING)


def token_frames(window: Window, language: str, frames: int) -> list[tuple[int, int, int]]:
    """Returns each piece with its first frame and the frame after its last one.

    The pieces of a word share its time evenly, whatever their letters: a piece that is much shorter
    than a frame would be lost. Every piece has a frame of its own, and equal neighbours have a
    blank between them, as CTC needs.
    """
    found: list[tuple[int, int, int]] = []
    free = 0
    for placed in window.spoken:
        for word in placed.words:
            pieces = encode(plain(word.text), language)
            times = np.linspace(word.start, word.end, len(pieces) + 1).tolist()
            bounds = [round(t / FRAME) for t in times]
            for k in range(len(pieces) - 1, -1, -1):  # room for the pieces that follow
                bounds[k] = min(bounds[k], bounds[k + 1] - 1)
            for k, piece in enumerate(pieces):
                if found and found[-1][0] == piece and found[-1][2] == max(bounds[k], free):
                    last = found[-1]
                    if last[2] - last[1] > 1:
                        found[-1] = (last[0], last[1], last[2] - 1)
                    else:
                        free += 1
                start = min(max(bounds[k], free), frames - 1)
                free = min(max(bounds[k + 1], start + 1), frames)
                found.append((piece, start, free))
    return found


def transducer_points(spans: list[tuple[int, int, int]], frames: int) -> list[tuple[int, int, int]]:
    """Returns the points of the right path through frames and tokens, and points beside it.

    The points beside it are a token that is written one frame late, and the frame before a token
    that was written early.
    """
    points: list[tuple[int, int, int]] = []
    written = 0
    for frame in range(frames):
        while written < len(spans) and spans[written][1] == frame:
            points.append((frame, written, spans[written][0]))
            written += 1
        points.append((frame, written, BLANK))
    for k, (piece, start, _) in enumerate(spans):
        if start + 1 < frames:
            points.append((start + 1, k, piece))
        if start:
            points.append((start - 1, k + 1, BLANK))
    return points


def make_batch(
    utterances: dict[str, list[Utterance]], seconds: float, size: int, rng: np.random.Generator
) -> Batch:
    """Returns a batch of random windows of at most ``seconds``, and up to 3 s before the speech."""
    mels, languages, spans, points = [], [], [], []
    for _ in range(size):
        language = int(rng.choice(len(LANGUAGES), p=SHARES))
        if rng.random() < WORDLESS:
            window = wordless_window(seconds, rng)
        else:
            spoken = speech_window(utterances[LANGUAGES[language]], seconds, rng)
            window = with_surroundings(spoken, rng)
        mel = log_mel(window.samples)
        frames = output_frames(mel.shape[1])
        mels.append(mel)
        languages.append(language)
        spans.append(token_frames(window, LANGUAGES[language], frames))
        points.append(transducer_points(spans[-1], frames))
    longest = max(mel.shape[1] for mel in mels)
    padded = torch.zeros(size, BANDS, longest)
    labels = torch.full((size, output_frames(longest)), BLANK)
    most = max(1, *map(len, spans))
    tokens = torch.zeros(size, most, dtype=torch.int64)
    targets = torch.zeros(size, max(map(len, points)), 3, dtype=torch.int64)
    targets[..., 2] = IGNORED
    for b, mel in enumerate(mels):
        padded[b, :, : mel.shape[1]] = mel
        for k, (piece, start, end) in enumerate(spans[b]):
            labels[b, start:end] = piece
            tokens[b, k] = piece
        targets[b, : len(points[b])] = torch.tensor(points[b])
    return Batch(
        mel=padded,
        lengths=torch.tensor([mel.shape[1] for mel in mels]),
        languages=torch.tensor(languages),
        labels=labels,
        tokens=tokens,
        token_lengths=torch.tensor([len(s) for s in spans]),
        points=targets,
    )
