"""The models that a stage's process keeps loaded from one request to the next."""

import ctypes
import gc
import logging
import sys
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple, TypeVar, cast

from indicsubs_contract.device_memory import is_out_of_memory
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.files import ModelFolder

_log = logging.getLogger("indicsubs.models")
_T = TypeVar("_T")


class ModelKey(NamedTuple):
    """Everything that a loaded model depends on."""

    model: ModelFolder
    """The model's folder and the fingerprint of its files, which changes when they are fetched
    again."""
    how: tuple[str, ...]
    """What is loaded of the model, by which engine, on which device, in which number format."""


class LoadedModels:
    """What stays in memory after a request, so that the next one need not load it.

    Kept are networks, sessions, tokenizers and vocabularies: what depends on the :class:`ModelKey`
    alone. Nothing of a request is kept, such as its language, its prompt or its batch size.

    Before a model is loaded, all are dropped that the request does not use, and their memory is
    given back. So a process never holds more models than one request needs. While nothing has to be
    loaded, nothing is dropped. Where the memory is full while a model is loaded, the request's
    other models are dropped as well, and it is loaded once more.
    """

    def __init__(self) -> None:
        self._loaded: dict[ModelKey, object] = {}

    def get(self, key: ModelKey, load: Callable[[], _T], used: Collection[ModelKey] = ()) -> _T:
        """Returns a model, loaded by an earlier request or by ``load``.

        Args:
            key: All that the loaded model depends on.
            load: Loads it. Its errors are not changed, and nothing is kept then.
            used: The request's other models, which stay.
        """
        if key in self._loaded:
            return cast("_T", self._loaded[key])
        self.drop(except_for=used)
        try:
            self._loaded[key] = load()
        except (RuntimeError, MemoryError, OSError, IndicsubsError) as error:
            if not self._loaded or not is_out_of_memory(error):
                raise
        else:
            return cast("_T", self._loaded[key])
        # Here the error is gone, and with it what its frames held in memory.
        self.drop()
        self._loaded[key] = loaded = load()
        return loaded

    def drop(self, except_for: Collection[ModelKey] = ()) -> None:
        """Drops models, and gives their memory back to the system and to the device.

        A model that is still referred to elsewhere keeps its memory until it is not.
        """
        dropped = [key for key in self._loaded if key not in except_for]
        for key in dropped:
            del self._loaded[key]
            _log.info("Dropped the model %s (%s).", key.model.name, ", ".join(key.how))
        if dropped:
            release_memory()


LOADED_MODELS: Final = LoadedModels()
"""The models of this process."""


def release_memory() -> None:
    """Gives memory that nothing refers to any more back to the system and to the device.

    Libraries keep such memory for themselves. Those that are not imported have none.
    """
    gc.collect()  # an engine may refer to itself
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    if torch is not None and torch.backends.mps.is_available():
        torch.mps.empty_cache()
    mlx: Any = sys.modules.get("mlx.core")
    if mlx is not None:
        mlx.clear_cache()
    trim_memory()


def trim_memory() -> None:
    """Gives memory that the C library keeps for reuse back to the system, in milliseconds.

    Without it, a process keeps hundreds of MiB after a model was dropped or a batch was computed.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only the GNU C library has it
    if trim is not None:
        trim(0)
