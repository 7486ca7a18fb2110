"""The digests of the files of models: recorded at the first use, compared at every later one.

The hub's cache names a file of weights by its SHA-256, so a download that was damaged is found at
the first use. Models that are made on this machine, and folders of the user's, are not compared:
they may change, and the fingerprint in a request follows them.
"""

import re
from pathlib import Path

import msgspec

from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.records import (
    DamagedRecordError,
    NewerRecordError,
    read_record,
    write_record,
)

MODELS_FILE = "models.json"
"""The name of the record, in the folder of the cache."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class RecordedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model as it was at its first use."""

    revision: str
    """The name of the model's folder, which in the hub's cache is its revision."""
    files: dict[str, str]
    """The SHA-256 of each file, by its path in the folder."""


class ModelDigests(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the record."""

    schema: int = 1
    models: dict[str, RecordedModel] = {}


def check_model_files(name: str, folder: Path, cache: Path) -> None:
    """Compares the files of a model with those of its first use, and records new ones.

    A file that has not changed since is not read.

    Args:
        name: The name of the model on the hub.
        folder: Its folder in the hub's cache.
        cache: The folder of the record.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where a file has changed, or was damaged when it was
            fetched.
    """
    found = _digests(name, folder, cache)
    recorded = _read(cache)
    known = recorded.models.get(name)
    files = {} if known is None or known.revision != folder.name else known.files
    changed = [file for file in found if files.get(file, found[file]) != found[file]]
    if changed:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} is not as it was at its first use: {', '.join(changed)} changed in"
            f" {folder}. Delete that folder and fetch the model again: just models fetch {name}. If"
            " you changed it yourself, fetch without deleting: that accepts it.",
        )
    if found.keys() - files.keys():
        _write(recorded, name, RecordedModel(revision=folder.name, files=files | found), cache)


def accept_model_files(name: str, folder: Path, cache: Path) -> None:
    """Records the files of a model as they are now.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where a file was damaged when it was fetched.
    """
    files = _digests(name, folder, cache)
    _write(_read(cache), name, RecordedModel(revision=folder.name, files=files), cache)


def _digests(name: str, folder: Path, cache: Path) -> dict[str, str]:
    digests = DigestRecord(cache / RECORD_FILE)
    found: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = path.relative_to(folder).as_posix()
        found[file] = digests.sha256(path)
        promised = path.resolve().name
        if path.is_symlink() and _SHA256.fullmatch(promised) and promised != found[file]:
            raise IndicsubsError(
                FailureCode.MISSING_MODEL,
                f"The file {file} of the model {name} is damaged: its SHA-256 is not the one that"
                f" the hub gave. Delete {path.resolve()} and fetch it again: just models fetch"
                f" {name}",
            )
    return found


def _read(cache: Path) -> ModelDigests:
    try:
        return read_record(cache / MODELS_FILE, ModelDigests)
    except (OSError, DamagedRecordError, NewerRecordError):
        return ModelDigests()  # recorded again, as at a first use


def _write(recorded: ModelDigests, name: str, model: RecordedModel, cache: Path) -> None:
    models = recorded.models | {name: model}
    try:
        write_record(cache / MODELS_FILE, ModelDigests(models=models))
    except OSError:
        pass  # a checkout that cannot be written to: the next use is a first use again
