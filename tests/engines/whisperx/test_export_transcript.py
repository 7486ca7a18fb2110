"""The transcript in the formats that people open."""

import io
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import av
import msgspec
import srt
from films import Job

from indicsubs_contract.messages import Artifact, ExportTranscriptRequest
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


def test_all_formats(job: Callable[[StageName], Job]) -> None:
    made = job(StageName.EXPORT_TRANSCRIPT)
    (made.folder / "in.json").write_bytes(msgspec.json.encode(TRANSCRIPT))
    source = Artifact(path="in.json", kind="transcript", sha256="", bytes=0)
    result = export_transcript.run(ExportTranscriptRequest(transcript=source), made.context)
    assert [(file.kind, Path(file.path).name, file.language) for file in result.files] == [
        (kind, f"transcript.{kind}", "hi") for kind in ("json", "txt", "srt", "vtt")
    ]
    texts = {file.kind: (made.folder / file.path).read_text("utf-8") for file in result.files}
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
        Tom & <i>Jerry</i> --> here

        3
        100:00:00,000 --> 100:00:00,001
        अंत।

        """)
    assert texts["vtt"] == dedent("""\
        WEBVTT

        00:00:00.000 --> 00:00:00.900
        तुम यहाँ क्या कर रहे हो?

        01:02:03.004 --> 01:02:04.000
        Tom &amp; &lt;i&gt;Jerry&lt;/i&gt; --&gt; here

        100:00:00.000 --> 100:00:00.001
        अंत।
        """)


def test_other_programs_read_them() -> None:
    segments = TRANSCRIPT.segments
    assert len(list(srt.parse(export_transcript.subrip(segments)))) == 3
    vtt = export_transcript.web_vtt(segments).encode()
    with av.open(io.BytesIO(vtt), format="webvtt") as container:
        packets = [bytes(packet).decode() for packet in container.demux() if packet.size]
    assert len(packets) == 3


def test_nothing_said() -> None:
    assert export_transcript.plain_text([]) == ""
    assert export_transcript.subrip([]) == ""
    assert export_transcript.web_vtt([]) == "WEBVTT\n"
