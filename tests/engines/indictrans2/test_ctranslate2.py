"""CTranslate2 against torch: equal tokens and errors; each checkpoint is converted only once."""

import json
from pathlib import Path
from typing import Any

import ctranslate2
import msgspec
import pytest
import torch
from conftest import DEMO_COLUMNS, DEMO_PAIRS, SHAPES, Checkpoint, best, translated
from random_networks import generated
from safetensors.torch import load_file, save_file
from stage_context import stage_context

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.translation import TranslationRequest, TranslationTarget
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_indictrans2 import (
    ctranslate2_checkpoint,
    ctranslate2_engine,
    indictrans2_translation,
)
from indicsubs_indictrans2.checkpoint import load_network
from indicsubs_indictrans2.ctranslate2_checkpoint import cache_folder, converted
from indicsubs_indictrans2.ctranslate2_engine import PATIENCE, CTranslate2Generator
from indicsubs_indictrans2.shape import EOS, PAD, read_shape
from indicsubs_indictrans2.tokenizer import Tokenizer
from indicsubs_indictrans2.torch_engine import TorchGenerator
from indicsubs_indictrans2.translator import IndicTrans2

LONGEST = 24
BATCHES = [
    [[4, 5, 17, 23, 9, EOS], [4, 5, 30, EOS], [4, 6, 11, 12, 13, 14, 15, 45, 44, EOS]],
    [[4, 5, EOS], [5, 4, *range(7, 28), EOS]],
    [[6, 4, 3, 3, EOS]],
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache_folder()


def train(folder: Path) -> Path:
    """Makes outputs like a trained network's: without padding, and with an end at times."""
    weights = load_file(folder / "model.safetensors")
    names = ["lm_head.weight"]
    if json.loads((folder / "config.json").read_text())["share_decoder_input_output_embed"]:
        names.append("model.decoder.embed_tokens.weight")
    for name in names:
        weights[name][PAD] = 0
        weights[name][EOS] *= 3
    save_file(weights, folder / "model.safetensors")
    return folder


def torch_tokens(folder: Path, batch: list[list[int]], beam_size: int) -> list[list[int]]:
    """By torch, ending with the first ``beam_size`` finished hypotheses."""
    network = load_network(folder, "cpu", torch.float32)
    width = max(map(len, batch))
    ids = torch.tensor([[*source, *[PAD] * (width - len(source))] for source in batch])
    return generated(
        network,
        ids,
        num_beams=beam_size,
        early_stopping=beam_size > 1,
        max_length=network.config.shape.max_target_positions,
    )


def load(folder: Path, patience: float = PATIENCE) -> CTranslate2Generator:
    return CTranslate2Generator.load(folder, "", "cpu", "float32", cache_folder(), patience)


def refusal(folder: Path, engine: Any) -> IndicsubsError:
    with pytest.raises(IndicsubsError) as caught:
        _ = IndicTrans2.load(folder, "cpu", "float32", engine).generator
    return caught.value


@pytest.mark.parametrize("beam_size", [1, 2, 5])
@pytest.mark.parametrize("changes", SHAPES)
def test_tokens_equal_torch(
    checkpoint: Checkpoint, changes: dict[str, Any], beam_size: int
) -> None:
    ended, cut = 0, 0
    for seed in range(4):
        folder = train(checkpoint(f"{seed}", seed=seed, max_target_positions=LONGEST, **changes))
        engine = load(folder, patience=1)
        for batch in BATCHES:
            wanted = torch_tokens(folder, batch, beam_size)
            assert best(engine, batch, beam_size) == wanted
            ended += sum(ids[-1] == EOS for ids in wanted)
            cut += sum(len(ids) == LONGEST - 1 and ids[-1] != EOS for ids in wanted)
    assert ended + cut == 4 * sum(map(len, BATCHES))
    assert ended
    assert cut


def test_all_positions_of_a_checkpoint_are_there(checkpoint: Checkpoint) -> None:
    folder = train(checkpoint())
    source = [4, 5, *(7 + k % 40 for k in range(253)), EOS]
    assert best(load(folder), [source], 1) == torch_tokens(folder, [source], 1)


def test_the_old_torch_file_gives_the_same_tokens(checkpoint: Checkpoint) -> None:
    new, old = (train(checkpoint(name)) for name in ("new", "old"))
    torch.save(load_file(old / "model.safetensors"), old / "pytorch_model.bin")
    (old / "model.safetensors").unlink()
    assert best(load(old), BATCHES[0], 5) == best(load(new), BATCHES[0], 5)


@pytest.mark.parametrize("compute_type", ["float32", "int8"])
@pytest.mark.parametrize(("direction", "source", "target"), DEMO_PAIRS)
def test_demo_sentences_are_right(
    demo_translators: dict[str, Path],
    demo_sentences: list[tuple[str, str, str]],
    direction: str,
    source: str,
    target: str,
    compute_type: ComputeType,
) -> None:
    source_texts, wanted = (
        [row[DEMO_COLUMNS[code]] for row in demo_sentences] for code in (source, target)
    )
    translator = IndicTrans2.load(demo_translators[direction], "cpu", compute_type, "ctranslate2")
    for beam_size in (1, 5):
        assert translated(translator, source_texts, source, target, beam_size=beam_size) == wanted


@pytest.mark.parametrize("beam_size", [1, 5])
@pytest.mark.parametrize(("direction", "source", "target"), DEMO_PAIRS)
def test_the_engines_agree_on_sentences_that_the_model_is_unsure_of(
    demo_translators: dict[str, Path],
    demo_sentences: list[tuple[str, str, str]],
    direction: str,
    source: str,
    target: str,
    beam_size: int,
) -> None:
    words = [word for row in demo_sentences for word in row[DEMO_COLUMNS[source]].split()]
    lines = [" ".join(words[k : k + 2 + k % 5]) for k in range(0, 60, 3)]
    folder = demo_translators[direction]
    tokenizer = Tokenizer.load(folder, read_shape(folder))
    batch = [tokenizer.encode(text, source, target) for text in lines]
    wanted = best(TorchGenerator.load(folder, "cpu", "float32"), batch, beam_size)
    assert best(load(folder), batch, beam_size) == wanted


def test_every_engine_has_all_cores(checkpoint: Checkpoint) -> None:
    folder = checkpoint()
    for _ in range(2):
        assert load(folder).workers == ctranslate2_engine.CORES == torch.get_num_threads()


def test_int8_is_smaller(checkpoint: Checkpoint, cache: Path) -> None:
    folder = checkpoint(encoder_ffn_dim=400, decoder_ffn_dim=400)
    whole, small = (
        (converted(folder, "", kind, cache) / "model.bin").stat().st_size
        for kind in ("float32", "int8")
    )
    assert small < whole / 2.5


def test_a_conversion_is_done_once(
    checkpoint: Checkpoint, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkpoint()
    place = converted(folder, "one", "float32", cache)
    assert place.parent == cache
    monkeypatch.setattr(ctranslate2_checkpoint, "convert", None)
    assert converted(folder, "one", "float32", cache) == place


def test_what_changes_a_conversion_makes_another(
    checkpoint: Checkpoint, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, other_training = checkpoint("model"), checkpoint("other", seed=1)
    places = {
        converted(folder, "one", "float32", cache),
        converted(folder, "two", "float32", cache),
        converted(folder, "one", "int8", cache),
        converted(other_training, "one", "float32", cache),
    }
    monkeypatch.setattr(ctranslate2_checkpoint, "VERSION", 2)
    places.add(converted(folder, "one", "float32", cache))
    assert len(places) == 5


def test_an_interrupted_conversion_leaves_no_half_model(
    checkpoint: Checkpoint, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkpoint()

    def interrupted(folder: Path, compute_type: ComputeType, place: Path) -> None:
        (place / "model.bin").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ctranslate2_checkpoint, "convert", interrupted)
        with pytest.raises(KeyboardInterrupt):
            converted(folder, "", "float32", cache)
    assert [path for path in cache.iterdir() if path.is_dir()] == []
    place = converted(folder, "", "float32", cache)
    # As a killed process leaves it: half a model beside its place.
    place.rename(cache / f"{place.name}.partial")
    (cache / f"{place.name}.partial" / "model.bin").write_bytes(b"half")
    assert converted(folder, "", "float32", cache) == place
    assert ctranslate2.contains_model(str(place))
    assert [path for path in cache.iterdir() if path.is_dir()] == [place]
    assert best(load(folder), BATCHES[0], 1)


def test_a_damaged_conversion_is_made_again(checkpoint: Checkpoint, cache: Path) -> None:
    folder = checkpoint()
    place = converted(folder, "", "float32", cache)
    whole = (place / "model.bin").read_bytes()
    (place / "model.bin").write_bytes(whole[:1000])
    assert best(load(folder), BATCHES[0], 1)
    assert (place / "model.bin").read_bytes() == whole


def test_a_conversion_that_does_not_load_is_named(checkpoint: Checkpoint, cache: Path) -> None:
    folder = checkpoint()
    place = converted(folder, "", "float32", cache)
    (place / "model.bin").write_bytes((place / "model.bin").read_bytes()[:1000])
    (place / ".files.json").unlink()  # as an earlier version left it
    with pytest.raises(
        IndicsubsError, match=rf"{place} does not load.*Remove that folder"
    ) as caught:
        load(folder)
    assert caught.value.code is FailureCode.IO_ERROR


@pytest.mark.parametrize(
    "name", ["config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.safetensors"]
)
@pytest.mark.parametrize("content", [None, b"version https://git-lfs.github.com/spec/v1\n"])
def test_errors_of_files_equal_torch(
    checkpoint: Checkpoint, cache: Path, name: str, content: bytes | None
) -> None:
    folder = checkpoint()
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    found, wanted = refusal(folder, "ctranslate2"), refusal(folder, "torch")
    assert (found.code, found.message) == (wanted.code, wanted.message)
    assert wanted.code is (FailureCode.BAD_INPUT if content else FailureCode.MISSING_MODEL)
    assert not cache.exists() or [path for path in cache.iterdir() if path.is_dir()] == []


def test_a_wrong_shape_is_refused_as_by_torch(checkpoint: Checkpoint) -> None:
    folder = checkpoint()
    weights = load_file(folder / "model.safetensors")
    weights["model.encoder.layers.1.fc1.weight"] = torch.zeros(40, 25)
    save_file(weights, folder / "model.safetensors")
    found, wanted = refusal(folder, "ctranslate2"), refusal(folder, "torch")
    assert found.message == wanted.message
    assert "[40, 25]" in found.message


@pytest.mark.parametrize(
    ("device", "compute_type", "engine", "part"),
    [
        ("mps", "float32", "ctranslate2", "does not support Metal"),
        ("cuda", "float16", "ctranslate2", "no device cuda that CTranslate2"),
        ("cpu", "bfloat16", "ctranslate2", "bfloat16 on the device cpu, only in float32"),
        ("cpu", "int8", "torch", "torch cannot compute in int8"),
    ],
)
def test_what_no_device_can_do_is_refused(
    checkpoint: Checkpoint,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: Any,
    compute_type: Any,
    engine: Any,
    part: str,
) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    with pytest.raises(IndicsubsError, match=part) as caught:
        _ = IndicTrans2.load(checkpoint(), device, compute_type, engine).generator
    assert caught.value.code is FailureCode.DEVICE
    assert not cache.exists()


def test_the_stage_takes_the_engine_of_the_request(
    checkpoint: Checkpoint, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = checkpoint(max_target_positions=LONGEST)
    line = Segment(start_ms=0, end_ms=1000, text="मैं घर")
    transcript = Transcript(language="hi", segments=(line,))
    (folder / "t.json").write_bytes(msgspec.json.encode(transcript))
    model = ModelFolder(name="model", folder=str(folder), fingerprint="one")
    request = TranslationRequest(
        transcript=Artifact(path="t.json", kind="transcript", sha256="", bytes=0),
        targets=(TranslationTarget(language="en", model=model),),
        device="cpu",
        languages=ENGINES["ctranslate2"].languages,
        engine="ctranslate2",
        compute_type="int8",
    )
    context = stage_context(StageName.INDICTRANS2_TRANSLATION, folder)
    loaded: list[IndicTrans2] = []
    load = IndicTrans2.load
    monkeypatch.setattr(IndicTrans2, "load", lambda *how: loaded.append(load(*how)) or loaded[-1])
    indictrans2_translation.run(request, context)
    assert isinstance(loaded[0].generator, CTranslate2Generator)
    assert loaded[0].generator.compute_type == "int8"
    (place,) = (path for path in cache.iterdir() if path.is_dir())
    assert place == converted(folder, "one", "int8", cache)


def test_full_memory_says_what_to_do(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        device = "cuda"

        def translate_batch(self, *_: Any, **__: Any) -> None:
            raise RuntimeError("CUDA failed with error out of memory")

    engine = load(checkpoint())
    monkeypatch.setattr(engine, "_translator", Full())
    with pytest.raises(IndicsubsError, match=r"with 3 sentences at once.*--batch-tokens") as caught:
        best(engine, BATCHES[0], 5)
    assert caught.value.code is FailureCode.OUT_OF_MEMORY


def test_the_cache_has_a_place_without_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path.home() / ".cache/indicsubs/ctranslate2"
