"""IndicTrans2 as a translation engine, from sentences in one language to sentences in another."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol, TypeVar

from indicsubs_contract.checkpoint import StageCheckpoint
from indicsubs_contract.device_memory import BatchHalver
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_indictrans2.generator import TokenGenerator, cut_batches
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.shape import EOS, read_shape
from indicsubs_indictrans2.spacing import restore
from indicsubs_indictrans2.tokenizer import LONGEST, Tokenizer
from indicsubs_translation.cache import TranslationCache
from indicsubs_translation.engine import BeamSearch, Rendering
from indicsubs_translation.hypotheses import Hypothesis

CLOSE: Final = 0.5
"""Another hypothesis of the beam may replace the best one if its mean log-probability is lower by
at most this. e^-0.5 is 0.6 of the probability per token. The value is our own choice."""
_LIBRARIES: Final = ("torch", "transformers", "ctranslate2")
"""Libraries whose versions may change the result."""
TOKENIZER: Final = ("tokenizer",)
"""The name of a checkpoint's tokenizer among its parts."""

_T = TypeVar("_T")


class KeptParts(Protocol):
    """A function that keeps the parts of a checkpoint, its tokenizer and its networks."""

    def __call__(self, part: tuple[str, ...], load: Callable[[], _T], /) -> _T:
        """Returns a part, which ``load`` loads unless it is kept."""
        ...


def load_part(_part: tuple[str, ...], load: Callable[[], _T]) -> _T:
    """Loads a part, and keeps nothing."""
    return load()


def network_part(engine: str, device: Device, compute_type: ComputeType) -> tuple[str, ...]:
    """Returns the name of a network among the parts of its checkpoint."""
    return (engine, device, compute_type)


