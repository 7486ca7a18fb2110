"""Reads subtitle files as tracks of a container, and finds the fonts that they need."""

from collections.abc import Sequence
from pathlib import Path

from indicsubs_common.fonts.font_files import find_font, missing_letters
from indicsubs_common.muxing.subtitle_tracks import ContainerName, TextTrack
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_text.languages import Language
from indicsubs_text.subtitle_files import subrip, substation
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile
from indicsubs_text.subtitle_files.timed_text import TimedText, embed

TRACK_FORMATS = {"srt": subrip.FORMAT, "ass": substation.FORMAT}
"""The formats of subtitle files that become tracks, by the kind of the artifact."""


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
    get directional marks.

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
        texts=_raw_texts(file) if takes_markup else _plain_texts(file, language),
        script=path if kind == "ass" else None,
        default=default,
        purpose=purpose,
    )


def font_files(
    languages: Sequence[Language], texts: Sequence[Sequence[str]], own: Path | None
) -> tuple[list[Path], list[str]]:
    """The fonts for the texts of all languages, and warnings about missing fonts and letters.

    Args:
        languages: The language of each element of ``texts``.
        texts: All lines to be shown, by language.
        own: The user's font, used for all languages; None searches this machine for the font of
            each language.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where ``own`` is not a font.
    """
    fonts: list[Path] = []
    warnings: list[str] = []
    for language, lines in zip(languages, texts, strict=True):
        path = own or find_font(language.font.family)
        if path is None:
            warnings.append(
                f"No font for {language.name} was added to the film: {language.font.family} is not"
                " installed. Install it (Debian: fonts-noto-core; elsewhere: notofonts.github.io)"
                " and run again with --from mux --force, or give a font with --font."
            )
            continue
        missing = missing_letters(path, lines, latin=language.script == "Latn")
        if missing:
            warnings.append(
                f"{path.name} has no {' '.join(missing[:10])} for {language.name}: players show"
                " those letters in another font, or as boxes. Give another font with --font."
            )
        if path not in fonts:
            fonts.append(path)
    return fonts, warnings


def _raw_texts(file: SubtitleFile) -> list[TimedText]:
    return [
        TimedText(entry.cue.start_ms, entry.cue.end_ms, entry.raw_text) for entry in file.entries
    ]


def _plain_texts(file: SubtitleFile, language: Language) -> list[TimedText]:
    add_marks = embed if language.right_to_left else str
    return [
        TimedText(
            cue.start_ms,
            cue.end_ms,
            "\n".join(map(add_marks, cue.lines)),
            italic=cue.kind == "song",
        )
        for cue in file.cues
    ]
