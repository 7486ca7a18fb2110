"""Converts a model once to the layout of an engine, and keeps it for all later runs."""

import errno
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from indicsubs_contract.converted_models import cache_folder, conversion_digest, converted
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder


def converted_once(
    model: ModelFolder,
    kind: str,
    description: str,
    version: int,
    files: Iterable[Path],
    convert: Callable[[Path], None],
) -> Path:
    """Returns the folder of a converted model; it is converted if it was not converted before.

    Args:
        model: The model that the request names.
        kind: The name of the layout, which is that of a folder of the cache too.
        description: The layout for people, as in "a Whisper model in MLX's layout".
        version: The version of the converter. With another one, models are converted again.
        files: The files of the model that the conversion depends on.
        convert: Writes the converted model to the empty folder that it is given. Its errors are
            not changed, and nothing is kept.

    Raises:
        IndicsubsError: ``IO_ERROR`` where the disk is full.
    """
    log = logging.getLogger("indicsubs.conversion")
    cache = cache_folder(kind)

    def convert_and_log(place: Path) -> None:
        log.info("Converting %s to %s (once).", model.name, description)
        try:
            convert(place)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise IndicsubsError(
                FailureCode.IO_ERROR,
                f"The disk is full; the model {model.name} could not be converted in {cache}. Free"
                " as much as its weights take, or set XDG_CACHE_HOME to another disk.",
            ) from error
        log.info("Converted %s.", model.name)

    return converted(conversion_digest(version, model.fingerprint, files), cache, convert_and_log)
