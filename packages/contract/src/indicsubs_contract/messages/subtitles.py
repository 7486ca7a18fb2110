"""The request and the result of stage subtitle_generation."""

from typing import Literal, TypeAlias

import msgspec

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message

SubtitleFormat: TypeAlias = Literal["srt", "vtt", "ass", "ttml", "json"]


class SubtitleFiles(Message, frozen=True, kw_only=True):
    """The formats of the subtitle files, and the facts about the film that they need."""

    formats: tuple[SubtitleFormat, ...] = ("srt", "vtt")
    """Each language gets a file in each format."""
    windows_lines: bool = False
    """Whether lines end with CR LF."""
    byte_order_mark: bool = False
    """Whether files begin with a byte order mark, where the format allows it (JSON does not)."""
    width: int = 1920
    """Width of the film's picture, in pixels."""
    height: int = 1080
    """Height of the film's picture, in pixels."""
    font: SourceFile | None = None
    """The font of ASS and TTML; None takes the font of each language (Noto)."""


class EditedSubtitles(Message, frozen=True, kw_only=True):
    """The subtitles of one language as a person edited them; their cues are not changed."""

    subtitles: Artifact
    """The file, with its language; the kind is the format: ``srt``, ``vtt`` or ``ass``."""
    transcript: Artifact | None = None
    """The ``transcript.Transcript`` that they belonged to when they were edited. None where it is
    unknown, or where the edited subtitles are the transcript themselves."""


class SubtitleRequest(StageMessage, frozen=True, kw_only=True, tag="subtitle_generation"):
    """Asks for subtitle files of the transcript and its translations."""

    transcript: Artifact
    translations: tuple[Artifact, ...] = ()
    film_end_ms: int | None = None
    """The time after which no cue ends; None where the film's length is unknown."""
    files: SubtitleFiles = SubtitleFiles()
    rules: dict[str, Rules] = msgspec.field(default_factory=dict[str, Rules])
    """The rules by language tag; an absent language has the rules of the profile ``house``."""
    film: SourceFile | None = None
    """The film to find shot changes in; None ignores shot changes."""
    clock: FilmClock | None = None
    """The film's clock as stage demux found it; None reads the film for it."""
    frame_rate: str | None = None
    """Frames a second as a fraction, ``24000/1001``; None takes the film's own."""
    film_path: str | None = None
    """Absolute path of the film, which the report names and plays; None where there is no film."""
    film_start_ms: int = 0
    """The container's own time at the film's first frame. Some browsers show it."""
    audio: Artifact | None = None
    """The audio that stage demux wrote, for the report's waveform."""
    audio_start_ms: int = 0
    """The film's clock at the audio's first sample."""
    edited: tuple[EditedSubtitles, ...] = ()
    """The edited subtitles of languages of this request."""
    doubtful: Doubtful = "leave_out"
    """Whether quarantined segments get cues."""
    only_other_languages: bool = False
    """Whether only segments in another language than the film's get cues, as in forced subtitles.
    Edited subtitles are not changed."""


class SubtitleResult(StageMessage, frozen=True, kw_only=True, tag="subtitle_generation"):
    """The subtitle files and the report."""

    subtitles: tuple[Artifact, ...]
    """The requested formats of each language, the source language first; the kind is the format."""
    cues: dict[str, int]
    """The number of cues by language."""
    warnings: tuple[str, ...] = ()
    report: tuple[Artifact, ...] = ()
    """``report.html``, ``report.json`` and ``report.csv``; the kind is the suffix."""
