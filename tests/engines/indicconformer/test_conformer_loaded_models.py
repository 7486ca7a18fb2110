"""Many requests to one process: models stay loaded, results are those of fresh processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from engine_checks import (
    StageRuns,
    check_a_model_stays_loaded,
    check_batches_are_whole_again,
    check_one_process_gives_what_fresh_ones_give,
)
from recognisers import artifact, spans, write_wav

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.messages.alignment import AlignmentRequest
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.witness import WitnessRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, Transcript
from indicsubs_indicconformer import alignment, asr, indic_conformer, witness
from indicsubs_indicconformer.indic_conformer import IndicConformer

NOISE = np.random.default_rng(0).integers(-3000, 3000, 40 * 16_000).astype("<i2")
SPEECH = ((1000, 3000), (6000, 9000), (12_000, 14_500), (20_000, 30_000))
LANGUAGES = ENGINES["indicconformer"].languages
MODULES = {"asr": asr, "witness": witness, "alignment": alignment}


class Requests(NamedTuple):
    """Two requests that have other results, and one that fails when the model is loaded."""

    first: Any
    second: Any
    broken: Any


@pytest.fixture
def inputs(tmp_path: Path, model: IndicConformer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the stages read: noise, in which a network of random weights hears words."""
    monkeypatch.setattr(
        "indicsubs_recognition.align.LEAST_SCORE", 0.0
    )  # random weights score badly
    folder = tmp_path / "inputs"
    folder.mkdir()
    write_wav(folder / "audio.wav", NOISE.tobytes())
    for name, regions in (("speech.json", SPEECH), ("part.json", SPEECH[1:3])):
        (folder / name).write_bytes(msgspec.json.encode(Speech(regions=spans(*regions))))
        sounds = [NOISE[16 * start : 16 * end].tobytes() for start, end in regions]
        segments = tuple(
            Segment(start_ms=start, end_ms=end, text=decoded.text)
            for (start, end), decoded in zip(
                regions, model.decode(sounds, "hi", "ctc"), strict=True
            )
        )
        heard = Transcript(language="hi", segments=segments)
        (folder / f"heard-{name}").write_bytes(msgspec.json.encode(heard))
    return folder


@pytest.fixture
def requests(official: Path) -> dict[str, Requests]:
    common = {
        "audio": artifact("audio.wav"),
        "audio_start_ms": 0,
        "model": ModelFolder(name="test", folder=str(official), fingerprint="one"),
        "device": "cpu",
        "compute_type": "float32",
    }
    ctc = AsrRequest(**common, speech=artifact("speech.json"), languages=LANGUAGES, language="hi")
    rnnt = msgspec.structs.replace(ctc, speech=artifact("part.json"), decoding="rnnt")
    again = WitnessRequest(
        **common,
        speech=artifact("speech.json"),
        transcript=artifact("heard-speech.json"),
        scope="all",
        corrects=True,
        engine="indicconformer",
        language=LANGUAGES["hi"],
    )
    some = msgspec.structs.replace(again, transcript=artifact("heard-part.json"))
    nowhere = msgspec.structs.replace(LANGUAGES["hi"], code="xx")
    aligned = AlignmentRequest(
        **common, transcript=artifact("heard-speech.json"), engine="indicconformer", language="hi"
    )
    few = msgspec.structs.replace(aligned, transcript=artifact("heard-part.json"), batch_size=1)
    return {
        "asr": Requests(ctc, rnnt, msgspec.structs.replace(ctc, languages={"hi": nowhere})),
        "witness": Requests(again, some, msgspec.structs.replace(again, language=nowhere)),
        "alignment": Requests(aligned, few, msgspec.structs.replace(aligned, language="xx")),
    }


@pytest.mark.parametrize("stage", MODULES)
def test_one_process_gives_what_fresh_ones_give(
    stage: str, inputs: Path, requests: dict[str, Requests]
) -> None:
    first, second, _ = requests[stage]
    check_one_process_gives_what_fresh_ones_give("indicsubs_indicconformer", inputs, first, second)


@pytest.fixture
def runs_of(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], StageRuns]:
    """``runs_of("asr")`` runs that stage, and counts the loading of its model."""

    def runs(stage: str) -> StageRuns:
        counting = StageRuns(MODULES[stage], StageName(stage), inputs)
        monkeypatch.setattr(asr, "open_model", counting.counted(asr.open_model))
        return counting

    return runs


@pytest.mark.parametrize("stage", MODULES)
def test_a_model_stays_loaded(
    stage: str, runs_of: Callable[[str], StageRuns], requests: dict[str, Requests]
) -> None:
    check_a_model_stays_loaded(runs_of(stage), *requests[stage])


@pytest.mark.parametrize(
    ("stage", "method"), [("asr", "decode"), ("witness", "decode"), ("alignment", "emissions")]
)
def test_a_full_memory_is_forgotten(
    stage: str,
    method: str,
    runs_of: Callable[[str], StageRuns],
    requests: dict[str, Requests],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = requests[stage].first
    check_batches_are_whole_again(monkeypatch, runs_of(stage), request, IndicConformer, method)


def test_the_transducer_of_another_language_drops_the_earlier_one(
    model: IndicConformer, noise: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = StageRuns(asr, StageName.ASR, Path())
    load = opened.counted(indic_conformer.Transducer)
    monkeypatch.setattr(indic_conformer, "Transducer", load)
    hindi = model.decode(noise, "hi", "rnnt")
    assert model.decode(noise, "hi", "rnnt") == hindi
    assert len(opened.loaded) == 1
    assert model.decode(noise, "ta", "rnnt") != hindi
    assert [transducer() is None for transducer in opened.loaded] == [True, False]
    assert model.decode(noise, "hi", "rnnt") == hindi
