import json
from pathlib import Path

import pytest

from benchmarks.speech.corpora import CorpusError, read_corpus
from benchmarks.speech.words import Errors, total


def recording(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_fleurs(tmp_path: Path) -> None:
    path = recording(tmp_path, "audio/test/17.wav")
    (tmp_path / "test.tsv").write_text(
        '1\t17.wav\tउसने "हाँ" कहा।\tउसने हाँ कहा\tउ स\t9\tMALE\n', encoding="utf-8"
    )
    (reading,) = read_corpus(tmp_path)
    assert reading.path == path
    assert reading.text == 'उसने "हाँ" कहा।'
    assert reading.lattice == [["उसने"], ['"हाँ"'], ["कहा।"]]


def test_kathbath(tmp_path: Path) -> None:
    paths = [recording(tmp_path, f"wavs/{name}.wav") for name in "ab"]
    (tmp_path / "transcription_n2w.txt").write_text("a.wav\tएक दो\nb.wav\tतीन\n", encoding="utf-8")
    readings = list(read_corpus(tmp_path))
    assert [reading.path for reading in readings] == paths
    assert [reading.text for reading in readings] == ["एक दो", "तीन"]


def test_a_manifest_may_accept_other_spellings(tmp_path: Path) -> None:
    recording(tmp_path, "a.wav")
    row = {"audio_filepath": "a.wav", "text": "डॉक्टर", "lattice": [["डॉक्टर", "डाक्टर"]]}
    (tmp_path / "manifest.json").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (reading,) = read_corpus(tmp_path)
    assert reading.lattice == [["डॉक्टर", "डाक्टर"]]


def test_a_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none of manifest\.json, test\.tsv"):
        list(read_corpus(tmp_path))


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "transcription.txt").write_text("gone.wav\tएक\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"gone\.wav is not in"):
        list(read_corpus(tmp_path))


def test_errors_of_recordings_are_added() -> None:
    assert total([Errors(4, 1, 0, 2), Errors(6, 0, 1, 0)]) == Errors(10, 1, 1, 2)
