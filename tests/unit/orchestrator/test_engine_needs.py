"""What a stage needs of the machine, as its request says it."""

from pathlib import Path

from fake_stages import AUDIO, asr_manifest, preparation
from msgspec.structs import replace

from indicsubs.run.engine_needs import device_of, model_bytes
from indicsubs_contract.messages.demux import DemuxRequest, LanguageDetection
from indicsubs_contract.messages.export_transcript import ExportTranscriptRequest
from indicsubs_contract.messages.files import ModelFolder, SourceFile


def test_the_device_and_the_models_of_a_request(tmp_path: Path) -> None:
    request = asr_manifest(tmp_path).request
    assert device_of(request) == "cpu"
    assert device_of(replace(request, device="mps")) == "mps"
    assert model_bytes(request) == 0
    (tmp_path / "model" / "deep").mkdir()
    (tmp_path / "model" / "deep" / "weights").write_bytes(bytes(700))
    (tmp_path / "model" / "config").write_bytes(bytes(30))
    assert model_bytes(request) == 730


def test_a_detector_counts_and_a_stage_without_an_engine_needs_nothing(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(bytes(9))
    model = ModelFolder(name="m", folder=str(tmp_path), fingerprint="0")
    detection = LanguageDetection(model=model, device="cuda", compute_type="float16", languages={})
    demux = DemuxRequest(source=SourceFile(path="f", fingerprint="0"), detection=detection)
    assert (device_of(demux), model_bytes(demux)) == ("cuda", 9)
    export = ExportTranscriptRequest(transcript=AUDIO)
    assert (device_of(export), model_bytes(export)) == ("cpu", 0)
    assert device_of(preparation()) == "cpu"
