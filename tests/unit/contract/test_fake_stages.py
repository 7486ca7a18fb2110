"""The fake stages refuse what real stages refuse, so that tests with them mean something."""

from pathlib import Path

import fake_stages
import msgspec
import pytest
from fake_film import DIALOGUE, film_bytes
from stage_context import stage_context

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import DemuxRequest
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.load_transcript import LoadTranscriptRequest
from indicsubs_contract.messages.mux import MuxRequest
from indicsubs_contract.messages.subtitles import SubtitleRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript, Translation

SEGMENTS = tuple(
    Segment(start_ms=k * 1000, end_ms=k * 1000 + 900, text=text) for k, text in enumerate(DIALOGUE)
)


def written(
    job: Path, name: str, content: bytes | msgspec.Struct, language: str = "en"
) -> Artifact:
    data = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return stage_context(StageName.ASR, job, "in").write(name, data, "test", language)


def transcript(job: Path) -> Artifact:
    return written(job, "transcript.json", Transcript(language="hi", segments=SEGMENTS), "hi")


def refused(job: Path, request: object) -> IndicsubsError:
    with pytest.raises(IndicsubsError) as caught:
        fake_stages.run(request, stage_context(StageName.ASR, job))
    assert caught.value.code is FailureCode.BAD_INPUT
    return caught.value


def test_an_artifact_that_has_changed(tmp_path: Path) -> None:
    artifact = transcript(tmp_path)
    (tmp_path / artifact.path).write_bytes(b"{}")
    error = refused(tmp_path, SubtitleRequest(transcript=artifact))
    assert "has changed" in error.message


def test_a_document_of_another_kind(tmp_path: Path) -> None:
    artifact = written(tmp_path, "speech.json", b'{"regions": []}')
    error = refused(tmp_path, SubtitleRequest(transcript=artifact))
    assert "is not a Transcript" in error.message


@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_translation_of_another_transcript(tmp_path: Path, count: int) -> None:
    translation = Translation(language="en", source_language="hi", texts=("text",) * count)
    request = SubtitleRequest(
        transcript=transcript(tmp_path),
        translations=(written(tmp_path, "translation.json", translation),),
    )
    assert "does not belong" in refused(tmp_path, request).message


def test_a_source_that_is_not_subtitles(tmp_path: Path) -> None:
    artifact = written(tmp_path, "mine.srt", b"no cues here")
    error = refused(tmp_path, LoadTranscriptRequest(source=artifact, language="hi"))
    assert "cannot be read" in error.message


def test_a_track_that_is_not_subtitles(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(film_bytes())
    request = MuxRequest(
        source=SourceFile(path=str(film), fingerprint=""),
        subtitles=(written(tmp_path, "en.srt", b"no cues here"),),
    )
    assert "cannot be read" in refused(tmp_path, request).message


def test_a_file_that_is_not_a_film(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"text")
    source = SourceFile(path=str(tmp_path / "film.mp4"), fingerprint="")
    assert "is not a film" in refused(tmp_path, DemuxRequest(source=source)).message
    assert "is not a film" in refused(tmp_path, MuxRequest(source=source, subtitles=())).message
