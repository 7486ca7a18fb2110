"""Stage alignment: the time of every word, and one segment for each sentence.

A segment that cannot be aligned keeps the recogniser's times and says why in its note; no text is
ever lost. Nothing heavy is imported where there is no aligner.
"""

import wave
from typing import TYPE_CHECKING

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.harness import Context
from indicsubs_contract.messages import AlignmentRequest, AlignmentResult, Preparation
from indicsubs_contract.transcript import Segment, SpeechRegion, Timing, Transcript
from indicsubs_contract.wire import read_document
from indicsubs_whisperx.spelling import frames_needed, spell_words, targets
from indicsubs_whisperx.word_times import (
    aligned_sentences,
    mean_score,
    time_words,
    unaligned_sentences,
)

if TYPE_CHECKING:
    from indicsubs_whisperx.aligner import Aligner

LEAST_SCORE = 0.2
"""A segment whose letters have a lower mean probability is not what was said there. On the demo
films right text scored 0.52 to 0.82 and the text of other segments up to 0.44, for an alignment
finds most letters somewhere: low enough to spare mumbling, this catches plain nonsense alone."""


def prepare(_known: Preparation) -> None:
    """Import the engine. Its model is never loaded early: the recogniser's is still in memory."""
    import indicsubs_whisperx.aligner  # noqa: F401 - torch and all: seconds


def run(request: AlignmentRequest, context: Context) -> AlignmentResult:
    """Align each segment by itself.

    Raises:
        StageError: the device or the model cannot be used.
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
        from indicsubs_whisperx.aligner import Aligner

        aligner = Aligner(request.model, request.device, context)
        total = sum(segment.end_ms - segment.start_ms for segment in transcript.segments)
        done = 0
        with open_audio(context.path(request.audio)) as audio:
            for segment in transcript.segments:
                sentences += _align(segment, audio, request.audio_start_ms, aligner)
                done += segment.end_ms - segment.start_ms
                context.report(done, total, "ms")
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
    segment: Segment, audio: wave.Wave_read, audio_start_ms: int, aligner: "Aligner"
) -> list[Segment]:
    words = spell_words(segment.text, aligner.vocabulary)
    if not any(column != aligner.vocabulary.star for word in words for column in word.columns):
        return unaligned_sentences(segment, "not aligned: the aligner knows none of its letters")
    span = SpeechRegion(
        start_ms=segment.start_ms - audio_start_ms, end_ms=segment.end_ms - audio_start_ms
    )
    samples = read_samples(audio, span)
    columns = targets(words, aligner.vocabulary)
    if aligner.frames(len(samples) // 2) < frames_needed(columns):
        return unaligned_sentences(segment, "not aligned: too short for so much text")
    timed = time_words(
        words,
        aligner.align(samples, columns),
        aligner.vocabulary,
        aligner.frame_ms,
        segment.start_ms,
    )
    score = mean_score(words, timed, aligner.vocabulary)
    if not score >= LEAST_SCORE:
        return unaligned_sentences(
            segment, f"not aligned: the text fits the sound badly ({score:.2f})"
        )
    return aligned_sentences(segment, timed)
