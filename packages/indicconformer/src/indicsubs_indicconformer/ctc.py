"""Greedy decoding of the CTC head's scores (connectionist temporal classification)."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from indicsubs_indicconformer.checkpoint import PIECES
from indicsubs_indicconformer.emitted import EmittedPiece, decoded_chunk
from indicsubs_recognition.decoded_chunk import DecodedChunk


def decode_ctc(
    emissions: npt.NDArray[np.float32], pieces: Sequence[str], chunk_ms: int
) -> DecodedChunk:
    """Returns the text and the words of the best path through one chunk.

    Args:
        emissions: Log probabilities, shape [frames, 257] with at least one frame; the blank is the
            last column.
        pieces: The pieces of the other columns.
        chunk_ms: The length of the chunk.
    """
    return decoded_chunk(best_path(emissions, pieces), emissions[:, PIECES].tolist(), chunk_ms)


def best_path(emissions: npt.NDArray[np.float32], pieces: Sequence[str]) -> list[EmittedPiece]:
    """Returns the most probable piece of each frame: repeats are merged, blanks are left out.

    The log probability of a piece is the mean over its frames.
    """
    columns = emissions.argmax(axis=1).tolist()
    emitted: list[EmittedPiece] = []
    for column, run in groupby(range(len(columns)), key=columns.__getitem__):
        frames = list(run)
        if column != PIECES:
            emitted.append(
                EmittedPiece(
                    text=pieces[column],
                    start_frame=frames[0],
                    end_frame=frames[-1] + 1,
                    log_probability=float(emissions[frames, column].mean()),
                )
            )
    return emitted
