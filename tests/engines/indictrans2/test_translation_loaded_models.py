"""Many requests to one process: models stay loaded, results are those of fresh processes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import Mock

import msgspec
import pytest
from engine_checks import (
    StageRuns,
    check_a_model_stays_loaded,
    check_batches_are_whole_again,
    check_one_process_gives_what_fresh_ones_give,
)
from safetensors.torch import load_file, save_file

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.loaded_models import LOADED_MODELS
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.messages.load_transcript import LoadTranscriptRequest
from indicsubs_contract.messages.translation import (
    GlossaryTerm,
    TranslationRequest,
    TranslationTarget,
)
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_indictrans2 import indictrans2_translation, translator
from indicsubs_indictrans2.tokenizer import Tokenizer
from indicsubs_indictrans2.torch_engine import TorchGenerator

ENGINE_FORMATS = [("torch", "float32"), ("ctranslate2", "float32"), ("ctranslate2", "int8")]
UNSURE = ("मुझे 47 रुपये दो।", "दरवाज़ा <b>बंद</b> कर दो।")
"""Lines that the demo models translate so that they fail a check, and are translated again."""


class Requests(NamedTuple):
    """Two requests that have other results, and one that fails when the models are loaded."""

    first: Any
    second: Any
    broken: Any


def artifact(name: str) -> Artifact:
    return Artifact(path=name, kind="test", sha256="", bytes=0)


@pytest.fixture
def inputs(tmp_path: Path, demo_sentences: list[tuple[str, str, str]]) -> Path:
    """Transcripts: most of the demo sentences, a few others, and those that fail a check."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    spoken = [row[0] for row in demo_sentences]
    for name, texts in (
        ("most.json", spoken[:20]),
        ("few.json", [*spoken[20:24], *UNSURE]),
        ("unsure.json", [spoken[0], *UNSURE]),
    ):
        segments = tuple(
            Segment(start_ms=2000 * k, end_ms=2000 * k + 1500, text=text)
            for k, text in enumerate(texts)
        )
        transcript = Transcript(language="hi", segments=segments)
        (folder / name).write_bytes(msgspec.json.encode(transcript))
    return folder


@pytest.fixture
def requests_of(demo_translators: dict[str, Path]) -> Callable[[str, str], Requests]:
    """``requests_of("torch", "float32")``: into English, and through English into Tamil."""

    def model(name: str) -> ModelFolder:
        return ModelFolder(name=name, folder=str(demo_translators[name]), fingerprint="one")

    def requests(engine: str, compute_type: Any) -> Requests:
        into, out_of = model("indic-en"), model("en-indic")
        english = TranslationTarget(language="en", model=into)
        first = TranslationRequest(
            transcript=artifact("most.json"),
            targets=(english, TranslationTarget(language="ta", model=out_of, pivot=into)),
            device="cpu",
            languages=ENGINES[engine].languages,
            engine=engine,
            compute_type=compute_type,
        )
        second = msgspec.structs.replace(
            first,
            transcript=artifact("few.json"),
            glossary=(GlossaryTerm(source="दरवाज़ा", targets={"en": "Portal"}),),
            beam_size=2,
            targets=first.targets[::-1],
        )
        absent = TranslationTarget(language="mr", model=out_of, pivot=into)
        return Requests(
            first, second, msgspec.structs.replace(first, targets=(*first.targets, absent))
        )

    return requests


@pytest.mark.parametrize(("engine", "compute_type"), ENGINE_FORMATS)
def test_one_process_gives_what_fresh_ones_give(
    engine: str, compute_type: str, inputs: Path, requests_of: Callable[[str, str], Requests]
) -> None:
    first, second, _ = requests_of(engine, compute_type)
    check_one_process_gives_what_fresh_ones_give("indicsubs_indictrans2", inputs, first, second)


def test_one_process_reads_transcripts_as_fresh_ones_do(inputs: Path) -> None:
    source = SourceFile(path=str(inputs / "most.json"), fingerprint="")
    subtitles = inputs / "film.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nदरवाज़ा बंद\n", encoding="utf-8")
    first = LoadTranscriptRequest(source=source)
    second = LoadTranscriptRequest(
        source=SourceFile(path=str(subtitles), fingerprint=""), language="hi"
    )
    check_one_process_gives_what_fresh_ones_give("indicsubs_indictrans2", inputs, first, second)


