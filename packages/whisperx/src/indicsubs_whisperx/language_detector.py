"""The probabilities of languages, by a Whisper model in CTranslate2's layout."""

from collections.abc import Sequence

from indicsubs_contract.messages.demux import LanguageDetection
from indicsubs_recognition.samples import float_samples
from indicsubs_whisperx.asr import load_model


class LanguageDetector:
    """A loaded Whisper model that only tells languages apart.

    Raises:
        IndicsubsError: ``DEVICE`` and ``MISSING_MODEL``, as stage asr.
    """

    def __init__(self, detection: LanguageDetection) -> None:
        self._model = load_model(detection.model, detection.device, detection.compute_type).model

    def probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns a mapping from Whisper's language codes to probabilities for each chunk."""
        if not self._model.model.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        return [
            dict(
                self._model.detect_language(float_samples(chunk), language_detection_threshold=0)[2]
            )
            for chunk in chunks
        ]
