"""The transcript in the formats that people read and edit."""

import io
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import av
import msgspec
import srt
from films import Job

from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.export_transcript import ExportTranscriptRequest
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_whisperx import export_transcript

TRANSCRIPT = Transcript(
    language="hi",
    segments=(
        Segment(start_ms=-40, end_ms=900, text="तुम यहाँ क्या कर रहे हो?"),
        Segment(start_ms=3_723_004, end_ms=3_724_000, text="Tom & <i>Jerry</i>\n\n--> here"),
        Segment(start_ms=360_000_000, end_ms=360_000_000, text="अंत।"),
    ),
)


def export(
    job: Job, transcript: Transcript, doubtful: Doubtful = "leave_out"
) -> tuple[list[Artifact], dict[str, str]]:
    """Runs the stage, and returns its files and their texts by kind."""
    (job.folder / "in.json").write_bytes(msgspec.json.encode(transcript))
    source = Artifact(path="in.json", kind="transcript", sha256="", bytes=0)
    request = ExportTranscriptRequest(transcript=source, doubtful=doubtful)
    files = export_transcript.run(request, job.context).files
    return list(files), {f.kind: (job.folder / f.path).read_text("utf-8") for f in files}


def test_all_formats(job: Callable[[StageName], Job]) -> None:
    files, texts = export(job(StageName.EXPORT_TRANSCRIPT), TRANSCRIPT)
    assert [(file.kind, Path(file.path).name, file.language) for file in files] == [
        (kind, f"transcript.{kind}", "hi") for kind in ("json", "txt", "srt", "vtt")
    ]
    assert msgspec.json.decode(texts["json"], type=Transcript) == TRANSCRIPT
    assert "तुम यहाँ" in texts["json"]
    assert texts["txt"] == dedent("""\
        तुम यहाँ क्या कर रहे हो?
        Tom & <i>Jerry</i> --> here
        अंत।
        """)
    assert texts["srt"] == dedent("""\
        1
        00:00:00,000 --> 00:00:00,900
        तुम यहाँ क्या कर रहे हो?

        2
        01:02:03,004 --> 01:02:04,000
        Tom & <\u2060i>Jerry<\u2060/i> --\u2060> here

        3
        100:00:00,000 --> 100:00:00,001
        अंत।

        """)
    assert texts["vtt"] == dedent("""\
        WEBVTT

        1
        00:00:00.000 --> 00:00:00.900
        तुम यहाँ क्या कर रहे हो?

        2
        01:02:03.004 --> 01:02:04.000
        Tom &amp; &lt;i&gt;Jerry&lt;/i&gt; --&gt; here

        3
        100:00:00.000 --> 100:00:00.001
        अंत।
        """)


def test_other_programs_read_them(job: Callable[[StageName], Job]) -> None:
    _, texts = export(job(StageName.EXPORT_TRANSCRIPT), TRANSCRIPT)
    assert len(list(srt.parse(texts["srt"]))) == 3
    with av.open(io.BytesIO(texts["vtt"].encode()), format="webvtt") as container:
        packets = [bytes(packet).decode() for packet in container.demux() if packet.size]
    assert len(packets) == 3


def test_an_empty_transcript(job: Callable[[StageName], Job]) -> None:
    empty = Transcript(language="hi", segments=())
    _, texts = export(job(StageName.EXPORT_TRANSCRIPT), empty)
    assert [texts[kind] for kind in ("txt", "srt", "vtt")] == ["", "", "WEBVTT\n"]


def test_quarantined_segments_are_left_out_of_what_people_read_unless_they_are_shown(
    job: Callable[[StageName], Job],
) -> None:
    film = Transcript(
        language="hi",
        segments=(
            Segment(start_ms=0, end_ms=900, text="रुको।"),
            Segment(start_ms=1000, end_ms=1900, text="धन्यवाद।", quarantined="no words were heard"),
            Segment(start_ms=2000, end_ms=2900, text="آؤ۔", language="ur"),
        ),
    )
    _, texts = export(job(StageName.EXPORT_TRANSCRIPT), film)
    assert msgspec.json.decode(texts["json"], type=Transcript) == film
    assert texts["txt"] == "रुको।\nآؤ۔\n"
    assert [cue.content for cue in srt.parse(texts["srt"])] == ["रुको।", "آؤ۔"]
    assert "धन्यवाद" not in texts["vtt"]
    _, shown = export(job(StageName.EXPORT_TRANSCRIPT), film, doubtful="show")
    assert shown["txt"] == "रुको।\nधन्यवाद।\nآؤ۔\n"
    assert "धन्यवाद" in shown["vtt"]
