"""Stage indictrans2_translation, with IndicTrans2 as its engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from indicsubs_contract.context import Context
from indicsubs_contract.loaded_models import LOADED_MODELS, ModelKey
from indicsubs_contract.messages.engine import ComputeType
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.translation import TranslationRequest, TranslationResult
from indicsubs_contract.walk import parts_of_type
from indicsubs_translation.engine import TranslationEngine
from indicsubs_translation.translate import translate

CACHE = "translations.sqlite"
"""The name of the translation cache's file in the cache folder of the stage."""
_PRECISE: Final[tuple[str, ComputeType]] = ("torch", "float32")
"""The engine and the number format that translate again lines that failed a check in another
format."""

_T = TypeVar("_T")


def prepare(preparation: Preparation) -> None:
    """Imports the engine, and loads the first network if the preparation names it.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a model that is absent or damaged;
            ``DEVICE``.
    """
    from indicsubs_indictrans2.translator import (  # imports torch: seconds
        import_generator,
        network_part,
    )

    model, engine = preparation.model, preparation.engine
    if engine is None:
        return
    load = import_generator(engine)
    if model is not None:
        device, compute_type = preparation.device, preparation.compute_type
        LOADED_MODELS.get(
            ModelKey(model, network_part(engine, device, compute_type)),
            lambda: load(Path(model.folder), model.fingerprint, device, compute_type),
        )


def run(request: TranslationRequest, context: Context) -> TranslationResult:
    """Translates every sentence into each target.

    In a process that stays, the networks of all models of the request stay loaded; in any other,
    those of the model that is used now. Of the networks that are loaded for a few lines that failed
    a check, there is never more than one.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a model that is absent or damaged;
            ``DEVICE``; any that :func:`~indicsubs_translation.translate.translate` raises.
    """

    def load(model: ModelFolder, *, precise: bool) -> TranslationEngine:
        from indicsubs_indictrans2.translator import (  # imports torch: seconds
            TOKENIZER,
            IndicTrans2,
            network_part,
        )

        usual = (request.engine, request.compute_type)
        models = parts_of_type(request, ModelFolder) if context.stays else [model]
        used = {ModelKey(model, network_part(_PRECISE[0], request.device, _PRECISE[1]))}
        for one in models:
            used.add(ModelKey(one, TOKENIZER))
            used.add(ModelKey(one, network_part(usual[0], request.device, usual[1])))

        def kept(part: tuple[str, ...], load_part: Callable[[], _T]) -> _T:
            return LOADED_MODELS.get(ModelKey(model, part), load_part, used)

        engine, compute_type = _PRECISE if precise else usual
        return IndicTrans2.load(
            context.model(model),
            request.device,
            compute_type,
            engine,
            model.fingerprint,
            context.film_cache_file(CACHE),
            kept,
            context.checkpoint,
        )

    return translate(request, context, load)
