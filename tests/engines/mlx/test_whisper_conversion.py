"""Whisper checkpoints in transformers' layout: converted once to MLX's, and loaded."""

import json
import logging
from collections.abc import Callable
from functools import cache as cache_results
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from engine_checks import check_a_prepared_model_is_loaded_once
from mlx_whisper.tokenizer import get_tokenizer
from whisper_checkpoints import (
    Pickled,
    change_json,
    check_refusal,
    plant_code,
    use_older_tokenizer_files,
    write_json,
)

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_mlx import asr, whisper_conversion
from indicsubs_mlx.whisper_conversion import in_mlx_layout
from indicsubs_recognition import byte_level

ROOT = Path(__file__).parents[3]
COMPACT = ROOT / "demo" / "models" / "recogniser" / "weights.safetensors"
"""The demo's recogniser by the names of transformers, with the rows of the tokens in use."""
OWN = ROOT / "models" / "demo" / "recogniser-mlx"
"""The same model, converted when it was expanded."""
TOKENS = 51865
WIDTH = 96
CONFIG = {
    "model_type": "whisper",
    "vocab_size": TOKENS,
    "num_mel_bins": 80,
    "d_model": WIDTH,
    "encoder_layers": 2,
    "encoder_attention_heads": 3,
    "decoder_layers": 2,
    "decoder_attention_heads": 3,
    "encoder_ffn_dim": 4 * WIDTH,
    "decoder_ffn_dim": 4 * WIDTH,
    "max_source_positions": 1500,
    "max_target_positions": 448,
    "activation_function": "gelu",
    "scale_embedding": False,
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "indicsubs"


@cache_results
def tokenizer_file(size: int) -> str:
    """Returns the parts of OpenAI's vocabulary that the converter reads, as ``tokenizer.json``."""
    letters = {byte: letter for letter, byte in byte_level._BYTES.items()}
    encoding = get_tokenizer(size > 51864, num_languages=size - 51765 - (size > 51864)).encoding
    end = encoding.encode_single_token("<|endoftext|>")
    tokens = [encoding.decode_single_token_bytes(number) for number in range(encoding.n_vocab)]
    vocabulary = {"".join(letters[byte] for byte in tokens[n]): n for n in range(end)}
    added = [{"id": n, "content": tokens[n].decode()} for n in range(end, len(tokens))]
    content = {"model": {"vocab": vocabulary, "merges": ["a b"]}, "added_tokens": added}
    return json.dumps(content)


@pytest.fixture(scope="session")
def demo_weights() -> dict[str, mx.array]:
    weights = dict(mx.load(str(COMPACT)))
    rows = np.array(weights.pop("token_ids"))
    name = "model.decoder.embed_tokens.weight"
    embeddings = np.zeros((TOKENS, WIDTH), np.float32)
    embeddings[rows] = np.array(weights[name].astype(mx.float32))
    return {k: v.astype(mx.float32) for k, v in weights.items()} | {
        name: mx.array(embeddings),
        "proj_out.weight": mx.array(embeddings),
        "model.encoder.embed_positions.weight": mx.zeros((1500, WIDTH)),
    }


@pytest.fixture
def demo(tmp_path: Path, demo_weights: dict[str, mx.array]) -> Path:
    """The demo's recogniser in transformers' layout, with the real vocabulary."""
    folder = tmp_path / "demo"
    folder.mkdir()
    mx.save_safetensors(str(folder / "model.safetensors"), demo_weights, metadata={"format": "pt"})
    write_json(folder / "config.json", CONFIG)
    (folder / "tokenizer.json").write_text(tokenizer_file(TOKENS))
    return folder


def model(folder: Path) -> ModelFolder:
    return ModelFolder(name="test", folder=str(folder), fingerprint="")


def convert(folder: Path) -> Path:
    return Path(in_mlx_layout(model(folder)).folder)


def check_equal(found: Path, wanted: Path) -> None:
    """Checks that two models have the same sizes and the same weights, bit by bit."""
    sizes = [json.loads((folder / "config.json").read_text()) for folder in (found, wanted)]
    assert sizes[0] == sizes[1]
    ours, theirs = (mx.load(str(folder / "weights.safetensors")) for folder in (found, wanted))
    assert ours.keys() == theirs.keys()
    for name, weight in theirs.items():
        assert ours[name].dtype == weight.dtype == mx.float16
        assert np.array_equal(np.array(ours[name]), np.array(weight)), name


def test_the_demo_equals_its_own_converted_model(demo: Path) -> None:
    """So it hears the same words, too."""
    check_equal(convert(demo), OWN)


def test_a_model_is_converted_once(
    demo: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "indicsubs")
    place = convert(demo)
    assert place.parent == cache / "whisper-mlx"
    monkeypatch.setattr(whisper_conversion, "convert", None)
    assert convert(demo) == place
    assert caplog.text.count("Converting test to a Whisper model in MLX's layout (once)") == 1
    monkeypatch.setattr(whisper_conversion, "VERSION", 2)
    with pytest.raises(IndicsubsError):
        convert(demo)


def test_a_converted_model_is_read_as_it_is() -> None:
    assert in_mlx_layout(model(OWN)) == model(OWN)


def test_the_model_that_was_prepared_is_not_loaded_again(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(folder: Path) -> None:
        loaded = asr.loaded_model(model(folder), "cpu", "float32")
        assert loaded.dims.n_vocab == TOKENS

    check_a_prepared_model_is_loaded_once(monkeypatch, asr, "load_model", demo, load)


@pytest.mark.parametrize("kind", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("parts", [1, 3])
def test_every_form_of_weights(
    demo: Path, demo_weights: dict[str, mx.array], kind: str, parts: int
) -> None:
    (demo / "model.safetensors").unlink()
    stem, suffix = kind.split(".")
    names = [f"{stem}-{k + 1:05}-of-{parts:05}.{suffix}" for k in range(parts)]
    for number, name in enumerate(names if parts > 1 else [kind]):
        some = {key: demo_weights[key] for key in sorted(demo_weights)[number::parts]}
        if suffix == "bin":
            import torch

            tensors = {key: torch.from_numpy(np.array(value)) for key, value in some.items()}
            torch.save(tensors, demo / name, _use_new_zipfile_serialization=number == 0)
        else:
            mx.save_safetensors(str(demo / name), some)
    if parts > 1:
        places = {key: names[k % parts] for k, key in enumerate(sorted(demo_weights))}
        write_json(demo / f"{kind}.index.json", {"metadata": {}, "weight_map": places})
    check_equal(convert(demo), OWN)


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16])
def test_weights_in_half_precision(
    demo: Path, demo_weights: dict[str, mx.array], dtype: mx.Dtype
) -> None:
    half = {name: weight.astype(dtype) for name, weight in demo_weights.items()}
    mx.save_safetensors(str(demo / "model.safetensors"), half)
    weights = mx.load(str(convert(demo) / "weights.safetensors"))
    name = "decoder.blocks.1.mlp1.weight"
    wanted = half["model.decoder.layers.1.fc1.weight"].astype(mx.float16)
    assert np.array_equal(np.array(weights[name]), np.array(wanted))


def test_the_older_files_of_a_tokenizer(demo: Path) -> None:
    use_older_tokenizer_files(demo)
    check_equal(convert(demo), OWN)


def test_heads_that_follow_time(demo: Path) -> None:
    write_json(demo / "generation_config.json", {"alignment_heads": [[1, 0], [0, 2]]})
    loaded = asr._load(convert(demo), "test", "float32")
    assert loaded.alignment_heads.tolist() == [[1, 0], [0, 2]]
    write_json(demo / "generation_config.json", {"alignment_heads": [[2, 0]]})
    with pytest.raises(IndicsubsError, match="alignment_heads that the network has not"):
        convert(demo)


def random_checkpoint(folder: Path, **changes: object) -> Path:
    """Writes a tiny random checkpoint with another shape."""
    from mlx.utils import tree_flatten
    from mlx_whisper.whisper import ModelDimensions, Whisper

    config = {**CONFIG, "d_model": 12, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, **changes}
    folder.mkdir()
    write_json(folder / "config.json", config)
    (folder / "tokenizer.json").write_text(tokenizer_file(config["vocab_size"]))
    sizes = whisper_conversion._sizes(whisper_conversion.read_config(folder))
    weights = {}
    for ours, weight in tree_flatten(Whisper(ModelDimensions(**sizes)).parameters()):
        name = ours
        for theirs, part in reversed(whisper_conversion._NAMES):
            name = name.replace(part, theirs)
        turned = name.startswith("encoder.conv") and weight.ndim == 3
        weights[f"model.{name}"] = weight.transpose(0, 2, 1) if turned else weight
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    return folder


def test_large_v3_has_128_mel_bands_and_100_languages(tmp_path: Path) -> None:
    folder = random_checkpoint(tmp_path / "large", num_mel_bins=128, vocab_size=51866)
    loaded = asr._load(convert(folder), "test", "float32")
    assert (loaded.dims.n_mels, loaded.num_languages) == (128, 100)


def test_a_model_for_english_alone(tmp_path: Path) -> None:
    folder = random_checkpoint(tmp_path / "english", vocab_size=51864)
    assert not asr._load(convert(folder), "test", "float32").is_multilingual


# --- files that cannot be used ------------------------------------------------------------------


def save(folder: Path, weights: dict[str, mx.array]) -> None:
    mx.save_safetensors(str(folder / "model.safetensors"), weights)


def change_weights(change: Callable[[dict[str, mx.array]], object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        weights = dict(mx.load(str(folder / "model.safetensors")))
        mx.eval(weights)
        change(weights)
        save(folder, weights)

    return damage


def cut(name: str, keep: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:keep])

    return change


def change_config(**fields: object) -> Callable[[Path], None]:
    return lambda folder: change_json(folder / "config.json", **fields)


def swap_tokens(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    one, two = "Ġthe", "Ġnot"
    vocabulary[one], vocabulary[two] = vocabulary[two], vocabulary[one]
    write_json(folder / "tokenizer.json", tokenizer)


def save_torch(content: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        import torch

        (folder / "model.safetensors").unlink()
        torch.save(content, folder / "pytorch_model.bin")

    return change


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut("model.safetensors", 100_000), "(?i)safetensors|read"),
        (cut("model.safetensors", 5), "no safetensors file, or is damaged"),
        (
            change_weights(lambda weights: weights.pop("model.decoder.layers.1.fc1.bias")),
            r"the weights lack decoder\.blocks\.1\.mlp1\.bias \(by their names in MLX\)",
        ),
        (
            change_weights(lambda w: w.update({"model.decoder.layers.1.fc1.bias": mx.zeros(5)})),
            r"mlp1\.bias .* has the shape \[5\] where config\.json says \[384\]",
        ),
        (cut("config.json", 40), "config.json: "),
        (change_config(model_type="wav2vec2"), "the model type wav2vec2"),
        (change_config(decoder_layers=3), "the weights lack .* more"),
        (change_config(vocab_size=51900), "has 51900 tokens.*--backend whisperx"),
        (change_config(vocab_size=51866), "by its name in MLX|has the number"),
        (swap_tokens, "its token 'Ġ(the|not)' has the number .*--backend whisperx"),
        (cut("tokenizer.json", 1000), "tokenizer.json: "),
        (save_torch([1, 2]), "pytorch_model.bin is not a table of weights"),
        (save_torch({"state": {"a": 1}}), "the weights lack"),
    ],
)
def test_files_that_cannot_be_used(
    demo: Path, cache: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(demo)
    with pytest.raises(IndicsubsError, match=reason) as error:
        convert(demo)
    check_refusal(error, cache)


def test_a_full_disk(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path, place: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whisper_conversion, "convert", full)
    with pytest.raises(IndicsubsError, match=r"disk is full.*XDG_CACHE_HOME") as error:
        convert(demo)
    assert error.value.code is FailureCode.IO_ERROR


def test_code_beside_the_weights_is_not_executed(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "executed"
    plant_code(demo, marker)
    monkeypatch.chdir(demo)
    check_equal(convert(demo), OWN)
    assert not marker.exists()


def test_code_in_the_weights_is_not_executed(demo: Path, tmp_path: Path, cache: Path) -> None:
    import torch

    marker = tmp_path / "executed"
    save_torch({"model.x": Pickled(marker)})(demo)
    with pytest.raises(IndicsubsError, match="has more than weights, or is damaged") as error:
        convert(demo)
    check_refusal(error, cache)
    assert not marker.exists()
    torch.load(demo / "pytorch_model.bin", weights_only=False)
    assert marker.exists(), "the file is hostile"
