"""Stage alignment without its engine: gives times to words, and makes one segment per sentence.

A segment that cannot be aligned keeps the recogniser's times, and its note gives the reason; no
text is lost. The engine is loaded only where there is something to align.
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
from indicsubs_recognition.device_memory import full_memory_reported
from indicsubs_recognition.spelling import (
    Vocabulary,
    frames_needed,
    has_known_characters,
    spell_words,
    target_columns,
)
from indicsubs_recognition.word_times import (
    TokenSpan,
    aligned_sentences,
    mean_score,
    time_words,
    unaligned_sentences,
)

LEAST_SCORE = 0.2
"""The lowest mean probability of its characters at which a segment counts as aligned. Below it, the
text was probably not spoken there. On the demo films the right text scored 0.52 to 0.82, and the
text of other segments up to 0.44, because an alignment finds most characters somewhere. The limit
is low enough to keep unclear speech; it rejects only nonsense."""


class AlignmentEngine(Protocol):
    """An aligner with its model loaded: a network that scores every character in every frame."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the network knows, and their columns."""
        ...

    @property
    def frame_ms(self) -> float:
        """The length of one frame in milliseconds."""
        ...

    def frames(self, samples: int) -> int:
        """Returns the number of frames that the network computes for a number of samples."""
        ...

    def align(self, data: bytes, columns: Sequence[int]) -> list[TokenSpan]:
        """Finds the frames of each column, in order.

        Args:
            data: 16 kHz mono little-endian 16-bit samples with at least
                :func:`~indicsubs_recognition.spelling.frames_needed` frames.
            columns: Columns of the vocabulary, as
                :func:`~indicsubs_recognition.spelling.target_columns` returns them.

        Raises:
            RuntimeError: The memory of the device is full; the message is one that
                :func:`~indicsubs_recognition.device_memory.is_out_of_memory` knows.
        """
        ...


def align(
    request: AlignmentRequest, context: Context, load: Callable[[ModelFolder], AlignmentEngine]
) -> AlignmentResult:
    """Runs stage alignment with the engine that ``load`` loads. Each segment is aligned alone.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the transcript or the audio cannot be read, ``NO_INPUT``
            where one of them does not exist, ``OUT_OF_MEMORY``; any that ``load`` raises.
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
        total = sum(segment.end_ms - segment.start_ms for segment in transcript.segments)
        done = 0
        with (
            full_memory_reported("Close other programs, or give --device cpu."),
            open_audio(context.path(request.audio)) as audio,
        ):
            engine = load(request.model)
            for segment in transcript.segments:
                sentences += _align_segment(segment, audio, request.audio_start_ms, engine)
                done += segment.end_ms - segment.start_ms
                context.report(done, total, "film_ms")
    aligned = sum(sentence.timing is Timing.ALIGNED for sentence in sentences)
    unaligned = len(sentences) - aligned
    if request.model is not None and unaligned:
        warnings.append(
            f"{unaligned} of {len(sentences)} sentences could not be aligned and keep the times of"
            " the stretch of speech they are in; their notes say why."
        )
    timed = Transcript(
        language=transcript.language,
        language_probability=transcript.language_probability,
        segments=tuple(sentences),
    )
    return AlignmentResult(
        transcript=context.write_document(
            "transcript.json", timed, "transcript", transcript.language
        ),
        aligned=aligned,
        unaligned=unaligned,
        warnings=tuple(warnings),
    )


def _align_segment(
    segment: Segment, audio: wave.Wave_read, audio_start_ms: int, engine: AlignmentEngine
) -> list[Segment]:
    """Returns the sentences of a segment. If they are not aligned, their notes say why."""
    words = spell_words(segment.text, engine.vocabulary)
    if not has_known_characters(words, engine.vocabulary):
        return unaligned_sentences(segment, "not aligned: the aligner knows none of its letters")
    span = SpeechRegion(
        start_ms=segment.start_ms - audio_start_ms, end_ms=segment.end_ms - audio_start_ms
    )
    samples = read_samples(audio, span)
    columns = target_columns(words, engine.vocabulary)
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
