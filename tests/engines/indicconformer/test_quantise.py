"""The smaller model: one file that gives nearly the same, and nothing half-written."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import compose
from onnxruntime.quantization import QuantType, quantize_dynamic

from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_indicconformer import quantise as command
from indicsubs_indicconformer.features import log_mel_features
from indicsubs_indicconformer.indic_conformer import IndicConformer, open_model
from indicsubs_networks.int8_graph import quantised
from indicsubs_recognition.samples import float_samples


def scores(path: Path, chunk: bytes) -> np.ndarray:
    features = log_mel_features(float_samples(chunk))[np.newaxis]
    feed = {"audio_signal": features, "length": np.array([features.shape[2]])}
    outputs = onnxruntime.InferenceSession(str(path)).run(None, feed)
    return next(output for output in outputs if output.ndim == 3)


def test_it_holds_four_files_and_loads_alone(
    official: Path, small: Path, tmp_path: Path, noise: list[bytes]
) -> None:
    files = {str(path.relative_to(small)) for path in small.rglob("*") if path.is_file()}
    assert files == {
        "config.json",
        "assets/vocab.json",
        "assets/language_masks.json",
        "assets/encoder-ctc.int8.onnx",
    }
    moved = shutil.copytree(small, tmp_path / "moved")
    assert open_model(moved, "moved", "cpu").decode(noise, "hi", "ctc")[0].text
    assert [path.name for path in official.parent.iterdir() if path.name.startswith(".")] == []


def test_it_gives_what_onnxruntimes_own_quantisation_gives(
    official: Path, small: Path, tmp_path: Path, noise: list[bytes]
) -> None:
    encoder = onnx.load(official / "assets" / "encoder.onnx")
    head = compose.add_prefix(onnx.load(official / "assets" / "ctc_decoder.onnx"), "head/")
    whole = compose.merge_models(
        encoder,
        head,
        io_map=[("outputs", "head/encoder_output")],
        outputs=["head/logprobs", "encoded_lengths"],
    )
    del whole.opset_import[1:]  # merging leaves the same entry twice
    reference = tmp_path / "reference.onnx"
    quantize_dynamic(
        whole,
        reference,
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    for chunk in noise:
        ours = scores(small / "assets" / "encoder-ctc.int8.onnx", chunk)
        theirs = scores(reference, chunk)
        assert np.abs(ours - theirs).max() < 0.02 * np.abs(theirs).max()
        assert (ours.argmax(axis=2) == theirs.argmax(axis=2)).mean() > 0.9


def test_most_pieces_are_those_of_the_float_model(
    model: IndicConformer, small: Path, noise: list[bytes]
) -> None:
    """A random network has many near-ties, which rounding decides."""
    smaller = open_model(small, "small", "cpu")
    for ours, theirs in zip(
        smaller.emissions(noise, "hi"), model.emissions(noise, "hi"), strict=True
    ):
        assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).mean() > 0.8


def test_a_chunk_gives_the_same_in_every_batch(small: Path, noise: list[bytes]) -> None:
    smaller = open_model(small, "small", "cpu")
    together = smaller.decode(noise, "ta", "ctc")
    assert together == [smaller.decode([chunk], "ta", "ctc")[0] for chunk in noise]


def test_the_three_matrices_are_int8(small: Path) -> None:
    graph = onnx.load(small / "assets" / "encoder-ctc.int8.onnx").graph
    matrices = [t for t in graph.initializer if t.data_type == onnx.TensorProto.INT8]
    assert sorted(tuple(t.dims) for t in matrices if len(t.dims) == 2) == [
        (24, 48),
        (24, 48),
        (48, 24),
    ]
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulInteger") == 3
    # Two matrices share an input, which is quantised once.
    assert kinds.count("DynamicQuantizeLinear") == 2
    assert not {"MatMul", "Gemm", "Constant"} & set(kinds)


def test_it_has_no_transducer(small: Path, noise: list[bytes]) -> None:
    with pytest.raises(IndicsubsError, match=r"small has no transducer.*--decoding ctc"):
        open_model(small, "small", "cpu").decode(noise, "hi", "rnnt")


def test_rounding_of_weights() -> None:
    weights = np.array([[1.0, -0.5, 0.0], [-2.0, 0.25, 0.0]], np.float32)
    integers, scales = quantised(weights)
    assert integers.tolist() == [[64, -127, 0], [-127, 64, 0]]
    assert scales == pytest.approx([2 / 127, 0.5 / 127, 1 / 127])


def test_the_target_exists(official: Path, small: Path) -> None:
    with pytest.raises(IndicsubsError, match="exists") as caught:
        command.quantise(official, small)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_the_source_is_small_already(small: Path, tmp_path: Path) -> None:
    with pytest.raises(IndicsubsError, match=r"lacks assets/encoder\.onnx"):
        command.quantise(small, tmp_path / "target")


@pytest.mark.parametrize("name", ["encoder.onnx", "ctc_decoder.onnx", "third", "vocab.json"])
def test_a_damaged_source_leaves_nothing(name: str, official: Path, tmp_path: Path) -> None:
    source = shutil.copytree(official, tmp_path / "source")
    path = source / "assets" / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(IndicsubsError, match="source does not load"):
        command.quantise(source, tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_result_that_does_not_load_leaves_nothing(
    official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndicsubsError(FailureCode.MISSING_MODEL, "broken")

    monkeypatch.setattr(command, "open_model", fail)
    with pytest.raises(IndicsubsError, match="broken"):
        command.quantise(official, tmp_path / "deep" / "target")
    assert list((tmp_path / "deep").iterdir()) == []


def test_the_command(official: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "target"
    assert command.main([str(official), str(target)]) == ExitStatus.DONE
    assert (target / "assets" / "encoder-ctc.int8.onnx").is_file()
    assert command.main([str(official), str(target)]) == ExitStatus.BAD_INPUT
    assert capsys.readouterr().err == f"{target} exists. Name a folder that does not exist yet.\n"
