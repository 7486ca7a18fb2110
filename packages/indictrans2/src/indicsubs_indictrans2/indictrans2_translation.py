"""Stage indictrans2_translation, with IndicTrans2 as its engine."""

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
"""The name of the translation cache's file in the cache folder of the stage."""
_PRECISE_ENGINE = "torch"
"""The engine that translates again, in float32, lines that failed a check in another format."""

_prepared: "dict[Preparation, TokenGenerator]" = {}
"""The network that was loaded before the request arrived; empty if none was loaded."""


def prepare(preparation: Preparation) -> None:
    """Imports the engine, and loads the first network if the preparation names it.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a model that is absent or damaged;
            ``DEVICE``.
    """
    from indicsubs_indictrans2.translator import import_generator  # imports torch: seconds

    if preparation.engine is None:
        return
    load = import_generator(preparation.engine)
    model = preparation.model
    if model is not None and preparation not in _prepared:
        _prepared[preparation] = load(
            Path(model.folder), model.fingerprint, preparation.device, preparation.compute_type
        )


def run(request: TranslationRequest, context: Context) -> TranslationResult:
    """Translates every sentence into each target.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a model that is absent or damaged;
            ``DEVICE``; any that :func:`~indicsubs_translation.translate.translate` raises.
    """

    def load(model: ModelFolder, *, precise: bool) -> TranslationEngine:
        from indicsubs_indictrans2.translator import IndicTrans2  # imports torch: seconds

        wanted = Preparation(
            prepare=StageName.INDICTRANS2_TRANSLATION,
            model=model,
            device=request.device,
            engine=_PRECISE_ENGINE if precise else request.engine,
            compute_type="float32" if precise else request.compute_type,
        )
        opened = _prepared.pop(wanted, None)
        _prepared.clear()  # an unused network would only use memory
        return IndicTrans2.load(
            context.model(model),
            wanted.device,
            wanted.compute_type,
            wanted.engine or request.engine,
            model.fingerprint,
            context.film_cache_file(CACHE),
            opened,
            context.checkpoint,
        )

    return translate(request, context, load)
