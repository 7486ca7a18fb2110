"""Stage asr by faster-whisper's batched pipeline, which is WhisperX's recogniser.

WhisperX itself is not imported, because that takes 12 CPU-seconds and loads torch; importing
faster-whisper takes 0.4. torch is imported only for CUDA, because it loads CUDA's libraries.
"""

import logging
import os
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel

from indicsubs_contract.audio import RATE
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

_REPETITION_PENALTY, _NO_REPEAT_NGRAM = 1.15, 3
"""Settings against repetition. Only the second try has them: they make good output worse."""
_PATIENCE = 2.0
"""The number of finished hypotheses that ends a search, divided by the beam size. With 1 a search
can end before the best hypothesis is finished, because enough worse ones, a token shorter, are
finished (on the demo clip, letters were lost)."""
_START_TOKENS = 4
"""The number of start tokens: <|startoftranscript|>, language, task, <|notimestamps|>."""
_MOST_THREADS = 8
"""The most threads; for one stream of batches CTranslate2 is not faster with more."""


def prepare(known: Preparation) -> None:
    """Loads the model if its name is already known.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    if known.model is not None:
        _check_device(known.device, known.compute_type)
        _load(Path(known.model.folder), known.model.name, known.device, known.compute_type)


def run(request: AsrRequest, context: Context) -> AsrResult:
    """Recognises the speech.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent or cannot compute in the number
            format; ``MISSING_MODEL`` where the model's files are absent or do not load; any that
            :func:`~indicsubs_recognition.recognise.recognise` raises.
    """
    return recognise(request, context, lambda: FasterWhisper(request, context), "whisperx")


class FasterWhisper:
    """A Whisper model in CTranslate2's layout; a ``RecognitionEngine``."""

    def __init__(self, request: AsrRequest, context: Context) -> None:
        logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it logs every batch
        _check_device(request.device, request.compute_type)
        folder = find_model(
            context, request.model, ("config.json", "tokenizer.json"), ("model.bin",)
        )
        self._request = request
        self._model = _load(folder, request.model.name, request.device, request.compute_type)
        self._pipeline = BatchedInferencePipeline(self._model)
        self._prompt = prompt_text(request)
        tokenizer = self._model.hf_tokenizer
        self.languages = frozenset(
            code
            for code in self._model.supported_languages
            if code == "en" or tokenizer.token_to_id(f"<|{code}|>") is not None
        )
        prompt = (
            tokenizer.encode(self._prompt, add_special_tokens=False).ids if self._prompt else ()
        )
        self._token_limit = output_token_limit(len(prompt), _START_TOKENS)
        first = tokenizer.token_to_id("<|notimestamps|>") + 1
        self._timestamps = range(first, tokenizer.get_vocab_size())
        self._model.max_length = 2 * self._token_limit  # CTranslate2 decodes half of it

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns the probability of each language, from one encoder pass for each chunk."""
        if not self._model.model.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        detected = [
            self._model.detect_language(float_samples(data), language_detection_threshold=0.0)[2]
            for data in chunks
        ]
        return [{code: p for code, p in row if code in self.languages} for row in detected]

    def script(self, language: str) -> str | None:  # noqa: ARG002 - the same for each
        """Returns None: Whisper can write a language in several scripts."""
        return None

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Decodes all chunks in one batch, by beam search."""
        samples = [float_samples(data) for data in chunks]
        edges = np.cumsum([0, *map(len, samples)]) / RATE
        segments, _ = self._pipeline.transcribe(
            np.concatenate(samples),
            language=language,
            beam_size=self._request.beam_size,
            patience=_PATIENCE,
            temperature=0.0,
            repetition_penalty=_REPETITION_PENALTY if mode is DecodeMode.CAREFUL else 1,
            no_repeat_ngram_size=_NO_REPEAT_NGRAM if mode is DecodeMode.CAREFUL else 0,
            condition_on_previous_text=False,
            initial_prompt=self._prompt,
            without_timestamps=True,
            suppress_tokens=[-1, *self._timestamps],  # one text for each chunk
            vad_filter=False,
            clip_timestamps=[{"start": start, "end": end} for start, end in pairwise(edges)],
            batch_size=len(samples),
        )
        return [
            DecodedChunk(
                text=segment.text,
                log_probability=segment.avg_logprob,
                no_speech=segment.no_speech_prob,
                cut_off=len(segment.tokens) >= self._token_limit,
            )
            for segment in segments
        ]


def _check_device(device: str, compute_type: str) -> None:
    """Checks a device and number format, because CTranslate2's own error is unclear.

    Raises:
        IndicsubsError: ``DEVICE``.
    """
    if device == "mps":
        raise IndicsubsError(
            FailureCode.DEVICE,
            "faster-whisper cannot use Apple's GPU. Give --backend mlx or --device cpu.",
        )
    if device == "cuda" and ctranslate2.get_cuda_device_count() == 0:
        raise IndicsubsError(
            FailureCode.DEVICE,
            "No CUDA device was found. Give --device cpu, or see `indicsubs doctor`.",
        )
    if device == "cuda":
        import torch  # noqa: F401 - loads cuBLAS and cuDNN, which CTranslate2 opens by name
    supported = ctranslate2.get_supported_compute_types(device)
    if compute_type not in supported:
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"The {device} of this machine cannot compute in {compute_type}; it can in"
            f" {', '.join(sorted(supported))}. Use int8 on a CPU, float16 on CUDA.",
        )


@lru_cache(maxsize=1)  # the run takes the model that was prepared
def _load(folder: Path, name: str, device: str, compute_type: str) -> WhisperModel:
    with load_errors_reported(name, "a Whisper model in CTranslate2's layout", folder):
        model = WhisperModel(
            str(folder),
            device=device,
            compute_type=compute_type,
            cpu_threads=min(_MOST_THREADS, os.cpu_count() or 1),
            local_files_only=True,
        )
    bands = len(model.feature_extractor.mel_filters)
    if bands != model.model.n_mels:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} needs {model.model.n_mels} mel bands, but its"
            f" preprocessor_config.json is absent or says {bands} ({folder}). Copy that file from"
            " the model that it was converted from.",
        )
    return model
