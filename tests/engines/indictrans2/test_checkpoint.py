"""Reading checkpoints: whole, old, damaged and hostile ones."""

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Checkpoint, translated
from safetensors.torch import load_file, save_file
from torch.nn.attention import SDPBackend, sdpa_kernel

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indictrans2 import torch_engine
from indicsubs_indictrans2.checkpoint import load_network
from indicsubs_indictrans2.network import Network
from indicsubs_indictrans2.shape import EOS
from indicsubs_indictrans2.torch_engine import TorchGenerator
from indicsubs_indictrans2.translator import IndicTrans2


def logits(network: Network) -> torch.Tensor:
    with torch.inference_mode():
        return network(
            input_ids=torch.tensor([[4, 5, 9, 11, EOS]]),
            decoder_input_ids=torch.tensor([[EOS, 7, 8]]),
        ).logits


def load(folder: Path) -> Network:
    return load_network(folder, "cpu", torch.float32)


def refusal(folder: Path) -> IndicsubsError:
    with pytest.raises(IndicsubsError) as caught:
        _ = IndicTrans2.load(folder, "cpu", "float32").generator
    return caught.value


def rewrite(folder: Path, **weights: torch.Tensor | None) -> None:
    """Replaces, adds or (None) removes weights; ``__`` in a name stands for a full stop."""
    table = load_file(folder / "model.safetensors")
    for key, weight in weights.items():
        name = key.replace("__", ".")
        if weight is None:
            del table[name]
        else:
            table[name] = weight
    save_file(table, folder / "model.safetensors")


