"""The interface of every translation engine."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from indicsubs_contract.messages.files import ModelFolder


class Rendering(NamedTuple):
    """A translation of one sentence."""

    text: str
    tokens: int
    """The number of tokens that the model wrote."""
    complete: bool
    """False where the model was cut off before the end of the sentence."""


class BeamSearch(NamedTuple):
    """How an engine searches for translations."""

    beam_size: int
    """The number of beams; 1 is greedy."""
    hypotheses: int
    """The most renderings of each sentence."""
    batch_tokens: int | None
    """The most tokens in a batch; with None, as many as memory allows."""


class TranslationEngine(Protocol):
    """An engine with its model, which translates single sentences of plain text.

    Languages are the engine's own codes (``EngineLanguage.code``).
    """

    @property
    def longest(self) -> int:
        """The most tokens of a sentence."""
        ...

    def check_languages(self, source: str, target: str) -> None:
        """Checks that the model translates between two languages.

        Raises:
            IndicsubsError: ``BAD_INPUT``, naming the language that the model does not know.
        """
        ...

    def fits(self, sentence: str, source: str, target: str) -> bool:
        """Returns whether a sentence is short enough to be translated in one piece."""
        ...

    def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        search: BeamSearch,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Rendering]]:
        """Translates sentences by beam search.

        Args:
            sentences: In any order; equal ones may be computed once.
            source: Code of their language.
            target: Code of another language.
            search: The number of beams, of renderings, and of tokens in a batch.
            done: Called with the indices of finished sentences, each once.

        Returns:
            The renderings of each sentence, best first: at least one, and others whose probability
            is close to the best one.

        Raises:
            IndicsubsError: ``OUT_OF_MEMORY``; ``DEVICE`` or ``MISSING_MODEL`` where the network is
                loaded during this call.
        """
        ...


class LoadEngine(Protocol):
    """A function that loads a translation engine."""

    def __call__(self, model: ModelFolder, *, precise: bool) -> TranslationEngine:
        """Loads a model.

        Args:
            model: The model.
            precise: Whether to compute in float32 even if the request names another number format;
                used for lines that failed a check.

        Raises:
            IndicsubsError: ``MISSING_MODEL``, ``BAD_INPUT`` or ``DEVICE``.
        """
        ...
