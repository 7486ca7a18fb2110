"""Stage alignment without its engine: the time of every word, and one segment for each sentence.

A segment that cannot be aligned keeps the recogniser's times, and its note says why; no text is
ever lost. The engine is loaded only where it has something to align.
"""

import wave
from collections.abc import Callable, Sequence
from typing import Protocol

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.transcript import Segment, SpeechRegion, Timing, Transcript
from indicsubs_recognition.spelling import Vocabulary, frames_needed, spell_words, targets
from indicsubs_recognition.word_times import (
    TokenSpan,
    aligned_sentences,
    mean_score,
    time_words,
    unaligned_sentences,
)

LEAST_SCORE = 0.2
"""A segment whose letters have a lower mean probability is not what was said there. On the demo
films right text scored 0.52 to 0.82 and the text of other segments up to 0.44, for an alignment
finds most letters somewhere: low enough to spare mumbling, this catches plain nonsense alone."""


class AlignmentEngine(Protocol):
    """An aligner with its model loaded: a network that gives each frame a score for each letter."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The letters that the network knows, and their columns."""
        ...

    @property
    def frame_ms(self) -> float:
        """The length of one frame in milliseconds."""
        ...

    def frames(self, samples: int) -> int:
        """Returns the number of frames for so many samples at 16 kHz."""
        ...

    def align(self, data: bytes, columns: Sequence[int]) -> list[TokenSpan]:
        """Finds the frames of each column, in order.

        Args:
            data: 16 kHz mono little-endian 16-bit samples with at least
                :func:`~indicsubs_recognition.spelling.frames_needed` frames.
            columns: Of the vocabulary, as :func:`~indicsubs_recognition.spelling.targets` has them.
        """
        ...


def align(
    request: AlignmentRequest, context: Context, load: Callable[[ModelFolder], AlignmentEngine]
) -> AlignmentResult:
    """Stage alignment, given how to ``load`` its engine. Each segment is aligned by itself.

    Raises:
        IndicsubsError: ``BAD_INPUT`` or ``NO_INPUT`` for the transcript or the audio; what ``load``
            raises.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    warnings: list[str] = []
    sentences: list[Segment] = []
    if request.model is None:
        warnings.append(
            f"There is no aligner for the language {transcript.language}: sentences have the times"
            " of the stretches of speech they are in."
        )
        for segment in transcript.segments:
            sentences += unaligned_sentences(segment, "no aligner for the language")
    elif transcript.segments:
        engine = load(request.model)
        total = sum(segment.end_ms - segment.start_ms for segment in transcript.segments)
        done = 0
        with open_audio(context.path(request.audio)) as audio:
            for segment in transcript.segments:
                sentences += _align(segment, audio, request.audio_start_ms, engine)
                done += segment.end_ms - segment.start_ms
                context.report(done, total, "film_ms")
    aligned = sum(sentence.timing is Timing.ALIGNED for sentence in sentences)
    unaligned = len(sentences) - aligned
    if request.model is not None and unaligned:
        warnings.append(
            f"{unaligned} of {len(sentences)} sentences could not be aligned and keep the times of"
            " the stretch of speech they are in; their notes say why."
        )
    made = Transcript(
        language=transcript.language,
        language_probability=transcript.language_probability,
        segments=tuple(sentences),
    )
    return AlignmentResult(
        transcript=context.write_document(
            "transcript.json", made, "transcript", transcript.language
        ),
        aligned=aligned,
        unaligned=unaligned,
        warnings=tuple(warnings),
    )


def _align(
    segment: Segment, audio: wave.Wave_read, audio_start_ms: int, engine: AlignmentEngine
) -> list[Segment]:
    words = spell_words(segment.text, engine.vocabulary)
    if not any(column != engine.vocabulary.star for word in words for column in word.columns):
        return unaligned_sentences(segment, "not aligned: the aligner knows none of its letters")
    span = SpeechRegion(
        start_ms=segment.start_ms - audio_start_ms, end_ms=segment.end_ms - audio_start_ms
    )
    samples = read_samples(audio, span)
    columns = targets(words, engine.vocabulary)
    if engine.frames(len(samples) // 2) < frames_needed(columns):
        return unaligned_sentences(segment, "not aligned: too short for so much text")
    timed = time_words(
        words,
        engine.align(samples, columns),
        engine.vocabulary,
        engine.frame_ms,
        segment.start_ms,
    )
    score = mean_score(words, timed, engine.vocabulary)
    if not score >= LEAST_SCORE:
        return unaligned_sentences(
            segment, f"not aligned: the text fits the sound badly ({score:.2f})"
        )
    return aligned_sentences(segment, timed)
