"""Many requests to one process: models stay loaded, results are those of fresh processes."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from engine_checks import (
    StageRuns,
    check_a_model_stays_loaded,
    check_batches_are_whole_again,
    check_one_process_gives_what_fresh_ones_give,
)
from recognisers import artifact
from stage_context import stage_context

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.loaded_models import LOADED_MODELS
from indicsubs_contract.messages.alignment import AlignmentRequest
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.demux import DemuxRequest, LanguageDetection
from indicsubs_contract.messages.engine import ComputeType
from indicsubs_contract.messages.files import ModelFolder, SourceFile
from indicsubs_contract.messages.witness import WitnessRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Speech, Transcript
from indicsubs_whisperx import alignment, asr, demux, witness

ROOT = Path(__file__).parents[3]
PACKAGE = "indicsubs_whisperx"
LANGUAGES = ENGINES["whisperx"].languages


class Requests(NamedTuple):
    """Two requests that have other results, and one that fails when the model is loaded."""

    first: Any
    second: Any
    broken: Any


def model(name: str) -> ModelFolder:
    return ModelFolder(name=name, folder=str(ROOT / "models" / "demo" / name), fingerprint="one")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stages read: dialogue, speech and transcripts of the demo clip, and a part of it."""
    folder = tmp_path_factory.mktemp("requests") / "inputs"
    source = SourceFile(path=str(ROOT / "demo" / "clip.mp4"), fingerprint="")
    demux.run(DemuxRequest(source=source), stage_context(StageName.DEMUX, folder, "."))
    speech = msgspec.json.decode((folder / "speech.json").read_bytes(), type=Speech)
    part = Speech(regions=speech.regions[1:4])
    (folder / "part.json").write_bytes(msgspec.json.encode(part))
    result = asr.run(asr_requests().first, stage_context(StageName.ASR, folder, "."))
    heard = msgspec.json.decode((folder / result.transcript.path).read_bytes(), type=Transcript)
    assert len(heard.segments) > 4
    few = msgspec.structs.replace(heard, segments=heard.segments[2:4])
    (folder / "few.json").write_bytes(msgspec.json.encode(few))
    return folder


def asr_requests() -> Requests:
    first = AsrRequest(
        audio=artifact("audio.wav"),
        speech=artifact("speech.json"),
        audio_start_ms=0,
        model=model("recogniser-ctranslate2"),
        device="cpu",
        compute_type="float32",
        languages=LANGUAGES,
        language="hi",
    )
    second = msgspec.structs.replace(
        first,
        speech=artifact("part.json"),
        beam_size=2,
        batch_size=3,
        script="Deva",
        initial_prompt="दरवाज़ा बंद",
    )
    broken = msgspec.structs.replace(first, initial_prompt="दरवाज़ा " * 300)
    return Requests(first, second, broken)


def witness_requests() -> Requests:
    first = WitnessRequest(
        audio=artifact("audio.wav"),
        speech=artifact("speech.json"),
        audio_start_ms=0,
        transcript=artifact("transcript.json"),
        scope="all",
        corrects=True,
        engine="whisperx",
        model=model("recogniser-ctranslate2"),
        device="cpu",
        compute_type="int8",
        language=LANGUAGES["hi"],
    )
    second = msgspec.structs.replace(first, transcript=artifact("few.json"), beam_size=1)
    nowhere = msgspec.structs.replace(LANGUAGES["hi"], code="xx")
    return Requests(first, second, msgspec.structs.replace(first, language=nowhere))


def alignment_requests(compute_type: ComputeType) -> Requests:
    first = AlignmentRequest(
        audio=artifact("audio.wav"),
        audio_start_ms=0,
        transcript=artifact("transcript.json"),
        model=model("aligner-hi"),
        engine="wav2vec2",
        device="cpu",
        compute_type=compute_type,
    )
    second = msgspec.structs.replace(first, transcript=artifact("few.json"), batch_size=1)
    return Requests(first, second, msgspec.structs.replace(first, audio=artifact("few.json")))


