"""The folders of models on disk: finding them, fetching them, and telling two apart."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from huggingface_hub import snapshot_download  # pyright: ignore[reportUnknownVariableType]
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from huggingface_hub.utils._validators import validate_repo_id

from indicsubs.machine.hub_access import fetch_error
from indicsubs.machine.profiles import LOCAL, MODELS
from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.model_layout import ModelLayout
from indicsubs_contract.weight_index import WeightIndex
from indicsubs_processes.model_fingerprint import model_fingerprint

_CODE = ["*.py", "*.ts", "*.pt"]
"""The files of a repository that contain code, which is never executed."""
_OTHER_FORMATS = ["*.h5", "*.msgpack", "*.onnx", "*.tflite", "*.fp32*"]
"""Weights for other libraries, or for a second time."""
_TRAINING = ["checkpoint-*/*", "runs/*", "*.pkl", "*.pth", "optimizer.*"]
"""The files that training leaves in a repository."""
_TORCH_FILES = ["pytorch_model*.bin"]
"""The older files of weights. They are fetched only where there are no others."""
T = TypeVar("T")

DEMO = "demo/"
"""The names of the demo models begin with it; `just setup` makes all of them."""


class _Config(msgspec.Struct):
    """The part of ``config.json`` that says which network it defines."""

    model_type: str = ""


def locate(name: str, layouts: Sequence[ModelLayout], local_models: Path) -> ModelFolder:
    """Finds the folder of a model: a demo model, a path, or a model in the hub's cache.

    Args:
        name: The name of a model, or a folder.
        layouts: The layouts that it may have.
        local_models: The folder of the models that are made on this machine.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where there is no such folder (the message contains the
            command that fetches the model), or where files of its layout are missing (the message
            contains their names).
    """
    folder = find_folder(name, local_models)
    if folder is None:
        if name.startswith(DEMO):
            raise IndicsubsError(
                FailureCode.MISSING_MODEL, "The demo models are not expanded yet. Run: just setup"
            )
        raise missing_models([name])
    names = _file_names(folder)
    problems = {layout.name: _problem(layout, folder, names) for layout in layouts}
    if all(problems.values()):
        nearest = min(layouts, key=lambda layout: len(layout.missing_from(names)))
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} {problems[nearest.name]} ({folder}). It must be"
            f" {' or '.join(layout.description for layout in layouts)}. Fetch it again, or name"
            " another model.",
        )
    return ModelFolder(name=name, folder=str(folder), fingerprint=model_fingerprint(folder))


def missing_models(names: Sequence[str]) -> IndicsubsError:
    """Returns the error for absent models, with the command that fetches them.

    Args:
        names: At least one name; none is of a demo model.
    """
    if len(names) == 1:
        what = f"The model {names[0]} is neither a folder nor in the hub's cache. Fetch it with:"
    else:
        known = [MODELS[name].megabytes for name in names if name in MODELS]
        size = f" (about {sum(known) / 1000:.1f} GB)" if known else ""
        what = (
            f"These models are neither folders nor in the hub's cache: {', '.join(names)}. Fetch"
            f" them{size} with:"
        )
    command = f"just models fetch {' '.join(names)}"
    gated = gated_models(names)
    if gated:
        which = (
            "It needs a token" if len(names) == 1 else f"A token is needed for {', '.join(gated)}"
        )
        command += f" {which}: see README, Models."
    return IndicsubsError(FailureCode.MISSING_MODEL, f"{what} {command}")


def gated_models(names: Iterable[str]) -> list[str]:
    """Returns the models that the hub gives only to accounts that were granted access."""
    return [name for name in names if name in MODELS and MODELS[name].gated]


def _problem(layout: ModelLayout, folder: Path, names: set[str]) -> str | None:
    """Returns the reason why a folder does not have a layout; None where it has it."""
    missing = layout.missing_from(names) or _missing_parts(layout, folder, names)
    if missing:
        return f"lacks {', '.join(missing)}"
    if layout.model_type:
        found = _read_json(folder / "config.json", _Config, _Config()).model_type
        if found != layout.model_type:
            return f"has the model type {found or 'none'} in config.json, not {layout.model_type}"
    return None


def _missing_parts(layout: ModelLayout, folder: Path, names: set[str]) -> list[str]:
    """Returns the files of weights that their index names and that are absent."""
    weights = next(name for name in layout.weights if name in names)
    if not weights.endswith(".index.json"):
        return []
    parts = _read_json(folder / weights, WeightIndex, WeightIndex()).weight_map.values()
    return sorted(set(parts) - names)


def _read_json(path: Path, kind: type[T], otherwise: T) -> T:
    """Returns the content of a JSON file; ``otherwise`` where it is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except NOT_JSON:
        return otherwise


