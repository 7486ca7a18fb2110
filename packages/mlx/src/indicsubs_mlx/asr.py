"""Stage asr by MLX-Whisper, on the GPU of Apple Silicon, or on a CPU for tests.

MLX-Whisper's own loop over a film is not used: its timestamps are wrong in 0.4.3, and it gives the
text of each window to the next as a prompt. MLX-Whisper has only greedy decoding, so the request's
beam size has no effect.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import mlx.core as mx
from mlx_whisper.audio import N_SAMPLES, log_mel_spectrogram
from mlx_whisper.decoding import DecodingOptions
from mlx_whisper.load_models import load_model
from mlx_whisper.tokenizer import get_tokenizer
from mlx_whisper.whisper import Whisper

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.model_files import find_model, load_errors_reported
from indicsubs_recognition.recognise import recognise
from indicsubs_recognition.recognition_engine import DecodeMode
from indicsubs_recognition.samples import float_samples
from indicsubs_recognition.whisper import output_token_limit, prompt_text

_CAREFUL_TEMPERATURE = 0.4
"""The temperature of the second try, which OpenAI's fallback also uses. Sampling is seeded."""
_WEIGHTS = ("weights.safetensors", "weights.npz")
_DTYPES = {"float16": mx.float16, "float32": mx.float32}


def prepare(known: Preparation) -> None:
    """Loads the model if its name is already known.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    if known.model is not None:
        _choose_device(known.device, known.compute_type)
        _load(Path(known.model.folder), known.model.name, known.compute_type)


def run(request: AsrRequest, context: Context) -> AsrResult:
    """Recognises the speech.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent or cannot compute in the number
            format; ``MISSING_MODEL`` where the model's files are absent or do not load; any that
            :func:`~indicsubs_recognition.recognise.recognise` raises.
    """
    return recognise(request, context, lambda: MlxWhisper(request, context), "mlx")


class MlxWhisper:
    """A Whisper model in MLX's layout; a ``RecognitionEngine``."""

    def __init__(self, request: AsrRequest, context: Context) -> None:
        _choose_device(request.device, request.compute_type)
        self._dtype = _DTYPES[request.compute_type]
        folder = find_model(context, request.model, ("config.json",), _WEIGHTS)
        self._model = _load(folder, request.model.name, request.compute_type)
        dims = self._model.dims
        tokenizer = get_tokenizer(
            self._model.is_multilingual, num_languages=self._model.num_languages
        )
        self.languages = frozenset(
            tokenizer.all_language_codes if self._model.is_multilingual else ("en",)
        )
        text = prompt_text(request)
        self._prompt = tokenizer.encode(text) if text else []
        start = len(tokenizer.sot_sequence_including_notimestamps)
        self._token_limit = min(
            output_token_limit(len(self._prompt), start), dims.n_text_ctx - start
        )

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns the probability of each language, from one encoder pass for each chunk."""
        if not self._model.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        probabilities: list[dict[str, float]] = []
        for data in chunks:
            probabilities += self._model.detect_language(self._spectrograms([data]))[1]
            mx.clear_cache()
        return probabilities

    def script(self, language: str) -> str | None:  # noqa: ARG002 - the same for each
        """Returns None: Whisper can write a language in several scripts."""
        return None

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Decodes all chunks in one batch, greedily, or by sampling in mode CAREFUL."""
        mx.random.seed(0)
        options = DecodingOptions(
            language=language,
            temperature=_CAREFUL_TEMPERATURE if mode is DecodeMode.CAREFUL else 0.0,
            sample_len=self._token_limit,
            prompt=self._prompt or None,
            without_timestamps=True,
            fp16=self._dtype == mx.float16,
        )
        results = self._model.decode(self._spectrograms(chunks), options)
        mx.clear_cache()
        return [
            DecodedChunk(
                text=result.text,
                log_probability=float(result.avg_logprob),
                no_speech=float(result.no_speech_prob),
                cut_off=len(result.tokens) >= self._token_limit,
            )
            for result in results
        ]

    def _spectrograms(self, chunks: Sequence[bytes]) -> mx.array:
        """Returns the log-mel spectrograms [chunks, 3000, bands]; silence fills chunks to 30 s."""
        bands = self._model.dims.n_mels
        rows = [
            log_mel_spectrogram(samples, n_mels=bands, padding=N_SAMPLES - len(samples))
            for samples in map(float_samples, chunks)
        ]
        return mx.stack(rows).astype(self._dtype)


def _choose_device(device: str, compute_type: str) -> None:
    """Makes MLX compute on a device.

    Raises:
        IndicsubsError: ``DEVICE`` where MLX lacks the device, or the number format on the device.
    """
    if device == "cuda":
        raise IndicsubsError(
            FailureCode.DEVICE,
            "MLX runs on Apple's GPU, not on CUDA. Give --backend whisperx.",
        )
    if device == "mps" and not mx.metal.is_available():
        raise IndicsubsError(
            FailureCode.DEVICE, "This machine has no Apple GPU. Give --backend whisperx."
        )
    if compute_type == "int8" or (compute_type == "float16" and device == "cpu"):
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"MLX-Whisper does not compute in {compute_type} on {device}: it takes float16 on"
            " Apple's GPU and float32 on a CPU.",
        )
    mx.set_default_device(mx.cpu if device == "cpu" else mx.gpu)


@lru_cache(maxsize=1)  # the run takes the model that was prepared
def _load(folder: Path, name: str, compute_type: str) -> Whisper:
    dtype = _DTYPES[compute_type]
    with load_errors_reported(name, "a Whisper model in MLX's layout", folder):
        model = load_model(str(folder), dtype)
    model.set_dtype(dtype)
    return model
