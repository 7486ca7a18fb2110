"""The table of models, and the profiles, which name a model for every stage that needs one.

Sizes are the rounded sizes of the files that are fetched. The hub could not be reached when this
table was written. Names, sizes and licences come from the model cards, as docs/decisions/0005 and
docs/models.md record them. Revisions are not pinned yet; the first use of each model is recorded
(:mod:`~indicsubs.machine.model_digests`).
"""

from typing import Literal, TypeAlias

import msgspec

from indicsubs_contract.engines import (
    ENGINES,
    INDICCONFORMER,
    INDICTRANS2,
    WAV2VEC2_CTC,
    WHISPER,
    EngineRow,
)
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.witness import WitnessScope
from indicsubs_contract.model_layout import ModelLayout
from indicsubs_contract.whisper_layouts import WHISPER_CTRANSLATE2, WHISPER_MLX
from indicsubs_text.languages import find_language

ProfileName: TypeAlias = Literal["demo", "fast", "best", "turbo"]
Direction: TypeAlias = Literal["indic-en", "en-indic", "indic-indic"]

LOCAL = ("demo/", "indicsubs/")
"""The names of models that are made on this machine begin with one of these."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the hub, or one that is made on this machine (see :data:`LOCAL`)."""

    name: str
    layout: ModelLayout
    megabytes: int
    licence: str
    gated: bool = False
    """Whether the hub gives the model only to accounts that were granted access on its page."""
    rated_as: str | None = None
    """The name of its network in ``error_rates.toml``; None where that is its own name."""
    made_from: str | None = None
    """The model on the hub from which ``models fetch`` makes this one; None for all others."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of models for all stages that need a model."""

    name: ProfileName
    purpose: str
    recognisers: dict[str, str]
    """Model names by the name of the engine's model layout."""
    families: dict[str, str]
    """The family of the recogniser by source language; other languages are not recognised."""
    witness: WitnessScope | None
    """The segments that a recogniser of another family hears too; None for none."""
    corrections: frozenset[str] = frozenset()
    """The source languages in which that second recogniser makes few enough errors to replace the
    text of the first one (docs/models.md)."""
    aligners: dict[str, str]
    """Model names by source language. A language without a model is aligned by IndicConformer, or
    keeps the recogniser's word times."""
    translators: dict[str, dict[Direction, str]]
    """Model names by the name of the engine's model layout, then by direction."""
    pairs: tuple[tuple[str, str], ...] | None = None
    """The only pairs of source and target that the translators know; None for all pairs."""
    quarantined: Doubtful = "leave_out"
    """What happens with segments that were probably never spoken, unless the user decides."""


_ALIGNERS = {
    "en": "facebook/wav2vec2-base-960h",
    "hi": "theainerd/Wav2Vec2-large-xlsr-hindi",
    "ml": "gvs/wav2vec2-large-xlsr-malayalam",
    "te": "anuragshas/wav2vec2-large-xlsr-53-telugu",
    "ur": "kingabzpro/wav2vec2-large-xls-r-300m-Urdu",
}

_RECOGNISED = {
    **dict.fromkeys(ENGINES["indicconformer"].languages, "indicconformer"),
    "en": WHISPER,
}
"""Whisper's published error rates make it useless in most Indian languages (docs/models.md)."""
_INDICCONFORMER_INT8 = "indicsubs/indic-conformer-600m-multilingual-int8"
_WELL_HEARD_BY_LARGE_WHISPER = frozenset({"hi", "ta", "ur"})
"""The languages in which the published word error rates of the large Whispers are below 25 on
FLEURS (docs/models.md)."""

_DISTILLED_TRANSLATORS: dict[str, dict[Direction, str]] = {
    INDICTRANS2.name: {
        "indic-en": "ai4bharat/indictrans2-indic-en-dist-200M",
        "en-indic": "ai4bharat/indictrans2-en-indic-dist-200M",
        "indic-indic": "ai4bharat/indictrans2-indic-indic-dist-320M",
    },
}

