"""Decodes the chunks of a film, again where the text cannot be trusted or is in a wrong script."""

import wave
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from indicsubs_contract.audio import read_samples
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.chunks import halve
from indicsubs_recognition.decoded_chunk import (
    DecodedChunk,
    clean_text,
    distrust_note,
    has_words,
    is_silent,
    trust_rank,
)
from indicsubs_recognition.recognition_engine import DecodeMode, RecognitionEngine
from indicsubs_recognition.spoken_language import LEAST_LOG_PROBABILITY, other_language
from indicsubs_recognition.unheard_speech import unheard_tail
from indicsubs_text.scripts import is_in_script

SHORTEST_HALVED_MS = 1_000
"""The length of the shortest chunk that may be cut into halves."""
WRONG_SCRIPT = "not in the language's script"
"""The note of a segment whose text stays in a wrong script."""

_T = TypeVar("_T")


class DecodedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk or a part of one, with the output that was chosen for it."""

    chunk: SpeechRegion
    decoded: DecodedChunk
    language: str | None = None
    """Tag of the language, where this is not the film's."""
    wrong_script: bool = False
    """The text is not in the script that it must be in."""

    @property
    def note(self) -> str | None:
        """The reasons why the text is less reliable than usual; None if there are none."""
        reasons = (distrust_note(self.decoded), WRONG_SCRIPT if self.wrong_script else None)
        return "; ".join(filter(None, reasons)) or None


class FilmDecoder(msgspec.Struct, frozen=True, kw_only=True):
    """An engine, with the film and the language to decode."""

    engine: RecognitionEngine
    audio: wave.Wave_read
    batch_size: int
    """The most chunks that the engine gets at once."""
    language: str
    """Tag of the film's language."""
    languages: Mapping[str, EngineLanguage]
    """The languages that the engine recognises, by tag."""
    script: str | None
    """ISO 15924 code of the script that the text must be in; None accepts every script."""

    def decode(
        self, batch: Sequence[SpeechRegion], regions: Sequence[SpeechRegion]
    ) -> list[DecodedSpan]:
        """Decodes a batch, and again each chunk whose text is not as it should be.

        Args:
            batch: Chunks of the film, at most :attr:`batch_size`.
            regions: All speech of the film, in order; a chunk is cut between them where possible.
        """
        spans = self._trust_checked(batch, regions)
        return self._script_checked(self._completed(spans, regions))

    def _completed(
        self, spans: Sequence[DecodedSpan], regions: Sequence[SpeechRegion]
    ) -> list[DecodedSpan]:
        """Decodes the rest of each span whose words end long before its speech does."""
        final: list[DecodedSpan] = []
        for span in spans:
            tail = unheard_tail(span.decoded.words, span.chunk, regions)
            if tail is None:
                final.append(span)
                continue
            heard = SpeechRegion(start_ms=span.chunk.start_ms, end_ms=tail.start_ms)
            final.append(replace(span, chunk=heard))
            final += self._completed(self._trust_checked([tail], regions), regions)
        return final

    def _trust_checked(
        self, batch: Sequence[SpeechRegion], regions: Sequence[SpeechRegion]
    ) -> list[DecodedSpan]:
        """Decodes a batch, then decodes again each chunk whose output cannot be trusted.

        A chunk whose output was cut off is decoded again in halves. Any other chunk is decoded
        again whole, and the better of its two outputs is kept.
        """
        firsts = self._decode(batch, DecodeMode.FREE)
        parts = [
            self._to_decode_again(chunk, first, regions)
            for chunk, first in zip(batch, firsts, strict=True)
        ]
        seconds = iter(self._decode([part for own in parts for part in own], DecodeMode.CAREFUL))
        final: list[DecodedSpan] = []
        for chunk, first, own in zip(batch, firsts, parts, strict=True):
            if not own:
                final.append(_span(chunk, first))
            elif own == [chunk]:
                final.append(_span(chunk, max(first, next(seconds), key=trust_rank)))
            else:
                final += [_span(part, next(seconds)) for part in own]
        return final

    def _to_decode_again(
        self, chunk: SpeechRegion, first: DecodedChunk, regions: Sequence[SpeechRegion]
    ) -> list[SpeechRegion]:
        """Returns the chunk, its halves, or nothing where its output can be trusted."""
        if is_silent(first) or distrust_note(first) is None:
            return []
        if first.cut_off and chunk.end_ms - chunk.start_ms >= SHORTEST_HALVED_MS:
            return halve(chunk, regions)
        return [chunk]

    def _script_checked(self, spans: Sequence[DecodedSpan]) -> list[DecodedSpan]:
        """Decodes again each span whose text is in a wrong script.

        Where the sound is probably in another language that is written in the script of the text,
        it is decoded in that language; otherwise in the script that it must be in.
        """
        final = list(spans)
        wrong = [k for k, span in enumerate(spans) if self._is_wrong(span.decoded)]
        chunks = [spans[k].chunk for k in wrong]
        in_script: list[int] = []
        probabilities = self._in_batches(chunks, self.engine.language_probabilities)
        for k, row in zip(wrong, probabilities, strict=True):
            tag = other_language(final[k].decoded.text, row, self.language, self.languages)
            other = self._in_language(spans[k], tag) if tag else None
            if other is None:
                in_script.append(k)
            else:
                final[k] = other
        outputs = self._decode([spans[k].chunk for k in in_script], DecodeMode.IN_SCRIPT)
        for k, output in zip(in_script, outputs, strict=True):
            final[k] = self._better(spans[k], output)
        return final

    def _is_wrong(self, decoded: DecodedChunk) -> bool:
        return (
            self.script is not None
            and not is_silent(decoded)
            and has_words(decoded.text)
            and not is_in_script(decoded.text, self.script)
        )

    def _in_language(self, span: DecodedSpan, tag: str) -> DecodedSpan | None:
        """Returns the span decoded in another language; None if that is not sure enough."""
        decoded = self._decode([span.chunk], DecodeMode.FREE, tag)[0]
        sure = (
            distrust_note(decoded) is None
            and decoded.log_probability >= LEAST_LOG_PROBABILITY
            and has_words(clean_text(decoded.text))
        )
        return DecodedSpan(chunk=span.chunk, decoded=decoded, language=tag) if sure else None

    def _better(self, span: DecodedSpan, in_script: DecodedChunk) -> DecodedSpan:
        """Returns the output in the script if it can be trusted, else the better of the two."""
        text = clean_text(in_script.text)
        written = has_words(text) and is_in_script(text, self.script or "")
        trusted = distrust_note(in_script) is None
        if written and (trusted or trust_rank(in_script) > trust_rank(span.decoded)):
            return replace(span, decoded=in_script)
        return replace(span, wrong_script=True)

    def _decode(
        self, chunks: Sequence[SpeechRegion], mode: DecodeMode, tag: str | None = None
    ) -> list[DecodedChunk]:
        """Decodes chunks in a language, or in the film's language where ``tag`` is None."""
        code = self.languages[tag or self.language].code
        return self._in_batches(chunks, lambda data: self.engine.decode(data, code, mode))

    def _in_batches(
        self, chunks: Sequence[SpeechRegion], call: Callable[[Sequence[bytes]], list[_T]]
    ) -> list[_T]:
        results: list[_T] = []
        for first in range(0, len(chunks), self.batch_size):
            batch = chunks[first : first + self.batch_size]
            results += call([read_samples(self.audio, chunk) for chunk in batch])
        return results


def _span(chunk: SpeechRegion, decoded: DecodedChunk) -> DecodedSpan:
    return DecodedSpan(chunk=chunk, decoded=decoded)
