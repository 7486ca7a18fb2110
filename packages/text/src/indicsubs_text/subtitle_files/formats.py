"""The table of subtitle formats, for code that takes a file of any format.

Code that needs one format imports only its module, so that a change of another format does not
make a stage run again.
"""

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.subtitle_files import cue_document, subrip, substation, ttml, webvtt
from indicsubs_text.subtitle_files.file_format import FileFormat
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile

FORMATS: dict[SubtitleFormat, FileFormat] = {
    "srt": subrip.FORMAT,
    "vtt": webvtt.FORMAT,
    "ass": substation.FORMAT,
    "ttml": ttml.FORMAT,
    "json": cue_document.FORMAT,
}
"""The formats by the suffix of their files."""


def read_subtitles(data: bytes, suffix: str, name: str) -> SubtitleFile:
    """Reads a subtitle file of any format; see :meth:`FileFormat.decode`.

    Args:
        data: The content of the file.
        suffix: The format, such as ``srt`` or ``.SRT``.
        name: The name of the file in errors and warnings.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the format is unknown or the file cannot be read.
    """
    known = {str(name): form for name, form in FORMATS.items()}
    form = known.get(suffix.lower().removeprefix("."))
    if form is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{name} is not a subtitle file that indicsubs reads. Give a file that ends in"
            f" {', '.join(f'.{suffix}' for suffix in FORMATS)}.",
        )
    return form.decode(data, name)