PROFILES: dict[ProfileName, Profile] = {
    "demo": Profile(
        name="demo",
        purpose="the bundled clips, offline: knows 24 sentences and nothing else",
        recognisers={
            WHISPER_CTRANSLATE2.name: "demo/recogniser-ctranslate2",
            WHISPER_MLX.name: "demo/recogniser-mlx",
            INDICCONFORMER.name: "demo/indicconformer",
        },
        families={"hi": WHISPER, "or": "indicconformer", "ta": "indicconformer"},
        witness=None,
        aligners={"hi": "demo/aligner-hi"},
        translators={
            INDICTRANS2.name: {
                "indic-en": "demo/translator-indic-en",
                "en-indic": "demo/translator-en-indic",
                "indic-indic": "demo/translator-indic-indic",
            },
        },
        pairs=(("hi", "en"), ("hi", "ta"), ("en", "hi"), ("en", "ta")),
        quarantined="show",
    ),
    "fast": Profile(
        name="fast",
        purpose="a first look, or a machine without a GPU",
        recognisers={
            WHISPER_CTRANSLATE2.name: "Systran/faster-whisper-small",
            WHISPER_MLX.name: "mlx-community/whisper-small-mlx",
            INDICCONFORMER.name: _INDICCONFORMER_INT8,
        },
        families=_RECOGNISED,
        witness="doubtful",
        aligners=_ALIGNERS,
        translators=_DISTILLED_TRANSLATORS,
        quarantined="show",
    ),
    "best": Profile(
        name="best",
        purpose="a film to be watched",
        recognisers={
            # Users report fewer invented lines with large-v2 than with large-v3.
            WHISPER_CTRANSLATE2.name: "Systran/faster-whisper-large-v2",
            WHISPER_MLX.name: "mlx-community/whisper-large-v2-mlx",
            INDICCONFORMER.name: "ai4bharat/indic-conformer-600m-multilingual",
        },
        families=_RECOGNISED,
        witness="all",
        corrections=_WELL_HEARD_BY_LARGE_WHISPER,
        aligners=_ALIGNERS,
        translators={
            INDICTRANS2.name: {
                "indic-en": "ai4bharat/indictrans2-indic-en-1B",
                "en-indic": "ai4bharat/indictrans2-en-indic-1B",
                "indic-indic": "ai4bharat/indictrans2-indic-indic-1B",
            },
        },
    ),
    "turbo": Profile(
        name="turbo",
        purpose="a GPU: nearly as good as best, and faster",
        recognisers={
            WHISPER_CTRANSLATE2.name: "deepdml/faster-whisper-large-v3-turbo-ct2",
            WHISPER_MLX.name: "mlx-community/whisper-large-v3-turbo",
            INDICCONFORMER.name: "ai4bharat/indic-conformer-600m-multilingual",
        },
        families=_RECOGNISED,
        # Turbo's published error rate is 36 in Hindi and 79 in Bengali.
        witness="doubtful",
        aligners=_ALIGNERS,
        translators=_DISTILLED_TRANSLATORS,
    ),
}


