"""Finding and loading the files of a model, with errors that say what is wrong with them."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_recognition.device_memory import is_out_of_memory


def find_model(
    context: Context, model: ModelFolder, files: Sequence[str], weights: Sequence[str]
) -> Path:
    """Returns the folder of a model.

    Args:
        context: Of the stage.
        model: As the request names it.
        files: Names of files that must all exist.
        weights: Names of files of which one must exist.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the folder or a file does not exist. The message
            names the files; where all of ``weights`` are absent, the first of them.
    """
    folder = Path(model.folder)
    has_weights = any((folder / name).is_file() for name in weights)
    return context.model(model, *(() if has_weights else weights[:1]), *files)


@contextmanager
def load_errors_reported(name: str, layout: str, folder: Path) -> Generator[None]:
    """Turns the errors of a library that loads a model into one for the user.

    A full device is not the model's fault: that error passes.

    Args:
        name: The name of the model.
        layout: The kind of model that the engine reads, for the message.
        folder: Where the model is.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the library raises one of the errors that damaged
            files, or files in another layout, lead to.
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
