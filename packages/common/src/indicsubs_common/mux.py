"""Stage mux: the film with a subtitle track for each language."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from indicsubs_common.fonts.font_files import find_font, read_font
from indicsubs_common.muxing.burn_in import burn_in, find_ffmpeg
from indicsubs_common.muxing.film_writer import (
    BurnedPicture,
    NewFilm,
    copy_picture,
    new_container,
    write_film,
)
from indicsubs_common.muxing.stream_copy import StreamMapping, map_streams, stream_label
from indicsubs_common.muxing.subtitle_tracks import ContainerName, TextTrack
from indicsubs_common.muxing.text_samples import is_shortened, samples
from indicsubs_common.muxing.track_files import font_files, read_track
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.mux import MuxCheck, MuxRequest, MuxResult
from indicsubs_media.film import is_mp4_family, open_film
from indicsubs_media.film_times import has_own_clock, read_clock
from indicsubs_media.streams import film_picture, is_empty
from indicsubs_media.text_languages import text_languages
from indicsubs_text.languages import Language, find_language

_ESSENTIAL = frozenset({"video", "audio"})
"""Kinds of streams that are never left out."""
_LEFT_OUT = frozenset({"data", "unknown"})
"""Kinds of streams that no container is chosen for."""
_BITS = 8
"""Bits per channel of a picture with subtitles burned in."""


def run(request: MuxRequest, context: Context) -> MuxResult:
    """Copies the film and adds one track for each subtitle file.

    Every stream is copied unchanged, with its language, title and flags; so are chapters and the
    container's metadata. One of the new tracks gets the default flag; the film's own tracks keep
    theirs. Streams that Matroska cannot carry and that are not essential (data
    streams, rare subtitle formats) are left out with a warning. Fonts are attached for ASS tracks.
    The picture is encoded again only where subtitles are burned in.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the film or a subtitle file is not there; ``BAD_INPUT``
            where one cannot be read, or where the requested container cannot carry a stream;
            ``BROKEN_ENVIRONMENT`` where subtitles cannot be burned in on this machine.
    """
    if request.only_check is not None:
        return _check(request, request.only_check, context)
    path = context.path(request.source)
    languages, default = _languages(request)
    warnings: list[str] = []
    clock = request.clock or read_clock(path)
    if request.clock is None:  # otherwise stage demux has said it
        warnings += clock.warnings
    with ExitStack() as stack:
        film = stack.enter_context(open_film(path))
        container, mapping = _choose_container(request, film, warnings)
        tracks = [
            read_track(
                context.path(artifact),
                artifact.kind,
                container,
                language,
                default=language.tag == default,
                purpose=request.purpose,
            )
            for artifact, language in zip(request.subtitles, languages, strict=True)
        ]
        warnings += [
            f"A text of {track.language.name} was shortened: MP4 carries at most 65,535 bytes of"
            " text at a time. `--container mkv` carries all of it."
            for track in tracks
            if container == "mp4" and is_shortened(samples(track.texts))
        ]
        fonts = _fonts(request, tracks, container, context, warnings)
        picture = None
        if request.burned_in is not None:
            script = request.burned_in
            picture = stack.enter_context(
                _burned_picture(request, script, film, clock, context, warnings)
            )
        name = f"film.{container}"
        output = stack.enter_context(new_container(context.folder / name, container))
        new = NewFilm(
            source=path,
            container=container,
            mapping=mapping,
            tracks=tracks,
            fonts=fonts,
            picture=picture,
            clock=clock,
        )

        def report(done_ms: int, total_ms: int) -> None:
            burned_ms = total_ms if picture else 0
            context.report(burned_ms + done_ms, burned_ms + total_ms, "film_ms")

        warnings += write_film(film, output, new, report)
    for warning in warnings:
        context.log.warning(warning)
    return MuxResult(
        film=context.artifact(name, "film"),
        tracks=tuple(track.language.iso_639_2 for track in tracks),
        warnings=tuple(warnings),
    )


def _check(request: MuxRequest, check: MuxCheck, context: Context) -> MuxResult:
    """Finds what would make the work fail, as far as the film and this machine tell.

    Where only the languages are asked for, nothing but the head of the film is read.
    """
    warnings: list[str] = []
    with open_film(context.path(request.source)) as film:
        if check.only_languages:
            return MuxResult(film=None, tracks=(), languages=text_languages(film))
        try:
            _choose_container(request, film, warnings)
            if check.burned_in is not None:
                _require_picture(film)
                find_ffmpeg()
                _require_font(request, find_language(check.burned_in), context)
            elif request.font is not None:
                read_font(context.path(request.font))
        except IndicsubsError as error:
            hint = "To get the subtitle files without a film: -w translate."
            raise IndicsubsError(error.code, f"{error.message} {hint}") from error
    return MuxResult(film=None, tracks=(), warnings=tuple(warnings))


def _languages(request: MuxRequest) -> tuple[list[Language], str | None]:
    """The language of each track, and the tag of the language whose track is flagged default."""
    languages = [_language(artifact, artifact.path) for artifact in request.subtitles]
    # With subtitles in the picture no track is to be shown by default.
    default = languages[0].tag if languages and request.burned_in is None else None
    if request.default_language is not None:
        default = find_language(request.default_language).tag
        if default not in {language.tag for language in languages}:
            _fail(
                f"No track is in the default language {default}. There are tracks in:"
                f" {', '.join(language.tag for language in languages)}."
            )
    return languages, default


def _language(subtitles: Artifact, path: Path | str) -> Language:
    return find_language(subtitles.language or _fail(f"The language of {path} is not known."))


def _choose_container(
    request: MuxRequest, film: InputContainer, warnings: list[str]
) -> tuple[ContainerName, StreamMapping]:
    """The new film's container and its stream mapping.

    Data streams (timed metadata that players do not show) and streams of an unknown kind do not
    influence the choice, because Matroska cannot carry them.
    """
    container: ContainerName = "mkv"
    if request.container != "auto":
        container = request.container
    elif is_mp4_family(film):
        container = "mp4"
    mapping = map_streams(film, container)
    missing = [stream for stream in mapping.unsupported if stream.type not in _LEFT_OUT]
    if missing and request.container == "auto" and container == "mp4":
        warnings.append(
            f"MP4 cannot carry {_labels(missing)}, so the film is written as Matroska (film.mkv)."
        )
        container = "mkv"
        mapping = map_streams(film, container)
        missing = [stream for stream in mapping.unsupported if stream.type not in _LEFT_OUT]
    if any(stream.type in _ESSENTIAL for stream in missing) or (
        missing and request.container != "auto"
    ):
        hint = "" if request.container == "auto" else " `--container auto` finds one that can."
        _fail(f"The container {container} cannot carry {_labels(missing)} of the film.{hint}")
    converted = [copied.stream for copied in mapping.copied if copied.form == "subrip"]
    if converted:
        warnings.append(
            f"Converted to SubRip, as {container} has no mov_text: {_labels(converted)}. Colours,"
            " fonts and places of its texts are lost."
        )
    if mapping.empty:
        warnings.append(
            f"Left out, as nothing of it was found near the film's start: {_labels(mapping.empty)}."
        )
    if mapping.unsupported:
        warnings.append(
            f"Left out, as {container} cannot carry it: {_labels(mapping.unsupported)}."
        )
    return container, mapping


def _fonts(
    request: MuxRequest,
    tracks: Sequence[TextTrack],
    container: ContainerName,
    context: Context,
    warnings: list[str],
) -> list[Path]:
    """The fonts to attach to the film; only ASS tracks in Matroska need them."""
    scripts = [track for track in tracks if track.script and container == "mkv"]
    own = context.path(request.font) if request.font else None
    fonts, font_warnings = font_files(scripts, own)
    warnings += font_warnings
    return fonts


@contextmanager
def _burned_picture(
    request: MuxRequest,
    script: Artifact,
    film: InputContainer,
    clock: FilmClock,
    context: Context,
    warnings: list[str],
) -> Generator[BurnedPicture]:
    """The film's picture with subtitles burned in; its file is deleted at the end."""
    picture = _require_picture(film)
    if any(part.bits > _BITS for part in picture.format.components):
        warnings.append(
            f"The picture has more than {_BITS} bits a channel. With subtitles burned in it has"
            f" {_BITS}, and the colours of HDR look washed out."
        )
    path = context.path(script)
    language = _language(script, path)
    track = read_track(path, script.kind, "mkv", language, default=False, purpose="full")
    if track.script is None:
        _fail(f"{path} is of the kind {script.kind!r}; only ASS files can be burned in.")
    _require_font(request, language, context)
    own = context.path(request.font) if request.font else None
    fonts, font_warnings = font_files([track], own)
    warnings += font_warnings
    target = context.folder / "burned-in.mkv"
    moved = context.folder / "picture.mkv"
    film_path, index = context.path(request.source), picture.index

    def report(now_ms: int) -> None:
        done_ms = max(0, min(now_ms, clock.end_ms))
        context.report(done_ms, 2 * clock.end_ms, "film_ms", note="burning in")

    try:
        if has_own_clock(clock, index):  # ffmpeg would take the times from the film's file
            copy_picture(film_path, index, clock, moved)
            film_path, index = moved, 0
        burn_in(film_path, index, path, fonts, target, report)
        moved.unlink(missing_ok=True)
        with open_film(target) as burned:
            yield BurnedPicture(replaces=picture.index, film=burned)
    finally:
        moved.unlink(missing_ok=True)
        target.unlink(missing_ok=True)


def _require_picture(film: InputContainer) -> VideoStream:
    picture = film_picture(film)
    if picture is None or is_empty(picture):
        _fail("Subtitles cannot be burned in: the film has no picture.")
    return picture


def _require_font(request: MuxRequest, language: Language, context: Context) -> None:
    """Refuses to draw text without its font: it would be boxes, after hours of encoding.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` where the language's font is not installed and the
            user gave none; ``BAD_INPUT`` where the user's font is none.
    """
    if request.font is not None:
        read_font(context.path(request.font))
    elif find_font(language.font.family) is None:
        raise IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            f"{language.name} cannot be burned in: its font {language.font.family} is not"
            " installed, and players cannot replace what is drawn into the picture. Install it"
            " (Debian: fonts-noto-core; elsewhere: notofonts.github.io), or give a font with"
            " --font.",
        )


def _labels(streams: Sequence[Stream]) -> str:
    return " and ".join(map(stream_label, streams))


def _fail(message: str) -> NoReturn:
    raise IndicsubsError(FailureCode.BAD_INPUT, message)
