"""The readers that take input from outside, and what must be true for any input of theirs.

A reader returns a result or raises the project's own error, with a short message. What is read can
be written and read again.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError
from indicsubs_contract.transcript import Transcript
from indicsubs_contract.wire import (
    decode_answer,
    decode_manifest,
    decode_preparation,
    encode_line,
)
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import FORMATS, read_subtitles
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import MS_LIMIT
from indicsubs_translation.cue_sentences import sentences_from_cues
from indicsubs_translation.transcript_times import with_usable_times

CORPUS = Path(__file__).parent / "corpus"
"""A folder for each target, with inputs that reach different parts of its reader."""
FOUND = Path(".indicsubs/fuzz")
"""The folder of the inputs that the fuzzer finds."""
_LONGEST_MESSAGE = 1_500
_STYLE = FileStyle(language=find_language("hi"))


def check_subtitles(kind: str, data: bytes) -> None:
    """Checks the reader of a subtitle format.

    Raises:
        AssertionError: The reader does not keep to a rule.
    """
    try:
        file = read_subtitles(data, kind, "film")
    except IndicsubsError as error:
        _check_error(error, "film cannot be read: ")
        return
    assert sum(map(len, file.warnings)) < _LONGEST_MESSAGE
    cues = file.cues
    assert all(0 <= ms < MS_LIMIT for cue in cues for ms in (cue.start_ms, cue.end_ms))
    assert list(cues) == sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))
    sentences_from_cues(cues)
    for form in FORMATS.values():
        written = form.encode(cues, _STYLE)
        again = form.decode(written, "again")
        if not _roll(again.warnings):
            assert len(again.entries) <= len(cues)
            assert _without_kinds(again.cues) == _without_kinds(
                form.decode(form.encode(again.cues, _STYLE), "again").cues
            )


def check_transcript(data: bytes) -> None:
    """Checks the reader of transcripts in JSON.

    Raises:
        AssertionError: The reader does not keep to a rule.
    """
    try:
        transcript = read_document(data, Transcript, "film.json")
    except IndicsubsError as error:
        _check_error(error, "film.json is not a Transcript file of indicsubs: ")
        return
    segments, warnings = with_usable_times(transcript.segments)
    assert sum(map(len, warnings)) < _LONGEST_MESSAGE
    usable = msgspec.structs.replace(transcript, segments=segments)
    assert read_document(msgspec.json.encode(usable), Transcript, "film.json") == usable


def check_wire(data: bytes) -> None:
    """Checks that a line of a pipe is a message or a protocol error.

    Raises:
        AssertionError: The reader does not keep to a rule.
    """
    decoders: tuple[Callable[[bytes], object], ...] = (
        decode_manifest,
        decode_preparation,
        decode_answer,
    )
    for decode in decoders:
        try:
            message = decode(data)
        except ProtocolError:
            continue
        if isinstance(message, msgspec.Struct):
            assert decode(encode_line(message)) == message


def _check_error(error: IndicsubsError, start: str) -> None:
    assert error.code is FailureCode.BAD_INPUT
    assert error.message.startswith(start)
    assert len(error.message) < _LONGEST_MESSAGE


def _roll(warnings: Sequence[str]) -> bool:
    """Returns whether a written file is read as captions that roll up."""
    return any("roll up" in warning for warning in warnings)


def _without_kinds(cues: Sequence[Cue]) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(cue.start_ms, cue.end_ms, cue.lines) for cue in cues]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "srt": lambda data: check_subtitles("srt", data),
    "vtt": lambda data: check_subtitles("vtt", data),
    "ass": lambda data: check_subtitles("ass", data),
    "ttml": lambda data: check_subtitles("ttml", data),
    "cues": lambda data: check_subtitles("json", data),
    "transcript": check_transcript,
    "wire": check_wire,
}
"""The checks by the name of their folder in the corpus."""
