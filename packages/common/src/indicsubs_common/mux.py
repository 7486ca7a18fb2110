"""Stage mux: the film with a subtitle track for each language."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import heapq
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from typing import NoReturn

from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream

from indicsubs_common.film_packets import film_packets, film_span
from indicsubs_common.stream_copy import (
    Carriage,
    add_copy,
    add_covers,
    copy_description,
    describe,
    is_mp4_family,
    loses_aspect_ratio,
    open_output,
    open_source,
    plan,
)
from indicsubs_common.subtitle_files import from_srt
from indicsubs_common.subtitle_tracks import ContainerName, TextTrack, add_track, text_packets
from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.harness import Context
from indicsubs_contract.languages import find_language
from indicsubs_contract.messages import MuxRequest, MuxResult

_ESSENTIAL = frozenset({"video", "audio"})
"""Streams without which the film would not be the film."""
_REPORTS = 200
"""How often progress is reported, at most about."""


def run(request: MuxRequest, context: Context) -> MuxResult:
    """Copy the film and add one track per SRT file.

    Every stream is copied as it is, with its language, title and flags; so are chapters and the
    container's metadata. Subtitle tracks that the film has stay, but lose the default flag, which
    is given to one of ours. What Matroska has no place for and the film can do without (a data
    stream, an outlandish subtitle format) is left out with a warning.

    Raises:
        StageError: ``NO_INPUT`` for a film or SRT file that is not there; ``BAD_INPUT`` for one
            that is none, and for a stream that the container asked for can't carry.
    """
    path = context.path(request.source)
    tracks = _read_tracks(request, context)
    warnings: list[str] = []
    with open_source(path) as source:
        container, carriage = _choose(request, source, warnings)
        name = f"film.{container}"
        with _written(context.folder / name, container) as output:
            warnings += _write(path, source, output, container, carriage, tracks, context)
    for warning in warnings:
        context.log.warning(warning)
    return MuxResult(
        film=context.artifact(name, "film"),
        tracks=tuple(track.language.iso_639_2 for track in tracks),
        warnings=tuple(warnings),
    )


def _read_tracks(request: MuxRequest, context: Context) -> list[TextTrack]:
    languages = [
        find_language(artifact.language or _fail(f"{artifact.path} does not tell its language."))
        for artifact in request.subtitles
    ]
    default = languages[0].tag if languages else None
    if request.default_language is not None:
        default = find_language(request.default_language).tag
        if default not in {language.tag for language in languages}:
            _fail(
                f"No track is in the default language {default}. There are tracks in:"
                f" {', '.join(language.tag for language in languages)}."
            )
    tracks: list[TextTrack] = []
    for artifact, language in zip(request.subtitles, languages, strict=True):
        path = context.path(artifact)
        try:
            cues = from_srt(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise StageError(FailureCode.BAD_INPUT, f"{path} is no SRT file: {error}") from error
        tracks.append(TextTrack(language=language, cues=cues, default=language.tag == default))
    return tracks


def _choose(
    request: MuxRequest, source: InputContainer, warnings: list[str]
) -> tuple[ContainerName, Carriage]:
    """The container, and how it takes the streams.

    Data streams (timed metadata that no player shows) decide nothing: Matroska has none at all.
    """
    container: ContainerName = "mkv"
    if request.container != "auto":
        container = request.container
    elif is_mp4_family(source):
        container = "mp4"
    carriage = plan(source, container)
    missing = [stream for stream in carriage.refused if stream.type != "data"]
    if missing and request.container == "auto" and container == "mp4":
        warnings.append(
            f"MP4 can't carry {_list(missing)}, so the film is written as Matroska (film.mkv)."
        )
        container = "mkv"
        carriage = plan(source, container)
        missing = [stream for stream in carriage.refused if stream.type != "data"]
    if any(stream.type in _ESSENTIAL for stream in missing) or (
        missing and request.container != "auto"
    ):
        other = "" if request.container == "auto" else " `--container auto` finds one that can."
        _fail(f"The container {container} can't carry {_list(missing)} of the film.{other}")
    if carriage.refused:
        warnings.append(f"Left out, as {container} has no place for it: {_list(carriage.refused)}.")
    return container, carriage


def _write(
    path: Path,
    source: InputContainer,
    output: OutputContainer,
    container: ContainerName,
    carriage: Carriage,
    tracks: Sequence[TextTrack],
    context: Context,
) -> list[str]:
    """Write the film; what could not be kept is in the warnings that it returns."""
    warnings: list[str] = []
    copies: dict[int, Stream] = {}
    covers: list[Stream] = []
    for template, keep_tag in carriage.taken:
        copy = add_copy(output, template, container, keep_tag=keep_tag)
        if copy is None:
            covers.append(template)
            continue
        copies[template.index] = copy
        if tracks and template.type == "subtitle":
            copy.disposition = template.disposition & ~Disposition.default
        if loses_aspect_ratio(template, container):
            warnings.append(
                f"The shape of {describe(template)} stands in the old container alone and could not"
                " be copied: the picture may look stretched. `--container mp4` keeps it."
            )
    texts = text_packets(
        [(track, add_track(output, container, track)) for track in tracks], container
    )
    add_covers(output, path, covers)
    copy_description(source, output)
    output.start_encoding()
    # Both are in order of time; a cue goes before the packets of its moment.
    merged = heapq.merge(texts, film_packets(source, copies, warnings), key=itemgetter(0))
    start_ms, end_ms = film_span(source)
    total_ms = end_ms - start_ms
    step_ms = max(1000, total_ms // _REPORTS)
    reported_ms = 0
    for now_ms, packet in merged:
        output.mux(packet)
        done_ms = now_ms - start_ms
        if done_ms - reported_ms >= step_ms:
            reported_ms = done_ms
            context.report(min(done_ms, total_ms or done_ms), total_ms, "ms")
    context.report(total_ms, total_ms, "ms")
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
        raise StageError(
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
    raise StageError(FailureCode.BAD_INPUT, message)
