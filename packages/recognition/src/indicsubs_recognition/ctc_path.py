"""Finds the most probable path of a text through the output of a CTC network. Pure.

A network with connectionist temporal classification (Graves and others, 2006) gives each frame a
probability for each of its columns and for a blank. A path takes the pieces of all words in order;
a piece lasts one or more frames, blanks may come between pieces, and must come between two equal
ones. Where a word can be spelled with different pieces, the path takes the most probable of them.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from indicsubs_recognition.spelling import SpelledWord, Vocabulary

Scores = npt.NDArray[np.float32]
"""Log-probabilities [frames, columns] of the columns of a network, the blank among them."""


class PieceSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The frames [start, end) of a piece on the path, and its mean probability in them."""

    column: int
    start: int
    end: int
    probability: float


class WordPath(msgspec.Struct, frozen=True, kw_only=True):
    """The path of one word."""

    pieces: tuple[PieceSpan, ...]
    delimiter: PieceSpan | None
    """The sign after the word; None where the vocabulary has none."""


class _Node(msgspec.Struct, frozen=True, kw_only=True):
    """A state that a frame can be in: a blank between two letters, or a piece."""

    start: int
    """The letter before which it begins, counted over the whole text."""
    end: int
    column: int
    word: int
    """Index of its word; -1 for a blank, -2 for a delimiter."""


_BLANK, _DELIMITER = -1, -2


def best_path(
    scores: Scores, words: Sequence[SpelledWord], vocabulary: Vocabulary
) -> list[WordPath] | None:
    """Returns the most probable path of the words, one item for each word.

    Args:
        scores: The output of the network for the sound of the words. A column for the
            vocabulary's star is added: its score is the best score of all columns except the
            blank's, because any sound fits it.
        words: The words; at least one.
        vocabulary: The vocabulary that the words were spelled with.

    Returns:
        None where there are too few frames for the words.
    """
    nodes, length = _nodes(words, vocabulary)
    before = _nodes_before(nodes)
    columns = np.array([node.column for node in nodes])
    emissions = _with_star(scores, vocabulary)[:, columns]
    frames = len(emissions)
    total = np.full(len(nodes) + 1, -np.inf, np.float32)  # the last stands for "no such node"
    chosen = np.zeros((frames, len(nodes)), np.int8)
    starts = [index for index, node in enumerate(nodes) if node.start == 0]
    if frames:
        total[starts] = emissions[0, starts]
    for frame in range(1, frames):
        best = total[:-1].copy()  # stays in its node
        choice = chosen[frame]
        for rank, sources in enumerate(before, 1):
            arriving = total[sources]
            better = arriving > best
            np.copyto(best, arriving, where=better)
            choice[better] = rank
        total[:-1] = best + emissions[frame]
    ends = [index for index, node in enumerate(nodes) if node.end == length]
    last = max(ends, key=lambda index: total[index])
    if not frames or total[last] == -np.inf:
        return None
    return _word_paths(_trace(last, chosen, before), nodes, emissions, len(words))


def _nodes(words: Sequence[SpelledWord], vocabulary: Vocabulary) -> tuple[list[_Node], int]:
    """Returns the nodes of a text, and its number of letters (a delimiter counts as one)."""
    nodes: list[_Node] = []
    offset = 0
    for index, word in enumerate(words):
        nodes += [
            _Node(
                start=offset + piece.start,
                end=offset + piece.end,
                column=piece.column,
                word=index,
            )
            for piece in word.pieces
        ]
        offset += word.length
        if vocabulary.delimiter is not None:
            nodes.append(
                _Node(start=offset, end=offset + 1, column=vocabulary.delimiter, word=_DELIMITER)
            )
            offset += 1
    nodes += [
        _Node(start=letter, end=letter, column=vocabulary.blank, word=_BLANK)
        for letter in range(offset + 1)
    ]
    return nodes, offset


def _nodes_before(nodes: Sequence[_Node]) -> list[npt.NDArray[np.intp]]:
    """Returns the nodes from which a path can come to each node, besides the node itself.

    Returns:
        The k-th array has the k-th of these nodes for every node, or ``len(nodes)`` where it has
        fewer.
    """
    ending: dict[int, list[int]] = {}
    for index, node in enumerate(nodes):
        ending.setdefault(node.end, []).append(index)
    sources: list[list[int]] = []
    for node in nodes:
        arriving = ending.get(node.start, [])
        if node.word == _BLANK:
            sources.append([k for k in arriving if nodes[k].word != _BLANK])
        else:
            sources.append([k for k in arriving if nodes[k].column != node.column])
    most = max(map(len, sources))
    padded = [row + [len(nodes)] * (most - len(row)) for row in sources]
    return list(np.array(padded, np.intp).T)


def _with_star(scores: Scores, vocabulary: Vocabulary) -> Scores:
    sounds = scores.copy()
    sounds[:, vocabulary.blank] = -np.inf
    return np.concatenate([scores, sounds.max(axis=1, keepdims=True)], axis=1)


def _trace(
    last: int, chosen: npt.NDArray[np.int8], before: Sequence[npt.NDArray[np.intp]]
) -> list[int]:
    """Returns the node of every frame."""
    path = [last]
    for frame in range(len(chosen) - 1, 0, -1):
        rank = int(chosen[frame, path[-1]])
        path.append(int(before[rank - 1][path[-1]]) if rank else path[-1])
    return path[::-1]


def _word_paths(
    path: Sequence[int], nodes: Sequence[_Node], emissions: Scores, count: int
) -> list[WordPath]:
    pieces: list[list[PieceSpan]] = [[] for _ in range(count)]
    delimiters: list[PieceSpan | None] = [None] * count
    word, start = 0, 0
    for frame in range(1, len(path) + 1):
        if frame < len(path) and path[frame] == path[start]:
            continue
        node = nodes[path[start]]
        if node.word != _BLANK:
            span = PieceSpan(
                column=node.column,
                start=start,
                end=frame,
                probability=float(np.exp(emissions[start:frame, path[start]]).mean()),
            )
            if node.word == _DELIMITER:
                delimiters[word] = span
            else:
                word = node.word
                pieces[word].append(span)
        start = frame
    return [
        WordPath(pieces=tuple(spans), delimiter=delimiter)
        for spans, delimiter in zip(pieces, delimiters, strict=True)
    ]
