"""Finds the most probable path of a text through the output of a CTC network. Pure.

A network with connectionist temporal classification (Graves and others, 2006) gives each frame a
probability for each of its columns and for a blank. A path takes the pieces of all words in order;
a piece lasts one or more frames, blanks may come between pieces, and must come between two equal
ones. Where a word can be spelled with different pieces, the path takes the most probable of them.
"""

from collections.abc import Iterator, Sequence

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
    """Returns the most probable path of the words of one text, as :func:`best_paths` does."""
    (path,) = best_paths([(scores, words)], vocabulary)
    return path


def best_paths(
    texts: Sequence[tuple[Scores, Sequence[SpelledWord]]], vocabulary: Vocabulary
) -> list[list[WordPath] | None]:
    """Returns the most probable path of each text, one item for each of its words.

    Several texts take little more time than one, because a step is made for all of them at once.

    Args:
        texts: The output of the network for the sound of each text, and its words; at least one
            word. A column for the vocabulary's star is added to the scores: its score is the best
            score of all columns except the blank's, because any sound fits it.
        vocabulary: The vocabulary that the words were spelled with.

    Returns:
        None for a text that has too few frames for its words.
    """
    paths: list[list[WordPath] | None] = [None] * len(texts)
    order = sorted(
        (index for index, (scores, _) in enumerate(texts) if len(scores)),
        key=lambda index: -len(texts[index][0]),
    )
    graphs = [_Graph(*texts[index], vocabulary) for index in order]
    for index, (graph, totals) in zip(order, _search(graphs), strict=True):
        last = max(graph.ends, key=lambda node: totals[-1, node])
        if totals[-1, last] > -np.inf:
            path = _trace(last, totals, graph.before)
            paths[index] = _word_paths(path, graph.nodes, graph.emissions, len(texts[index][1]))
    return paths


class _Graph:
    """The nodes of a text, and how they follow each other."""

    def __init__(
        self, scores: Scores, words: Sequence[SpelledWord], vocabulary: Vocabulary
    ) -> None:
        self.nodes, length = _nodes(words, vocabulary)
        self.before = _nodes_before(self.nodes)
        columns = np.array([node.column for node in self.nodes])
        self.emissions: Scores = _with_star(scores, vocabulary)[:, columns]
        self.starts = [index for index, node in enumerate(self.nodes) if node.start == 0]
        self.ends = [index for index, node in enumerate(self.nodes) if node.end == length]


def _search(graphs: Sequence[_Graph]) -> Iterator[tuple[_Graph, Scores]]:
    """Yields each graph with the score of the best path to each node at each frame.

    Args:
        graphs: Ordered by the number of their frames, the most first.
    """
    if not graphs:
        return
    offsets = np.cumsum([0, *(len(graph.nodes) for graph in graphs)])
    count = int(offsets[-1])
    most = max(len(row) for graph in graphs for row in graph.before)
    # The node itself, then those before it; `count` stands for "no such node".
    sources = np.full((most + 1, count), count, np.intp)
    sources[0] = np.arange(count)
    frames = len(graphs[0].emissions)
    emissions = np.zeros((frames, count), np.float32)
    totals = np.full((frames, count + 1), -np.inf, np.float32)
    for graph, offset in zip(graphs, offsets, strict=False):
        for index, row in enumerate(graph.before):
            sources[1 : len(row) + 1, offset + index] = [offset + node for node in row]
        emissions[: len(graph.emissions), offset : offset + len(graph.nodes)] = graph.emissions
        starts = [offset + node for node in graph.starts]
        totals[0, starts] = emissions[0, starts]
    first = 1
    for active in range(len(graphs), 0, -1):  # the text with the fewest frames ends first
        nodes = int(offsets[active])
        arriving = np.ascontiguousarray(sources[:, :nodes])
        scores = np.empty(arriving.shape, np.float32)
        end = len(graphs[active - 1].emissions)
        for frame in range(first, end):
            totals[frame - 1].take(arriving, out=scores, mode="clip")
            np.maximum.reduce(scores, axis=0, out=totals[frame, :nodes])
            totals[frame, :nodes] += emissions[frame, :nodes]
        first = max(first, end)
    for graph, offset in zip(graphs, offsets, strict=False):
        yield graph, totals[: len(graph.emissions), offset : offset + len(graph.nodes)]


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


def _nodes_before(nodes: Sequence[_Node]) -> list[list[int]]:
    """Returns the nodes from which a path can come to each node, besides the node itself."""
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
    return sources


def _with_star(scores: Scores, vocabulary: Vocabulary) -> Scores:
    sounds = scores.copy()
    sounds[:, vocabulary.blank] = -np.inf
    return np.concatenate([scores, sounds.max(axis=1, keepdims=True)], axis=1)


def _trace(last: int, totals: Scores, before: Sequence[Sequence[int]]) -> list[int]:
    """Returns the node of every frame. Where two ways are equally good, a node is kept."""
    path = [last]
    for scores in totals[-2::-1]:
        node = path[-1]
        path.append(max((node, *before[node]), key=scores.__getitem__))
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
