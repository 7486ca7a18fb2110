"""Which model each stage uses: profiles, the table of models, and where models lie on disk.

Sizes are of the files that are fetched, rounded. The hub was out of reach when this table was
written: names, sizes and licences are from the model cards as remembered in docs/decisions/0005,
and revisions are not pinned yet.
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
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_text.languages import find_language

ProfileName: TypeAlias = Literal["demo", "fast", "best"]
Direction: TypeAlias = Literal["indic-en", "en-indic", "indic-indic"]

_SMALL_FILE = 1 << 20
_SAMPLES, _SAMPLE = 64, 1 << 12
"""Of a larger file so many pieces of so many bytes count: weights of another training differ in
nearly all of them, and reading gigabytes at every start would cost seconds."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the hub, or one made at set-up (``demo/...``)."""

    name: str
    layout: ModelLayout
    megabytes: int
    licence: str
    gated: bool = False
    """Needs a token, and a request accepted on its page."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A model for every stage that needs one."""

    name: ProfileName
    purpose: str
    recognisers: dict[str, str]
    """By the name of the engine's model layout."""
    aligners: dict[str, str]
    """By source language; a language without one keeps the recogniser's times."""
    translators: dict[str, dict[Direction, str]]
    """By the name of the engine's model layout, then by direction."""
    pairs: tuple[tuple[str, str], ...] | None = None
    """The only sources and targets that its translators know; None for all."""


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
    """Which of IndicTrans2's three families translates between two languages.

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
    """Finds the folder of a model: made at set-up, a path of the user's, or in the hub's cache.

    Raises:
        IndicsubsError: ``MISSING_MODEL``, with the command that fetches it, where there is no such
            folder; with the names of the files, where it lacks some of its layout.
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
            f" {layout.description}; fetch it again, or name another.",
        )
    return ModelFolder(name=name, folder=str(folder), fingerprint=fingerprint(folder))


def is_present(name: str, local_models: Path) -> bool:
    """Whether :func:`locate` would find the model."""
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
    """Download a model into the hub's cache, with the hub library's own progress bars.

    Raises:
        IndicsubsError: the hub cannot be reached, or refuses.
    """
    try:
        return Path(
            snapshot_download(name, ignore_patterns=["*.h5", "*.msgpack", "*.onnx", "*.tflite"])
        )
    except HfHubHTTPError as error:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The hub refused {name}: {error}. If it is gated, ask for access on its page and log"
            " in with `venv/orchestrator/bin/hf auth login` or set HF_TOKEN.",
        ) from error
    except (LocalEntryNotFoundError, OSError) as error:
        raise IndicsubsError(
            FailureCode.BUSY,
            f"The hub cannot be reached for {name}: {error}. Check the network, or copy the model's"
            " folder here and give its path.",
        ) from error


def fingerprint(folder: Path) -> str:
    """Digest of a model: names and sizes of its files, small files whole, samples of large ones."""
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
