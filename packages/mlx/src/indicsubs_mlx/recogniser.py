"""A recogniser: a Whisper model in MLX's layout.

MLX-Whisper's own loop over a film is not used: its timestamps are wrong in 0.4.3, and it gives the
text of each window to the next as a prompt. MLX-Whisper has only greedy decoding, so the request's
beam size has no effect. Its module of word times is not used either: it encodes each chunk again,
and loads two large libraries.
"""

from collections.abc import Sequence
from functools import cached_property

import mlx.core as mx
import numpy as np
from mlx_whisper.audio import N_SAMPLES, log_mel_spectrogram
from mlx_whisper.decoding import DecodingOptions, DecodingResult, DecodingTask, LogitFilter
from mlx_whisper.tokenizer import Tokenizer, get_tokenizer
from mlx_whisper.whisper import Whisper

from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_recognition.cross_attention import token_starts
from indicsubs_recognition.decoded_chunk import DecodedChunk, HeardWord
from indicsubs_recognition.encoded_chunks import EncodedChunks
from indicsubs_recognition.heard_words import heard_words, tokens_text
from indicsubs_recognition.recognition_engine import DecodeMode
from indicsubs_recognition.samples import float_samples
from indicsubs_recognition.script_guard import ScriptTokens, decode_in_script, script_tokens
from indicsubs_recognition.whisper import frame_count, output_token_limit, prompt_text

_CAREFUL_TEMPERATURE = 0.4
"""The temperature of the second try, which OpenAI's fallback also uses. Sampling is seeded."""


