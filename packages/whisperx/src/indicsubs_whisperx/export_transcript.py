"""Stage export_transcript: writes the transcript in the formats that people read and edit."""

from collections.abc import Sequence

from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.export_transcript import (
    ExportTranscriptRequest,
    ExportTranscriptResult,
)
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.overlap import is_shown
from indicsubs_text.subtitle_files import subrip, webvtt
from indicsubs_text.subtitle_files.file_format import FileFormat
from indicsubs_text.subtitle_files.style import FileStyle

SUBTITLES: dict[SubtitleFormat, FileFormat] = {"srt": subrip.FORMAT, "vtt": webvtt.FORMAT}


def run(request: ExportTranscriptRequest, context: Context) -> ExportTranscriptResult:
    """Writes the transcript as JSON, as text, and as SRT and WebVTT with one cue per sentence.

    The JSON is complete. The other files have the quarantined segments only where the request asks
    for them, because they cannot show that these words were probably never spoken.

    Raises:
        IndicsubsError: The transcript cannot be read, or its language is unknown.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    language = transcript.language
    style = FileStyle(language=find_language(language), for_editing=True)
    shown = [segment for segment in transcript.segments if is_shown(segment, request.doubtful)]
    cues = tuple(map(_cue, shown))
    return ExportTranscriptResult(
        files=(
            context.write_document("transcript.json", transcript, "json", language),
            context.write("transcript.txt", plain_text(shown).encode(), "txt", language),
            *(
                context.write(f"transcript.{name}", form.encode(cues, style), name, language)
                for name, form in SUBTITLES.items()
            ),
        )
    )


def plain_text(segments: Sequence[Segment]) -> str:
    """Returns the text of the segments, one sentence per line."""
    return "".join(f"{_line(segment)}\n" for segment in segments)


def _line(segment: Segment) -> str:
    return " ".join(segment.text.split())


def _cue(segment: Segment) -> Cue:
    """Returns a cue for both formats. Its start is at least 0, and its end is after its start."""
    start_ms = max(0, segment.start_ms)
    return Cue(
        start_ms=start_ms,
        end_ms=max(start_ms + 1, segment.end_ms),
        lines=(_line(segment),),
        language=segment.language,
    )
