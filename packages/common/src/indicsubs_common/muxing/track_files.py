"""Subtitle files as tracks of a container, and the fonts that go with them."""

from collections.abc import Sequence
from pathlib import Path

from indicsubs_common.fonts.font_files import find_font, missing_letters
from indicsubs_common.muxing.subtitle_tracks import ContainerName, TextTrack
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_text.languages import Language
from indicsubs_text.subtitle_files import read_subtitles
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile
from indicsubs_text.subtitle_files.timed_text import TimedText, embed

TRACK_KINDS = ("srt", "ass")


def read_track(
    path: Path,
    kind: str,
    container: ContainerName,
    language: Language,
    *,
    default: bool,
    purpose: SubtitlePurpose,
) -> TextTrack:
    """Reads a subtitle file as a track.

    Matroska takes SubRip and ASS with their markup. MP4 takes plain text, with the characters that
    keep right-to-left lines in order.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if the file is not of its kind, or the kind is not SRT or ASS.
    """
    if kind not in TRACK_KINDS:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is of the kind {kind!r}; tracks are made of {' and '.join(TRACK_KINDS)} files."
            " Run the stage subtitle_generation with one of them.",
        )
    file = read_subtitles(path.read_bytes(), kind, str(path))
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
    """The font files that show the texts of each language, and warnings about missing letters.

    Args:
        languages: Of the texts.
        texts: The texts of each language, in the order of ``languages``.
        own: The user's font for all languages; None finds each language's own.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if ``own`` is not a font.
    """
    found: list[Path] = []
    warnings: list[str] = []
    for language, lines in zip(languages, texts, strict=True):
        path = own or find_font(language.font.family)
        if path is None:
            warnings.append(
                f"No font for {language.name} goes with the film: {language.font.family} is not"
                " on this machine. Install it (Debian: fonts-noto-core; else notofonts.github.io)"
                " and run again with --from mux --force, or give a font with --font."
            )
            continue
        missing = missing_letters(path, lines, latin=language.script == "Latn")
        if missing:
            warnings.append(
                f"{path.name} has no {' '.join(missing[:10])} for {language.name}: players take"
                " those letters from another font, or show boxes. Give another with --font."
            )
        if path not in found:
            found.append(path)
    return found, warnings


def _raw_texts(file: SubtitleFile) -> list[TimedText]:
    return [
        TimedText(entry.cue.start_ms, entry.cue.end_ms, entry.raw_text) for entry in file.entries
    ]


def _plain_texts(file: SubtitleFile, language: Language) -> list[TimedText]:
    direct = embed if language.right_to_left else str
    return [
        TimedText(
            cue.start_ms,
            cue.end_ms,
            "\n".join(map(direct, cue.lines)),
            italic=cue.kind == "song",
        )
        for cue in file.cues
    ]
