"""Models: the profiles, the table of models, and the folders of models on disk.

Sizes are the rounded sizes of the files that are fetched. The hub could not be reached when this
table was written. Names, sizes and licences come from the model cards, as docs/decisions/0005
records them. Revisions are not pinned yet.
"""

import hashlib
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from huggingface_hub import snapshot_download  # pyright: ignore[reportUnknownVariableType]
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from indicsubs_contract.engines import (
    INDICTRANS2,
    WAV2VEC2_CTC,
    WHISPER_CTRANSLATE2,
    WHISPER_MLX,
    EngineRow,
    ModelLayout,
)
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_text.languages import find_language

ProfileName: TypeAlias = Literal["demo", "fast", "best"]
Direction: TypeAlias = Literal["indic-en", "en-indic", "indic-indic"]

_SMALL_FILE = 1 << 20
_SAMPLES, _SAMPLE = 64, 1 << 12
"""The number of samples that a fingerprint takes from a large file, and their size in bytes. The
weights of another training differ in nearly all samples. To read gigabytes at every start would
take seconds."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the hub, or a model that ``setup`` makes (``demo/...``)."""

    name: str
    layout: ModelLayout
    megabytes: int
    licence: str
    gated: bool = False
    """Whether the hub gives the model only to accounts that were granted access on its page."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of models for all stages that need a model."""

    name: ProfileName
    purpose: str
    recognisers: dict[str, str]
    """Model names by the name of the engine's model layout."""
    aligners: dict[str, str]
    """Model names by source language; a language without a model keeps the recogniser's times."""
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

PROFILES: dict[ProfileName, Profile] = {
    "demo": Profile(
        name="demo",
        purpose="the bundled clip, offline: knows 24 Hindi sentences and nothing else",
        recognisers={
            WHISPER_CTRANSLATE2.name: "demo/recogniser-ctranslate2",
            WHISPER_MLX.name: "demo/recogniser-mlx",
        },
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
        },
        aligners=_ALIGNERS,
        translators={
            INDICTRANS2.name: {
                "indic-en": "ai4bharat/indictrans2-indic-en-dist-200M",
                "en-indic": "ai4bharat/indictrans2-en-indic-dist-200M",
                "indic-indic": "ai4bharat/indictrans2-indic-indic-dist-320M",
            },
        },
        quarantined="show",
    ),
    "best": Profile(
        name="best",
        purpose="a film to be watched",
        recognisers={
            # Users report fewer invented lines with large-v2 than with large-v3.
            WHISPER_CTRANSLATE2.name: "Systran/faster-whisper-large-v2",
            WHISPER_MLX.name: "mlx-community/whisper-large-v2-mlx",
        },
        aligners=_ALIGNERS,
        translators={
            INDICTRANS2.name: {
                "indic-en": "ai4bharat/indictrans2-indic-en-1B",
                "en-indic": "ai4bharat/indictrans2-en-indic-1B",
                "indic-indic": "ai4bharat/indictrans2-indic-indic-1B",
            },
        },
    ),
}


def _model(
    name: str,
    layout: ModelLayout,
    megabytes: int,
    licence: str = "MIT",
    *,
    gated: bool = False,
) -> Model:
    return Model(name=name, layout=layout, megabytes=megabytes, licence=licence, gated=gated)


MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        _model("demo/recogniser-ctranslate2", WHISPER_CTRANSLATE2, 15),
        _model("demo/recogniser-mlx", WHISPER_MLX, 12),
        _model("demo/aligner-hi", WAV2VEC2_CTC, 2),
        _model("demo/translator-indic-en", INDICTRANS2, 2),
        _model("demo/translator-en-indic", INDICTRANS2, 2),
        _model("demo/translator-indic-indic", INDICTRANS2, 2),
        _model("Systran/faster-whisper-small", WHISPER_CTRANSLATE2, 490),
        _model("Systran/faster-whisper-large-v2", WHISPER_CTRANSLATE2, 3100),
        _model("mlx-community/whisper-small-mlx", WHISPER_MLX, 480),
        _model("mlx-community/whisper-large-v2-mlx", WHISPER_MLX, 3100),
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


def locate(name: str, layout: ModelLayout, local_models: Path) -> ModelFolder:
    """Finds the folder of a model: a demo model, a path, or a model in the hub's cache.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where there is no such folder (the message contains the
            command that fetches the model), or where files of its layout are missing (the message
            contains their names).
    """
    folder = _find(name, local_models)
    if folder is None:
        if name.startswith("demo/"):
            raise IndicsubsError(
                FailureCode.MISSING_MODEL, "The demo models are not expanded yet. Run: just setup"
            )
        known = MODELS.get(name)
        token = " It needs a token: see README, Models." if known and known.gated else ""
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} is neither a folder nor in the hub's cache. Fetch it with:"
            f" just models fetch {name}{token}",
        )
    missing = layout.missing_from(path.name for path in folder.iterdir())
    if missing:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} lacks {', '.join(missing)} ({folder}). It must be"
            f" {layout.description}. Fetch it again, or name another model.",
        )
    return ModelFolder(name=name, folder=str(folder), fingerprint=fingerprint(folder))


def is_present(name: str, local_models: Path) -> bool:
    """Returns whether :func:`locate` would find a folder of the model."""
    return _find(name, local_models) is not None


def _find(name: str, local_models: Path) -> Path | None:
    if name.startswith("demo/"):
        folder = local_models / name
        return folder if folder.is_dir() else None
    local = Path(name).expanduser()
    if local.is_dir():
        return local.resolve()
    if local.is_absolute() or name.count("/") != 1:
        return None
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError:
        return None


def fetch(name: str) -> Path:
    """Downloads a model into the hub's cache; the hub's library shows the progress on stderr.

    Raises:
        IndicsubsError: ``UNREACHABLE`` where the hub does not answer; ``MISSING_MODEL`` where the
            hub refuses the model.
    """
    try:
        return Path(
            snapshot_download(name, ignore_patterns=["*.h5", "*.msgpack", "*.onnx", "*.tflite"])
        )
    except (HfHubHTTPError, OSError) as error:
        # An offline hub is a LocalEntryNotFoundError, which is an HfHubHTTPError as well.
        if isinstance(error, HfHubHTTPError) and not isinstance(error, LocalEntryNotFoundError):
            raise IndicsubsError(
                FailureCode.MISSING_MODEL,
                f"The hub refused {name}: {error}. If the model is gated, ask for access on its"
                " page, then log in with `venv/orchestrator/bin/hf auth login` or set HF_TOKEN.",
            ) from error
        raise IndicsubsError(
            FailureCode.UNREACHABLE,
            f"The hub cannot be reached for {name}: {error}. Check the network, or copy the model's"
            " folder to this machine and give its path.",
        ) from error


def fingerprint(folder: Path) -> str:
    """Returns the digest of the names, sizes and content of a model's files.

    For large files, only samples of the content count.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)} {size}\n".encode())
        with path.open("rb") as file:
            if size <= _SMALL_FILE:
                digest.update(file.read())
                continue
            for sample in range(_SAMPLES):
                file.seek(size * sample // _SAMPLES)
                digest.update(file.read(_SAMPLE))
    return digest.hexdigest()
