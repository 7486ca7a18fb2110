"""Folders that are damaged, incomplete or hostile: each gives an error that names the file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from conformer_graphs import COLUMNS, pieces
from onnx import TensorProto

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indicconformer.checkpoint import read_checkpoint
from indicsubs_indicconformer.indic_conformer import IndicConformer, open_model
from indicsubs_indicconformer.quantise import quantise

Change = Callable[[Path], None]


@pytest.fixture
def copied(official: Path, tmp_path: Path) -> Path:
    return shutil.copytree(official, tmp_path / "copied")


def refused(folder: Path, message: str) -> None:
    with pytest.raises(IndicsubsError, match=message) as caught:
        open_model(folder, "mine", "cpu")
    assert caught.value.code is FailureCode.MISSING_MODEL
    assert str(folder) in caught.value.message


def change_json(name: str, change: Callable[[dict], object]) -> Change:
    def apply(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        change(content)
        (folder / name).write_text(json.dumps(content))

    return apply


def change_mask(change: Callable[[list], object]) -> Change:
    return change_json("assets/language_masks.json", lambda masks: change(masks["ta"]))


def flip(column: int) -> Callable[[list], object]:
    return lambda mask: mask.__setitem__(column, not mask[column])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_json("config.json", lambda c: c.pop("SOS")), "config.json: .*SOS"),
        (change_json("config.json", lambda c: c.update(BLANK_ID=0)), "BLANK_ID must be 256"),
        (change_json("config.json", lambda c: c.update(RNNT_MAX_SYMBOLS=0)), "positive"),
        (
            change_json("assets/vocab.json", lambda v: v["hi"].pop(0) and v["hi"].pop()),
            "hi has 255",
        ),
        (change_json("assets/vocab.json", lambda v: v.pop("hi")), "different languages"),
        (change_json("assets/vocab.json", lambda v: v.update(hi=[1])), "vocab.json: Expected"),
        (change_json("assets/language_masks.json", lambda m: m.pop("hi")), "different languages"),
        (change_mask(flip(0)), "ta must have 256 columns"),
        (change_mask(flip(-1)), "ta must have 256 columns"),
        (change_mask(lambda mask: (flip(0)(mask), flip(-1)(mask))), "the last one, the blank"),
        (change_mask(lambda mask: mask.insert(0, False)), "masks of different lengths"),
    ],
)
def test_damaged_tables(change: Change, message: str, copied: Path) -> None:
    change(copied)
    refused(copied, message)


def test_masks_of_another_network(copied: Path) -> None:
    change_json(
        "assets/language_masks.json",
        lambda masks: [mask.insert(0, False) for mask in masks.values()],
    )(copied)
    refused(copied, rf"\(4, {COLUMNS}\), where language_masks.json wants \(4, {COLUMNS + 1}\)")


def test_the_sizes_may_stand_in_assets(copied: Path) -> None:
    """The configuration of the repository then has other fields."""
    shutil.copy(copied / "config.json", copied / "assets" / "config.json")
    (copied / "config.json").write_text('{"model_type": "iasr"}')
    assert read_checkpoint(copied).sizes.symbols_per_frame == 10


@pytest.mark.parametrize("name", ["encoder.onnx", "ctc_decoder.onnx", "context", "vocab.json"])
@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "text"])
def test_damaged_files(name: str, damage: str, copied: Path) -> None:
    path = copied / "assets" / name
    data = path.read_bytes()
    if damage == "absent":
        path.unlink()
    elif damage == "text":
        path.write_text("<html>Please log in</html>")
    else:
        path.write_bytes(data[: len(data) // 2 if damage == "cut" else 0])
    refused(copied, "does not load")


def test_a_network_of_another_kind(copied: Path) -> None:
    shutil.copy(copied / "assets" / "joint_enc.onnx", copied / "assets" / "encoder.onnx")
    refused(copied, "encoder.onnx has no input 'length'")


def test_a_network_with_one_input_more(copied: Path) -> None:
    path = copied / "assets" / "ctc_decoder.onnx"
    network = onnx.load(path)
    extra = onnx.helper.make_tensor_value_info("extra", TensorProto.FLOAT, [1])
    network.graph.input.append(extra)
    onnx.save(network, path)
    refused(copied, "ctc_decoder.onnx has an unknown input 'extra'")


def test_an_official_name_at_another_place(copied: Path) -> None:
    """Then the positions mean something else than we think."""
    path = copied / "assets" / "rnnt_decoder.onnx"
    network = onnx.load(path)
    states = [value for value in network.graph.input if len(value.type.tensor_type.shape.dim) == 3]
    first, second = (value.name for value in states)
    states[0].name, states[1].name = second, first
    onnx.save(network, path)
    model = open_model(copied, "mine", "cpu")
    with pytest.raises(IndicsubsError, match=r"input 'onnx::Slice_3' is where 'states.1' belongs"):
        model.decode([bytes(3200)], "hi", "rnnt")


@pytest.mark.parametrize("name", ["rnnt_decoder", "joint_pred", "joint_post_net_hi"])
def test_the_transducer_is_absent(name: str, copied: Path, noise: list[bytes]) -> None:
    (copied / "assets" / f"{name}.onnx").unlink()
    model = open_model(copied, "mine", "cpu")
    assert model.decode(noise, "hi", "ctc")[0].text
    with pytest.raises(IndicsubsError, match=f"{name}.onnx is not in .*--decoding ctc") as caught:
        model.decode(noise, "hi", "rnnt")
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_the_parts_of_the_transducer_do_not_fit(copied: Path) -> None:
    shutil.copy(
        copied / "assets" / "joint_pre_net.onnx", copied / "assets" / "joint_post_net_hi.onnx"
    )
    model = open_model(copied, "mine", "cpu")
    with pytest.raises(IndicsubsError, match="joint network gives 12 scores") as caught:
        model.decode([bytes(3200)], "hi", "rnnt")
    assert caught.value.code is FailureCode.MISSING_MODEL


def change_tensor(folder: Path, name: str, location: str) -> None:
    """Lets the encoder's tensor ``name`` lie at another place."""
    path = folder / "assets" / "encoder.onnx"
    encoder = onnx.load(path, load_external_data=False)
    constants = [n.attribute[0].t for n in encoder.graph.node if n.op_type == "Constant"]
    for tensor in (*encoder.graph.initializer, *constants):
        if tensor.name == name:
            tensor.external_data[0].value = location
    path.write_bytes(encoder.SerializeToString())