def configure(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_the_old_torch_file_gives_the_same_network(checkpoint: Checkpoint) -> None:
    new, old = checkpoint("new"), checkpoint("old")
    torch.save(load_file(old / "model.safetensors"), old / "pytorch_model.bin")
    (old / "model.safetensors").unlink()
    assert torch.equal(logits(load(new)), logits(load(old)))


class Payload:
    """Unpickled, it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("plain", [True, False], ids=["plain pickle", "torch file"])
def test_a_pickle_with_more_than_weights_is_refused_unopened(
    checkpoint: Checkpoint, tmp_path: Path, *, plain: bool
) -> None:
    folder, trace = checkpoint(), tmp_path / "executed"
    (folder / "model.safetensors").unlink()
    if plain:
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(trace)))
    else:
        torch.save({"lm_head.weight": Payload(trace)}, folder / "pytorch_model.bin")
    error = refusal(folder)
    assert error.code is FailureCode.BAD_INPUT
    assert "holds more than weights" in error.message
    assert not trace.exists()


def test_python_beside_the_weights_is_never_executed(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    folder, trace = checkpoint(), tmp_path / "executed"
    hostile = f"from pathlib import Path\nPath({str(trace)!r}).touch()\nraise SystemExit\n"
    names = [f"{part}_indictrans" for part in ("modeling", "configuration", "tokenization")]
    for name in [*names, "__init__", "sitecustomize"]:
        (folder / f"{name}.py").write_text(hostile)
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"auto_map": {"AutoTokenizer": ["tokenization_indictrans.Tokenizer", None]}})
    )
    (folder / "generation_config.json").write_text(
        json.dumps({"custom_generate": str(folder), "max_length": 1})
    )
    translator = IndicTrans2.load(folder, "cpu", "float32")
    assert translated(translator, ["मैं घर"], beam_size=1) != ["मैं घर"]
    assert not trace.exists()
    assert not set(names) & set(sys.modules)


@pytest.mark.parametrize(
    "name", ["config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT"]
)
def test_a_missing_file_is_named(checkpoint: Checkpoint, name: str) -> None:
    folder = checkpoint()
    (folder / name).unlink()
    error = refusal(folder)
    assert error.code is FailureCode.MISSING_MODEL
    assert str(folder / name) in error.message


def test_missing_weights_are_named(checkpoint: Checkpoint) -> None:
    folder = checkpoint()
    (folder / "model.safetensors").unlink()
    error = refusal(folder)
    assert error.code is FailureCode.MISSING_MODEL
    assert "neither model.safetensors nor pytorch_model.bin" in error.message


def test_a_wrong_shape_names_the_weight_and_both_shapes(checkpoint: Checkpoint) -> None:
    folder = checkpoint()
    rewrite(folder, model__encoder__layers__1__fc1__weight=torch.zeros(40, 25))
    message = refusal(folder).message
    assert "model.encoder.layers.1.fc1.weight of shape [40, 25]" in message
    assert "config.json says [40, 24]" in message


def test_absent_and_surplus_weights_are_named(checkpoint: Checkpoint) -> None:
    folder = checkpoint("absent")
    rewrite(folder, model__decoder__layer_norm__bias=None)
    assert "lacks model.decoder.layer_norm.bias" in refusal(folder).message
    folder = checkpoint("surplus")
    rewrite(folder, model__decoder__adapter__weight=torch.zeros(1))
    assert "model.decoder.adapter.weight" in refusal(folder).message
    folder = checkpoint("deeper")
    configure(folder, encoder_layers=4)
    assert "and 13 more" in refusal(folder).message


def test_weights_that_are_cut_short_are_refused(checkpoint: Checkpoint) -> None:
    folder = checkpoint()
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    assert "cut short" in refusal(folder).message


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"encoder_normalize_before": False}, "encoder_normalize_before is False"),
        ({"decoder_normalize_before": False}, "decoder_normalize_before is False"),
        ({"activation_function": "tanh"}, "$.activation_function"),
        ({"decoder_embed_dim": 48}, "decoder_embed_dim is 48"),
        ({"encoder_attention_heads": 5}, "multiple of encoder_attention_heads, 5"),
        ({"encoder_layers": 0}, "encoder_layers is 0"),
        ({"pad_token_id": 0}, "pad_token_id is 0"),
        ({"encoder_ffn_dim": "wide"}, "$.encoder_ffn_dim"),
        ({"encoder_vocab_size": 10}, "the network has 10"),
    ],
)
def test_what_the_architecture_cannot_be_is_refused(
    checkpoint: Checkpoint, changes: dict[str, Any], part: str
) -> None:
    folder = checkpoint()
    if "encoder_vocab_size" in changes:
        rewrite(folder, model__encoder__embed_tokens__weight=torch.zeros(10, 24))
    configure(folder, **changes)
    error = refusal(folder)
    assert error.code is FailureCode.BAD_INPUT
    assert part in error.message


@pytest.mark.parametrize("name", ["config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC"])
def test_a_damaged_file_is_named(checkpoint: Checkpoint, name: str) -> None:
    folder = checkpoint()
    (folder / name).write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    error = refusal(folder)
    assert error.code is FailureCode.BAD_INPUT
    assert str(folder / name) in error.message


def test_a_dictionary_with_other_special_numbers_is_refused(checkpoint: Checkpoint) -> None:
    folder = checkpoint()
    path = folder / "dict.TGT.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "</s>": 9}))
    assert "gives </s> the number 9 instead of 2" in refusal(folder).message


def test_stored_position_tables_are_not_read(checkpoint: Checkpoint) -> None:
    plain, stored = checkpoint("plain"), checkpoint("stored")
    rewrite(stored, model__encoder__embed_positions__weights=torch.full((258, 24), torch.nan))
    assert torch.equal(logits(load(plain)), logits(load(stored)))


def test_of_shared_matrices_the_projection_counts(checkpoint: Checkpoint) -> None:
    both = checkpoint("both", share_decoder_input_output_embed=True)
    wanted = logits(load(both))
    names = ("lm_head", "model.decoder.embed_tokens")
    for kept, absent in (names, names[::-1]):
        one = checkpoint(kept, share_decoder_input_output_embed=True)
        rewrite(one, **{f"{absent}.weight": None})
        assert torch.equal(logits(load(one)), wanted)
    rewrite(both, model__decoder__embed_tokens__weight=torch.zeros(41, 24))
    network = load(both)
    assert torch.equal(logits(network), wanted)
    assert network.lm_head.weight is network.model.decoder.embed_tokens.weight


def test_unshared_matrices_are_both_needed(checkpoint: Checkpoint) -> None:
    folder = checkpoint()
    rewrite(folder, lm_head__weight=None)
    assert "lacks lm_head.weight" in refusal(folder).message


@pytest.mark.parametrize("compute_type", ["bfloat16", "float16"])
def test_half_precision_stays_near(checkpoint: Checkpoint, compute_type: Any) -> None:
    folder = checkpoint()
    whole, half = load(folder), load_network(folder, "cpu", getattr(torch, compute_type))
    assert {weight.dtype for weight in half.parameters()} == {getattr(torch, compute_type)}
    spread = logits(whole).std()
    assert (logits(whole) - logits(half).float()).abs().mean() < 0.1 * spread


@pytest.mark.parametrize(("device", "stays"), [("cpu", True), ("cuda", False)])
def test_no_attention_is_planned_for_each_length_on_a_gpu(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch, device: Any, stays: bool
) -> None:
    """This machine may lack the device, so it is neither checked nor used."""
    network = load(checkpoint())
    monkeypatch.setattr(torch_engine, "check_device", lambda *_: None)
    monkeypatch.setattr(torch_engine, "load_network", lambda *_: network)
    with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):  # restores all that it finds
        TorchGenerator.load(Path(), device, "float16")
        assert torch.backends.cuda.cudnn_sdp_enabled() is stays


def test_an_absent_device_is_named(checkpoint: Checkpoint) -> None:
    absent = "mps" if torch.cuda.is_available() else "cuda"
    with pytest.raises(
        IndicsubsError, match=f"no device {absent}.*--device with one of: cpu"
    ) as caught:
        TorchGenerator.load(checkpoint(), absent, "float32")
    assert caught.value.code is FailureCode.DEVICE
