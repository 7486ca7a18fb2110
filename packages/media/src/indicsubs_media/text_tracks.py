"""Reads a subtitle track of a film, where the track is text."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import msgspec
from av.container import InputContainer
from av.stream import Disposition, Stream
from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media.film import open_film
from indicsubs_media.film_times import FilmTimes, read_clock, readable_packets
from indicsubs_media.streams import has_codec, stream_language, stream_title
from indicsubs_media.text_languages import stream_tag
from indicsubs_media.tracks import same_language
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files import subrip, substation, webvtt
from indicsubs_text.subtitle_files.subtitle_file import FileCue, SubtitleFile, in_order

_LONGEST_MS = 5_000
"""The longest time of a cue whose packet states no duration; the next cue ends it earlier."""
_EVENT_FIELDS = 8
"""The fields before the text of an ASS event in a container, which has its times outside."""
_SPECIAL = Disposition.forced | Disposition.hearing_impaired | Disposition.comment


class TrackText(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of a subtitle track, and the track's language."""

    file: SubtitleFile
    language: str | None
    """Tag of the language that the container names; None where it names none that is known."""


def read_text_track(path: Path, language: str | None) -> TrackText:
    """Reads the subtitle track of a film in a language, with times from the film's start.

    Tracks that are forced, for the hearing-impaired or comments are read only where there is no
    other track in the language; then the default track counts, then the first one. A track whose
    language is not stated is read where no track has the language.

    Args:
        path: The film.
        language: Tag of the language; None takes the film's default track.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file is not a film, or has no such track that is
            text. The message lists its tracks.
    """
    with open_film(path) as film:
        stream = _choose(film, path, language)
        warnings: list[str] = []
        cues = list(_cues(film, stream, read_clock(path), warnings))
        label = _label(film, stream)
        if len(_readable(film)) > 1:
            warnings.insert(0, f"{path.name}: the subtitle track {label} was read.")
        return TrackText(
            file=in_order(_with_ends(cues), tuple(warnings)), language=stream_tag(stream)
        )


def _choose(film: InputContainer, path: Path, language: str | None) -> Stream:
    tracks = _readable(film)
    tagged = [s for s in tracks if language is None or same_language(stream_language(s), language)]
    candidates = tagged or [s for s in tracks if stream_language(s) is None]
    if not candidates:
        raise _no_track(film, path, language)
    return min(
        candidates,
        key=lambda stream: (
            bool(stream.disposition & _SPECIAL),
            not stream.disposition & Disposition.default,
        ),
    )


def _no_track(film: InputContainer, path: Path, language: str | None) -> IndicsubsError:
    listed = "; ".join(
        _label(film, stream) + ("" if stream in _readable(film) else " (pictures, not text)")
        for stream in film.streams.subtitles
    )
    wanted = f" in {find_language(language).name}" if language else ""
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{path.name} has no subtitle track{wanted} that is text."
        f" {f'Its tracks are {listed}.' if listed else 'It has no subtitle tracks.'} Give a"
        " subtitle file with --transcript, or leave it out to have the speech recognised.",
    )


def _readable(film: InputContainer) -> list[Stream]:
    """The subtitle tracks that are text, of a kind that is read here."""
    return [s for s in film.streams.subtitles if has_codec(s) and _codec(s) in _READERS]


def _codec(stream: Stream) -> str:
    return stream.codec_context.codec.canonical_name


def _label(film: InputContainer, stream: Stream) -> str:
    """The number of a track among the subtitle tracks, its language and title."""
    number = [track.index for track in film.streams.subtitles].index(stream.index)
    title = stream_title(stream)
    label = f"{number}: {stream_language(stream) or 'no language'}"
    return f"{label}, {title!r}" if title else label


def _cues(
    film: InputContainer, stream: Stream, clock: FilmClock, warnings: list[str]
) -> Iterator[FileCue]:
    read = _READERS[_codec(stream)]
    times = FilmTimes(clock)
    tick_ms = 1000 * (stream.time_base or 0)
    errors: list[str] = []
    for packet in readable_packets(film, errors=errors):
        times.move(packet)
        if packet.stream_index != stream.index or packet.pts is None or not packet.size:
            continue
        start_ms = round(packet.pts * tick_ms)
        end_ms = start_ms + round((packet.duration or 0) * tick_ms)
        yield read(f"packet {packet.pts}", (start_ms, end_ms), bytes(packet))
    if errors:
        warnings.append(f"The film is damaged, so subtitles may be missing ({errors[0]}).")


def _with_ends(cues: list[FileCue]) -> Iterator[FileCue]:
    """The cues with text, those without a duration with an end."""
    for entry, following in pairwise([*cues, None]):
        if entry is None or not any(map(str.strip, entry.cue.lines)):
            continue
        cue = entry.cue
        if cue.end_ms > cue.start_ms:
            yield entry
            continue
        end_ms = cue.start_ms + _LONGEST_MS
        if following is not None and following.cue.start_ms > cue.start_ms:
            end_ms = min(end_ms, following.cue.start_ms)
        yield replace(entry, cue=replace(cue, end_ms=end_ms))


def _subrip(place: str, times: tuple[int, int], data: bytes) -> FileCue:
    return subrip.read_cue(place, times, _lines(data))


def _webvtt(place: str, times: tuple[int, int], data: bytes) -> FileCue:
    return webvtt.read_cue(place, times, _lines(data))


def _ass(place: str, times: tuple[int, int], data: bytes) -> FileCue:
    """An event as Matroska stores it: ``ReadOrder,Layer,Style,Name,...,Effect,Text``."""
    fields = data.decode(errors="replace").split(",", _EVENT_FIELDS)
    text = fields[-1] if len(fields) > _EVENT_FIELDS else ""
    return substation.read_cue(place, times, text, fields[3] if text else "")


def _timed_text(place: str, times: tuple[int, int], data: bytes) -> FileCue:
    """A sample of 3GPP timed text: the length of the text, the text, styles (TS 26.245, 5.17)."""
    text = data[2 : 2 + int.from_bytes(data[:2])]
    is_utf_16 = text[:2] in (b"\xfe\xff", b"\xff\xfe")
    plain = text.decode("utf-16" if is_utf_16 else "utf-8", errors="replace")
    return subrip.read_cue(place, times, plain.splitlines())


def _lines(data: bytes) -> list[str]:
    return data.decode(errors="replace").splitlines()


_READERS: Mapping[str, Callable[[str, tuple[int, int], bytes], FileCue]] = {
    "subrip": _subrip,
    "text": _subrip,
    "webvtt": _webvtt,
    "ass": _ass,
    "ssa": _ass,
    "mov_text": _timed_text,
}
"""How the text of a packet is read, by FFmpeg's name of the codec."""
