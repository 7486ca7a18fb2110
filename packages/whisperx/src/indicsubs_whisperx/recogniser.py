"""A recogniser: a Whisper model in CTranslate2's layout, with faster-whisper's features and tokens.

CTranslate2 is called directly, because faster-whisper's pipeline keeps the encoder's output to
itself: a second decoding and the word times would encode the chunk again.
"""

from collections.abc import Collection, Sequence
from functools import cached_property

import ctranslate2
import numpy as np
import numpy.typing as npt
from ctranslate2.models import WhisperGenerationResult
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_recognition.byte_level import token_bytes
from indicsubs_recognition.decoded_chunk import DecodedChunk, HeardWord
from indicsubs_recognition.encoded_chunks import EncodedChunks
from indicsubs_recognition.heard_words import heard_words, tokens_text
from indicsubs_recognition.recognition_engine import DecodeMode
from indicsubs_recognition.samples import float_samples
from indicsubs_recognition.script_guard import ScriptTokens, decode_in_script, script_tokens
from indicsubs_recognition.whisper import frame_count, output_token_limit, prompt_text

_REPETITION_PENALTY, _NO_REPEAT_NGRAM = 1.15, 3
"""Settings against repetition. Only the second try has them: they make good output worse."""
_PATIENCE = 2.0
"""The number of finished hypotheses that ends a search, divided by the beam size. With 1 a search
can end before the best hypothesis is finished, because enough worse ones, a token shorter, are
finished (on the demo clip, letters were lost)."""
_START_TOKENS = 4
"""The number of start tokens: <|startoftranscript|>, language, task, <|notimestamps|>."""


class LoadedWhisper:
    """A loaded Whisper model with the bytes of its tokens, which take a tenth of a second."""

    def __init__(self, model: WhisperModel) -> None:
        self.model = model
        tokenizer = model.hf_tokenizer
        self.end = tokenizer.token_to_id("<|endoftext|>")
        """The number of the token that ends a text. Those below it are text."""
        self.vocabulary = [token_bytes(tokenizer.id_to_token(k)) for k in range(self.end)]


