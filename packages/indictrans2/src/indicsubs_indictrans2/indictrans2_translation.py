"""Stage indictrans2_translation by IndicTrans2 itself."""

from pathlib import Path
from typing import TYPE_CHECKING

from indicsubs_contract.context import Context
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.translation import TranslationRequest, TranslationResult
from indicsubs_contract.stages import StageName
from indicsubs_translation.engine import TranslationEngine
from indicsubs_translation.translate import translate

if TYPE_CHECKING:
    from indicsubs_indictrans2.generator import TokenGenerator

CACHE = "translations.sqlite"
"""File of the translation cache, in the folder that a stage may keep."""
_PRECISE_ENGINE = "torch"
"""Computes in float32 what failed a check in another number format."""

_prepared: "dict[Preparation, TokenGenerator]" = {}
"""The network that was loaded before the request came, if one was."""


def prepare(known: Preparation) -> None:
    """Imports the engine, and loads the first network if the preparation names it."""
    from indicsubs_indictrans2.translator import import_generator  # torch and all: seconds

    if known.engine is None:
        return
    load = import_generator(known.engine)
    if known.model is not None and known not in _prepared:
        folder = Path(known.model.folder)
        _prepared[known] = load(folder, known.model.fingerprint, known.device, known.compute_type)


def run(request: TranslationRequest, context: Context) -> TranslationResult:
    """Translates every sentence into each target.

    Raises:
        IndicsubsError: as for :func:`~indicsubs_translation.translate.translate`; ``MISSING_MODEL``
            or ``BAD_INPUT`` for a model that is absent or damaged; ``DEVICE``.
    """

    def load(model: ModelFolder, *, precise: bool) -> TranslationEngine:
        from indicsubs_indictrans2.translator import IndicTrans2  # torch and all: seconds

        wanted = Preparation(
            prepare=StageName.INDICTRANS2_TRANSLATION,
            model=model,
            device=request.device,
            engine=_PRECISE_ENGINE if precise else request.engine,
            compute_type="float32" if precise else request.compute_type,
        )
        opened = _prepared.pop(wanted, None)
        _prepared.clear()  # a network that is not wanted only takes memory
        return IndicTrans2.load(
            context.model(model),
            wanted.device,
            wanted.compute_type,
            wanted.engine or request.engine,
            model.fingerprint,
            context.cache_file(CACHE),
            opened,
        )

    return translate(request, context, load)
