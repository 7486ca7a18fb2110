"""Stage indictrans2_translation by an engine that has a phrase book."""

from collections.abc import Callable, Sequence

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.translation import TranslationRequest, TranslationResult
from indicsubs_translation.engine import BeamSearch, Rendering
from indicsubs_translation.translate import translate

PHRASES = {"दरवाज़ा बंद कर दो।": "Close the door.", "तुम कहाँ हो?": "Where are you?"}


def run(request: TranslationRequest, context: Context) -> TranslationResult:
    """Translates every sentence into each target.

    Raises:
        IndicsubsError: as for :func:`~indicsubs_translation.translate.translate`.
    """

    def load(model: ModelFolder, *, precise: bool) -> PhraseBook:
        context.model(model, "straw.txt")
        return PhraseBook()

    return translate(request, context, load)


class PhraseBook:
    """A ``TranslationEngine``."""

    longest = 100

    def check_languages(self, source: str, target: str) -> None:
        """Knows one pair."""
        if (source, target) != ("hindi", "english"):
            raise IndicsubsError(FailureCode.BAD_INPUT, f"no phrase book for {source} to {target}")

    def fits(self, sentence: str, source: str, target: str) -> bool:
        """Any sentence fits."""
        return True

    def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        search: BeamSearch,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Rendering]]:
        """Returns the phrase of each sentence."""
        done(range(len(sentences)))
        return [[Rendering(PHRASES[sentence], 4, complete=True)] for sentence in sentences]
