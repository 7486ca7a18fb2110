"""What a stage knows besides its request: where files are, the log, and how to report progress."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

_HASH_BLOCK = 1 << 20


class Context:
    """What a stage may know besides its request: where files lie, the log, how to report."""

    def __init__(
        self,
        stage: StageName,
        job: Path,
        output: str,
        report_line: Callable[[Progress], None],
        cache: str | None = None,
    ) -> None:
        self.stage = stage
        self.folder = job / output
        """Where the stage writes its files."""
        self.log = logging.getLogger(f"indicsubs.{stage}")
        self._job = job
        self._cache = cache
        self._output = output
        self._report_line = report_line

    def cache_file(self, name: str) -> Path | None:
        """A file for what saves work the next time and never changes a result; its folder exists.

        None where nothing is to be remembered.
        """
        if self._cache is None:
            return None
        folder = self._job / self._cache
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def report(self, done: int, total: int, unit: str, note: str = "") -> None:
        """Say how far the stage is; ``total`` 0 means that nobody knows."""
        self._report_line(Progress(stage=self.stage, done=done, total=total, unit=unit, note=note))

    def path(self, file: Artifact | SourceFile) -> Path:
        """Where a file lies that the request names.

        Raises:
            IndicsubsError: ``NO_INPUT`` if it is not there.
        """
        path = self._job / file.path if isinstance(file, Artifact) else Path(file.path)
        if not path.is_file():
            raise IndicsubsError(FailureCode.NO_INPUT, f"{path} is not there (stage {self.stage}).")
        return path

    def model(self, model: ModelFolder, *files: str) -> Path:
        """Where a model lies.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` if the folder or one of ``files`` is not there.
        """
        folder = Path(model.folder)
        missing = [name for name in files if not (folder / name).is_file()]
        if not folder.is_dir() or missing:
            what = f"lacks {', '.join(missing)}" if folder.is_dir() else "is no folder"
            raise IndicsubsError(
                FailureCode.MISSING_MODEL,
                f"The model {model.name} {what} ({folder}). `indicsubs models` shows what each"
                " stage needs and how to get it.",
            )
        return folder

    def artifact(self, name: str, kind: str, language: str | None = None) -> Artifact:
        """Describe the file ``name`` that the stage has written in its folder."""
        path = self.folder / name
        return Artifact(
            path=f"{self._output}/{name}",
            kind=kind,
            sha256=sha256(path),
            bytes=path.stat().st_size,
            language=language,
        )

    def write(self, name: str, data: bytes, kind: str, language: str | None = None) -> Artifact:
        """Write a small file in the stage's folder and describe it."""
        (self.folder / name).write_bytes(data)
        return self.artifact(name, kind, language)

    def write_document(
        self, name: str, document: msgspec.Struct, kind: str, language: str | None = None
    ) -> Artifact:
        """Write one of the ``transcript`` types as readable JSON and describe it."""
        return self.write(name, msgspec.json.format(msgspec.json.encode(document)), kind, language)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()
