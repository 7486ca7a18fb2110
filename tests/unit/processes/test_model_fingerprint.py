"""Two models are told apart by their content, without reading all of it."""

from pathlib import Path

from indicsubs_processes.model_fingerprint import model_fingerprint


def test_every_byte_and_name_of_small_files_counts(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = model_fingerprint(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    other = model_fingerprint(tmp_path)
    assert other != before
    (tmp_path / "config.json").rename(tmp_path / "vocab.json")
    assert model_fingerprint(tmp_path) not in {before, other}


def test_the_folder_s_own_place_does_not_count(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "model.bin").write_bytes(b"weights")
    assert model_fingerprint(tmp_path / "here") == model_fingerprint(tmp_path / "there")


def test_weights_of_another_training_are_another_model(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(bytes(3 << 20))
    before = model_fingerprint(tmp_path)
    weights.write_bytes(bytes(range(256)) * (3 << 12))
    assert weights.stat().st_size == 3 << 20
    assert model_fingerprint(tmp_path) != before
