"""Identifies the code of a checkout, which has to be the same on all machines of a cluster."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


def checkout_digest(root: Path) -> str:
    """Returns the digest of the code that stages run, and of the lock of their environments.

    Raises:
        OSError: The folder is no checkout, or cannot be read.
    """
    digest = hashlib.sha256()
    for path in (root / "uv.lock", *_sources(root)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for source in sorted(root.glob("packages/*/src")):
        for folder, folders, names in os.walk(source):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            yield from (Path(folder, name) for name in sorted(names))


def checkout_of(module: str) -> Path:
    """Returns the checkout that holds a file of its packages, such as a module's ``__file__``.

    Raises:
        LookupError: The file is in no checkout.
    """
    for folder in Path(module).resolve().parents:
        if (folder / "uv.lock").is_file() and (folder / "packages").is_dir():
            return folder
    raise LookupError(f"{module} is in no checkout of indicsubs")
