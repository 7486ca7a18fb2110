"""Stage asr by IndicConformer, which writes each of the 22 languages in its script.

IndicConformer cannot tell languages apart, knows no prompt, and has no search that a beam would
widen: the request's ``initial_prompt``, ``hotwords`` and ``beam_size`` have no effect. It writes no
punctuation, so sentence ends are set from pauses and question words.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from indicsubs_contract.context import Context
from indicsubs_contract.loaded_models import LOADED_MODELS, ModelKey
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_indicconformer.checkpoint import (
    CONFIG,
    CTC_HEAD,
    ENCODER,
    MASKS,
    SMALL,
    VOCABULARY,
)
from indicsubs_indicconformer.devices import check_device
from indicsubs_indicconformer.indic_conformer import BYTES_PER_MS, IndicConformer, open_model
from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.model_files import find_model
from indicsubs_recognition.punctuation import punctuate
from indicsubs_recognition.recognise import recognise
from indicsubs_recognition.recognition_engine import DecodeMode
from indicsubs_text.languages import LANGUAGES, Language, written_in

REMARK = (
    "IndicConformer writes no punctuation: sentence ends were set from pauses and question words."
)
_FILES = (CONFIG, VOCABULARY, MASKS)


def prepare(known: Preparation) -> None:
    """Loads the model if its name is already known.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    if known.model is not None:
        load_model(known.model, known.device, known.compute_type)


def run(request: AsrRequest, context: Context) -> AsrResult:
    """Recognises the speech.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent or cannot compute in the number
            format; ``MISSING_MODEL`` where the model's files are absent or do not load, or where
            the request asks for a transducer that the model lacks; any that
            :func:`~indicsubs_recognition.recognise.recognise` raises.
    """
    return recognise(
        request,
        context,
        lambda: PunctuatingRecogniser(request),
        "indicconformer",
        (REMARK,),
    )


def load_model(model: ModelFolder, device: Device, compute_type: ComputeType) -> IndicConformer:
    """Returns the loaded model of a request.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """

    def load() -> IndicConformer:
        check_device(device, compute_type)
        folder = find_model(model, _FILES, (ENCODER, SMALL))
        if (folder / ENCODER).is_file():
            Context.model(model, CTC_HEAD)
        return open_model(folder, model.name, device)

    return LOADED_MODELS.get(ModelKey(model, ("indicconformer", device, compute_type)), load)


class PunctuatingRecogniser:
    """IndicConformer with sentence ends; a ``RecognitionEngine``."""

    def __init__(self, request: AsrRequest) -> None:
        self._model = load_model(request.model, request.device, request.compute_type)
        self._decoding = request.decoding
        self._tags = {language.code: tag for tag, language in request.languages.items()}
        self.languages = self._model.languages

    def script(self, language: str) -> str | None:
        """Returns the ISO 15924 code of the script that the model writes a language in."""
        return self._model.script(language)

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns an empty mapping for each chunk: the model cannot tell languages apart."""
        return [{} for _ in chunks]

    def decode(
        self,
        chunks: Sequence[bytes],
        language: str,
        mode: DecodeMode,  # noqa: ARG002 - part of the protocol
    ) -> list[DecodedChunk]:
        """Decodes all chunks in one batch. Every mode gives the same output."""
        written = self._written_language(language)
        return [
            _punctuated(decoded, written, len(chunk) // BYTES_PER_MS)
            for decoded, chunk in zip(
                self._model.decode(chunks, language, self._decoding), chunks, strict=True
            )
        ]

    def _written_language(self, code: str) -> Language:
        """Returns the language of a code, in the script that the model writes it in."""
        return written_in(LANGUAGES[self._tags[code]], self.script(code))


def _punctuated(decoded: DecodedChunk, language: Language, chunk_ms: int) -> DecodedChunk:
    words = punctuate(decoded.words, language, chunk_ms)
    return replace(decoded, words=words, text=" ".join(word.text for word in words))
