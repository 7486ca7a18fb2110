"""Reads subtitle files as tracks of a container, and finds the fonts that they need."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from indicsubs_common.fonts.font_files import find_font, missing_letters
from indicsubs_common.muxing.subtitle_tracks import ContainerName, TextTrack
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_text.languages import Language
from indicsubs_text.subtitle_files import subrip, substation
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile
from indicsubs_text.subtitle_files.timed_text import TimedText, embed, has_embedding

TRACK_FORMATS = {"srt": subrip.FORMAT, "ass": substation.FORMAT}
"""The formats of subtitle files that become tracks, by the kind of the artifact."""

_FAMILY = re.compile(r"\{\\fn([^\\}]+)")
"""The font of a cue in another language, as :mod:`substation` writes it."""


def read_track(
    path: Path,
    kind: str,
    container: ContainerName,
    language: Language,
    *,
    default: bool,
    purpose: SubtitlePurpose,
) -> TextTrack:
    """The track of a subtitle file.

    Matroska carries SubRip and ASS unchanged. MP4 carries plain text, in which right-to-left lines
    keep the directional marks that they have in the file.

    Args:
        path: The file.
        kind: Its format: ``srt`` or ``ass``.
        container: The container of the track.
        language: The language of the subtitles.
        default: Whether players show the track by default.
        purpose: The audience that the track is flagged for.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the kind is neither, or the file is not in its format.
    """
    form = TRACK_FORMATS.get(kind)
    if form is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is of the kind {kind!r}; tracks can be made from {' and '.join(TRACK_FORMATS)}"
            " files. Run the stage subtitle_generation with one of them.",
        )
    file = form.decode(path.read_bytes(), str(path))
    takes_markup = kind == "srt" and container == "mkv"
    return TextTrack(
        language=language,
        texts=_raw_texts(file) if takes_markup else _plain_texts(file),
        script=path if kind == "ass" else None,
        other_families=_other_families(file) if kind == "ass" else (),
        default=default,
        purpose=purpose,
    )


def font_files(tracks: Sequence[TextTrack], own: Path | None) -> tuple[list[Path], list[str]]:
    """The fonts for the texts of all tracks, and warnings about missing fonts and letters.

    Args:
        tracks: The tracks, each with its language.
        own: The user's font, used for all languages; None searches this machine for the fonts of
            each track.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where ``own`` is not a font.
    """
    fonts: list[Path] = []
    warnings: list[str] = []
    for track in tracks:
        language = track.language
        families = (language.font.family, *track.other_families)
        found = {family: own or find_font(family) for family in families}
        warnings += [
            f"No font for {language.name} was added to the film: {family} is not installed."
            " Install it (Debian: fonts-noto-core; elsewhere: notofonts.github.io) and run again"
            " with --from mux --force, or give a font with --font."
            for family, path in found.items()
            if path is None
        ]
        paths = list(dict.fromkeys(path for path in found.values() if path is not None))
        if None not in found.values():
            warnings += _letter_warnings(paths, track)
        fonts += [path for path in paths if path not in fonts]
    return fonts, warnings


def _letter_warnings(paths: Sequence[Path], track: TextTrack) -> Iterator[str]:
    """Warns of letters that none of a track's fonts has."""
    language = track.language
    lines = [text.text for text in track.texts]
    latin = language.script == "Latn"
    first, *others = [missing_letters(path, lines, latin=latin) for path in paths]
    missing = [letter for letter in first if all(letter in letters for letters in others)]
    if missing:
        name = " and ".join(path.name for path in paths)
        yield (
            f"{name} has no {' '.join(missing[:10])} for {language.name}: players show those"
            " letters in another font, or as boxes. Give another font with --font."
        )


def _other_families(file: SubtitleFile) -> tuple[str, ...]:
    found = (_FAMILY.match(entry.raw_text) for entry in file.entries)
    return tuple(dict.fromkeys(match[1] for match in found if match))


def _raw_texts(file: SubtitleFile) -> list[TimedText]:
    return [
        TimedText(entry.cue.start_ms, entry.cue.end_ms, entry.raw_text) for entry in file.entries
    ]


def _plain_texts(file: SubtitleFile) -> list[TimedText]:
    return [
        TimedText(
            entry.cue.start_ms,
            entry.cue.end_ms,
            "\n".join(map(embed if has_embedding(entry.raw_text) else str, entry.cue.lines)),
            italic=entry.cue.kind == "song",
        )
        for entry in file.entries
    ]
