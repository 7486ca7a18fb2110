"""Many requests to one process: models stay loaded, results are those of fresh processes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import mlx.core as mx
import msgspec
import numpy as np
import pytest
from engine_checks import (
    StageRuns,
    check_a_model_stays_loaded,
    check_batches_are_whole_again,
    check_one_process_gives_what_fresh_ones_give,
)
from mlx.utils import tree_flatten
from mlx_whisper.whisper import ModelDimensions, Whisper
from recognisers import artifact, spans, write_wav
from test_mlx_asr import SIZES

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.witness import WitnessRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, Transcript
from indicsubs_mlx import asr, witness
from indicsubs_mlx.recogniser import MlxWhisper

NOISE = np.random.default_rng(0).integers(-3000, 3000, 14 * 16_000).astype("<i2")
SPEECH = ((1000, 1900), (6000, 6900), (12_000, 12_900))
LANGUAGES = ENGINES["mlx"].languages
MODULES = {"asr": asr, "witness": witness}


class Requests(NamedTuple):
    """Two requests that have other results, and one that fails when the model is loaded."""

    first: Any
    second: Any
    broken: Any


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Whisper with random weights, whose text depends on the sound."""
    mx.set_default_device(mx.cpu)
    mx.random.seed(0)
    sizes = {**SIZES, "n_text_ctx": 16}  # its text never ends
    model = Whisper(ModelDimensions(**sizes), mx.float32)
    folder = tmp_path_factory.mktemp("whisper")
    weights = dict(tree_flatten(model.parameters()))
    mx.save_safetensors(str(folder / "weights.safetensors"), weights)
    (folder / "config.json").write_text(json.dumps({**sizes, "model_type": "whisper"}))
    return folder


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """What the stages read."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    write_wav(folder / "audio.wav", NOISE.tobytes())
    for name, regions in (("speech.json", SPEECH), ("part.json", SPEECH[1:2])):
        (folder / name).write_bytes(msgspec.json.encode(Speech(regions=spans(*regions))))
        heard = Transcript(
            language="hi",
            segments=tuple(
                Segment(start_ms=start, end_ms=end, text="दरवाज़ा बंद कर दो।")
                for start, end in regions
            ),
        )
        (folder / f"heard-{name}").write_bytes(msgspec.json.encode(heard))
    return folder


@pytest.fixture
def requests(whisper: Path) -> dict[str, Requests]:
    common = {
        "audio": artifact("audio.wav"),
        "audio_start_ms": 0,
        "model": ModelFolder(name="test", folder=str(whisper), fingerprint="one"),
        "device": "cpu",
        "compute_type": "float32",
    }
    whole = AsrRequest(**common, speech=artifact("speech.json"), languages=LANGUAGES, language="hi")
    part = msgspec.structs.replace(
        whole,
        speech=artifact("part.json"),
        batch_size=1,
        script="Deva",
    )
    broken = msgspec.structs.replace(whole, initial_prompt="दरवाज़ा " * 300)
    again = WitnessRequest(
        **common,
        speech=artifact("speech.json"),
        transcript=artifact("heard-speech.json"),
        scope="all",
        corrects=True,
        engine="mlx",
        language=LANGUAGES["hi"],
    )
    some = msgspec.structs.replace(again, transcript=artifact("heard-part.json"))
    nowhere = msgspec.structs.replace(LANGUAGES["hi"], code="xx")
    return {
        "asr": Requests(whole, part, broken),
        "witness": Requests(again, some, msgspec.structs.replace(again, language=nowhere)),
    }


@pytest.mark.parametrize("stage", MODULES)
def test_one_process_gives_what_fresh_ones_give(
    stage: str, inputs: Path, requests: dict[str, Requests]
) -> None:
    first, second, _ = requests[stage]
    check_one_process_gives_what_fresh_ones_give("indicsubs_mlx", inputs, first, second)


@pytest.fixture
def runs_of(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], StageRuns]:
    """``runs_of("asr")`` runs that stage, and counts the loading of its model."""

    def runs(stage: str) -> StageRuns:
        counting = StageRuns(MODULES[stage], StageName(stage), inputs)
        monkeypatch.setattr(asr, "load_model", counting.counted(asr.load_model))
        return counting

    return runs


@pytest.mark.parametrize("stage", MODULES)
def test_a_model_stays_loaded(
    stage: str, runs_of: Callable[[str], StageRuns], requests: dict[str, Requests]
) -> None:
    check_a_model_stays_loaded(runs_of(stage), *requests[stage])


@pytest.mark.parametrize("stage", MODULES)
def test_a_full_memory_is_forgotten(
    stage: str,
    runs_of: Callable[[str], StageRuns],
    requests: dict[str, Requests],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = requests[stage].first
    check_batches_are_whole_again(monkeypatch, runs_of(stage), request, MlxWhisper, "decode")
