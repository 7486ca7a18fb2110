"""Identifies models by their content."""

import hashlib
from pathlib import Path

_SMALL_FILE = 1 << 20
_SAMPLES, _SAMPLE = 64, 1 << 12
"""The number of samples that a fingerprint takes from a large file, and their size in bytes. The
weights of another training differ in nearly all samples. To read gigabytes at every start would
take seconds."""


def model_fingerprint(folder: Path) -> str:
    """Returns the digest of the names, sizes and content of a model's files.

    For large files, only samples of the content count.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)} {size}\n".encode())
        with path.open("rb") as file:
            if size <= _SMALL_FILE:
                digest.update(file.read())
                continue
            for sample in range(_SAMPLES):
                file.seek(size * sample // _SAMPLES)
                digest.update(file.read(_SAMPLE))
    return digest.hexdigest()
