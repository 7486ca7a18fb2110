"""Stage export_transcript: the transcript as people read it and edit it."""

import html
from collections.abc import Sequence
from datetime import timedelta

import srt

from indicsubs_contract.harness import Context
from indicsubs_contract.messages import ExportTranscriptRequest, ExportTranscriptResult
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_contract.wire import read_document


def run(request: ExportTranscriptRequest, context: Context) -> ExportTranscriptResult:
    """Write the transcript as JSON, as text, and as SRT and WebVTT with one cue a sentence.

    Raises:
        StageError: the transcript cannot be read.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    language = transcript.language
    texts = {
        "txt": plain_text(transcript.segments),
        "srt": subrip(transcript.segments),
        "vtt": web_vtt(transcript.segments),
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


def subrip(segments: Sequence[Segment]) -> str:
    """SRT, numbered from 1."""
    cues = [
        srt.Subtitle(
            index=number,
            start=timedelta(milliseconds=start),
            end=timedelta(milliseconds=end),
            content=_line(segment),
        )
        for number, segment in enumerate(segments, 1)
        for start, end in [_times(segment)]
    ]
    return srt.compose(cues, reindex=False)


def web_vtt(segments: Sequence[Segment]) -> str:
    """WebVTT; what would be markup is escaped."""
    cues = [
        f"{_vtt_time(start)} --> {_vtt_time(end)}\n{html.escape(_line(segment), quote=False)}\n"
        for segment in segments
        for start, end in [_times(segment)]
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _line(segment: Segment) -> str:
    return " ".join(segment.text.split())


def _times(segment: Segment) -> tuple[int, int]:
    """Start and end in ms as both formats take them: not negative, and the end after the start."""
    start = max(0, segment.start_ms)
    return start, max(start + 1, segment.end_ms)


def _vtt_time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
