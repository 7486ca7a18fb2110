"""The table of engines, and the environments that they and the other stages run in.

To add a recogniser, an aligner or a translator, add a row to :data:`ENGINES`, a workspace member
``packages/ENVIRONMENT`` with the stage's module, and models in the profiles. CONTRIBUTING.md lists
every file. A request contains the values of the row that its stage needs, so that a new row changes
no other engine's results.
"""

from typing import Final

import msgspec

from indicsubs_contract.flores import FLORES_CODES
from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.model_layout import TRANSFORMERS_WEIGHTS, ModelLayout
from indicsubs_contract.stages import StageName
from indicsubs_contract.whisper_layouts import (
    WHISPER_CTRANSLATE2,
    WHISPER_MLX,
    WHISPER_TRANSFORMERS,
)


class EngineRow(msgspec.Struct, frozen=True, kw_only=True):
    """An engine, which does the work of a stage, with its environment and its abilities."""

    name: str
    """The value of the options ``--backend`` and ``--translation-engine``, and of requests."""
    title: str
    environment: str
    stages: tuple[StageName, ...]
    compute_types: dict[Device, tuple[ComputeType, ...]]
    """The number formats that it has on each device, the default one first."""
    preferred_on: tuple[Device, ...]
    """The devices on which this engine is chosen among those of its family."""
    family: str
    """The kind of its networks: two engines of one family make the same mistakes."""
    languages: dict[str, EngineLanguage]
    """The languages by BCP-47 tag. Empty for aligners, because each model has its own languages."""
    layout: ModelLayout
    converts: tuple[ModelLayout, ...] = ()
    """The other layouts that it reads, by converting each model once to its own layout."""

    @property
    def layouts(self) -> tuple[ModelLayout, ...]:
        """All layouts that a model for it may have, its own first."""
        return self.layout, *self.converts


WHISPER = "whisper"
"""The family of the engines that run Whisper's networks."""

WAV2VEC2 = "wav2vec2"
"""The family of the aligners that know one language each."""

WAV2VEC2_CTC = ModelLayout(
    name="wav2vec2-ctc",
    description="a Wav2Vec2ForCTC model in Hugging Face's layout",
    files=("config.json", "vocab.json"),
    weights=TRANSFORMERS_WEIGHTS,
)
INDICCONFORMER = ModelLayout(
    name="indicconformer",
    description="an IndicConformer model in its official ONNX layout, or made smaller by indicsubs",
    files=("config.json", "assets/language_masks.json", "assets/vocab.json"),
    weights=("assets/encoder.onnx", "assets/encoder-ctc.int8.onnx"),
    # The external data of the graphs has names without a suffix. Code is not fetched.
    patterns=("config.json", "assets/*"),
)
INDICTRANS2 = ModelLayout(
    name="indictrans2",
    description="an IndicTrans2 model in its official layout",
    files=("config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT"),
    weights=("model.safetensors", "pytorch_model.bin"),
)

_WHISPER_CHUNK_MS = {
    "as": 8_000,
    "bn": 8_000,
    "en": 28_000,
    "gu": 8_000,
    "hi": 12_000,
    "kn": 8_000,
    "ml": 6_000,
    "mr": 12_000,
    "ne": 10_000,
    "pa": 8_000,
    "sa": 12_000,
    "sd": 12_000,
    "ta": 8_000,
    "te": 6_000,
    "ur": 20_000,
}
"""The longest chunk of fast speech whose text fits Whisper's 224 new tokens
(docs/decisions/0003)."""
_WHISPER_LANGUAGES = {
    tag: EngineLanguage(code=tag, longest_chunk_ms=longest_ms)
    for tag, longest_ms in _WHISPER_CHUNK_MS.items()
}
"""Whisper's codes of the languages (openai/whisper, tokenizer.py), which are equal to the tags."""

_INDICCONFORMER_CODES = {
    **{
        tag: tag
        for tag in (
            *("as", "bn", "brx", "doi", "gu", "hi", "kn", "ks", "mai", "ml", "mni", "mr", "ne"),
            *("or", "pa", "sa", "sat", "sd", "ta", "te", "ur"),
        )
    },
    "gom": "kok",
    "ks-Deva": "ks",
    "mni-Beng": "mni",
    "sd-Deva": "sd",
}
_INDICCONFORMER_LONGEST_CHUNK_MS = 12_000
"""Words are lost in chunks of more than 15 to 18 s (docs/decisions/0020)."""
_INDICCONFORMER_LANGUAGES = {
    tag: EngineLanguage(code=code, longest_chunk_ms=_INDICCONFORMER_LONGEST_CHUNK_MS)
    for tag, code in sorted(_INDICCONFORMER_CODES.items())
}
"""Its codes of the 22 languages (its vocab.json). The vocabulary of a language is in one script:
of the languages with two, stage asr finds out which one the model writes."""