@pytest.fixture
def runs(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> StageRuns:
    """Runs the stage, and counts the loading of its networks."""
    counting = StageRuns(indictrans2_translation, StageName.INDICTRANS2_TRANSLATION, inputs)
    load = translator.import_generator
    monkeypatch.setattr(translator, "import_generator", lambda name: counting.counted(load(name)))
    return counting


@pytest.mark.parametrize(("engine", "compute_type"), ENGINE_FORMATS[:2])
def test_both_models_of_a_translation_through_english_stay_loaded(
    engine: str,
    compute_type: str,
    runs: StageRuns,
    requests_of: Callable[[str, str], Requests],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizers = Mock(wraps=Tokenizer.load)
    monkeypatch.setattr(Tokenizer, "load", tokenizers)
    check_a_model_stays_loaded(runs, *requests_of(engine, compute_type), models=2)
    assert tokenizers.call_count == len(runs.loaded) == 6


def test_a_full_memory_is_forgotten(
    runs: StageRuns,
    requests_of: Callable[[str, str], Requests],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = requests_of("torch", "float32").first
    check_batches_are_whole_again(monkeypatch, runs, request, TorchGenerator, "search")


def test_a_process_that_does_not_stay_has_one_model_at_a_time(
    runs: StageRuns, requests_of: Callable[[str, str], Requests]
) -> None:
    request = requests_of("torch", "float32").first
    once = runs.run(request, stays=False)
    assert [network() is None for network in runs.loaded] == [True, False]
    assert runs.run(request, stays=True) == once


def test_of_networks_for_lines_that_failed_a_check_there_is_one_at_a_time(
    runs: StageRuns,
    requests_of: Callable[[str, str], Requests],
    demo_translators: dict[str, Path],
) -> None:
    request = requests_of("ctranslate2", "int8").first
    direct = ModelFolder(
        name="direct", folder=str(demo_translators["indic-indic"]), fingerprint="one"
    )
    targets = (request.targets[0], TranslationTarget(language="ta", model=direct))
    request = msgspec.structs.replace(request, transcript=artifact("unsure.json"), targets=targets)
    first = runs.run(request)
    assert len(runs.loaded) == 4
    for _ in range(2):
        networks = sorted(
            (key.model.name, *key.how) for key in LOADED_MODELS._loaded if "cpu" in key.how
        )
        assert networks == [
            ("direct", "ctranslate2", "cpu", "int8"),
            ("direct", "torch", "cpu", "float32"),
            ("indic-en", "ctranslate2", "cpu", "int8"),
        ]
        assert sum(network() is not None for network in runs.loaded) == 3
        assert runs.run(request) == first
    assert len(runs.loaded) == 8


def test_a_model_that_was_fetched_again_is_another_model(
    runs: StageRuns,
    requests_of: Callable[[str, str], Requests],
    demo_translators: dict[str, Path],
    tmp_path: Path,
) -> None:
    """In the same folder: the weights are zeros now."""
    folder = shutil.copytree(demo_translators["indic-en"], tmp_path / "fetched")
    request = requests_of("torch", "float32").first
    model = ModelFolder(name="fetched", folder=str(folder), fingerprint="")
    request = msgspec.structs.replace(
        request, targets=(TranslationTarget(language="en", model=model),)
    )
    first = runs.run(request, "one")
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()  # as the hub's library does
    save_file({name: weight * 0 for name, weight in weights.items()}, folder / "model.safetensors")
    assert runs.run(request, "one") == first
    second = runs.run(request, "two")
    assert second != first
    LOADED_MODELS.drop()
    assert runs.run(request, "two") == second


def test_models_that_a_request_does_not_use_stay_until_another_is_loaded(
    runs: StageRuns,
    requests_of: Callable[[str, str], Requests],
    demo_translators: dict[str, Path],
) -> None:
    both = requests_of("torch", "float32").first
    runs.run(both)
    runs.run(msgspec.structs.replace(both, targets=both.targets[:1]))
    assert [network() is None for network in runs.loaded] == [False, False]
    direct = ModelFolder(
        name="direct", folder=str(demo_translators["indic-indic"]), fingerprint="one"
    )
    targets = (both.targets[0], TranslationTarget(language="ta", model=direct))
    runs.run(msgspec.structs.replace(both, targets=targets))
    assert [network() is None for network in runs.loaded] == [False, True, False]
