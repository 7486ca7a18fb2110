"""Subtitle files as tracks of a container, and the fonts that go with them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from indicsubs_common.fonts.font_files import find_font, missing_letters
from indicsubs_common.muxing.subtitle_tracks import ContainerName, TextTrack
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_text.languages import Language
from indicsubs_text.subtitle_files import FORMATS, decode, subrip
from indicsubs_text.subtitle_files.timed_text import TimedText, embed


def read_track(
    path: Path,
    kind: str,
    container: ContainerName,
    language: Language,
    *,
    default: bool,
    purpose: SubtitlePurpose,
) -> TextTrack:
    """A subtitle file as a track.

    Matroska takes SubRip and ASS as they are. MP4 takes plain text, with the marks that keep
    right-to-left lines right.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if the file is not of its kind, SRT or ASS.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is of the kind {kind!r}; tracks are made of {' and '.join(_READERS)} files.",
        )
    try:
        texts = reader(decode(path.read_bytes()), container, language)
    except ValueError as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{path} is no {kind.upper()} file: {error}"
        ) from error
    return TextTrack(
        language=language,
        texts=texts,
        script=path if kind == "ass" else None,
        default=default,
        purpose=purpose,
    )


def font_files(
    languages: Sequence[Language], texts: Sequence[Sequence[str]], own: Path | None
) -> tuple[list[Path], list[str]]:
    """The fonts that show the texts of each language, and what a person should know of them.

    Args:
        languages: Of the texts.
        texts: All that is to be shown, by language.
        own: The user's font, which serves them all; None looks for each language's own.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if ``own`` is no font.
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


def _from_srt(text: str, container: ContainerName, language: Language) -> list[TimedText]:
    marked = subrip.read_marked(text)
    return marked if container == "mkv" else _plain(text, "srt", language)


def _from_ass(text: str, _: ContainerName, language: Language) -> list[TimedText]:
    return _plain(text, "ass", language)


def _plain(text: str, kind: Literal["srt", "ass"], language: Language) -> list[TimedText]:
    direct = embed if language.right_to_left else str
    return [
        TimedText(
            cue.start_ms,
            cue.end_ms,
            "\n".join(map(direct, cue.lines)),
            italic=cue.kind == "song",
        )
        for cue in FORMATS[kind].read(text)
    ]


_READERS: dict[str, Callable[[str, ContainerName, Language], list[TimedText]]] = {
    "srt": _from_srt,
    "ass": _from_ass,
}
