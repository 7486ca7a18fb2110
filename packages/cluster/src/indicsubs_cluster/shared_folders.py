"""Files of jobs on storage that all machines have at the same paths."""

import shutil
from pathlib import Path

from msgspec.structs import replace

from indicsubs_contract.artifacts import moved
from indicsubs_contract.messages.envelope import Manifest, Result


def attempt_of(manifest: Manifest, number: int) -> Manifest:
    """Returns the manifest of one attempt, which writes in a folder of its own.

    A machine that seemed to be lost may go on writing while another one repeats the request.

    Raises:
        OSError: The folder cannot be made.
    """
    output = f"{manifest.output}/attempt-{number}"
    (Path(manifest.job) / output).mkdir()
    return replace(manifest, output=output)


def accept_attempt(manifest: Manifest, attempt: Manifest, result: Result) -> Result:
    """Moves the files of an attempt to where the manifest wants them, and removes other attempts.

    Returns:
        The result with the files' new paths.

    Raises:
        OSError: A file cannot be moved.
    """
    folder = Path(manifest.job) / manifest.output
    accepted = Path(manifest.job) / attempt.output
    for other in list(folder.iterdir()):
        if other != accepted:
            shutil.rmtree(other, ignore_errors=True)
    for path in list(accepted.iterdir()):
        path.rename(folder / path.name)
    accepted.rmdir()
    return moved(result, attempt.output, manifest.output)
