"""Greedy decoding of the demo IndicConformer, and its errors on recordings with a reference."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from demo.conformer import BLANK, LAYERS, START, Conformer
from demo.conformer_batches import FRAME
from demo.conformer_features import log_mel
from demo.pieces import LANGUAGES, START_OF_WORD, decode, plain, vocabulary
from demo.windows import Samples, Window

MOST_SYMBOLS = 10
"""The most pieces that the transducer writes in one frame."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A recognised word; the times are in seconds."""

    text: str
    start: float
    end: float


@torch.inference_mode()
def encoded(model: Conformer, samples: Samples) -> torch.Tensor:
    """Returns the encoder's output, [1, d, T]."""
    mel = log_mel(samples)[None]
    return model.encoder(mel, torch.tensor([mel.shape[2]]))[0]


@torch.inference_mode()
def by_ctc(model: Conformer, output: torch.Tensor, language: str) -> list[Heard]:
    """Returns the words of the best path; a word has the frames of its pieces."""
    place = torch.tensor([LANGUAGES.index(language)])
    best = model.ctc_scores(output, place)[0].argmax(-1).tolist()
    spans: list[list[int]] = []
    for frame, piece in enumerate(best):
        if piece != BLANK and (frame == 0 or best[frame - 1] != piece):
            spans.append([piece, frame, frame + 1])
        elif piece != BLANK:
            spans[-1][2] = frame + 1
    return _words(spans, language)


@torch.inference_mode()
def by_transducer(model: Conformer, output: torch.Tensor, language: str) -> list[Heard]:
    """Returns the words of greedy transducer decoding; a piece has the frame that it comes in."""
    spans: list[list[int]] = []
    frames = model.joint_enc(output.transpose(1, 2))  # [1, T, H]
    hidden = cell = torch.zeros(LAYERS, 1, frames.shape[2])
    length = torch.tensor([1])
    predict = lambda token: model.rnnt_decoder(  # noqa: E731
        torch.tensor([[token]]), length, hidden, cell
    )
    outputs, _, next_hidden, next_cell = predict(START)
    for frame in range(frames.shape[1]):
        for _ in range(MOST_SYMBOLS):
            joint = model.joint_pre_net(
                frames[:, frame : frame + 1] + model.joint_pred(outputs.transpose(1, 2))
            )
            piece = int(model.joint_post_net[language](joint).argmax())
            if piece == BLANK:
                break
            spans.append([piece, frame, frame + 1])
            hidden, cell = next_hidden, next_cell
            outputs, _, next_hidden, next_cell = predict(piece)
    return _words(spans, language)


def _words(spans: list[list[int]], language: str) -> list[Heard]:
    groups: list[list[list[int]]] = []
    for span in spans:
        if not groups or vocabulary(language)[span[0]].startswith(START_OF_WORD):
            groups.append([])
        groups[-1].append(span)
    return [
        Heard(
            text=decode([piece for piece, _, _ in group], language),
            start=group[0][1] * FRAME,
            end=group[-1][2] * FRAME,
        )
        for group in groups
    ]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Word errors, the words of the reference, and the boundary errors (s) of correct words."""

    errors: int
    words: int
    boundaries: tuple[float, ...]

    def __str__(self) -> str:
        mean = 1000 * float(np.mean(self.boundaries)) if self.boundaries else float("nan")
        share = self.errors / max(1, self.words)
        return f"{self.errors}/{self.words} word errors ({share:.1%}), boundaries {mean:.0f} ms"


def total(scores: Iterable[Score]) -> Score:
    """Returns the scores of several recordings as one."""
    scores = list(scores)
    return Score(
        errors=sum(s.errors for s in scores),
        words=sum(s.words for s in scores),
        boundaries=tuple(b for s in scores for b in s.boundaries),
    )


def compare(heard: list[Heard], truth: list[Heard]) -> Score:
    """Returns the errors: substituted, missing and extra words by the least edits."""
    cost = np.zeros((len(truth) + 1, len(heard) + 1), np.int64)
    cost[:, 0], cost[0] = np.arange(len(truth) + 1), np.arange(len(heard) + 1)
    for i, right in enumerate(truth, 1):
        for j, word in enumerate(heard, 1):
            cost[i, j] = min(
                cost[i - 1, j - 1] + (word.text != right.text),
                cost[i - 1, j] + 1,
                cost[i, j - 1] + 1,
            )
    boundaries: list[float] = []
    i, j = len(truth), len(heard)
    while i and j:
        same = heard[j - 1].text == truth[i - 1].text
        if cost[i, j] == cost[i - 1, j - 1] + (not same):
            i, j = i - 1, j - 1
            if same:
                boundaries.append(abs(heard[j].start - truth[i].start))
                boundaries.append(abs(heard[j].end - truth[i].end))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return Score(errors=int(cost[-1, -1]), words=len(truth), boundaries=tuple(boundaries))


def spoken_words(window: Window) -> list[Heard]:
    """Returns the reference of a window."""
    return [
        Heard(text=plain(word.text), start=word.start, end=word.end)
        for placed in window.spoken
        for word in placed.words
    ]
