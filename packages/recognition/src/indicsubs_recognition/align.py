"""Stage alignment without its engine: gives times to words, and makes one segment per sentence.

Each segment gets the best times that can be had: the aligner's; otherwise those of the recogniser
itself; otherwise its sentences share its time by their characters. No text is lost. The engine is
loaded only where there is something to align.
"""

import wave
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import msgspec
import numpy as np
from msgspec.structs import replace

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.context import Context
from indicsubs_contract.device_memory import BatchHalver, full_memory_reported
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult, TimingCount
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.transcript import Segment, SpeechRegion, Timing, Transcript
from indicsubs_recognition.ctc_path import Scores, WordPath, best_paths
from indicsubs_recognition.doubts import doubts
from indicsubs_recognition.spelling import (
    SpelledWord,
    Vocabulary,
    has_known_letters,
    spell_words,
)
from indicsubs_recognition.word_times import (
    aligned_sentences,
    mean_score,
    time_words,
    unaligned_sentences,
)

LEAST_SCORE = 0.2
"""The lowest mean probability of its letters at which a segment counts as aligned. Below it, the
text was probably not spoken there. On the demo films the right text scored 0.52 to 0.82, and the
text of other segments up to 0.44, because an alignment finds most letters somewhere. The limit
is low enough to keep unclear speech; it rejects only nonsense."""

_TOO_SHORT = "too short for so much text"

BY_CHARACTERS = "characters"
"""The method of timing where no word times are known."""

_GROUPED_BATCHES = 8
"""The number of batches whose segments are sorted by length, so that a batch needs little padding,
and whose paths are searched together, which takes half the time."""
_MOST_PADDING = 1.25
"""The longest segment of a batch may last so many times its shortest, because padding costs as much
time as speech."""


