"""The cache of converted models: once, whole, and without collisions of processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indicsubs_contract.converted_models import cache_folder, conversion_digest, converted

CONVERT = """
import sys, time
from pathlib import Path
from indicsubs_contract.converted_models import converted

def convert(place):
    with open(sys.argv[2], "a") as log:
        log.write("converted\\n")
    (place / "half").write_text("1")
    print("half", flush=True)
    time.sleep(float(sys.argv[3]))
    (place / "model").write_text("whole")

print(converted("model-1", Path(sys.argv[1]), convert), flush=True)
"""
"""A process that converts a model slowly: the cache, a log, and the seconds that it takes."""


def start(cache: Path, log: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CONVERT, str(cache), str(log), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def write_model(place: Path) -> None:
    (place / "model").write_text("whole")


def folders(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.is_dir())


def test_a_model_is_converted_once(tmp_path: Path) -> None:
    calls: list[Path] = []

    def convert(place: Path) -> None:
        calls.append(place)
        write_model(place)

    cache = tmp_path / "cache"
    for _ in range(2):
        assert converted("model-1", cache, convert) == cache / "model-1"
    assert len(calls) == 1
    assert (cache / "model-1" / "model").read_text() == "whole"
    converted("model-2", cache, convert)
    assert folders(cache) == ["model-1", "model-2"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    def fail(place: Path) -> None:
        write_model(place)
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        converted("model-1", tmp_path, fail)
    assert folders(tmp_path) == []


def test_a_killed_process_leaves_nothing_half_written(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    process = start(cache, tmp_path / "log", 60)
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    process.kill()
    process.wait()
    process.stdout.close()
    assert folders(cache) == ["model-1.partial"]
    assert converted("model-2", cache, write_model) == cache / "model-2"
    assert folders(cache) == ["model-2"], "what was left takes no space either"
    place = converted("model-1", cache, write_model)
    assert sorted(path.name for path in place.iterdir()) == [".files.json", "model"]


def test_two_processes_convert_once(tmp_path: Path) -> None:
    cache, log = tmp_path / "cache", tmp_path / "log"
    processes = [start(cache, log, 0.5) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert all(output.endswith(f"{cache / 'model-1'}\n") for output in outputs)
    assert log.read_text() == "converted\n"
    assert (cache / "model-1" / "model").read_text() == "whole"


def test_a_converted_model_is_read_while_another_is_converted(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    converted("model-2", cache, write_model)
    process = start(cache, tmp_path / "log", 60)
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    began = time.monotonic()
    assert converted("model-2", cache, write_model) == cache / "model-2"
    assert time.monotonic() - began < 30
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_model_that_another_process_converted_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "model-1"
    flock = "indicsubs_contract.converted_models.fcntl.flock"
    monkeypatch.setattr(flock, lambda *_: place.mkdir())  # while this process waited
    assert converted("model-1", tmp_path, write_model) == place
    assert not (place / "model").exists(), "it is not converted again"


def test_the_digest_covers_version_fingerprint_and_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(bytes(1 << 20))
    other.write_bytes(bytes((1 << 20) - 1) + b"x")
    digests = {
        conversion_digest(1, "a", [one]),
        conversion_digest(2, "a", [one]),
        conversion_digest(1, "b", [one]),
        conversion_digest(1, "a", [other]),
        conversion_digest(1, "a", [one, other]),
    }
    assert len(digests) == 5
    assert {len(digest) for digest in digests} == {32}
    assert conversion_digest(1, "a", [one]) in digests


def test_the_cache_is_in_the_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("whisper-mlx") == tmp_path / "indicsubs" / "whisper-mlx"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder("whisper-mlx") == Path.home() / ".cache" / "indicsubs" / "whisper-mlx"


def convert_two_files(place: Path) -> None:
    (place / "model").write_bytes(bytes(range(256)) * 4)
    (place / "vocabulary").write_text("अ आ इ")


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def damage_flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [Path.unlink, damage_cut, damage_flip])
@pytest.mark.parametrize("name", ["model", "vocabulary", ".files.json"])
def test_a_damaged_model_is_converted_again(
    name: str, damage: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = converted("model-1", tmp_path, convert_two_files)
    damage(place / name)
    calls: list[Path] = []

    def convert(partial: Path) -> None:
        calls.append(partial)
        convert_two_files(partial)

    assert converted("model-1", tmp_path, convert) == place
    is_record_gone = damage is Path.unlink and name == ".files.json"
    assert len(calls) == (not is_record_gone), "an earlier version wrote no record"
    assert ("is damaged" in caplog.text) == (not is_record_gone)
    assert (place / "model").read_bytes() == bytes(range(256)) * 4
    assert (place / ".files.json").is_file()
    assert folders(tmp_path) == ["model-1"]
    assert converted("model-1", tmp_path, convert) == place
    assert len(calls) == (not is_record_gone)


def test_a_model_that_was_copied_with_other_times_is_kept(tmp_path: Path) -> None:
    place = converted("model-1", tmp_path, convert_two_files)
    os.utime(place / "model", (1, 1))
    assert converted("model-1", tmp_path, pytest.fail) == place