@pytest.mark.parametrize("name", ["first", "Constant_1970_attr__value"])
@pytest.mark.parametrize("place", ["above", "absolute", "link"])
def test_weights_outside_the_folder_are_refused(name: str, place: str, copied: Path) -> None:
    """Else a downloaded model could read any file of this machine."""
    assets = copied / "assets"
    outside = copied.parent / "secret"
    (assets / name).replace(outside)
    location = {"above": "../../secret", "absolute": str(outside), "link": name}[place]
    if place == "link":
        (assets / name).symlink_to(outside)
    change_tensor(copied, name, location)
    refused(copied, "escapes|Absolute path")
    target = copied.with_name("target")
    with pytest.raises(IndicsubsError, match="outside the model") as caught:
        quantise(copied, target)
    assert caught.value.code is FailureCode.MISSING_MODEL
    assert not target.exists()


def test_a_model_in_the_hubs_cache(
    official: Path, tmp_path: Path, model: IndicConformer, noise: list[bytes]
) -> None:
    """There every file is a link into one folder."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "revision"
    blobs.mkdir()
    for number, path in enumerate(p for p in official.rglob("*") if p.is_file()):
        shutil.copyfile(path, blobs / f"hash{number}")
        link = snapshot / path.relative_to(official)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blobs / f"hash{number}")
    linked = open_model(snapshot, "linked", "cpu")
    assert linked.decode(noise, "hi", "rnnt") == model.decode(noise, "hi", "rnnt")
    quantise(snapshot, tmp_path / "small")
    small = tmp_path / "small"
    assert open_model(small, "small", "cpu").decode(noise, "hi", "ctc")[0].text
    assert not any(path.is_symlink() for path in small.rglob("*"))


def test_python_and_torchscript_files_are_not_read(copied: Path, noise: list[bytes]) -> None:
    (copied / "model_onnx.py").write_text("raise SystemExit('executed')")
    (copied / "assets" / "preprocessor.ts").write_bytes(b"no TorchScript")
    (copied / "config.json").write_text(
        json.dumps(
            {
                **json.loads((copied / "config.json").read_text()),
                "auto_map": {"AutoModel": "model_onnx.IndicASRModel"},
            }
        )
    )
    assert open_model(copied, "mine", "cpu").decode(noise, "hi", "ctc")[0].text


def test_the_script_of_each_language(model: IndicConformer) -> None:
    assert {code: model.script(code) for code in model.languages} == {
        "hi": "Deva",
        "kok": "Deva",
        "ta": "Taml",
        "sd": "Arab",
    }


@pytest.mark.parametrize(
    ("changed", "script"),
    [
        (["<unk>", "▁", *["क"] * 20, *["<unused>"] * 234], "Deva"),
        (["<unk>", "▁", *["क"] * 89, *["ب"] * 11, *["."] * 154], None),
        (["<unk>", "▁", *["."] * 254], None),
    ],
)
def test_the_script_of_a_mixed_vocabulary(
    changed: list[str], script: str | None, copied: Path
) -> None:
    assert len(changed) == len(pieces("hi"))
    change_json("assets/vocab.json", lambda vocabulary: vocabulary.update(sd=changed))(copied)
    assert read_checkpoint(copied).script("sd") == script
