"""Lines of dialogue in one language to lines in another, through an IndicTrans2 checkpoint."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.messages import Device, TranslationEngine
from indicsubs_indictrans2.engine import Engine, Hypothesis, Precision, cut_batches
from indicsubs_indictrans2.lines import Line, parse_line, restore, sentences_of, split_to_fit
from indicsubs_indictrans2.memory import Memory
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.repair import Attempt
from indicsubs_indictrans2.shape import EOS, read_shape
from indicsubs_indictrans2.tokenizer import LONGEST, Tokenizer

CLOSE: Final = 0.5
"""Another hypothesis of the beam may stand in for the best one when its mean log-probability is
less by no more than this: e^-0.5 is 0.6 of the probability per token. Own choice."""
_LIBRARIES: Final = ("torch", "transformers", "ctranslate2")
"""Whose versions may change what an engine says."""


class Translator:
    """A checkpoint, ready for any pair of languages that it knows.

    The network itself is loaded when it is first needed: where the memory knows everything, never.
    """

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        tokenizer: Tokenizer,
        longest: int,
        memory: Memory | None = None,
    ) -> None:
        self._open_engine = open_engine
        self._engine: Engine | None = None
        self._tokenizer = tokenizer
        self._longest = min(LONGEST, longest)
        self._memory = memory

    @classmethod
    def load(
        cls,
        folder: Path,
        device: Device,
        precision: Precision,
        engine: TranslationEngine = "torch",
        fingerprint: str = "",
        memory: Path | None = None,
        opened: Engine | None = None,
    ) -> "Translator":
        """Read a checkpoint of the official layout. Nothing in its folder is executed.

        Args:
            folder: The checkpoint.
            device: Where to compute.
            precision: What to compute in.
            engine: ``ctranslate2`` converts the checkpoint first, once.
            fingerprint: Digest of the checkpoint, by which its conversion is kept.
            memory: File of the translation memory; None has none.
            opened: The network, where it is loaded already.

        Raises:
            StageError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a file that is absent or damaged;
                later, with the network, ``DEVICE`` for a device that is absent or that the engine
                cannot use so.
        """
        shape = read_shape(folder)
        tokenizer = Tokenizer.load(folder, shape)
        known = None
        if memory is not None:
            versions = [version(name) for name in _LIBRARIES]
            known = Memory(memory, (fingerprint, engine, device, precision, *versions))

        def open_engine() -> Engine:
            if opened is not None:
                return opened
            return import_engine(engine)(folder, fingerprint, device, precision)

        return cls(open_engine, tokenizer, shape.max_source_positions, known)

    @property
    def engine(self) -> Engine:
        """What translates ids, loaded now if it was not."""
        if self._engine is None:
            self._engine = self._open_engine()
        return self._engine

    def translate(
        self,
        lines: Sequence[str],
        source: str,
        target: str,
        *,
        beam_size: int = 5,
        hypotheses: int = 1,
        batch_tokens: int | None = None,
        report: Callable[[int], None] = lambda _: None,
    ) -> list[Attempt]:
        """Translate lines between two FLORES tags.

        Lines without a letter (empty, notes, digits, emoji) come back unchanged. Lines of several
        sentences, and sentences that are too long for the model, are translated in pieces.

        Args:
            lines: In the order of the film.
            source: As ``hin_Deva``.
            target: As ``eng_Latn``.
            beam_size: Beams; 1 is greedy.
            hypotheses: Of each line, the best included; those that are not ``CLOSE`` are left out.
            batch_tokens: Tokens that the network gets at once; None takes what memory allows.
            report: Called with the number of lines done, growing to all.

        Returns:
            One attempt per line, with what is doubtful about it as warnings.

        Raises:
            StageError: ``BAD_INPUT`` for a language that indicsubs or the model does not know, and
                what the engine raises.
        """
        self._check(source, target)
        parsed = [parse_line(line) for line in lines]
        pieces, warnings = self._cut(parsed, source, target)
        processing = Processing(source, target)
        prepared = processing.prepare([piece.text for piece in pieces])
        sources = [self._tokenizer.encode(text, source, target) for text in prepared]
        left = Counter(piece.line for piece in pieces)
        report(len(lines) - len(left))

        def done(indices: Sequence[int]) -> None:
            nonlocal left
            left -= Counter(pieces[index].line for index in indices)
            report(len(lines) - len(left))

        found = self._search(sources, beam_size, min(hypotheses, beam_size), batch_tokens, done)
        made: list[list[str]] = [[] for _ in pieces]
        for rank in range(max(map(len, found), default=0)):
            ranked = [k for k, said in enumerate(found) if rank < len(said)]
            if rank:  # a processor forgets what it hid as soon as it has brought it back
                processing = Processing(source, target)
                processing.prepare([pieces[k].text for k in ranked])
            texts = processing.finish([self._tokenizer.decode(found[k][rank].ids) for k in ranked])
            for k, text in zip(ranked, texts, strict=True):
                made[k].append(restore(pieces[k].text, text).strip())
        of_line: list[list[list[str]]] = [[] for _ in lines]
        for piece, texts, said in zip(pieces, made, found, strict=True):
            of_line[piece.line].append(texts)
            warnings[piece.line] += _warnings(texts[0], said[0].ids)
        return [
            _attempt(line, texts, warned)
            for line, texts, warned in zip(parsed, of_line, warnings, strict=True)
        ]

    def _search(
        self,
        sources: Sequence[Sequence[int]],
        beam_size: int,
        hypotheses: int,
        batch_tokens: int | None,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Hypothesis]]:
        """Hypotheses of each source; equal sources are searched once, known ones not at all."""
        places: dict[tuple[int, ...], list[int]] = {}
        for index, source in enumerate(sources):
            places.setdefault(tuple(source), []).append(index)
        found: list[list[Hypothesis]] = [[] for _ in sources]

        def lay(source: tuple[int, ...], said: list[Hypothesis]) -> None:
            close = [one for one in said if one.score >= said[0].score - CLOSE]
            for index in places[source]:
                found[index] = close
            done(places[source])

        missing = list(places)
        if self._memory is not None:
            known = self._memory.known(missing, beam_size, hypotheses)
            for source, said in known.items():
                lay(source, said)
            missing = [source for source in missing if source not in known]
        if missing:
            cut = cut_batches([len(s) for s in missing], self.engine, beam_size, batch_tokens)
            batches = [[missing[k] for k in batch] for batch in cut]
            for source, said in self._run(batches, beam_size, hypotheses):
                lay(source, said)
        return found

    def _run(
        self, batches: Sequence[Sequence[tuple[int, ...]]], beam_size: int, hypotheses: int
    ) -> Iterator[tuple[tuple[int, ...], list[Hypothesis]]]:
        """Search batches, several at once where the engine can, and remember what they give."""
        search = self.engine.search
        workers = ThreadPoolExecutor(self.engine.workers)
        try:
            futures = {workers.submit(search, b, beam_size, hypotheses): b for b in batches}
            for future in as_completed(futures):
                said = list(zip(futures[future], future.result(), strict=True))
                if self._memory is not None:
                    self._memory.keep(said, beam_size, hypotheses)
                yield from said
        finally:  # after an error or an interrupt nobody waits for what still runs
            workers.shutdown(wait=False, cancel_futures=True)

    def _check(self, source: str, target: str) -> None:
        Processing(source, target)  # refuses what indicsubs does not know
        for code in (source, target):
            if not self._tokenizer.knows(code):
                raise StageError(
                    FailureCode.BAD_INPUT,
                    f"The model has no tag for {code}: it translates other languages. Take one"
                    f" for {source} to {target}; `indicsubs models` shows them.",
                )

    def _cut(
        self, lines: Sequence[Line], source: str, target: str
    ) -> tuple[list["_Piece"], list[list[str]]]:
        """The pieces that the model gets, and what is to be said of each line."""

        def fits(text: str) -> bool:
            # A token has one character at least, and the processor writes at most two for one.
            if 2 * len(text) <= self._longest - 3:
                return True
            prepared = Processing(source, target).prepare([text])[0]
            return len(self._tokenizer.encode(prepared, source, target)) <= self._longest

        pieces: list[_Piece] = []
        warnings: list[list[str]] = [[] for _ in lines]
        for index, line in enumerate(lines):
            if not line.text:
                continue
            whole = sentences_of(line.text)
            parts = [part for sentence in whole for part in split_to_fit(sentence, fits)]
            if len(parts) > len(whole):
                warnings[index].append(
                    f"longer than the model's {self._longest} tokens; translated in pieces"
                )
            if line.dropped_markup:
                warnings[index].append("markup inside the line is lost")
            pieces += [_Piece(part, index) for part in parts]
        return pieces, warnings


def import_engine(engine: TranslationEngine) -> Callable[[Path, str, Device, Precision], Engine]:
    """How to load a network: from its folder and that folder's digest, where and in what."""
    if engine == "torch":
        from indicsubs_indictrans2.torch_engine import TorchEngine

        return lambda folder, _digest, device, how: TorchEngine.load(folder, device, how)
    from indicsubs_indictrans2.ctranslate2_checkpoint import cache_folder
    from indicsubs_indictrans2.ctranslate2_engine import CTranslate2Engine

    return lambda folder, digest, device, how: CTranslate2Engine.load(
        folder, digest, device, how, cache_folder()
    )


class _Piece(NamedTuple):
    """What the model gets at once: a sentence, or part of one that is too long."""

    text: str
    line: int
    """Index of the line that it is part of."""


def _attempt(line: Line, pieces: Sequence[Sequence[str]], warnings: Sequence[str]) -> Attempt:
    """A line put together again; a piece with fewer hypotheses than another keeps its last."""
    texts = [
        line.before
        + " ".join(filter(None, (piece[min(rank, len(piece) - 1)] for piece in pieces)))
        + line.after
        for rank in range(max(map(len, pieces), default=1))
    ]
    best, *others = dict.fromkeys(texts)
    return Attempt(best, tuple(warnings), tuple(others))


def _warnings(text: str, ids: Sequence[int]) -> list[str]:
    if ids[-1:] != [EOS]:
        return [f"cut by the model after {len(ids)} tokens; look at its end"]
    return [] if text.strip() else ["the model gave no words; translate it by hand"]
