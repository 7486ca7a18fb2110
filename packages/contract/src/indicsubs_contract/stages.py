"""The eight stages in their order, the environments, and which stage runs in which."""

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec


class StageName(StrEnum):
    """The stages, in the order they run in."""

    DEMUX = "demux"
    ASR = "asr"
    ALIGNMENT = "alignment"
    EXPORT_TRANSCRIPT = "export_transcript"
    LOAD_TRANSCRIPT = "load_transcript"
    INDICTRANS2_TRANSLATION = "indictrans2_translation"
    SUBTITLE_GENERATION = "subtitle_generation"
    MUX = "mux"


class EnvironmentName(StrEnum):
    """The isolated environments that stages run in."""

    COMMON = "common"
    WHISPERX = "whisperx"
    MLX = "mlx"
    INDICTRANS2 = "indictrans2"


Backend: TypeAlias = Literal["whisperx", "mlx"]
"""Which engine recognises speech."""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment: the workspace member that defines it, and the module its stages start by."""

    name: EnvironmentName
    member: str
    module: str


ENVIRONMENTS: dict[EnvironmentName, Environment] = {
    name: Environment(name=name, member=f"indicsubs-{name}", module=f"indicsubs_{name}")
    for name in EnvironmentName
}

_PLACEMENT: dict[StageName, EnvironmentName] = {
    StageName.DEMUX: EnvironmentName.WHISPERX,
    StageName.ALIGNMENT: EnvironmentName.WHISPERX,
    StageName.EXPORT_TRANSCRIPT: EnvironmentName.WHISPERX,
    StageName.LOAD_TRANSCRIPT: EnvironmentName.INDICTRANS2,
    StageName.INDICTRANS2_TRANSLATION: EnvironmentName.INDICTRANS2,
    StageName.SUBTITLE_GENERATION: EnvironmentName.COMMON,
    StageName.MUX: EnvironmentName.COMMON,
}
_RECOGNISERS: dict[Backend, EnvironmentName] = {
    "whisperx": EnvironmentName.WHISPERX,
    "mlx": EnvironmentName.MLX,
}


def place(stage: StageName, backend: Backend) -> EnvironmentName:
    """The environment that ``stage`` runs in, given the engine for speech."""
    if stage == StageName.ASR:
        return _RECOGNISERS[backend]
    return _PLACEMENT[stage]


Workflow: TypeAlias = Literal["transcribe", "translate", "subtitle"]

_ALL = tuple(StageName)
WORKFLOWS: dict[Workflow, tuple[StageName, ...]] = {
    "transcribe": _ALL[: _ALL.index(StageName.EXPORT_TRANSCRIPT) + 1],
    "translate": _ALL[: _ALL.index(StageName.SUBTITLE_GENERATION) + 1],
    "subtitle": _ALL,
}
"""The stages of each workflow."""
