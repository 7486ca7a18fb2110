"""What stage subtitle_generation is asked, and what it answers."""

from typing import Literal, TypeAlias

import msgspec

from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message

SubtitleFormat: TypeAlias = Literal["srt", "vtt", "ass", "ttml", "json"]


class SubtitleFiles(Message, frozen=True, kw_only=True):
    """How the cues are written, and what of the film their files have to know."""

    formats: tuple[SubtitleFormat, ...] = ("srt", "vtt")
    """A file of each for every language."""
    windows_lines: bool = False
    """End lines with CR LF."""
    byte_order_mark: bool = False
    """Begin files with one, where the format takes it (JSON does not)."""
    width: int = 1920
    """Of the film's picture, in pixels."""
    height: int = 1080
    font: SourceFile | None = None
    """The font of ASS and TTML; None takes each language's own (Noto)."""


class EditedSubtitles(Message, frozen=True, kw_only=True):
    """The subtitles of a language as a person left them: its cues, which stay as they are."""

    subtitles: Artifact
    """With its language; the kind is the format: ``srt``, ``vtt`` or ``ass``."""
    transcript: Artifact | None = None
    """The ``transcript.Transcript`` that they belonged to when they were edited; None where it is
    unknown, or where they are what is said in the film themselves."""


class SubtitleRequest(StageMessage, frozen=True, kw_only=True, tag="subtitle_generation"):
    """Lay words and translations out as cues."""

    transcript: Artifact
    translations: tuple[Artifact, ...] = ()
    film_end_ms: int | None = None
    """Cues end by then; None where the film's length is unknown."""
    files: SubtitleFiles = SubtitleFiles()
    rules: dict[str, Rules] = msgspec.field(default_factory=dict[str, Rules])
    """By the tag of each language; one that is absent keeps the house rules."""
    film: SourceFile | None = None
    """Where its shot changes are looked for; None disregards them."""
    frame_rate: str | None = None
    """Frames a second as a fraction, ``24000/1001``; None takes the film's own."""
    film_path: str | None = None
    """Absolute path of the film, which the report names and plays; None where there is none."""
    film_start_ms: int = 0
    """Where the container's own clock starts."""
    audio: Artifact | None = None
    """The dialogue as demux made it, for the report's waveform."""
    audio_start_ms: int = 0
    """The film's clock at the audio's first sample."""
    edited: tuple[EditedSubtitles, ...] = ()
    """Languages whose cues a person has edited, each among those that are made."""


class SubtitleResult(StageMessage, frozen=True, kw_only=True, tag="subtitle_generation"):
    """The cues as subtitle files."""

    subtitles: tuple[Artifact, ...]
    """The formats asked for of each language, the source language first; the kind is the format."""
    cues: dict[str, int]
    """Number of cues by language."""
    warnings: tuple[str, ...] = ()
    report: tuple[Artifact, ...] = ()
    """``report.html``, ``report.json`` and ``report.csv``; the kind is the suffix."""
