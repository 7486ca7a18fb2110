"""What both Whisper engines read of a checkpoint in transformers' layout."""

import errno
import json
import logging
from pathlib import Path

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.whisper_layouts import WHISPER_MLX
from indicsubs_recognition.checkpoint_files import CheckpointError, weight_files
from indicsubs_recognition.whisper_checkpoint import model_for_engine, read_config, read_generation

LARGE_V2 = {
    "_name_or_path": "openai/whisper-large-v2",
    "activation_function": "gelu",
    "architectures": ["WhisperForConditionalGeneration"],
    "begin_suppress_tokens": [220, 50257],
    "d_model": 1280,
    "decoder_attention_heads": 20,
    "decoder_ffn_dim": 5120,
    "decoder_layers": 32,
    "encoder_attention_heads": 20,
    "encoder_ffn_dim": 5120,
    "encoder_layers": 32,
    "forced_decoder_ids": None,
    "max_source_positions": 1500,
    "max_target_positions": 448,
    "model_type": "whisper",
    "num_mel_bins": 80,
    "scale_embedding": False,
    "suppress_tokens": [],
    "vocab_size": 51865,
}
"""The ``config.json`` of a Whisper that was trained in 2022, shortened."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "indicsubs" / "whisper-mlx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint whose weights are not weights."""
    folder = tmp_path / "tuned"
    folder.mkdir()
    write_config(folder)
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).write_text(name)
    return folder


def write_config(folder: Path, **changes: object) -> None:
    (folder / "config.json").write_text(json.dumps({**LARGE_V2, **changes}))


def model(folder: Path, fingerprint: str = "") -> ModelFolder:
    return ModelFolder(name="tuned", folder=str(folder), fingerprint=fingerprint)


def copy_weights(folder: Path, place: Path) -> None:
    (place / "weights.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    (place / "config.json").write_text("{}")


def never(folder: Path, place: Path) -> None:
    raise AssertionError("it is converted again")


def test_a_checkpoint_is_converted_once(
    folder: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = model_for_engine(model(folder, "a"), WHISPER_MLX, 1, copy_weights)
    assert (first.name, first.fingerprint) == ("tuned", "a")
    assert Path(first.folder).parent == cache
    assert (Path(first.folder) / "weights.safetensors").read_text() == "model.safetensors"
    assert "Converting tuned to a Whisper model in MLX's layout (once)." in caplog.messages
    assert model_for_engine(model(folder, "a"), WHISPER_MLX, 1, never) == first


@pytest.mark.parametrize("changed", ["version", "fingerprint", "config.json", "model.safetensors"])
def test_what_changes_a_conversion_makes_another(folder: Path, changed: str) -> None:
    first = model_for_engine(model(folder), WHISPER_MLX, 1, copy_weights)
    if (folder / changed).is_file():
        (folder / changed).write_text("{}")
    version = 2 if changed == "version" else 1
    fingerprint = "b" if changed == "fingerprint" else ""
    other = model_for_engine(model(folder, fingerprint), WHISPER_MLX, version, copy_weights)
    assert other.folder != first.folder


@pytest.mark.parametrize("lacking", ["config.json", "model.safetensors", "tokenizer.json", "all"])
def test_other_folders_are_left_as_they_are(folder: Path, lacking: str) -> None:
    if lacking == "all":
        folder = folder / "absent"
    else:
        (folder / lacking).unlink()
    assert model_for_engine(model(folder), WHISPER_MLX, 1, never) == model(folder)


def test_a_folder_with_both_layouts_is_not_converted(folder: Path) -> None:
    (folder / "weights.safetensors").touch()
    assert model_for_engine(model(folder), WHISPER_MLX, 1, never) == model(folder)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (CheckpointError("the weights lack x"), FailureCode.MISSING_MODEL, "lack x.*another model"),
        (OSError(errno.EIO, "broken"), FailureCode.MISSING_MODEL, "broken"),
        (OSError(errno.ENOSPC, "full"), FailureCode.IO_ERROR, "disk is full.*XDG_CACHE_HOME"),
    ],
)
def test_a_conversion_that_fails(
    folder: Path, cache: Path, error: Exception, code: FailureCode, words: str
) -> None:
    def fail(folder: Path, place: Path) -> None:
        raise error

    with pytest.raises(IndicsubsError, match=words) as caught:
        model_for_engine(model(folder), WHISPER_MLX, 1, fail)
    assert caught.value.code is code
    assert [path.name for path in cache.iterdir()] == [".lock"]


def test_the_network_is_read(folder: Path) -> None:
    config = read_config(folder)
    assert (config.d_model, config.decoder_layers, config.vocab_size) == (1280, 32, 51865)
    assert config.base_model == "openai/whisper-large-v2"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_type": "wav2vec2"}, "model type wav2vec2"),
        ({"model_type": ""}, "model type none"),
        ({"d_model": 0}, "d_model 0, which"),
        ({"decoder_attention_heads": 0}, "decoder_attention_heads 0, which"),
        ({"encoder_attention_heads": 7}, "width 1280 is no multiple of the 7 heads"),
        ({"max_source_positions": 750}, "max_source_positions 750 instead of 1500"),
        ({"activation_function": "relu"}, "activation function relu instead of gelu"),
        ({"scale_embedding": True}, "scaled embeddings"),
        ({"vocab_size": "many"}, r"Expected `int`, got `str` - at `\$.vocab_size`"),
    ],
)
def test_other_networks_are_refused(folder: Path, changes: dict[str, object], words: str) -> None:
    write_config(folder, **changes)
    with pytest.raises(CheckpointError, match=words):
        read_config(folder)


def test_settings_of_decoding(folder: Path) -> None:
    config = read_config(folder)
    older = read_generation(folder, config)
    assert (older.suppress_tokens, older.begin_suppress_tokens) == ([], [220, 50257])
    assert older.alignment_heads is None
    path = folder / "generation_config.json"
    path.write_text('{"alignment_heads": [[31, 19]], "suppress_tokens": [1], "lang_to_id": {}}')
    newer = read_generation(folder, config)
    assert (newer.suppress_tokens, newer.begin_suppress_tokens) == ([1], None)
    assert newer.alignment_heads == [(31, 19)]
    for heads in ("[[32, 0]]", "[[0, 20]]", "[[-1, 0]]"):
        path.write_text(f'{{"alignment_heads": {heads}}}')
        with pytest.raises(CheckpointError, match="alignment_heads that the network has not"):
            read_generation(folder, config)


def test_weights_in_parts(folder: Path) -> None:
    assert weight_files(folder) == (folder / "model.safetensors",)
    (folder / "model.safetensors").unlink()
    index = folder / "pytorch_model.bin.index.json"
    index.write_text('{"weight_map": {"a": "two.bin", "b": "one.bin", "c": "two.bin"}}')
    (folder / "one.bin").touch()
    with pytest.raises(CheckpointError, match=r"names two\.bin, which is not there"):
        weight_files(folder)
    (folder / "two.bin").touch()
    assert weight_files(folder) == (folder / "one.bin", folder / "two.bin")
    (folder.parent / "three.bin").touch()
    index.write_text('{"weight_map": {"a": "../three.bin"}}')
    with pytest.raises(CheckpointError, match=r"\.\./three\.bin"):
        weight_files(folder)
    index.write_text('{"weight_map": {}}')
    with pytest.raises(CheckpointError, match="names no file"):
        weight_files(folder)
