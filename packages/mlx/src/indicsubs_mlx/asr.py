"""Stage asr by MLX-Whisper: the GPU of Apple Silicon, or a CPU for tests.

MLX-Whisper's own loop over a film is not used: its timestamps are wrong in 0.4.3, and it feeds
each text to the next window. It decodes greedily alone, so the request's beam size has no effect.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import mlx.core as mx
import numpy as np
import numpy.typing as npt
from mlx_whisper.audio import N_SAMPLES, log_mel_spectrogram
from mlx_whisper.decoding import DecodingOptions
from mlx_whisper.load_models import load_model
from mlx_whisper.tokenizer import get_tokenizer
from mlx_whisper.whisper import Whisper

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_recognition.hypotheses import Decoded
from indicsubs_recognition.recognise import is_out_of_memory, recognise
from indicsubs_recognition.whisper import new_tokens, prompt_text

_CAREFUL_TEMPERATURE = 0.4
"""For the second try: a step that OpenAI's fallback takes too. Sampling is seeded."""
_WEIGHTS = ("weights.safetensors", "weights.npz")
_DTYPES = {"float16": mx.float16, "float32": mx.float32}


def prepare(known: Preparation) -> None:
    """Load the model, if it is known which."""
    if known.model is not None:
        _choose_device(known.device, known.compute_type)
        _load(Path(known.model.folder), known.model.name, known.compute_type)


def run(request: AsrRequest, context: Context) -> AsrResult:
    """Recognise the speech.

    Raises:
        IndicsubsError: the device, the model or the language cannot be used, or memory ran out.
    """
    return recognise(request, context, lambda: MlxWhisper(request, context))


class MlxWhisper:
    """A Whisper model in MLX's layout; an ``Engine`` of ``recognition``."""

    def __init__(self, request: AsrRequest, context: Context) -> None:
        _choose_device(request.device, request.compute_type)
        self._dtype = _DTYPES[request.compute_type]
        folder = context.model(request.model, "config.json")
        if not any((folder / name).is_file() for name in _WEIGHTS):
            context.model(request.model, _WEIGHTS[0])  # says what is missing
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
        self._longest = min(new_tokens(len(self._prompt), start), dims.n_text_ctx - start)

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """One encoder pass for each chunk."""
        if not self._model.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        found: list[dict[str, float]] = []
        for data in chunks:
            found += self._model.detect_language(self._spectrograms([data]))[1]
            mx.clear_cache()
        return found

    def decode(self, chunks: Sequence[bytes], language: str, careful: bool) -> list[Decoded]:
        """Greedy, all chunks in one batch; sampled where ``careful``."""
        mx.random.seed(0)
        options = DecodingOptions(
            language=language,
            temperature=_CAREFUL_TEMPERATURE if careful else 0.0,
            sample_len=self._longest,
            prompt=self._prompt or None,
            without_timestamps=True,
            fp16=self._dtype == mx.float16,
        )
        results = self._model.decode(self._spectrograms(chunks), options)
        mx.clear_cache()
        return [
            Decoded(
                text=result.text,
                log_probability=float(result.avg_logprob),
                no_speech=float(result.no_speech_prob),
                cut_off=len(result.tokens) >= self._longest,
            )
            for result in results
        ]

    def _spectrograms(self, chunks: Sequence[bytes]) -> mx.array:
        """Log-mel of each chunk and silence up to 30 s, [chunks, 3000, bands]."""
        bands = self._model.dims.n_mels
        rows = [
            log_mel_spectrogram(samples, n_mels=bands, padding=N_SAMPLES - len(samples))
            for samples in map(_floats, chunks)
        ]
        return mx.stack(rows).astype(self._dtype)


def _floats(data: bytes) -> npt.NDArray[np.float32]:
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def _choose_device(device: str, compute_type: str) -> None:
    if device == "cuda":
        raise IndicsubsError(
            FailureCode.DEVICE,
            "MLX runs on Apple's GPU, not on CUDA. Recognise with --backend whisperx.",
        )
    if device == "mps" and not mx.metal.is_available():
        raise IndicsubsError(
            FailureCode.DEVICE, "This machine has no Apple GPU. Recognise with --backend whisperx."
        )
    if compute_type == "int8" or (compute_type == "float16" and device == "cpu"):
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"MLX-Whisper does not compute in {compute_type} on {device}: it takes float16 on"
            " Apple's GPU and float32 on a CPU.",
        )
    mx.set_default_device(mx.cpu if device == "cpu" else mx.gpu)


@lru_cache(maxsize=1)  # the run takes what was prepared
def _load(folder: Path, name: str, compute_type: str) -> Whisper:
    dtype = _DTYPES[compute_type]
    try:
        model = load_model(str(folder), dtype)
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        if is_out_of_memory(error):
            raise
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} does not load ({error}). It must be a Whisper model"
            f" in MLX's layout ({folder}); fetch or convert it again.",
        ) from error
    model.set_dtype(dtype)
    return model
