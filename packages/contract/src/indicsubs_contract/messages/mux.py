"""The request and the result of stage mux."""

from typing import Literal

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message


class MuxCheck(Message, frozen=True, kw_only=True):
    """The part of a request that is known before the subtitles exist."""

    burned_in: str | None = None
    """Tag of the language that is drawn into the picture."""
    only_languages: bool = False
    """Only reads which subtitles the film has, and checks nothing."""


class MuxRequest(StageMessage, frozen=True, kw_only=True, tag="mux"):
    """Asks for the film with subtitle tracks."""

    source: SourceFile
    subtitles: tuple[Artifact, ...]
    """SRT or ASS files, one per track, in the order of the tracks. MP4 stores the text of both."""
    container: Literal["auto", "mkv", "mp4"] = "auto"
    """``auto`` is MP4 for a film in MP4 or QuickTime, and MKV for any other."""
    default_language: str | None = None
    """Tag of the language whose track gets the default disposition; None takes the first track."""
    purpose: SubtitlePurpose = "full"
    """``forced`` and ``sdh`` give every track the disposition of that name."""
    font: SourceFile | None = None
    """The font to attach to Matroska with ASS tracks; None searches this machine for the font of
    each language."""
    burned_in: Artifact | None = None
    """An ASS file to draw into the picture, which is encoded again."""
    clock: FilmClock | None = None
    """The film's clock as stage demux found it; None reads the film for it."""
    only_check: MuxCheck | None = None
    """Only checks that the film can be written, or reads its languages, and writes nothing;
    ``subtitles`` is empty then. A run asks for it before it begins, because recognition and
    translation take hours."""


class MuxResult(StageMessage, frozen=True, kw_only=True, tag="mux"):
    """The film with its added tracks."""

    film: Artifact | None
    """None where the request only asks for a check."""
    tracks: tuple[str, ...]
    """ISO 639-2 language of each added track."""
    languages: dict[SubtitlePurpose, tuple[str, ...]] | None = None
    """Tags of the languages of the film's own subtitles that are text; None where the request does
    not ask for them."""
    warnings: tuple[str, ...] = ()