def demux_requests() -> Requests:
    detection = LanguageDetection(
        model=model("recogniser-ctranslate2"),
        device="cpu",
        compute_type="int8",
        languages=LANGUAGES,
    )
    first = DemuxRequest(
        source=SourceFile(path=str(ROOT / "demo" / "clip.mp4"), fingerprint=""),
        detection=detection,
    )
    tamil = SourceFile(path=str(ROOT / "demo" / "clip-ta.m4a"), fingerprint="")
    unknown = msgspec.structs.replace(detection, languages={"en": LANGUAGES["en"]})
    return Requests(
        first,
        msgspec.structs.replace(first, source=tamil),
        msgspec.structs.replace(first, detection=unknown),
    )


REQUESTS: dict[str, Callable[[], Requests]] = {
    "demux": demux_requests,
    "asr": asr_requests,
    "witness": witness_requests,
    "alignment by ONNX": lambda: alignment_requests("int8"),
    "alignment by torch": lambda: alignment_requests("bfloat16"),
}


@pytest.mark.parametrize("stage", REQUESTS)
def test_one_process_gives_what_fresh_ones_give(stage: str, inputs: Path) -> None:
    requests = REQUESTS[stage]()
    check_one_process_gives_what_fresh_ones_give(PACKAGE, inputs, requests.first, requests.second)


def runs_of(stage: StageName, inputs: Path, monkeypatch: pytest.MonkeyPatch) -> StageRuns:
    """Runs a stage, and counts the loading of its model."""
    module = {"demux": demux, "asr": asr, "witness": witness, "alignment": alignment}[stage]
    runs = StageRuns(module, stage, inputs)
    if module is alignment:
        monkeypatch.setattr(alignment, "_load", runs.counted(alignment._load))
    else:
        monkeypatch.setattr(asr, "WhisperModel", runs.counted(asr.WhisperModel))
    return runs


@pytest.mark.parametrize("stage", REQUESTS)
def test_a_model_stays_loaded(stage: str, inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = runs_of(StageName(stage.split(maxsplit=1)[0]), inputs, monkeypatch)
    check_a_model_stays_loaded(runs, *REQUESTS[stage]())


@pytest.mark.parametrize(
    ("stage", "engine", "method"),
    [
        ("asr", "recogniser.FasterWhisper", "decode"),
        ("witness", "recogniser.FasterWhisper", "decode"),
        ("alignment by ONNX", "onnx_aligner.OnnxAligner", "emissions"),
        ("alignment by torch", "torch_aligner.TorchAligner", "emissions"),
    ],
)
def test_a_full_memory_is_forgotten(
    stage: str, engine: str, method: str, inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = runs_of(StageName(stage.split(maxsplit=1)[0]), inputs, monkeypatch)
    module, name = engine.split(".")
    kind = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
    check_batches_are_whole_again(monkeypatch, runs, REQUESTS[stage]().first, kind, method)


def test_an_aligner_of_another_language_drops_the_earlier_one(
    inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = runs_of(StageName.ALIGNMENT, inputs, monkeypatch)
    hindi = alignment_requests("int8").first
    other = msgspec.structs.replace(hindi.model, name="another")
    runs.run(hindi)
    runs.run(msgspec.structs.replace(hindi, model=other))
    assert [loaded() is None for loaded in runs.loaded] == [True, False]
    runs.run(msgspec.structs.replace(hindi, compute_type="float32"))
    assert [loaded() is None for loaded in runs.loaded] == [True, True, False]


def test_the_stages_of_a_process_share_a_recogniser(
    inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = runs_of(StageName.ASR, inputs, monkeypatch)
    runs.run(asr_requests().first)
    again = StageRuns(witness, StageName.WITNESS, inputs)
    again.run(msgspec.structs.replace(witness_requests().first, compute_type="float32"))
    assert len(runs.loaded) == len(LOADED_MODELS._loaded) == 1


def test_a_recogniser_leaves_the_threads_of_torch_alone() -> None:
    """An aligner that runs after it computes with as many as in a process of its own."""
    program = f"""
import torch
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_whisperx import asr
before = torch.get_num_threads()
asr.os.cpu_count = lambda: before + 3
asr.load_model(ModelFolder(name="", folder={model("recogniser-ctranslate2").folder!r},
                           fingerprint=""), "cpu", "float32")
assert torch.get_num_threads() == before, torch.get_num_threads()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
