"""The table of subtitle formats, for code that takes a file of any format.

Code that needs one format imports only its module, so that a change of another format does not
make a stage run again.
"""

import re

from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.subtitle_files import cue_document, subrip, substation, ttml, webvtt
from indicsubs_text.subtitle_files.file_format import FileFormat, cannot_be_read
from indicsubs_text.subtitle_files.subtitle_file import MalformedSubtitlesError, SubtitleFile
from indicsubs_text.subtitle_files.text_encoding import decode

FORMATS: dict[SubtitleFormat, FileFormat] = {
    "srt": subrip.FORMAT,
    "vtt": webvtt.FORMAT,
    "ass": substation.FORMAT,
    "ttml": ttml.FORMAT,
    "json": cue_document.FORMAT,
}
"""The formats by the suffix of their files."""
SUFFIXES: dict[str, SubtitleFormat] = {
    **{f".{name}": name for name in FORMATS},
    ".ssa": "ass",
    ".dfxp": "ttml",
}
"""The format by the suffix of a file, also by the suffixes that other programs use."""
_TITLES: dict[SubtitleFormat, str] = {
    "srt": "SubRip",
    "vtt": "WebVTT",
    "ass": "ASS",
    "ttml": "TTML",
    "json": "JSON",
}
_BEGINNING = 2_000
"""The characters at the beginning of a file that show its format."""
_BEGINNINGS: tuple[tuple[re.Pattern[str], SubtitleFormat], ...] = (
    (re.compile(r"WEBVTT(?:\s|$)"), "vtt"),
    (re.compile(r"\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE), "ass"),
    (re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--[^<>]*-->\s*)?<(?:\w+:)?tt[\s>]"), "ttml"),
    (
        re.compile(r"(?:\d+\s*\n)?\s*-?\d+:\d+(?::\d+)?(?:[,.]\d*)?[ \t]*-->[ \t]*-?\d+:\d"),
        "srt",
    ),
)
_UNREADABLE = (
    (re.compile(r"\{\d+\}\{\d*\}"), "MicroDVD, whose times are numbers of frames"),
    (re.compile(r"\[\d+\]\[\d*\]"), "MPL2"),
    (re.compile(r"<SAMI\b", re.IGNORECASE), "SAMI"),
    (re.compile(r"\d+:\d\d:\d\d\.\d\d,\d+:\d\d:\d\d\.\d\d|\[INFORMATION\]"), "SubViewer"),
    (re.compile(r"\d\d?:\d\d:\d\d[:=](?!.*-->)"), "TMPlayer"),
    (re.compile(r"Scenarist_SCC"), "SCC"),
    (re.compile(r"# VobSub|\{timestamp:"), "the index of VobSub, whose subtitles are pictures"),
)
"""The beginnings of formats that are not read, and their names in messages."""


def read_subtitles(data: bytes, suffix: str, name: str) -> SubtitleFile:
    """Reads a subtitle file of any format; see :meth:`FileFormat.decode`.

    A file whose content is in another format than its name says is read as its content is, with a
    warning.

    Args:
        data: The content of the file.
        suffix: The format, such as ``srt`` or ``.SRT``.
        name: The name of the file in errors and warnings.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the format is unknown or the file cannot be read.
    """
    named = SUFFIXES.get(f".{suffix.lower().removeprefix('.')}")
    if named is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{name} is not a subtitle file that indicsubs reads. Give a file that ends in"
            f" {', '.join(f'.{suffix}' for suffix in FORMATS)}.",
        )
    try:
        decoded = decode(data)
    except MalformedSubtitlesError as error:
        raise cannot_be_read(name, error) from error
    start = decoded.text[:_BEGINNING].lstrip()
    found: SubtitleFormat | None = next(
        (kind for begins, kind in _BEGINNINGS if begins.match(start)), None
    )
    if found is None and named != "json":
        for begins, title in _UNREADABLE:
            if begins.match(start):
                raise IndicsubsError(
                    FailureCode.BAD_INPUT,
                    f"{name} cannot be read: it is {title}, not {_TITLES[named]}. Save it as SubRip"
                    " from a subtitle editor, such as Subtitle Edit.",
                )
    kind: SubtitleFormat = found or named
    if kind != named:
        warning = f"the file is {_TITLES[kind]}, not {_TITLES[named]}, and was read as such."
        decoded = decoded._replace(
            text=decoded.text.lstrip(), warnings=(*decoded.warnings, warning)
        )
    return replace(FORMATS[kind].read_decoded(decoded, name), kind=kind)
