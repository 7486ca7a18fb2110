"""The texts of a finished job, in the formats that clients of speech recognition ask for."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.job import Job
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.alignment import AlignmentResult
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.messages.subtitles import SubtitleResult
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Transcript, Word
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import read_subtitles

AnswerFormat: TypeAlias = Literal["srt", "vtt", "txt", "json", "tsv"]
FORMATS: Final[tuple[str, ...]] = get_args(AnswerFormat)


class Spoken(NamedTuple):
    """What a job has made of one language."""

    language: str
    """The tag."""
    duration_s: float
    cues: tuple[Cue, ...]
    words: tuple[Word, ...]
    """The spoken words with their times; none for a translation."""
    srt: str
    vtt: str

    @property
    def text(self) -> str:
        """The whole text in one line."""
        return " ".join(_line(cue) for cue in self.cues)

    @property
    def language_name(self) -> str:
        """The English name, as Whisper writes it."""
        return language_name(self.language)


def spoken(job: Job, language: str | None) -> Spoken:
    """Reads what a finished job has made of a language.

    Args:
        job: The job.
        language: The tag of a target; None for the spoken language.
    """
    asr, demux = job.record(StageName.ASR), job.record(StageName.DEMUX)
    heard = asr.result.language if asr and isinstance(asr.result, AsrResult) else None
    tag = language or heard or job.spec.source_language or "und"
    duration_ms = 0
    if demux is not None and isinstance(demux.result, DemuxResult):
        duration_ms = demux.result.media.duration_ms
    texts = {kind: _subtitles(job, tag, kind) for kind in ("srt", "vtt")}
    return Spoken(
        language=tag,
        duration_s=duration_ms / 1000,
        cues=tuple(read_subtitles(texts["srt"].encode(), "srt", "subtitles").cues),
        words=_words(job) if tag == heard else (),
        srt=texts["srt"],
        vtt=texts["vtt"],
    )


def language_name(tag: str) -> str:
    """Returns the English name of a language as Whisper writes it: small letters, no script."""
    return find_language(tag).name.partition(" (")[0].lower()


def text_of(found: Spoken, kind: AnswerFormat, *, with_words: bool = False) -> str:
    """Returns the text in a format of Whisper's own command line (openai/whisper, utils.py).

    Args:
        found: What a job has made of a language.
        kind: The format.
        with_words: Whether JSON has the words of each segment.
    """
    if kind == "srt":
        return found.srt
    if kind == "vtt":
        return found.vtt
    if kind == "txt":
        return "".join(f"{_line(cue)}\n" for cue in found.cues)
    if kind == "tsv":
        rows = (f"{cue.start_ms}\t{cue.end_ms}\t{_line(cue)}\n" for cue in found.cues)
        return "start\tend\ttext\n" + "".join(rows)
    shown = segments(found)
    if with_words:
        shown = [
            {**segment, "words": inside}
            for segment, inside in zip(shown, _words_of_cues(found), strict=True)
        ]
    value = {"text": found.text, "segments": shown, "language": found.language}
    return msgspec.json.encode(value).decode()


def segments(found: Spoken) -> list[dict[str, object]]:
    """Returns the cues as segments of Whisper, with times in seconds.

    What only Whisper knows of a segment, such as its tokens, has the value of an empty segment.
    """
    return [
        {
            "id": index,
            "seek": 0,
            "start": cue.start_ms / 1000,
            "end": cue.end_ms / 1000,
            "text": _line(cue),
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": 0.0,
            "compression_ratio": 0.0,
            "no_speech_prob": 0.0,
        }
        for index, cue in enumerate(found.cues)
    ]


def words(found: Spoken) -> list[dict[str, object]]:
    """Returns the words as OpenAI shows them, with times in seconds."""
    return [_shown_word(word) for word in found.words]


def _shown_word(word: Word) -> dict[str, object]:
    return {"word": word.text, "start": word.start_ms / 1000, "end": word.end_ms / 1000}


def _words_of_cues(found: Spoken) -> list[list[dict[str, object]]]:
    """Returns the words of each cue as Whisper shows them.

    A word belongs to the first cue that ends after the word's middle, as cues may begin later than
    their first word.
    """
    shown: list[list[dict[str, object]]] = [[] for _ in found.cues]
    ends_ms = [cue.end_ms for cue in found.cues]
    for word in found.words if shown else ():
        index = bisect_right(ends_ms, (word.start_ms + word.end_ms) // 2)
        probability = {"probability": word.score}
        shown[min(index, len(shown) - 1)].append(_shown_word(word) | probability)
    return shown


def _subtitles(job: Job, tag: str, kind: str) -> str:
    record = job.record(StageName.SUBTITLE_GENERATION)
    if record is None or not isinstance(record.result, SubtitleResult):
        return ""
    files = {file.language: file for file in artifacts(record.result) if file.kind == kind}
    file = files.get(tag)
    return (job.folder / file.path).read_text(encoding="utf-8-sig") if file is not None else ""


def _words(job: Job) -> tuple[Word, ...]:
    record = job.record(StageName.ALIGNMENT)
    if record is None or not isinstance(record.result, AlignmentResult):
        return ()
    path = job.folder / record.result.transcript.path
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    shown: Sequence[Word] = [
        word
        for segment in transcript.segments
        if segment.quarantined is None
        for word in segment.words
    ]
    return tuple(shown)


def _line(cue: Cue) -> str:
    return " ".join(cue.lines)
