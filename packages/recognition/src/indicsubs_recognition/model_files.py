"""Finds and loads the files of a model; the errors say what is wrong with the files."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from indicsubs_contract.context import Context
from indicsubs_contract.device_memory import is_out_of_memory
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder


def find_model(model: ModelFolder, files: Sequence[str], weights: Sequence[str]) -> Path:
    """Returns the folder of a model.

    Args:
        model: The folder that the request names.
        files: The names of the files that must all exist.
        weights: The names of the files of which at least one must exist.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the folder or a file does not exist. The message
            names the missing files; if all of ``weights`` are absent, it names the first of them.
    """
    folder = Path(model.folder)
    has_weights = any((folder / name).is_file() for name in weights)
    return Context.model(model, *(() if has_weights else weights[:1]), *files)


@contextmanager
def load_errors_reported(name: str, layout: str, folder: Path) -> Generator[None]:
    """Turns the errors of a library that loads a model into an error for the user.

    An error about a full device is not changed, because its cause is not the model.

    Args:
        name: The name of the model.
        layout: The kind of model that the engine reads, for the message.
        folder: The folder of the model.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the library raises an error that damaged files or
            files in another layout cause.
    """
    try:
        yield
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} does not load ({error}). It must be {layout} ({folder}); fetch or"
            " convert it again, or name another model.",
        ) from error
