"""What stage indictrans2_translation is asked, and what it answers."""

from typing import Literal

import msgspec

from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message


class TranslationTarget(Message, frozen=True, kw_only=True):
    """A language to translate into, and the model that does it."""

    language: str
    model: ModelFolder | None
    """None where the target is the source language: the text is copied."""
    pivot: ModelFolder | None = None
    """A model into English, where ``model`` translates from there."""
    characters_per_second: float | None = None
    """Reading speed: of close hypotheses, one that can be read in the time of its line is
    preferred. None prefers none."""
    script: str | None = None
    """Timed in this script (ISO 15924) instead of the language's own."""


class GlossaryTerm(Message, frozen=True, kw_only=True):
    """A word or phrase whose translation the user has settled."""

    source: str
    """As it is written in the language of the film."""
    targets: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Its translation by tag of the target language."""
    keep: bool = False
    """Stays as it is in every language that ``targets`` has nothing for; without this, the model
    translates it there."""


class TranslationRequest(StageMessage, frozen=True, kw_only=True, tag="indictrans2_translation"):
    """Translate every sentence into each target."""

    transcript: Artifact
    targets: tuple[TranslationTarget, ...]
    device: Device
    languages: dict[str, EngineLanguage]
    """By tag: the languages of this request as the engine knows them."""
    engine: str
    """Name of a row of :data:`indicsubs_contract.engines.ENGINES`."""
    compute_type: ComputeType = "float32"
    beam_size: int = 5
    batch_tokens: int | None = None
    """Tokens of a batch, padding included; None takes what the free memory allows."""
    glossary: tuple[GlossaryTerm, ...] = ()
    """Those with something to say about one of the targets."""
    romanised: Literal["transliterate", "flag"] = "transliterate"
    """What becomes of lines that are in Latin letters where the source language is not: they are
    written in its own script before they are translated, or only reported."""


class TranslationResult(StageMessage, frozen=True, kw_only=True, tag="indictrans2_translation"):
    """The translations."""

    translations: tuple[Artifact, ...]
    """One ``transcript.Translation`` per target, with its language."""
    warnings: tuple[str, ...] = ()
