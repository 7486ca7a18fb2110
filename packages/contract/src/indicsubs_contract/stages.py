"""The stages in their order, and the workflows that consist of them."""

from enum import StrEnum
from typing import Literal, TypeAlias


class StageName(StrEnum):
    """The stages, in the order in which they run."""

    DEMUX = "demux"
    ASR = "asr"
    WITNESS = "witness"
    ALIGNMENT = "alignment"
    EXPORT_TRANSCRIPT = "export_transcript"
    LOAD_TRANSCRIPT = "load_transcript"
    INDICTRANS2_TRANSLATION = "indictrans2_translation"
    SUBTITLE_GENERATION = "subtitle_generation"
    MUX = "mux"


Workflow: TypeAlias = Literal["transcribe", "translate", "subtitle"]

_ALL = tuple(StageName)
WORKFLOWS: dict[Workflow, tuple[StageName, ...]] = {
    "transcribe": _ALL[: _ALL.index(StageName.EXPORT_TRANSCRIPT) + 1],
    "translate": _ALL[: _ALL.index(StageName.SUBTITLE_GENERATION) + 1],
    "subtitle": _ALL,
}
"""The stages of each workflow."""