class AlignmentEngine(Protocol):
    """An aligner with its model loaded: a CTC network that scores every piece in every frame."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The pieces of text that the network knows, and their columns."""
        ...

    @property
    def frame_ms(self) -> float:
        """The length of one frame in milliseconds."""
        ...

    @property
    def least_samples(self) -> int:
        """The number of samples of the shortest sound that has a frame."""
        ...

    def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
        """Returns the log-probabilities of each chunk.

        Args:
            chunks: 16 kHz mono little-endian 16-bit samples, each at least ``least_samples`` long.

        Raises:
            RuntimeError: The memory of the device is full; the message is one that
                :func:`~indicsubs_contract.device_memory.is_out_of_memory` knows.
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
    sentences = [
        sentence
        for part in _segments_timed(transcript, request, context, load)
        for sentence in part
    ]
    timed = Transcript(
        language=transcript.language,
        language_probability=transcript.language_probability,
        segments=tuple(sentences),
    )
    counts = Counter(sentence.timed_by or BY_CHARACTERS for sentence in sentences)
    return AlignmentResult(
        transcript=context.write_document(
            "transcript.json", timed, "transcript", transcript.language
        ),
        timings=tuple(
            TimingCount(method=method, sentences=count) for method, count in counts.most_common()
        ),
        warnings=tuple(_warnings(sentences, has_aligner=request.model is not None)),
    )


def _segments_timed(
    transcript: Transcript,
    request: AlignmentRequest,
    context: Context,
    load: Callable[[ModelFolder], AlignmentEngine],
) -> list[list[Segment]]:
    """Returns the sentences of each segment."""
    sentences: list[list[Segment]] = []
    chosen: list[int] = []
    for index, segment in enumerate(transcript.segments):
        reason = None if segment.words else "its words have no times of their own"
        sentences.append(unaligned_sentences(segment, reason))
        if _can_be_aligned(segment, transcript, request):
            chosen.append(index)
    if request.model is None or not chosen:
        return sentences
    total = _length_ms(transcript.segments)
    done = total - _length_ms(transcript.segments[index] for index in chosen)
    with (
        full_memory_reported("Close other programs, or give --device cpu."),
        open_audio(context.path(request.audio)) as audio,
    ):
        aligner = _Aligner(load(request.model), request, audio, transcript.language)

        def align_group(group: Sequence[int]) -> dict[int, list[Segment]]:
            heard: dict[int, _Heard] = {}
            reported = done
            for batch in _batches(group, transcript.segments, request.batch_size):
                segments = [transcript.segments[index] for index in batch]
                heard.update(zip(batch, aligner.hear(segments), strict=True))
                reported += _length_ms(segments)
                context.report(reported, total, "film_ms")
            return dict(zip(heard, aligner.time(list(heard.values())), strict=True))

        for group in _groups(chosen, request.batch_size):
            timed = context.checkpoint.once(
                f"segments {group[0]}-{group[-1]}",
                dict[int, list[Segment]],
                lambda group=group: align_group(group),
            )
            for index, own in timed.items():
                sentences[index] = own
            done += _length_ms(transcript.segments[index] for index in group)
            if context.checkpoint.resumes:
                context.report(done, total, "film_ms")
    return sentences


def _length_ms(segments: Iterable[Segment]) -> int:
    return sum(segment.end_ms - segment.start_ms for segment in segments)


def _can_be_aligned(segment: Segment, transcript: Transcript, request: AlignmentRequest) -> bool:
    """Returns whether the aligner can give a segment better times than it has."""
    if segment.timed_by == request.engine:  # the recogniser is the aligner
        return False
    return segment.language in (None, transcript.language)


def _groups(indices: Sequence[int], batch_size: int) -> Iterator[Sequence[int]]:
    """Yields the segments of so many batches, whose paths are searched together."""
    size = batch_size * _GROUPED_BATCHES
    for first in range(0, len(indices), size):
        yield indices[first : first + size]


def _batches(
    group: Sequence[int], segments: Sequence[Segment], size: int
) -> Iterator[Sequence[int]]:
    """Divides a group into batches of similar lengths, the shortest segments first."""

    def length_ms(index: int) -> int:
        return segments[index].end_ms - segments[index].start_ms

    batch: list[int] = []
    for index in sorted(group, key=length_ms):
        if batch and (len(batch) == size or length_ms(index) > _MOST_PADDING * length_ms(batch[0])):
            yield batch
            batch = []
        batch.append(index)
    yield batch


class _Heard(msgspec.Struct, frozen=True):
    """A segment with what the aligner heard in it."""

    segment: Segment
    words: list[SpelledWord]
    scores: Scores
    """Empty where the sound is too short for a frame, or nothing in it is to be found."""
    fault: str | None
    """Why it cannot be aligned; None where it can be tried."""


class _Aligner:
    """Aligns segments with the samples of the audio file."""

    def __init__(
        self,
        engine: AlignmentEngine,
        request: AlignmentRequest,
        audio: wave.Wave_read,
        language: str,
    ) -> None:
        self._engine = engine
        self._request = request
        self._audio = audio
        self._language = language
        self._halver = BatchHalver()

    def hear(self, segments: Sequence[Segment]) -> list[_Heard]:
        """Runs the network on one batch of segments."""
        vocabulary = self._engine.vocabulary
        words = [spell_words(segment.text, vocabulary) for segment in segments]
        samples = [self._samples(segment) for segment in segments]
        audible = [
            index
            for index, data in enumerate(samples)
            if len(data) // 2 >= self._engine.least_samples
            and has_known_letters(words[index], vocabulary)
        ]
        emissions = self._halver.compute(
            [samples[index] for index in audible], self._engine.emissions
        )
        scores = dict(zip(audible, emissions, strict=True))
        return [
            self._heard(segment, words[index], scores.get(index))
            for index, segment in enumerate(segments)
        ]

    def time(self, heard: Sequence[_Heard]) -> list[list[Segment]]:
        """Returns the sentences of each segment. If they are not aligned, their notes say why."""
        found = iter(
            best_paths(
                [(one.scores, one.words) for one in heard if one.fault is None],
                self._engine.vocabulary,
            )
        )
        return [
            self._sentences(one, next(found))
            if one.fault is None
            else _not_aligned(one.segment, one.fault)
            for one in heard
        ]

    def _heard(self, segment: Segment, words: list[SpelledWord], scores: Scores | None) -> _Heard:
        fault = None
        if not has_known_letters(words, self._engine.vocabulary):
            fault = "the aligner knows none of its letters"
        elif scores is None:
            fault = _TOO_SHORT
        elif np.isnan(scores).any():
            fault = "the aligner computed no numbers"
        return _Heard(
            segment, words, np.empty((0, 0), np.float32) if scores is None else scores, fault
        )

    def _samples(self, segment: Segment) -> bytes:
        start_ms = self._request.audio_start_ms
        return read_samples(
            self._audio,
            SpeechRegion(start_ms=segment.start_ms - start_ms, end_ms=segment.end_ms - start_ms),
        )

    def _sentences(self, heard: _Heard, paths: Sequence[WordPath] | None) -> list[Segment]:
        segment, vocabulary = heard.segment, self._engine.vocabulary
        if paths is None:
            return _not_aligned(segment, _TOO_SHORT)
        score = mean_score(paths, vocabulary)
        if score < LEAST_SCORE:
            reason = f"the text fits the sound badly ({score:.2f})"
            return _not_aligned(self._doubted(segment, reason), reason)
        timed = time_words(heard.words, paths, vocabulary, self._engine.frame_ms, segment.start_ms)
        return aligned_sentences(segment, timed, self._request.engine)

    def _doubted(self, segment: Segment, reason: str) -> Segment:
        """Quarantines a segment that is doubtful already and that no second recogniser heard.

        The aligner is a network of another kind than Whisper: for English it is the only one.
        """
        reasons = doubts(segment, self._language)
        if segment.second_hearing is not None or segment.quarantined or not reasons:
            return segment
        return replace(segment, quarantined="; ".join((reason, *reasons)))


def _not_aligned(segment: Segment, reason: str) -> list[Segment]:
    return unaligned_sentences(segment, f"not aligned: {reason}")


def _warnings(sentences: Sequence[Segment], *, has_aligner: bool) -> list[str]:
    by_characters = sum(not sentence.words for sentence in sentences)
    by_recogniser = sum(sentence.timing is Timing.RECOGNISER for sentence in sentences)
    warnings: list[str] = []
    if (
        has_aligner
        and by_recogniser
        and any(sentence.timing is Timing.ALIGNED for sentence in sentences)
    ):
        warnings.append(
            f"{by_recogniser} of {len(sentences)} sentences could not be aligned and have the"
            " recogniser's own word times; their notes say why."
        )
    if by_characters:
        warnings.append(
            f"{by_characters} of {len(sentences)} sentences have no word times: they share the time"
            " of the stretch of speech they are in, by their length."
        )
    return warnings
