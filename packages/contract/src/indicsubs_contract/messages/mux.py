"""What stage mux is asked, and what it answers."""

from typing import Literal

from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.stage_message import StageMessage


class MuxRequest(StageMessage, frozen=True, kw_only=True, tag="mux"):
    """Add subtitle tracks to the film."""

    source: SourceFile
    subtitles: tuple[Artifact, ...]
    """SRT or ASS files, one per track, in the order of the tracks. MP4 takes the text of both."""
    container: Literal["auto", "mkv", "mp4"] = "auto"
    """``auto`` keeps MP4 for a film in MP4 or QuickTime, and makes MKV of anything else."""
    default_language: str | None = None
    """Whose track is flagged default; None flags the first."""
    purpose: SubtitlePurpose = "full"
    """Flags every track as forced, or as for the hearing-impaired."""
    font: SourceFile | None = None
    """Attached to Matroska with ASS tracks; None looks for each language's own on this machine."""
    burned_in: Artifact | None = None
    """An ASS file to draw into the picture itself, which is encoded anew."""


class MuxResult(StageMessage, frozen=True, kw_only=True, tag="mux"):
    """The film with its new tracks."""

    film: Artifact
    tracks: tuple[str, ...]
    """ISO 639-2 language of each added track."""
    warnings: tuple[str, ...] = ()
