"""Notices that the checkout has changed under a program that runs for weeks."""

import hashlib
import os
from pathlib import Path
from typing import Literal

from indicsubs.run.code_graph import source_folders
from indicsubs_contract.source_files import sha256

_BYTE_CODE = "__pycache__"


class SourceChanges:
    """Compares the source files and the lock of a checkout with those of the start.

    Args:
        root: The checkout.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._first = self._seen = self._state()
        self._began_with = self._content()
        self._lock = sha256(self._lock_file)

    def look(self) -> Literal["none", "going on", "complete"]:
        """Returns how far the changes since the start are.

        They are complete where nothing has changed since the last call: `git pull` writes many
        files. What has the content of the start again has not changed.
        """
        state = self._state()
        is_still, self._seen = state == self._seen, state
        if state == self._first or self._content() == self._began_with:
            return "none"
        return "complete" if is_still else "going on"

    def include_lock(self) -> bool:
        """Returns whether the lock differs from that of the start."""
        return sha256(self._lock_file) != self._lock

    @property
    def _lock_file(self) -> Path:
        return self._root / "uv.lock"

    def _files(self) -> list[Path]:
        return [
            self._lock_file,
            *(
                Path(folder, name)
                for source in source_folders(self._root)
                for folder, _, names in sorted(os.walk(source))
                if _BYTE_CODE not in folder
                for name in sorted(names)
            ),
        ]

    def _state(self) -> str:
        lines: list[str] = []
        for path in self._files():
            try:
                found = path.stat()
            except OSError:
                continue  # removed meanwhile
            lines.append(f"{path} {found.st_ino} {found.st_size} {found.st_mtime_ns}")
        return "\n".join(lines)

    def _content(self) -> str:
        digest = hashlib.sha256()
        for path in self._files():
            try:
                digest.update(f"{path} {sha256(path)}\n".encode())
            except OSError:
                continue
        return digest.hexdigest()
