"""The subtitle files and transcripts that a user gives: their languages, and whether they are read.

They are read before anything else happens, so that an error names the file that the user gave, and
so that a file that cannot be read changes no job.
"""

from collections.abc import Sequence
from pathlib import Path

from indicsubs.jobs.input_files import unreadable
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.transcript import Transcript
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import SUFFIXES, read_subtitles
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile

_TRANSCRIPT = ".json"
_FLAGS = frozenset({"cc", "default", "forced", "full", "sdh"})
"""The parts of a file's name that may follow its language."""
_ORIGINAL = "-orig"
"""YouTube's name of captions in the spoken language ends with this: ``film.hi-orig.vtt``."""


def language_of(path: Path, languages: Sequence[str]) -> str | None:
    """Returns the language in a file's name, as in ``film.tam.srt`` or ``film.ta.srt``.

    Returns None where the name has none of ``languages``. Where the name has several languages, the
    last one counts. Where two languages share a code, the first one in ``languages`` counts.
    """
    for part in reversed(path.stem.split(".")[1:]):
        for tag in languages:
            if part.lower() in {tag.lower(), find_language(tag).iso_639_2}:
                return tag
        tag = _tag(part)
        if tag in languages:
            return tag
    return None


def language_in_name(path: Path) -> str | None:
    """Returns the tag of the language that a file's name ends with; None for other names.

    Only flags such as ``forced`` may stand between the language and the suffix. A word further left
    may be part of a title, as in ``now.or.never.srt``.
    """
    parts = path.stem.split(".")[1:]
    while parts and parts[-1].lower() in _FLAGS:
        parts.pop()
    return _tag(parts[-1].lower().removesuffix(_ORIGINAL)) if parts else None


def has_no_language(path: Path) -> bool:
    """Returns whether a file is of a kind that does not say its language: a subtitle file."""
    return path.suffix.lower() in SUFFIXES and path.suffix.lower() != _TRANSCRIPT


def check_readable(path: Path, *, is_transcript: bool = True) -> SubtitleFile | None:
    """Reads a subtitle file, or a transcript in JSON, as a stage will read it.

    Returns the content of a subtitle file; None for other files.

    Args:
        path: The file. A file of another kind, such as a film with subtitle tracks, is not read.
        is_transcript: Whether a JSON file is a transcript.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the file cannot be opened; ``BAD_INPUT`` where it cannot
            be read, or has no cue.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if suffix == _TRANSCRIPT and is_transcript:
        if not read_document(data, Transcript, str(path)).segments:
            raise IndicsubsError(
                FailureCode.BAD_INPUT, f"{path} has no segment. Give another file."
            )
        return None
    file = read_subtitles(data, suffix, str(path))
    if not file.entries:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{path} has no cue with text. Give another file."
        )
    return file


def _tag(code: str) -> str | None:
    """Returns the tag of a language by its code or name; None for sdh, a year and other words."""
    for candidate in (code, code.partition("-")[0]):
        try:
            return find_language(candidate).tag
        except IndicsubsError:
            continue
    return None
