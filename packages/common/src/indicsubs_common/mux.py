"""Stage mux: the film with a subtitle track for each language."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import heapq
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from typing import NoReturn

import msgspec
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream

from indicsubs_common.muxing.burn_in import burn_in
from indicsubs_common.muxing.film_packets import film_packets, film_span, stream_packets
from indicsubs_common.muxing.stream_copy import (
    StreamMapping,
    add_copy,
    add_covers,
    add_font,
    copy_description,
    describe,
    is_cover,
    is_mp4_family,
    loses_aspect_ratio,
    open_output,
    open_source,
    plan,
)
from indicsubs_common.muxing.subtitle_tracks import (
    AnyPacket,
    ContainerName,
    TextTrack,
    add_track,
    text_packets,
)
from indicsubs_common.muxing.track_files import font_files, read_track
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.mux import MuxRequest, MuxResult
from indicsubs_text.languages import Language, find_language

_ESSENTIAL = frozenset({"video", "audio"})
"""Streams without which the film would not be the film."""
_REPORTS = 200
"""How often progress is reported, at most about."""
_BITS = 8
"""A channel of what a drawn picture is encoded in."""


class _Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A picture with subtitles in it, to take the place of one of the film's streams."""

    replaces: int
    """Index of the film's stream."""
    film: InputContainer
    """Holds the picture alone."""


def run(request: MuxRequest, context: Context) -> MuxResult:
    """Copy the film and add one track per subtitle file.

    Every stream is copied as it is, with its language, title and flags; so are chapters and the
    container's metadata. Subtitle tracks that the film has stay, but lose the default flag, which
    is given to one of ours. What Matroska has no place for and the film can do without (a data
    stream, an outlandish subtitle format) is left out with a warning. Fonts go with ASS tracks.
    The picture is encoded anew only where subtitles are to be drawn into it.

    Raises:
        IndicsubsError: ``NO_INPUT`` for a film or subtitle file that is not there; ``BAD_INPUT`` for
            one that is none, and for a stream that the container asked for can't carry;
            ``BROKEN_ENVIRONMENT`` where subtitles can't be drawn on this machine.
    """
    path = context.path(request.source)
    languages, default = _languages(request)
    warnings: list[str] = []
    with ExitStack() as stack:
        source = stack.enter_context(open_source(path))
        container, mapping = _choose(request, source, warnings)
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
        fonts = _fonts(request, tracks, container, context, warnings)
        drawn = None
        if request.burned_in is not None:
            script = request.burned_in
            drawn = stack.enter_context(_drawn(request, script, source, context, warnings))
        name = f"film.{container}"
        output = stack.enter_context(_written(context.folder / name, container))
        parts = _Parts(mapping=mapping, tracks=tracks, fonts=fonts, drawn=drawn)
        warnings += _write(path, source, output, container, parts, context)
    for warning in warnings:
        context.log.warning(warning)
    return MuxResult(
        film=context.artifact(name, "film"),
        tracks=tuple(track.language.iso_639_2 for track in tracks),
        warnings=tuple(warnings),
    )


def _languages(request: MuxRequest) -> tuple[list[Language], str | None]:
    """The language of each track, and the tag of the one to be flagged default."""
    languages = [
        find_language(artifact.language or _fail(f"{artifact.path} does not tell its language."))
        for artifact in request.subtitles
    ]
    # Over subtitles that are in the picture no track shows itself.
    default = languages[0].tag if languages and request.burned_in is None else None
    if request.default_language is not None:
        default = find_language(request.default_language).tag
        if default not in {language.tag for language in languages}:
            _fail(
                f"No track is in the default language {default}. There are tracks in:"
                f" {', '.join(language.tag for language in languages)}."
            )
    return languages, default


def _fonts(
    request: MuxRequest,
    tracks: Sequence[TextTrack],
    container: ContainerName,
    context: Context,
    warnings: list[str],
) -> list[Path]:
    """The fonts to attach: those of ASS tracks in Matroska."""
    scripts = [track for track in tracks if track.script and container == "mkv"]
    own = context.path(request.font) if request.font else None
    fonts, said = font_files(
        [track.language for track in scripts],
        [[text.text for text in track.texts] for track in scripts],
        own,
    )
    warnings += said
    return fonts


@contextmanager
def _drawn(
    request: MuxRequest,
    script: Artifact,
    source: InputContainer,
    context: Context,
    warnings: list[str],
) -> Generator[_Drawn]:
    """The film's picture with subtitles drawn into it, as long as it is needed."""
    picture = next((stream for stream in source.streams.video if not is_cover(stream)), None)
    if picture is None:
        _fail("Subtitles can't be burned in: the film has no picture.")
    if any(part.bits > _BITS for part in picture.format.components):
        warnings.append(
            f"The picture has more than {_BITS} bits a channel; with subtitles burned in it has"
            f" {_BITS}, and the colours of HDR look washed out."
        )
    path = context.path(script)
    language = find_language(script.language or _fail(f"{path} does not tell its language."))
    track = read_track(path, script.kind, "mkv", language, default=False, purpose="full")
    if track.script is None:
        _fail(f"{path} is of the kind {script.kind!r}; only ASS files are burned in.")
    own = context.path(request.font) if request.font else None
    fonts, said = font_files([language], [[text.text for text in track.texts]], own)
    warnings += said
    target = context.folder / "drawn.mkv"
    start_ms, end_ms = film_span(source)
    total_ms = end_ms - start_ms

    def report(now_ms: int) -> None:
        done_ms = max(0, min(now_ms - start_ms, total_ms))
        context.report(done_ms, 2 * total_ms, "film_ms", note="burning in")

    try:
        burn_in(context.path(request.source), picture.index, path, fonts, target, report)
        with closing(open_source(target)) as film:
            yield _Drawn(replaces=picture.index, film=film)
    finally:
        target.unlink(missing_ok=True)


