"""The languages of a film's subtitles, without reading them."""

import re

from av.container import InputContainer
from av.stream import Disposition, Stream

from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_media.streams import has_codec, stream_language, stream_title
from indicsubs_text.languages import find_language

_FORCED = re.compile(r"\b(forced|foreign|signs?)\b", re.IGNORECASE)
_SDH = re.compile(r"\b(sdh|cc|hearing[ -]impaired)\b", re.IGNORECASE)
_COMMENT = re.compile(r"\bcomment(ary|aries|s)?\b", re.IGNORECASE)
"""Words in the titles of tracks. Many films have no flags for what they say."""


def text_languages(film: InputContainer) -> dict[SubtitlePurpose, tuple[str, ...]]:
    """Returns the tags of the languages in which a film has subtitles as text, by their purpose.

    Tracks that belong to a commentary are left out, and so are tracks whose language is not stated
    or not known, and tracks of pictures. Nothing but the film's head is read.
    """
    found: dict[SubtitlePurpose, tuple[str, ...]] = {}
    for stream in film.streams.subtitles:
        tag, purpose = stream_tag(stream), _purpose(stream)
        if tag is None or purpose is None or not has_codec(stream):
            continue
        if stream.codec_context.codec.text_sub:
            found[purpose] = tuple(dict.fromkeys((*found.get(purpose, ()), tag)))
    return found


def stream_tag(stream: Stream) -> str | None:
    """Returns the tag of a stream's language; None where it is not stated or not known."""
    code = stream_language(stream)
    try:
        return find_language(code).tag if code else None
    except IndicsubsError:
        return None


def _purpose(stream: Stream) -> SubtitlePurpose | None:
    """Returns what a track is for, by its flags and its title; None for a commentary's."""
    title = stream_title(stream) or ""
    if stream.disposition & Disposition.comment or _COMMENT.search(title):
        return None
    if stream.disposition & Disposition.forced or _FORCED.search(title):
        return "forced"
    is_sdh = stream.disposition & Disposition.hearing_impaired or _SDH.search(title)
    return "sdh" if is_sdh else "full"
