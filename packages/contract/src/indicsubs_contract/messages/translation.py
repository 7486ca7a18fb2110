"""The request and the result of stage indictrans2_translation."""

from typing import Literal

import msgspec

from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message


class LanguageRoute(Message, frozen=True, kw_only=True):
    """The models that translate the segments in another language than the transcript's."""

    source: str
    """Tag of the language of the segments; never the target's language, whose text is copied."""
    model: ModelFolder | None
    """The model; None where they cannot be translated, so that they are shown as they are."""
    pivot: ModelFolder | None = None
    """A model into English, where ``model`` translates from English."""
    unavailable: str | None = None
    """Why there is no model, and what to do next, in words for a person."""


class TranslationTarget(Message, frozen=True, kw_only=True):
    """A language to translate into, and its model."""

    language: str
    model: ModelFolder | None
    """The model; None where the target is the source language, whose text is copied."""
    pivot: ModelFolder | None = None
    """A model into English, where ``model`` translates from English."""
    characters_per_second: float | None = None
    """The highest reading speed. Among hypotheses with similar scores, one that can be read in the
    time of its line is preferred; None has no such preference."""
    script: str | None = None
    """The script (ISO 15924) that the translation is shown in; None takes the language's own."""
    routes: tuple[LanguageRoute, ...] = ()
    """The models for the segments in other languages than the transcript's."""


class GlossaryTerm(Message, frozen=True, kw_only=True):
    """A word or phrase with the translation that the user has chosen."""

    source: str
    """The term in the language of the film."""
    targets: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Its translations, by tag of the target language."""
    keep: bool = False
    """Whether the term stays as it is in every language that is absent from ``targets``; otherwise
    the model translates it there."""


class MemoryLine(Message, frozen=True, kw_only=True):
    """A line of another episode of the show, with the translation that a person corrected."""

    language: str
    """Tag of the language of the translation, as viewers see it."""
    source: str
    """The line in the language of the film, with single spaces."""
    text: str


class TranslationRequest(StageMessage, frozen=True, kw_only=True, tag="indictrans2_translation"):
    """Asks for the translation of every sentence into each target."""

    transcript: Artifact
    targets: tuple[TranslationTarget, ...]
    device: Device
    languages: dict[str, EngineLanguage]
    """The languages of this request, by tag."""
    engine: str
    """Name of a row of :data:`indicsubs_contract.engines.ENGINES`."""
    compute_type: ComputeType = "float32"
    beam_size: int = 5
    batch_tokens: int | None = None
    """The most tokens in a batch, padding included; None takes what the free memory allows."""
    glossary: tuple[GlossaryTerm, ...] = ()
    """The terms that concern one of the targets."""
    memory: tuple[MemoryLine, ...] = ()
    """The translations of lines that are equal to one of these, at most one for each line."""
    romanised: Literal["transliterate", "flag"] = "transliterate"
    """The treatment of lines in Latin letters where the source language has another script.
    ``transliterate`` converts them to that script before they are translated; ``flag`` only reports
    them."""
    doubtful: Doubtful = "leave_out"
    """Whether quarantined segments are translated; otherwise their translations are empty."""


class TranslationResult(StageMessage, frozen=True, kw_only=True, tag="indictrans2_translation"):
    """The translations."""

    translations: tuple[Artifact, ...]
    """One ``transcript.Translation`` for each target, with its language."""
    warnings: tuple[str, ...] = ()
