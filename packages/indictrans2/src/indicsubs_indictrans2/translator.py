"""IndicTrans2 as a translation engine: sentences in one language to sentences in another."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Final

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_indictrans2.generator import TokenGenerator, cut_batches
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.shape import EOS, read_shape
from indicsubs_indictrans2.spacing import restore
from indicsubs_indictrans2.tokenizer import LONGEST, Tokenizer
from indicsubs_translation.cache import TranslationCache
from indicsubs_translation.engine import Rendering
from indicsubs_translation.hypotheses import Hypothesis

CLOSE: Final = 0.5
"""Another hypothesis of the beam may stand in for the best one when its mean log-probability is
less by no more than this: e^-0.5 is 0.6 of the probability per token. Own choice."""
_LIBRARIES: Final = ("torch", "transformers", "ctranslate2")
"""Libraries whose versions may change the result."""


class IndicTrans2:
    """A checkpoint, ready for any pair of languages that it knows; a ``TranslationEngine``.

    Languages are FLORES-200 codes. The network itself is loaded when it is first needed: never,
    where the cache has every sentence.
    """

    def __init__(
        self,
        open_generator: Callable[[], TokenGenerator],
        tokenizer: Tokenizer,
        longest: int,
        cache: TranslationCache | None = None,
    ) -> None:
        self.longest = min(LONGEST, longest)
        self._open_generator = open_generator
        self._generator: TokenGenerator | None = None
        self._tokenizer = tokenizer
        self._cache = cache

    @classmethod
    def load(
        cls,
        folder: Path,
        device: Device,
        compute_type: ComputeType,
        engine: str = "torch",
        fingerprint: str = "",
        cache: Path | None = None,
        opened: TokenGenerator | None = None,
    ) -> "IndicTrans2":
        """Reads a checkpoint of the official layout. Nothing in its folder is executed.

        Args:
            folder: The checkpoint.
            device: Where to compute.
            compute_type: The number format to compute in.
            engine: ``torch``, or ``ctranslate2``, which converts the checkpoint first, once.
            fingerprint: Digest of the checkpoint, by which its conversion is kept.
            cache: File of the translation cache; None keeps nothing.
            opened: The network, where it is loaded already.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a file that is absent or damaged;
                later, with the network, ``DEVICE`` for a device that is absent or that the engine
                cannot use so.
        """
        shape = read_shape(folder)
        tokenizer = Tokenizer.load(folder, shape)
        known = None
        if cache is not None:
            versions = [version(name) for name in _LIBRARIES]
            known = TranslationCache(cache, (fingerprint, engine, device, compute_type, *versions))

        def open_generator() -> TokenGenerator:
            if opened is not None:
                return opened
            return import_generator(engine)(folder, fingerprint, device, compute_type)

        return cls(open_generator, tokenizer, shape.max_source_positions, known)

    @property
    def generator(self) -> TokenGenerator:
        """The network, loaded now if it was not."""
        if self._generator is None:
            self._generator = self._open_generator()
        return self._generator

    def check_languages(self, source: str, target: str) -> None:
        """Checks that the model translates between two languages.

        Raises:
            IndicsubsError: ``BAD_INPUT``, for a code that IndicTrans2 or this model lacks.
        """
        Processing(source, target)  # refuses codes that IndicTrans2 lacks
        for code in (source, target):
            if not self._tokenizer.knows(code):
                raise IndicsubsError(
                    FailureCode.BAD_INPUT,
                    f"The model has no tag for {code}: it translates other languages. Take one"
                    f" for {source} to {target}; `indicsubs models` shows them.",
                )

    def fits(self, sentence: str, source: str, target: str) -> bool:
        """Returns whether a sentence is within the model's longest source."""
        # A token has one character at least, and the processor writes at most two for one.
        if 2 * len(sentence) <= self.longest - 3:
            return True
        prepared = Processing(source, target).prepare([sentence])[0]
        return len(self._tokenizer.encode(prepared, source, target)) <= self.longest

    def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        *,
        beam_size: int,
        hypotheses: int,
        batch_tokens: int | None,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Rendering]]:
        """Translates sentences; see :class:`~indicsubs_translation.engine.TranslationEngine`.

        Raises:
            IndicsubsError: what the network raises.
        """
        processing = Processing(source, target)
        prepared = processing.prepare(sentences)
        sources = [self._tokenizer.encode(text, source, target) for text in prepared]
        found = self._search(sources, beam_size, hypotheses, batch_tokens, done)
        renderings: list[list[Rendering]] = [[] for _ in sentences]
        for rank in range(max(map(len, found), default=0)):
            ranked = [k for k, hypotheses in enumerate(found) if rank < len(hypotheses)]
            if rank:  # a processor forgets its placeholders as soon as it has brought them back
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
        beam_size: int,
        hypotheses: int,
        batch_tokens: int | None,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Hypothesis]]:
        """Hypotheses of each source; equal sources are searched once, cached ones not at all."""
        places: dict[tuple[int, ...], list[int]] = {}
        for index, source in enumerate(sources):
            places.setdefault(tuple(source), []).append(index)
        found: list[list[Hypothesis]] = [[] for _ in sources]

        def take(source: tuple[int, ...], ranked: list[Hypothesis]) -> None:
            close = [one for one in ranked if one.score >= ranked[0].score - CLOSE]
            for index in places[source]:
                found[index] = close
            done(places[source])

        missing = list(places)
        if self._cache is not None:
            cached = self._cache.find(missing, beam_size, hypotheses)
            for source, ranked in cached.items():
                take(source, ranked)
            missing = [source for source in missing if source not in cached]
        if missing:
            lengths = [len(source) for source in missing]
            cut = cut_batches(lengths, self.generator, beam_size, batch_tokens)
            batches = [[missing[k] for k in batch] for batch in cut]
            for source, ranked in self._run(batches, beam_size, hypotheses):
                take(source, ranked)
        return found

    def _run(
        self, batches: Sequence[Sequence[tuple[int, ...]]], beam_size: int, hypotheses: int
    ) -> Iterator[tuple[tuple[int, ...], list[Hypothesis]]]:
        """Searches batches, several at once where the network can, and caches the results."""
        search = self.generator.search
        workers = ThreadPoolExecutor(self.generator.workers)
        try:
            futures = {workers.submit(search, b, beam_size, hypotheses): b for b in batches}
            for future in as_completed(futures):
                searched = list(zip(futures[future], future.result(), strict=True))
                if self._cache is not None:
                    self._cache.store(searched, beam_size, hypotheses)
                yield from searched
        finally:  # after an error or an interrupt, do not wait for the batches that still run
            workers.shutdown(wait=False, cancel_futures=True)


def import_generator(
    engine: str,
) -> Callable[[Path, str, Device, ComputeType], TokenGenerator]:
    """Returns the function that loads a network.

    It takes the checkpoint's folder, the digest of that folder, the device and the number format.
    """
    if engine == "torch":
        from indicsubs_indictrans2.torch_engine import TorchGenerator

        return lambda folder, _digest, device, how: TorchGenerator.load(folder, device, how)
    from indicsubs_indictrans2.ctranslate2_checkpoint import cache_folder
    from indicsubs_indictrans2.ctranslate2_engine import CTranslate2Generator

    return lambda folder, digest, device, how: CTranslate2Generator.load(
        folder, digest, device, how, cache_folder()
    )