def _choose(
    request: MuxRequest, source: InputContainer, warnings: list[str]
) -> tuple[ContainerName, StreamMapping]:
    """The container, and how it takes the streams.

    Data streams (timed metadata that no player shows) decide nothing: Matroska has none at all.
    """
    container: ContainerName = "mkv"
    if request.container != "auto":
        container = request.container
    elif is_mp4_family(source):
        container = "mp4"
    mapping = plan(source, container)
    missing = [stream for stream in mapping.refused if stream.type != "data"]
    if missing and request.container == "auto" and container == "mp4":
        warnings.append(
            f"MP4 can't carry {_list(missing)}, so the film is written as Matroska (film.mkv)."
        )
        container = "mkv"
        mapping = plan(source, container)
        missing = [stream for stream in mapping.refused if stream.type != "data"]
    if any(stream.type in _ESSENTIAL for stream in missing) or (
        missing and request.container != "auto"
    ):
        other = "" if request.container == "auto" else " `--container auto` finds one that can."
        _fail(f"The container {container} can't carry {_list(missing)} of the film.{other}")
    if mapping.refused:
        warnings.append(f"Left out, as {container} has no place for it: {_list(mapping.refused)}.")
    return container, mapping


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the new film is made of."""

    mapping: StreamMapping
    tracks: Sequence[TextTrack]
    fonts: Sequence[Path]
    drawn: _Drawn | None


def _write(
    path: Path,
    source: InputContainer,
    output: OutputContainer,
    container: ContainerName,
    parts: _Parts,
    context: Context,
) -> list[str]:
    """Write the film; what could not be kept is in the warnings that it returns."""
    warnings: list[str] = []
    copies: dict[int, Stream] = {}
    covers: list[Stream] = []
    drawn = parts.drawn
    pictures: Iterator[tuple[int, AnyPacket]] = iter(())
    for template, keep_tag in parts.mapping.taken:
        replaced = drawn is not None and template.index == drawn.replaces
        stream = drawn.film.streams.video[0] if drawn and replaced else template
        copy = add_copy(output, stream, container, keep_tag=keep_tag and not replaced)
        if copy is None:
            covers.append(template)
            continue
        if drawn and replaced:
            pictures = stream_packets(drawn.film, copy)
            copy.metadata.update(template.metadata)
            copy.disposition = template.disposition
        else:
            copies[template.index] = copy
        if parts.tracks and template.type == "subtitle":
            copy.disposition = template.disposition & ~Disposition.default
        if loses_aspect_ratio(template, container):
            warnings.append(
                f"The shape of {describe(template)} stands in the old container alone and could not"
                " be copied: the picture may look stretched. `--container mp4` keeps it."
            )
    texts = text_packets(
        [(track, add_track(output, container, track)) for track in parts.tracks], container
    )
    add_covers(output, path, covers)
    for font in parts.fonts:
        add_font(output, font)
    copy_description(source, output)
    output.start_encoding()
    # All are in order of time; a cue goes before the packets of its moment.
    film = film_packets(source, copies, warnings)
    merged = heapq.merge(texts, pictures, film, key=itemgetter(0))
    start_ms, end_ms = film_span(source)
    total_ms = end_ms - start_ms
    before_ms = total_ms if drawn else 0
    step_ms = max(1000, total_ms // _REPORTS)
    reported_ms = 0
    for now_ms, packet in merged:
        output.mux(packet)
        done_ms = now_ms - start_ms
        if done_ms - reported_ms >= step_ms:
            reported_ms = done_ms
            done_ms = min(done_ms, total_ms or done_ms)
            context.report(before_ms + done_ms, before_ms + total_ms, "ms")
    context.report(before_ms + total_ms, before_ms + total_ms, "film_ms")
    return warnings


@contextmanager
def _written(target: Path, container: ContainerName) -> Generator[OutputContainer]:
    """A new container that is in its place when all went well, and else leaves nothing behind."""
    partial = target.with_name(f"{target.name}.partial")
    output = open_output(partial, container)
    try:
        yield output
        output.close()  # writes the index: the film is not one before
        partial.replace(target)
    except OSError:
        raise  # the disk's fault, not the film's
    except FFmpegError as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The film can't be written as {container}: {error.strerror}. Try the other container"
            " (--container).",
        ) from error
    finally:
        with suppress(FFmpegError):
            output.close()
        partial.unlink(missing_ok=True)


def _list(streams: Sequence[Stream]) -> str:
    return " and ".join(describe(stream) for stream in streams)


def _fail(message: str) -> NoReturn:
    raise IndicsubsError(FailureCode.BAD_INPUT, message)