def _model(
    name: str,
    layout: ModelLayout,
    megabytes: int,
    licence: str = "MIT",
    *,
    gated: bool = False,
    rated_as: str | None = None,
    made_from: str | None = None,
) -> Model:
    return Model(
        name=name,
        layout=layout,
        megabytes=megabytes,
        licence=licence,
        gated=gated,
        rated_as=rated_as or made_from,
        made_from=made_from,
    )


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        _model("demo/recogniser-ctranslate2", WHISPER_CTRANSLATE2, 15),
        _model("demo/recogniser-mlx", WHISPER_MLX, 12),
        _model("demo/indicconformer", INDICCONFORMER, 5),
        _model("demo/aligner-hi", WAV2VEC2_CTC, 2),
        _model("demo/translator-indic-en", INDICTRANS2, 2),
        _model("demo/translator-en-indic", INDICTRANS2, 2),
        _model("demo/translator-indic-indic", INDICTRANS2, 2),
        _model(
            "Systran/faster-whisper-small",
            WHISPER_CTRANSLATE2,
            490,
            rated_as="openai/whisper-small",
        ),
        _model(
            "Systran/faster-whisper-large-v2",
            WHISPER_CTRANSLATE2,
            3100,
            rated_as="openai/whisper-large-v2",
        ),
        _model(
            "deepdml/faster-whisper-large-v3-turbo-ct2",
            WHISPER_CTRANSLATE2,
            1600,
            rated_as="openai/whisper-large-v3-turbo",
        ),
        _model(
            "mlx-community/whisper-large-v3-turbo",
            WHISPER_MLX,
            1600,
            rated_as="openai/whisper-large-v3-turbo",
        ),
        _model("ai4bharat/indic-conformer-600m-multilingual", INDICCONFORMER, 2500, gated=True),
        _model(
            _INDICCONFORMER_INT8,
            INDICCONFORMER,
            700,
            gated=True,
            made_from="ai4bharat/indic-conformer-600m-multilingual",
        ),
        _model(
            "mlx-community/whisper-small-mlx", WHISPER_MLX, 480, rated_as="openai/whisper-small"
        ),
        _model(
            "mlx-community/whisper-large-v2-mlx",
            WHISPER_MLX,
            3100,
            rated_as="openai/whisper-large-v2",
        ),
        _model("facebook/wav2vec2-base-960h", WAV2VEC2_CTC, 380, "Apache-2.0"),
        _model("theainerd/Wav2Vec2-large-xlsr-hindi", WAV2VEC2_CTC, 1260, "its page"),
        _model("gvs/wav2vec2-large-xlsr-malayalam", WAV2VEC2_CTC, 1260, "its page"),
        _model("anuragshas/wav2vec2-large-xlsr-53-telugu", WAV2VEC2_CTC, 1260, "its page"),
        _model("kingabzpro/wav2vec2-large-xls-r-300m-Urdu", WAV2VEC2_CTC, 1260, "its page"),
        _model("ai4bharat/indictrans2-indic-en-dist-200M", INDICTRANS2, 920, gated=True),
        _model("ai4bharat/indictrans2-en-indic-dist-200M", INDICTRANS2, 1100, gated=True),
        _model("ai4bharat/indictrans2-indic-indic-dist-320M", INDICTRANS2, 1300, gated=True),
        _model("ai4bharat/indictrans2-indic-en-1B", INDICTRANS2, 4100, gated=True),
        _model("ai4bharat/indictrans2-en-indic-1B", INDICTRANS2, 4500, gated=True),
        _model("ai4bharat/indictrans2-indic-indic-1B", INDICTRANS2, 4800, gated=True),
    )
}


def direction(source: str, target: str) -> Direction:
    """Returns which of IndicTrans2's three model families translates between two languages.

    >>> direction("hi", "en"), direction("en", "ta"), direction("hi", "ta")
    ('indic-en', 'en-indic', 'indic-indic')
    """
    if source == "en":
        return "en-indic"
    return "indic-en" if target == "en" else "indic-indic"


def recogniser_family(profile: Profile, language: str | None) -> str:
    """Returns the family of the profile's recogniser for a language.

    Args:
        profile: The profile.
        language: Tag of the language; None returns the family that detects languages.

    Raises:
        IndicsubsError: ``USAGE``, where the profile recognises no such language.
    """
    if language is None:
        return WHISPER
    family = profile.families.get(language)
    if family is None:
        known = ", ".join(find_language(tag).name for tag in profile.families)
        raise IndicsubsError(
            FailureCode.USAGE,
            f"Profile {profile.name} does not recognise {find_language(language).name}; it knows"
            f" {known}. Choose another profile, or name an engine with --backend.",
        )
    return family


def recogniser_name(profile: Profile, engine: EngineRow) -> str:
    """Returns the name of the profile's speech model for an engine.

    Raises:
        IndicsubsError: ``USAGE``, where the profile has none.
    """
    name = profile.recognisers.get(engine.layout.name)
    if name is None:
        raise _no_model(profile, engine, "--asr-model")
    return name


def translator_name(profile: Profile, engine: EngineRow, source: str, target: str) -> str:
    """Returns the name of the profile's model from ``source`` to ``target``.

    Raises:
        IndicsubsError: ``USAGE``, where the profile has none.
    """
    models = profile.translators.get(engine.layout.name)
    if models is None:
        raise _no_model(profile, engine, "--translation-model")
    name = models.get(direction(source, target))
    if name is None or (profile.pairs is not None and (source, target) not in profile.pairs):
        known = ", ".join(
            f"{find_language(one).name} to {find_language(other).name}"
            for one, other in profile.pairs or ()
        )
        raise IndicsubsError(
            FailureCode.USAGE,
            f"Profile {profile.name} does not translate {find_language(source).name} into"
            f" {find_language(target).name}; it knows {known}. Use --profile fast or best for all"
            " languages.",
        )
    return name


def _no_model(profile: Profile, engine: EngineRow, option: str) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.USAGE,
        f"Profile {profile.name} has no model for {engine.title}. Name"
        f" {engine.layout.description} with {option}, or choose another profile.",
    )
