"""Stage load_transcript: reads a transcript or a subtitle file as sentences."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.load_transcript import (
    EditBaseline,
    LoadTranscriptRequest,
    LoadTranscriptResult,
)
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_media.film import open_film
from indicsubs_media.text_tracks import TrackText, read_text_track
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.overlap import is_shown
from indicsubs_text.subtitle_files.formats import SUFFIXES, read_subtitles
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile
from indicsubs_translation.cue_sentences import sentences_from_cues, with_kind
from indicsubs_translation.edited_sentences import sentences_from_edited
from indicsubs_translation.transcript_times import with_usable_times

JSON = ".json"
"""The suffix of a transcript. Subtitle files in JSON are not read: the transcript holds more."""
SUBTITLE_SUFFIXES = tuple(suffix for suffix in SUFFIXES if suffix != JSON)


def run(request: LoadTranscriptRequest, context: Context) -> LoadTranscriptResult:
    """Reads the source and writes it as a transcript of sentences.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the file is absent; ``BAD_INPUT`` where its kind is
            unknown, where it is damaged or has no cues, or where its language is not given.
    """
    path = context.path(request.source)
    language = find_language(request.language).tag if request.language else None
    if path.suffix.lower() == JSON:
        transcript, warnings = _from_json(path, language)
    else:
        transcript, warnings = _from_subtitles(path, language, request.baseline, context)
    return LoadTranscriptResult(
        transcript=context.write_document(
            "sentences.json", transcript, "transcript", transcript.language
        ),
        language=transcript.language,
        segments=len(transcript.segments),
        other_languages=_other_languages(transcript),
        warnings=warnings,
    )


def with_words_of_text(segment: Segment) -> Segment:
    """Gives a segment the words of its text, which a person may have edited.

    If the number of words is unchanged, the words keep their times; otherwise the segment gets no
    words. A segment with timed cues instead of words is treated in the same way. A segment whose
    words have changed is no longer quarantined, because a person has heard it.
    """
    texts = segment.text.split()
    timed = segment.timed_texts
    if not timed or "".join(texts) == "".join("".join(part.text.split()) for part in timed):
        return segment
    segment = replace(segment, quarantined=None)
    if len(texts) != len(timed):
        return replace(segment, words=(), cues=UNSET, timed_by=None, timing_confidence=None)
    if segment.cues is not UNSET:
        cues = zip(segment.cues, texts, strict=True)
        return replace(segment, cues=tuple(replace(cue, text=text) for cue, text in cues))
    return replace(
        segment,
        words=tuple(
            word if word.text == text else replace(word, text=text, score=None)
            for word, text in zip(segment.words, texts, strict=True)
        ),
    )


def with_language(segment: Segment, film_language: str) -> Segment:
    """Returns a segment with the tag of its language, and without one in the film's language.

    Args:
        segment: The segment; a person may have written its language as a code or a name.
        film_language: Tag of the transcript's language.

    Raises:
        IndicsubsError: ``BAD_INPUT`` for a language that indicsubs does not know.
    """
    if segment.language is None:
        return segment
    tag = find_language(segment.language).base
    return replace(segment, language=None if tag == find_language(film_language).base else tag)


def _other_languages(transcript: Transcript) -> tuple[str, ...]:
    tags = (segment.language for segment in transcript.segments)
    return tuple(dict.fromkeys(tag for tag in tags if tag is not None))


def _from_json(path: Path, language: str | None) -> tuple[Transcript, tuple[str, ...]]:
    read = read_document(path.read_bytes(), Transcript, path.name)
    edited = tuple(map(with_words_of_text, read.segments))
    lost = sum(
        bool(before.timed_texts) and not after.timed_texts
        for before, after in zip(read.segments, edited, strict=True)
    )
    tag = language or find_language(read.language).tag
    usable, warnings = with_usable_times(edited)
    if edited and not usable:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} has no segment with times that can be used. {warnings[0]}",
        )
    segments = tuple(with_language(with_kind(segment), tag) for segment in usable)
    if lost:
        warning = f"{lost} edited sentence(s) lost their word times, so cue times are less exact."
        warnings = (*warnings, warning)
    return replace(read, language=tag, segments=segments), warnings


def _from_subtitles(
    path: Path, language: str | None, baseline: EditBaseline | None, context: Context
) -> tuple[Transcript, tuple[str, ...]]:
    if path.suffix.lower() not in SUBTITLE_SUFFIXES:
        track = _read_film(path, language)
        file, language = track.file, language or track.language
    else:
        file = _read(path)
    if language is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} does not name its language. Name it with -s, for instance -s hi.",
        )
    if not file.cues:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{path.name} has no cue with text. Give another transcript."
        )
    if baseline is None:
        segments = sentences_from_cues(file.cues)
    else:
        segments = _with_unchanged_sentences(file.cues, baseline, context)
    return Transcript(language=language, segments=tuple(segments)), file.warnings


def _with_unchanged_sentences(
    edited: Sequence[Cue], baseline: EditBaseline, context: Context
) -> list[Segment]:
    """Returns the sentences of edited cues. Baseline sentences with unchanged cues are kept."""
    path = context.path(baseline.transcript)
    earlier = read_document(path.read_bytes(), Transcript, path.name).segments
    if baseline.cues is not None:
        cues = _read(context.path(baseline.cues)).cues
    else:
        cues = [
            Cue(start_ms=segment.start_ms, end_ms=segment.end_ms, lines=(segment.text,))
            for segment in earlier
            if is_shown(segment, baseline.doubtful)
        ]
    return sentences_from_edited(edited, cues, earlier, baseline.doubtful)


def _read_film(path: Path, language: str | None) -> TrackText:
    """Reads a subtitle track of a film.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file is neither a film nor a transcript, or has no
            subtitle track that is text.
    """
    try:
        with open_film(path):
            pass
    except IndicsubsError as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} is not a transcript that indicsubs reads. Give a file that ends in"
            f" {', '.join((JSON, *SUBTITLE_SUFFIXES))}, or a film with a subtitle track.",
        ) from error
    return read_text_track(path, language)


def _read(path: Path) -> SubtitleFile:
    return read_subtitles(path.read_bytes(), path.suffix, path.name)