class IndicTrans2:
    """A ``TranslationEngine``: a checkpoint for all pairs of languages that it knows.

    Languages are FLORES-200 codes. The network is loaded when it is first needed. If the cache has
    every sentence, it is never loaded.
    """

    def __init__(
        self,
        open_generator: Callable[[], TokenGenerator],
        tokenizer: Tokenizer,
        longest: int,
        cache: TranslationCache | None = None,
        checkpoint: StageCheckpoint | None = None,
    ) -> None:
        self.longest = min(LONGEST, longest)
        self._open_generator = open_generator
        self._generator: TokenGenerator | None = None
        self._tokenizer = tokenizer
        self._cache = cache
        self._checkpoint = checkpoint or StageCheckpoint()

    @classmethod
    def load(
        cls,
        folder: Path,
        device: Device,
        compute_type: ComputeType,
        engine: str = "torch",
        fingerprint: str = "",
        cache: Path | None = None,
        kept: KeptParts = load_part,
        checkpoint: StageCheckpoint | None = None,
    ) -> "IndicTrans2":
        """Reads a checkpoint of the official layout. Nothing in its folder is executed.

        Args:
            folder: The folder of the checkpoint.
            device: The device to compute on.
            compute_type: The number format to compute in.
            engine: ``torch``, or ``ctranslate2``, which first converts the checkpoint once.
            fingerprint: The digest of the checkpoint, which identifies its conversion.
            cache: The file of the translation cache; None means no cache.
            kept: Returns the tokenizer and the network that are loaded already, or loads them.
            checkpoint: Keeps how the sources are cut into batches, which depends on the free
                memory, so that a run after an interruption searches the same batches.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a file that is absent or damaged.
                When the network is loaded later, ``DEVICE`` for a device that is absent or that
                cannot compute in the number format.
        """
        shape = read_shape(folder)
        tokenizer = kept(TOKENIZER, lambda: Tokenizer.load(folder, shape))
        translations = None
        if cache is not None:
            versions = [version(name) for name in _LIBRARIES]
            translations = TranslationCache(
                cache, (fingerprint, engine, device, compute_type, *versions)
            )

        def open_generator() -> TokenGenerator:
            load = import_generator(engine)
            return kept(
                network_part(engine, device, compute_type),
                lambda: load(folder, fingerprint, device, compute_type),
            )

        return cls(open_generator, tokenizer, shape.max_source_positions, translations, checkpoint)

    @property
    def generator(self) -> TokenGenerator:
        """The network, which is loaded when it is first used."""
        if self._generator is None:
            self._generator = self._open_generator()
        return self._generator

    def check_languages(self, source: str, target: str) -> None:
        """Checks that the model translates between two languages.

        Raises:
            IndicsubsError: ``BAD_INPUT``, for a code that IndicTrans2 or this model lacks.
        """
        Processing(source, target)  # raises for codes that IndicTrans2 lacks
        for code in (source, target):
            if not self._tokenizer.knows(code):
                raise IndicsubsError(
                    FailureCode.BAD_INPUT,
                    f"The model has no tag for {code}: it translates other languages. Choose a"
                    f" model for {source} to {target}; `just models` shows the models.",
                )

    def fits(self, sentence: str, source: str, target: str) -> bool:
        """Returns whether a sentence is short enough for the model."""
        # A token has at least one character, and the processor writes at most two for one.
        if 2 * len(sentence) <= self.longest - 3:
            return True
        prepared = Processing(source, target).prepare([sentence])[0]
        return len(self._tokenizer.encode(prepared, source, target)) <= self.longest

    def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        search: BeamSearch,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Rendering]]:
        """Translates sentences; see :class:`~indicsubs_translation.engine.TranslationEngine`.

        Raises:
            IndicsubsError: ``BAD_INPUT`` for an unknown code; any that the network raises.
        """
        processing = Processing(source, target)
        prepared = processing.prepare(sentences)
        sources = [self._tokenizer.encode(text, source, target) for text in prepared]
        found = self._search(sources, search, done)
        renderings: list[list[Rendering]] = [[] for _ in sentences]
        for rank in range(max(map(len, found), default=0)):
            ranked = [k for k, hypotheses in enumerate(found) if rank < len(hypotheses)]
            if rank:  # a processor drops its placeholders as soon as it has turned them back
                processing = Processing(source, target)
                processing.prepare([sentences[k] for k in ranked])
            texts = processing.finish([self._tokenizer.decode(found[k][rank].ids) for k in ranked])
            for k, text in zip(ranked, texts, strict=True):
                ids = found[k][rank].ids
                renderings[k].append(
                    Rendering(
                        text=restore(sentences[k], text).strip(),
                        tokens=len(ids),
                        complete=ids[-1:] == [EOS],
                    )
                )
        return renderings

    def _search(
        self,
        sources: Sequence[Sequence[int]],
        search: BeamSearch,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Hypothesis]]:
        """Returns the hypotheses of each source; searches equal sources once, cached ones never.

        The cached sources are taken out of the batches after these are cut: a run after an
        interruption searches a batch whole, or not at all, and finds the same hypotheses.
        """
        places: dict[tuple[int, ...], list[int]] = {}
        for index, source in enumerate(sources):
            places.setdefault(tuple(source), []).append(index)
        found: list[list[Hypothesis]] = [[] for _ in sources]

        def take(source: tuple[int, ...], ranked: list[Hypothesis]) -> None:
            least = ranked[0].score - CLOSE
            close = [hypothesis for hypothesis in ranked if hypothesis.score >= least]
            for index in places[source]:
                found[index] = close
            done(places[source])

        distinct = list(places)
        cached: dict[tuple[int, ...], list[Hypothesis]] = {}
        if self._cache is not None:
            cached = self._cache.find(distinct, search.beam_size, search.hypotheses)
            for source, ranked in cached.items():
                take(source, ranked)
        if len(cached) < len(distinct):
            batches = [
                [distinct[k] for k in batch if distinct[k] not in cached]
                for batch in self._cut(distinct, search)
            ]
            self._checkpoint.begin_new_part()
            searched = self._run(list(filter(None, batches)), search.beam_size, search.hypotheses)
            for source, ranked in searched:
                take(source, ranked)
        return found

    def _cut(self, sources: Sequence[tuple[int, ...]], search: BeamSearch) -> list[list[int]]:
        """Returns the batches of sources, by index; an interrupted run's are used again."""
        part = hashlib.sha256(repr((search, sources)).encode()).hexdigest()
        return self._checkpoint.once(
            f"batches {part}",
            list[list[int]],
            lambda: cut_batches(
                [len(source) for source in sources],
                self.generator,
                search.beam_size,
                search.batch_tokens,
            ),
        )

    def _run(
        self, batches: Sequence[Sequence[tuple[int, ...]]], beam_size: int, hypotheses: int
    ) -> Iterator[tuple[tuple[int, ...], list[Hypothesis]]]:
        """Searches batches, several at once if the network can, and caches the results.

        Where the memory is full, batches are searched in halves.
        """
        generator, halver = self.generator, BatchHalver()

        def search(batch: Sequence[tuple[int, ...]]) -> list[list[Hypothesis]]:
            return halver.compute(batch, lambda some: generator.search(some, beam_size, hypotheses))

        workers = ThreadPoolExecutor(generator.workers)
        try:
            futures = {workers.submit(search, b): b for b in batches}
            for future in as_completed(futures):
                searched = list(zip(futures[future], future.result(), strict=True))
                if self._cache is not None:
                    self._cache.store(searched, beam_size, hypotheses)
                yield from searched
        finally:  # after an error or an interrupt, the batches that still run are not waited for
            workers.shutdown(wait=False, cancel_futures=True)


def import_generator(
    engine: str,
) -> Callable[[Path, str, Device, ComputeType], TokenGenerator]:
    """Returns the function that loads the network of an engine.

    The function takes the checkpoint's folder, its digest, the device and the number format. It
    raises ``MISSING_MODEL`` or ``BAD_INPUT`` for the checkpoint, and ``DEVICE``.
    """
    if engine == "torch":
        from indicsubs_indictrans2.torch_engine import TorchGenerator

        return lambda folder, _digest, device, compute_type: TorchGenerator.load(
            folder, device, compute_type
        )
    from indicsubs_indictrans2.ctranslate2_checkpoint import cache_folder
    from indicsubs_indictrans2.ctranslate2_engine import CTranslate2Generator

    return lambda folder, digest, device, compute_type: CTranslate2Generator.load(
        folder, digest, device, compute_type, cache_folder()
    )
