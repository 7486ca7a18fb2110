"""Speech that begins long after its segment does: where do the path searches put its first word?

The scores are made up, so that the blank's probability in the silence is known: whisperX's search
goes wrong where a network is unsure of the blank (whisperX issue 1451). The network of the demo is
sure of it.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.speech.processes import call
from benchmarks.speech.tables import table
from indicsubs_recognition.ctc_path import best_path
from indicsubs_recognition.spelling import read_vocabulary, spell_words

FRAME_MS = 20
"""The length of a frame of wav2vec2."""
SILENT, BETWEEN, LETTERS = 900, 6, "abcdefghij"
"""Frames before the first letter; frames from one letter to the next; the letters of the word."""
BLANKS = (0.97, 0.8, 0.6, 0.5, 0.45, 0.4, 0.35)
"""The probability of the blank in frames without a letter; the letters share the rest."""
HEARD = 0.85
"""The probability of the right letter in its frame."""


def scores(blank: float) -> npt.NDArray[np.float32]:
    """Returns log probabilities [frames, columns]: column 0 is the blank, then come the letters."""
    columns = len(LETTERS) + 2  # the blank, a delimiter, the letters
    frames = SILENT + BETWEEN * len(LETTERS) + 50
    found = np.full((frames, columns), (1 - blank) / (columns - 1), np.float32)
    found[:, 0] = blank
    for index in range(len(LETTERS)):
        frame = SILENT + BETWEEN * index
        found[frame] = (1 - HEARD) / (columns - 1)
        found[frame, 2 + index] = HEARD
    return np.log(found)


def run(_options: argparse.Namespace) -> str:
    """Returns the table."""
    vocabulary = read_vocabulary(
        {"<pad>": 0, "|": 1, **{letter: 2 + k for k, letter in enumerate(LETTERS)}},
        "|",
        blank=0,
        columns=len(LETTERS) + 2,
    )
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / f"{blank}.npy") for blank in BLANKS]
        for file, blank in zip(files, BLANKS, strict=True):
            np.save(file, scores(blank))
        tokens = list(range(2, 2 + len(LETTERS)))
        theirs = call(
            "whisperx", "whisperx_peer", "first_frames", {"files": files, "tokens": tokens}
        ).value
    for blank, frame in zip(BLANKS, theirs, strict=True):
        paths = best_path(scores(blank), spell_words(LETTERS, vocabulary), vocabulary)
        ours = None if paths is None else paths[0].pieces[0].start
        rows.append([f"{blank:.2f}", _late_ms(ours), _late_ms(frame)])
    return (
        f"A word after {SILENT * FRAME_MS / 1000:.0f} s without one, by the probability of the"
        " blank there (seconds by which its start is off; scores that were made up):\n\n"
        + table(("blank", "indicsubs", "whisperx.align"), rows)
    )


def _late_ms(frame: int | None) -> float | str:
    return "no path" if frame is None else (frame - SILENT) * FRAME_MS / 1000