class FasterWhisper:
    """A loaded Whisper model with a request; a ``RecognitionEngine``."""

    def __init__(self, loaded: LoadedWhisper, request: AsrRequest) -> None:
        self._request = request
        self._model = model = loaded.model
        tokenizer = model.hf_tokenizer
        self.languages = frozenset(
            code
            for code in model.supported_languages
            if code == "en" or tokenizer.token_to_id(f"<|{code}|>") is not None
        )
        prompt = prompt_text(request)
        self._prompt: list[int] = (
            tokenizer.encode(prompt, add_special_tokens=False).ids if prompt else []
        )
        self._token_limit = output_token_limit(len(self._prompt), _START_TOKENS)
        self._end = loaded.end
        self._vocabulary = loaded.vocabulary
        self._encoded = EncodedChunks(self._encode, 2 * request.batch_size)

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns the probability of each language, from one encoder pass for each chunk."""
        if not self._model.model.is_multilingual:
            return [{"en": 1.0} for _ in chunks]
        detected = [
            self._model.model.detect_language(_storage(self._encoded.of([chunk])))[0]
            for chunk in chunks
        ]
        rows = [[(token.strip("<|>"), p) for token, p in row] for row in detected]
        return [{code: p for code, p in row if code in self.languages} for row in rows]

    def script(self, language: str) -> str | None:  # noqa: ARG002 - the same for each
        """Returns None: Whisper can write a language in several scripts."""
        return None

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Decodes all chunks in one batch, by beam search."""
        tokenizer = self._tokenizer(language)
        if mode is DecodeMode.IN_SCRIPT and self._request.script is not None:
            return decode_in_script(
                chunks,
                self._request.script,
                self._script_tokens,
                lambda some, allowed, penalty: self._decode(
                    some, tokenizer, self._others(allowed), penalty
                ),
            )
        # One text for each chunk, so no times in it.
        suppressed = range(tokenizer.timestamp_begin, tokenizer.tokenizer.get_vocab_size())
        if mode is DecodeMode.CAREFUL:
            return self._decode(
                chunks, tokenizer, suppressed, _REPETITION_PENALTY, _NO_REPEAT_NGRAM
            )
        return self._decode(chunks, tokenizer, suppressed)

    def _decode(
        self,
        chunks: Sequence[bytes],
        tokenizer: Tokenizer,
        suppressed: Collection[int],
        repetition_penalty: float = 1,
        no_repeat_ngram: int = 0,
    ) -> list[DecodedChunk]:
        encoded = _storage(self._encoded.of(chunks))
        before = [tokenizer.sot_prev, *self._prompt] if self._prompt else []
        start = [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]
        results = self._model.model.generate(
            encoded,
            [start] * len(chunks),
            beam_size=self._request.beam_size,
            patience=_PATIENCE,
            max_length=2 * self._token_limit,  # CTranslate2 decodes half of it
            repetition_penalty=repetition_penalty,
            no_repeat_ngram_size=no_repeat_ngram,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1, *suppressed])),
            sampling_temperature=0,
            return_scores=True,
            return_no_speech_prob=True,
        )
        outputs = [[k for k in result.sequences_ids[0] if k < self._end] for result in results]
        frames = [frame_count(chunk) for chunk in chunks]
        words = self._words(encoded, tokenizer, outputs, frames)
        return [
            DecodedChunk(
                text=tokens_text([self._vocabulary[k] for k in output]),
                log_probability=_mean_log_probability(result),
                no_speech=result.no_speech_prob,
                cut_off=len(result.sequences_ids[0]) >= self._token_limit,
                words=heard,
            )
            for result, output, heard in zip(results, outputs, words, strict=True)
        ]

    def _words(
        self,
        encoded: ctranslate2.StorageView,
        tokenizer: Tokenizer,
        outputs: Sequence[list[int]],
        frames: Sequence[int],
    ) -> list[tuple[HeardWord, ...]]:
        """Returns the words of each output, by the decoder's attention to the frames."""
        aligned = self._model.model.align(
            encoded,
            tokenizer.sot_sequence,
            # The alignment needs a token; an output without one has no words.
            [output or [0] for output in outputs],
            [2 * count for count in frames],
        )
        words: list[tuple[HeardWord, ...]] = []
        for output, result in zip(outputs, aligned, strict=True):
            starts: dict[int, int] = {}
            for token, frame in result.alignments:
                starts.setdefault(token, frame)
            words.append(
                heard_words(
                    [self._vocabulary[k] for k in output],
                    [starts[k] for k in range(len(output) + 1)],
                    result.text_token_probs,
                )
            )
        return words

    @cached_property
    def _script_tokens(self) -> ScriptTokens:
        return script_tokens(self._vocabulary, self._request.script or "")

    def _others(self, allowed: Collection[int]) -> list[int]:
        """Returns all tokens but these and the end of the text."""
        count = self._model.hf_tokenizer.get_vocab_size()
        return [k for k in range(count) if k not in allowed and k != self._end]

    def _tokenizer(self, language: str) -> Tokenizer:
        return Tokenizer(
            self._model.hf_tokenizer,
            self._model.model.is_multilingual,
            task="transcribe",
            language=language,
        )

    def _encode(self, chunks: list[bytes]) -> list[npt.NDArray[np.floating]]:
        features = [
            pad_or_trim(self._model.feature_extractor(float_samples(chunk))[..., :-1])
            for chunk in chunks
        ]
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(np.stack(features)))
        return list(np.array(self._model.model.encode(view, to_cpu=True)))


def _storage(encoded: Sequence[npt.NDArray[np.floating]]) -> ctranslate2.StorageView:
    return ctranslate2.StorageView.from_array(np.stack(encoded))


def _mean_log_probability(result: WhisperGenerationResult) -> float:
    """Returns the mean over the tokens and the end (the score is that over the tokens alone)."""
    count = len(result.sequences_ids[0])
    return result.scores[0] * count / (count + 1)
