"""Stage load_transcript: the transcript, or a subtitle file from elsewhere, as sentences."""

from pathlib import Path

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
from indicsubs_text.languages import find_language
from indicsubs_translation.cue_sentences import Cue, sentences_from_cues, with_kind
from indicsubs_translation.edited_sentences import sentences_from_edited
from indicsubs_translation.old_subtitle_files import READERS, decode


def run(request: LoadTranscriptRequest, context: Context) -> LoadTranscriptResult:
    """Read the source and write it as a transcript of sentences.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the file is absent; ``BAD_INPUT`` where it is of no known
            kind, damaged or without cues, or where nobody says its language.
    """
    path = context.path(request.source)
    language = find_language(request.language).tag if request.language else None
    if path.suffix.lower() == ".json":
        transcript, warnings = _from_json(path, language)
    else:
        transcript, warnings = _from_subtitles(path, language)
        if request.baseline is not None:
            transcript = _with_what_was_left(transcript, path, request.baseline, context)
    return LoadTranscriptResult(
        transcript=context.write_document(
            "sentences.json", transcript, "transcript", transcript.language
        ),
        language=transcript.language,
        segments=len(transcript.segments),
        warnings=warnings,
    )


def with_words_of_text(segment: Segment) -> Segment:
    """Make the words of a segment those of its text, which a person may have edited.

    As many words as before keep their times; otherwise none are known any more.
    """
    texts = segment.text.split()
    if not segment.words or "".join(texts) == "".join(
        "".join(word.text.split()) for word in segment.words
    ):
        return segment
    if len(texts) != len(segment.words):
        return replace(segment, words=())
    return replace(
        segment,
        words=tuple(
            word if word.text == text else replace(word, text=text, score=None)
            for word, text in zip(segment.words, texts, strict=True)
        ),
    )


def _from_json(path: Path, language: str | None) -> tuple[Transcript, tuple[str, ...]]:
    read = read_document(path.read_bytes(), Transcript, path.name)
    edited = tuple(map(with_words_of_text, read.segments))
    lost = sum(bool(a.words) and not b.words for a, b in zip(read.segments, edited, strict=True))
    segments = tuple(map(with_kind, edited))
    tag = language or find_language(read.language).tag
    warnings = (f"{lost} edited sentences have lost the times of their words.",) if lost else ()
    return replace(read, language=tag, segments=segments), warnings


def _with_what_was_left(
    transcript: Transcript, edited: Path, baseline: EditBaseline, context: Context
) -> Transcript:
    """The transcript with those sentences of an earlier one whose cues were left as they were."""
    path = context.path(baseline.transcript)
    earlier = read_document(path.read_bytes(), Transcript, path.name)
    if baseline.cues is not None:
        made = _read(context.path(baseline.cues))
    else:
        made = [Cue(said.start_ms, said.end_ms, said.text) for said in earlier.segments]
    segments = sentences_from_edited(_read(edited), made, earlier.segments)
    return replace(transcript, segments=tuple(segments))


def _read(path: Path) -> list[Cue]:
    return READERS[path.suffix.lower()](decode(path.read_bytes(), path.name), path.name)


def _from_subtitles(path: Path, language: str | None) -> tuple[Transcript, tuple[str, ...]]:
    if path.suffix.lower() not in READERS:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} is no transcript that indicsubs reads. Give a file that ends in .json,"
            f" {', '.join(READERS)}.",
        )
    if language is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} does not say its language. Name it with -s, for instance -s hi.",
        )
    cues = _read(path)
    segments = sentences_from_cues(cues)
    if not segments:
        raise IndicsubsError(FailureCode.BAD_INPUT, f"{path.name} has no cue with text.")
    empty = sum(not cue.text.strip() for cue in cues)
    warnings = (f"{empty} cues of {path.name} without text were left out.",) if empty else ()
    return Transcript(language=language, segments=tuple(segments)), warnings
