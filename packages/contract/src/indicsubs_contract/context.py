"""The context that a stage gets besides its request: paths, a log, and progress reports."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import msgspec

from indicsubs_contract.checkpoint import CHECKPOINT, StageCheckpoint
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.records import errors_named
from indicsubs_contract.source_files import CheckedSources, sha256
from indicsubs_contract.stages import StageName


class Context:
    """The paths of a stage's files, its log, and its progress reports."""

    def __init__(
        self,
        stage: StageName,
        job: Path,
        output: str,
        report_line: Callable[[Progress], None],
        cache: str | None = None,
        digest: str | None = None,
        film_cache: str | None = None,
        *,
        stays: bool = False,
    ) -> None:
        self.stage = stage
        self.folder = job / output
        """The folder that the stage writes its files in."""
        self.log = logging.getLogger(f"indicsubs.{stage}")
        self.stays = stays
        """Whether the process waits for another request, for which its models stay loaded."""
        self._job = job
        self._cache = cache
        self._film_cache = film_cache
        self._output = output
        self._digest = digest
        self._reported: Progress | None = None
        self._sources = CheckedSources()
        self._report_line = report_line

    def cache_file(self, name: str) -> Path | None:
        """Returns the path of a cache file, in a folder that exists.

        A cache saves work in later runs and never changes a result. The path is None where the
        request keeps no cache.
        """
        return self._in_cache(self._cache, name)

    def film_cache_file(self, name: str) -> Path | None:
        """Returns the path of a file in the cache that all jobs of the film share.

        Other processes may use it at the same time. Otherwise it is as :meth:`cache_file`.
        """
        return self._in_cache(self._film_cache, name)

    def _in_cache(self, cache: str | None, name: str) -> Path | None:
        if cache is None:
            return None
        folder = self._job / cache
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def report(self, done: int, total: int, unit: str, note: str = "") -> None:
        """Reports the progress of the stage; ``total`` 0 means that the total is unknown."""
        self._reported = Progress(stage=self.stage, done=done, total=total, unit=unit, note=note)
        self._report_line(self._reported)

    @cached_property
    def checkpoint(self) -> StageCheckpoint:
        """The parts that an interrupted run of the stage has finished.

        It keeps nothing where the request keeps no cache.
        """
        path = self.cache_file(CHECKPOINT)
        if path is None or self._digest is None:
            return StageCheckpoint()
        return StageCheckpoint(path, self._digest, self._report_resumed)

    def close(self) -> None:
        """Closes the files that stay open for the stage."""
        if "checkpoint" in self.__dict__:
            self.checkpoint.close()

    def _report_resumed(self) -> None:
        if self._reported is not None:
            self._report_line(msgspec.structs.replace(self._reported, note="", resumed=True))

    def path(self, file: Artifact | SourceFile) -> Path:
        """Returns the path of a file that the request names.

        Raises:
            IndicsubsError: ``NO_INPUT`` where the file does not exist; ``BAD_INPUT`` where a file
                of the user has another content than the request names.
        """
        path = self._job / file.path if isinstance(file, Artifact) else Path(file.path)
        if not path.is_file():
            raise IndicsubsError(
                FailureCode.NO_INPUT,
                f"{path} is not there, and stage {self.stage} needs it. Put the file back, or run"
                " the film again.",
            )
        if isinstance(file, SourceFile):
            self._sources.check(path, file)
        return path

    def sources_are_unchanged(self) -> bool:
        """Returns whether the files of the user are as they were when the stage asked for them."""
        return self._sources.are_unchanged()

    @contextmanager
    def sources_checked(self) -> Generator[None]:
        """Checks at the end of the block that the files of the user have not changed in it.

        A changed file is also the cause of whatever error its reader has raised.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where a file changed; ``NO_INPUT`` where it is gone.
        """
        try:
            yield
        except Exception as error:
            try:
                self._sources.check_again()
            except IndicsubsError as changed:
                raise changed from error
            raise
        self._sources.check_again()

    @staticmethod
    def model(model: ModelFolder, *files: str) -> Path:
        """Returns the folder of a model.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` where the folder or one of ``files`` does not exist.
        """
        folder = Path(model.folder)
        missing = [name for name in files if not (folder / name).is_file()]
        if not folder.is_dir() or missing:
            problem = f"lacks {', '.join(missing)}" if folder.is_dir() else "is not a folder"
            raise IndicsubsError(
                FailureCode.MISSING_MODEL,
                f"The model {model.name} {problem} ({folder}). `just models` shows the models"
                " that each stage needs and how to get them.",
            )
        return folder

    def artifact(self, name: str, kind: str, language: str | None = None) -> Artifact:
        """Describes the file ``name`` that the stage has written in its folder."""
        path = self.folder / name
        return Artifact(
            path=f"{self._output}/{name}",
            kind=kind,
            sha256=sha256(path),
            bytes=path.stat().st_size,
            language=language,
        )

    def write(self, name: str, data: bytes, kind: str, language: str | None = None) -> Artifact:
        """Writes a small file in the stage's folder and describes it."""
        with errors_named(self.folder / name):
            (self.folder / name).write_bytes(data)
        return self.artifact(name, kind, language)

    def write_document(
        self, name: str, document: msgspec.Struct, kind: str, language: str | None = None
    ) -> Artifact:
        """Writes one of the ``transcript`` types as readable JSON and describes it."""
        return self.write(name, msgspec.json.format(msgspec.json.encode(document)), kind, language)
