"""The request and the result of stage demux."""

from typing import Literal

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message


class LanguageDetection(Message, frozen=True, kw_only=True):
    """The Whisper model that detects the language of the dialogue."""

    model: ModelFolder
    """A model in CTranslate2's layout."""
    device: Device
    compute_type: ComputeType
    languages: dict[str, EngineLanguage]
    """The languages that the film may be in, by tag."""


class DemuxRequest(StageMessage, frozen=True, kw_only=True, tag="demux"):
    """Asks for the dialogue of a film as audio."""

    source: SourceFile
    audio_track: int | None = None
    """Index among the film's audio tracks, from 0; None chooses by language and default flag."""
    language: str | None = None
    """Tag of the film's language, which is the preferred language of the dialogue track."""
    detection: LanguageDetection | None = None
    """Given where the film's language is not known and must be detected."""
    channel: Literal["auto", "center", "left", "right", "mix"] = "auto"
    """``auto`` takes the centre of 5.1 and 7.1, and mixes the channels of all other layouts."""


class StreamInfo(Message, frozen=True, kw_only=True):
    """A stream of the film, as the container describes it."""

    index: int
    kind: Literal["video", "audio", "subtitle", "attachment", "data"]
    codec: str
    language: str | None = None
    """The container's code, usually ISO 639-2; None where it is absent or ``und``."""
    title: str | None = None
    default: bool = False
    channels: int | None = None
    layout: str | None = None
    sample_rate: int | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: str | None = None
    """Frames a second as a fraction, ``24000/1001``."""


class MediaInfo(Message, frozen=True, kw_only=True):
    """The facts about the film that its container gives."""

    container: str
    duration_ms: int
    start_ms: int
    """The container's own time at the film's first frame, which is at 0 on the film's clock."""
    streams: tuple[StreamInfo, ...]


class DemuxResult(StageMessage, frozen=True, kw_only=True, tag="demux"):
    """The dialogue as audio, its stretches of speech, and the facts about the film."""

    audio: Artifact
    """16 kHz mono 16-bit WAV of the dialogue."""
    speech: Artifact
    """A ``transcript.Speech``, on the audio's clock."""
    audio_start_ms: int
    """The film's clock at the audio's first sample. Added to an audio time, it gives film time."""
    audio_track: int
    channel: str
    media: MediaInfo
    clock: FilmClock = FilmClock()
    """The film's time for every timestamp in its file."""
    language: str | None = None
    """Tag of the detected language; None where the request did not ask for it."""
    language_probability: float | None = None
    """The probability of the detected language, 0 to 1."""
    warnings: tuple[str, ...] = ()
