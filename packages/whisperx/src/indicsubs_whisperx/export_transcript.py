"""Stage export_transcript: the transcript as people read it and edit it."""

from collections.abc import Sequence

from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.export_transcript import (
    ExportTranscriptRequest,
    ExportTranscriptResult,
)
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.subtitle_files.timed_text import TimedText, to_srt, to_vtt


def run(request: ExportTranscriptRequest, context: Context) -> ExportTranscriptResult:
    """Write the transcript as JSON, as text, and as SRT and WebVTT with one cue a sentence.

    Raises:
        IndicsubsError: the transcript cannot be read.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    language = transcript.language
    texts = {
        "txt": plain_text(transcript.segments),
        "srt": to_srt(map(_cue, transcript.segments)),
        "vtt": to_vtt(map(_cue, transcript.segments)),
    }
    return ExportTranscriptResult(
        files=(
            context.write_document("transcript.json", transcript, "json", language),
            *(
                context.write(f"transcript.{suffix}", text.encode(), suffix, language)
                for suffix, text in texts.items()
            ),
        )
    )


def plain_text(segments: Sequence[Segment]) -> str:
    """One sentence a line."""
    return "".join(f"{_line(segment)}\n" for segment in segments)


def _line(segment: Segment) -> str:
    return " ".join(segment.text.split())


def _cue(segment: Segment) -> TimedText:
    """As both formats take it: times not negative, and the end after the start."""
    start = max(0, segment.start_ms)
    return TimedText(start, max(start + 1, segment.end_ms), _line(segment))