_INDICTRANS2_LANGUAGES = {tag: EngineLanguage(code=code) for tag, code in FLORES_CODES.items()}

_ROWS = (
    EngineRow(
        name="whisperx",
        title="faster-whisper, WhisperX's recogniser",
        environment="whisperx",
        stages=(StageName.ASR, StageName.WITNESS),
        compute_types={
            "cpu": ("int8", "float32"),
            "cuda": ("float16", "int8", "float32"),
        },
        preferred_on=("cpu", "cuda"),
        family=WHISPER,
        languages=_WHISPER_LANGUAGES,
        layout=WHISPER_CTRANSLATE2,
        converts=(WHISPER_TRANSFORMERS,),
    ),
    EngineRow(
        name="mlx",
        title="MLX-Whisper",
        environment="mlx",
        stages=(StageName.ASR, StageName.WITNESS),
        compute_types={"mps": ("float16", "float32"), "cpu": ("float32",)},
        preferred_on=("mps",),
        family=WHISPER,
        languages=_WHISPER_LANGUAGES,
        layout=WHISPER_MLX,
        converts=(WHISPER_TRANSFORMERS,),
    ),
    EngineRow(
        name="indicconformer",
        title="IndicConformer by ONNX Runtime",
        environment="indicconformer",
        stages=(StageName.ASR, StageName.WITNESS, StageName.ALIGNMENT),
        # The weights of a smaller model are int8; all else is computed in float32.
        compute_types={"cpu": ("float32",), "cuda": ("float32",)},
        preferred_on=("cpu", "cuda", "mps"),
        family="indicconformer",
        languages=_INDICCONFORMER_LANGUAGES,
        layout=INDICCONFORMER,
    ),
    EngineRow(
        name="wav2vec2",
        title="wav2vec2 with forced alignment",
        environment="whisperx",
        stages=(StageName.ALIGNMENT,),
        compute_types={
            "cpu": ("int8", "float32", "bfloat16"),
            "cuda": ("float32", "float16", "bfloat16"),
        },
        preferred_on=("cpu", "cuda", "mps"),
        family=WAV2VEC2,
        languages={},
        layout=WAV2VEC2_CTC,
    ),
    EngineRow(
        name="torch",
        title="IndicTrans2 by torch",
        environment="indictrans2",
        stages=(StageName.INDICTRANS2_TRANSLATION,),
        compute_types={
            "cpu": ("float32", "bfloat16", "float16"),
            "cuda": ("float16", "bfloat16", "float32"),
            "mps": ("float32", "float16", "bfloat16"),
        },
        preferred_on=("cuda", "mps"),
        family="indictrans2",
        languages=_INDICTRANS2_LANGUAGES,
        layout=INDICTRANS2,
    ),
    EngineRow(
        name="ctranslate2",
        title="IndicTrans2 by CTranslate2",
        environment="indictrans2",
        stages=(StageName.INDICTRANS2_TRANSLATION,),
        # Four times as fast as torch in float32 on a CPU (docs/benchmarks.md).
        compute_types={
            "cpu": ("int8", "float32", "float16"),
            "cuda": ("float16", "bfloat16", "int8", "float32"),
        },
        preferred_on=("cpu",),
        family="indictrans2",
        languages=_INDICTRANS2_LANGUAGES,
        layout=INDICTRANS2,
    ),
)

ENGINES: dict[str, EngineRow] = {row.name: row for row in _ROWS}
"""The engines by name."""

DETECTOR = "whisperx"
"""The recogniser that detects the language of a film. Stage demux runs it, in its environment."""

STAGE_ENVIRONMENTS: dict[StageName, str] = {
    StageName.DEMUX: "whisperx",
    StageName.EXPORT_TRANSCRIPT: "whisperx",
    StageName.LOAD_TRANSCRIPT: "indictrans2",
    StageName.SUBTITLE_GENERATION: "common",
    StageName.MUX: "common",
}
"""The environments of the stages that need no engine."""


CLUSTER: Final = "cluster"
"""The environment that speaks with Ray. It has no stage, and is built only where it is named."""


def engines_for(stage: StageName) -> tuple[EngineRow, ...]:
    """Returns the engines of a stage, in the order of the table; empty for a stage without one."""
    return tuple(engine for engine in ENGINES.values() if stage in engine.stages)


def environment_names() -> tuple[str, ...]:
    """Returns the isolated environments: ``common`` first, then in the order of the tables."""
    names = (*STAGE_ENVIRONMENTS.values(), *(engine.environment for engine in ENGINES.values()))
    return tuple(sorted(set(names), key=lambda name: (name != "common", names.index(name))))


def member_of(environment: str) -> str:
    """Returns the workspace member that defines an environment."""
    return f"indicsubs-{environment}"


def package_of(environment: str) -> str:
    """Returns the Python package that contains the stages of an environment as modules."""
    return f"indicsubs_{environment}"