class MlxWhisper:
    """A loaded Whisper model; a ``RecognitionEngine``."""

    def __init__(self, model: Whisper, request: AsrRequest) -> None:
        self._model = model
        self._dtype = model.encoder.conv1.weight.dtype
        self._script = request.script
        tokenizer = self._tokenizer(None)
        self.languages = frozenset(
            tokenizer.all_language_codes if model.is_multilingual else ("en",)
        )
        text = prompt_text(request)
        self._prompt = tokenizer.encode(text) if text else []
        start = len(tokenizer.sot_sequence_including_notimestamps)
        self._token_limit = min(
            output_token_limit(len(self._prompt), start), model.dims.n_text_ctx - start
        )
        self._end = tokenizer.eot
        self._vocabulary = [
            tokenizer.encoding.decode_single_token_bytes(k) for k in range(self._end)
        ]
        self._encoded = EncodedChunks(self._encode, 2 * request.batch_size)

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns the probability of each language, from one encoder pass for each chunk."""
        if not self._model.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        probabilities: list[dict[str, float]] = []
        for chunk in chunks:
            probabilities += self._model.detect_language(mx.stack(self._encoded.of([chunk])))[1]
            mx.clear_cache()
        return probabilities

    def script(self, language: str) -> str | None:  # noqa: ARG002 - the same for each
        """Returns None: Whisper can write a language in several scripts."""
        return None

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Decodes all chunks in one batch, greedily, or by sampling in mode CAREFUL."""
        if mode is DecodeMode.IN_SCRIPT and self._script is not None:
            return decode_in_script(
                chunks,
                self._script,
                self._script_tokens,
                lambda some, allowed, penalty: self._decode(
                    some,
                    language,
                    suppressed=[-1, *self._others(allowed)],
                    repetition_penalty=penalty,
                ),
            )
        careful = mode is DecodeMode.CAREFUL
        return self._decode(chunks, language, _CAREFUL_TEMPERATURE if careful else 0.0)

    def _decode(
        self,
        chunks: Sequence[bytes],
        language: str,
        temperature: float = 0.0,
        *,
        suppressed: Sequence[int] = (-1,),
        repetition_penalty: float = 1.0,
    ) -> list[DecodedChunk]:
        mx.random.seed(0)
        task = DecodingTask(
            self._model,
            DecodingOptions(
                language=language,
                temperature=temperature,
                sample_len=self._token_limit,
                prompt=self._prompt or None,
                suppress_tokens=list(suppressed),
                without_timestamps=True,
                fp16=self._dtype == mx.float16,
            ),
        )
        task.logit_filters.append(_RepetitionPenalty(repetition_penalty, task.sample_begin))
        results = task.run(mx.stack(self._encoded.of(chunks)))
        tokenizer = self._tokenizer(language)
        decoded = [
            DecodedChunk(
                text=tokens_text([self._vocabulary[k] for k in self._text_tokens(result)]),
                log_probability=float(result.avg_logprob),
                no_speech=float(result.no_speech_prob),
                cut_off=len(result.tokens) >= self._token_limit,
                words=self._words(result, tokenizer, frame_count(chunk)),
            )
            for chunk, result in zip(chunks, results, strict=True)
        ]
        mx.clear_cache()
        return decoded

    def _words(
        self, result: DecodingResult, tokenizer: Tokenizer, frames: int
    ) -> tuple[HeardWord, ...]:
        """Returns the words of an output, by the decoder's attention to the frames."""
        text = self._text_tokens(result)
        start = tokenizer.sot_sequence_including_notimestamps
        # Each token is predicted at the place before it.
        places = slice(len(start) - 1, len(start) + len(text))
        room = self._model.dims.n_text_ctx - len(start) - 1
        if not text or len(text) > room:
            return ()
        tokens = mx.array([[*start, *text, self._end]])
        logits, _, attention = self._model.decoder(tokens, result.audio_features[None])
        weights = mx.stack(
            [attention[layer][0, head] for layer, head in self._model.alignment_heads.tolist()]
        )
        weights = mx.softmax(weights[:, :, :frames].astype(mx.float32), axis=-1)[:, places]
        probabilities = mx.softmax(logits[0, places, : self._end].astype(mx.float32), axis=-1)
        own = mx.take_along_axis(probabilities[:-1], mx.array(text)[:, None], axis=1)[:, 0]
        return heard_words(
            [self._vocabulary[token] for token in text],
            token_starts(np.array(weights)),
            np.nan_to_num(np.array(own)).tolist(),
        )

    def _text_tokens(self, result: DecodingResult) -> list[int]:
        return [token for token in result.tokens if token < self._end]

    @cached_property
    def _script_tokens(self) -> ScriptTokens:
        return script_tokens(self._vocabulary, self._script or "")

    def _others(self, allowed: frozenset[int]) -> list[int]:
        """Returns all tokens but these and the end of the text."""
        count = self._model.dims.n_vocab
        return [k for k in range(count) if k not in allowed and k != self._end]

    def _tokenizer(self, language: str | None) -> Tokenizer:
        return get_tokenizer(
            self._model.is_multilingual,
            num_languages=self._model.num_languages,
            language=language,
            task="transcribe",
        )

    def _encode(self, chunks: list[bytes]) -> list[mx.array]:
        """Returns the encoder's output [1500, size] for each chunk; silence fills it to 30 s."""
        bands = self._model.dims.n_mels
        rows = [
            log_mel_spectrogram(samples, n_mels=bands, padding=N_SAMPLES - len(samples))
            for samples in map(float_samples, chunks)
        ]
        return list(self._model.encoder(mx.stack(rows).astype(self._dtype)))


class _RepetitionPenalty(LogitFilter):
    """Makes the tokens of the text so far less probable (arXiv 1909.05858, as in CTranslate2)."""

    def __init__(self, penalty: float, begin: int) -> None:
        self._penalty = penalty
        self._begin = begin

    def apply(self, logits: mx.array, tokens: mx.array) -> mx.array:
        """Returns the changed logits [chunks, vocabulary], after the tokens [chunks, length]."""
        said = tokens[:, self._begin :]
        if self._penalty == 1.0 or said.shape[1] == 0:
            return logits
        old = mx.take_along_axis(logits, said, axis=1)
        new = mx.where(old < 0, old * self._penalty, old / self._penalty)
        return mx.put_along_axis(logits, said, new, axis=1)
