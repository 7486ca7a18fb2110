"""Stage asr by an engine that hears the loudness of a chunk, and a sentence for each."""

from array import array
from collections.abc import Sequence

from indicsubs_contract.context import Context
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.recognise import recognise
from indicsubs_recognition.recognition_engine import DecodeMode

SENTENCES = {1000: "दरवाज़ा बंद कर दो।", 2000: "तुम कहाँ हो?"}
"""What is said, by the highest sample."""


def run(request: AsrRequest, context: Context) -> AsrResult:
    """Recognises the speech.

    Raises:
        IndicsubsError: as for :func:`~indicsubs_recognition.recognise.recognise`.
    """
    context.model(request.model, "straw.txt")
    return recognise(request, context, Straw, "straw")


class Straw:
    """A ``RecognitionEngine``."""

    languages = frozenset({"hindi", "tamil"})

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Hears Hindi everywhere."""
        return [{"hindi": 0.9, "tamil": 0.1} for _ in chunks]

    def script(self, language: str) -> str | None:
        """Writes each language in the script of the language."""
        return {"hindi": "Deva", "tamil": "Taml"}[language]

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Returns the sentence of each chunk's loudness."""
        assert language == "hindi", "the code of the row, not the tag"
        return [
            DecodedChunk(
                text=SENTENCES[max(array("h", chunk))],
                log_probability=-0.1,
                no_speech=0.0,
                cut_off=False,
            )
            for chunk in chunks
        ]