def is_present(name: str, local_models: Path) -> bool:
    """Returns whether :func:`locate` would find a folder of the model."""
    return find_folder(name, local_models) is not None


def is_complete(name: str, layouts: Sequence[ModelLayout], local_models: Path) -> bool:
    """Returns whether a model is on this machine with all files of one of its layouts.

    An interrupted fetch leaves a folder in which files are missing.
    """
    folder = find_folder(name, local_models)
    if folder is None:
        return False
    names = _file_names(folder)
    return not all(_problem(layout, folder, names) for layout in layouts)


def is_fetched(name: str, local_models: Path) -> bool:
    """Returns whether a model need not be fetched: complete, or of a layout that is not known."""
    if name in MODELS:
        return is_complete(name, (MODELS[name].layout,), local_models)
    return is_present(name, local_models)


def layout_of(name: str, layouts: Iterable[ModelLayout], local_models: Path) -> ModelLayout | None:
    """Returns the layout that a model has; None where it is not known.

    Args:
        name: The name of a model, or a folder.
        layouts: The layouts that it may have.
        local_models: The folder of the models that are made on this machine.
    """
    if name in MODELS:
        return MODELS[name].layout
    folder = find_folder(name, local_models)
    if folder is None:
        return None
    names = _file_names(folder)
    return next((layout for layout in layouts if not _problem(layout, folder, names)), None)


def _file_names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def find_folder(name: str, local_models: Path) -> Path | None:
    """Returns the folder of a model, as :func:`locate`; None where there is none."""
    if name.startswith(LOCAL):
        folder = local_models / name
        return folder if folder.is_dir() else None
    try:
        local = Path(name).expanduser()
        if local.is_dir():
            return local.resolve()
    except (OSError, RuntimeError, ValueError):
        return None  # a name that no folder can have, or the home folder of an unknown user
    if local.is_absolute() or not is_hub_name(name):
        return None
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def is_hub_name(name: str) -> bool:
    """Returns whether a model on the hub can have this name: an owner, a slash, and a name.

    >>> is_hub_name("facebook/wav2vec2-base-960h"), is_hub_name("fast"), is_hub_name("a b/c")
    (True, False, False)
    """
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return name.count("/") == 1


def is_of_hub(name: str, folder: Path) -> bool:
    """Returns whether a model's folder lies in the hub's cache."""
    return not name.startswith(LOCAL) and folder.parent.name == "snapshots" and is_hub_name(name)


def fetch(name: str, local_models: Path, make: Callable[[str, Path, Path], None]) -> Path:
    """Downloads a model into the hub's cache; the hub's library shows the progress on stderr.

    A model that is made from another one is made from that one in the folder of local models.

    Args:
        name: The name of the model.
        local_models: The folder of the models that are made on this machine.
        make: Makes a model: its name, the folder of the model that it is made from, its folder.

    Raises:
        IndicsubsError: ``UNREACHABLE`` where the hub does not answer; ``MISSING_MODEL`` where the
            hub refuses the model; any that ``make`` raises.
    """
    known = MODELS.get(name)
    if known is not None and known.made_from is not None:
        make(name, _download(known.made_from), local_models / name)
        return local_models / name
    return _download(name)


def _download(name: str) -> Path:
    known = MODELS.get(name)
    try:
        if known is not None and known.layout.patterns:
            return Path(
                snapshot_download(
                    name, allow_patterns=list(known.layout.patterns), ignore_patterns=_CODE
                )
            )
        unwanted = [*_CODE, *_OTHER_FORMATS, *_TRAINING]
        folder = Path(snapshot_download(name, ignore_patterns=[*unwanted, *_TORCH_FILES]))
        if not any(folder.glob("model*.safetensors")) and not (folder / "model.bin").is_file():
            folder = Path(snapshot_download(name, ignore_patterns=unwanted))
        return folder
    except (HfHubHTTPError, OSError) as error:
        raise fetch_error(name, error) from error
