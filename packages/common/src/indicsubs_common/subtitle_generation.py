"""Stage subtitle_generation: words and translations laid out as subtitle files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

from indicsubs_common.cues import Cue, Layout, source_cues, translated_cues
from indicsubs_common.font_files import read_font
from indicsubs_common.fonts import Font
from indicsubs_common.formats import encode
from indicsubs_common.formats.setting import Setting
from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.harness import Context
from indicsubs_contract.languages import Language, find_language
from indicsubs_contract.messages import (
    Artifact,
    CueLimits,
    SubtitleFiles,
    SubtitleRequest,
    SubtitleResult,
)
from indicsubs_contract.transcript import Transcript, Translation
from indicsubs_contract.wire import read_document


def run(request: SubtitleRequest, context: Context) -> SubtitleResult:
    """Write a file of each format for the source language and each translation, in that order.

    A translation into a language that is already there (the source's own, or the same target twice)
    makes no second set of files: a warning says so.

    Raises:
        StageError: ``NO_INPUT`` or ``BAD_INPUT`` for a document that is not there, is none, or does
            not belong to the transcript; ``BAD_INPUT`` for limits that no cue can keep.
    """
    _check(request.limits)
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, str(path))
    warnings: list[str] = []
    layouts: dict[str, Layout] = {
        find_language(transcript.language).tag: source_cues(
            transcript.segments, request.limits, request.film_end_ms
        )
    }
    for artifact in request.translations:
        translation = _read_translation(artifact, transcript, context)
        language = find_language(translation.language)
        if language.tag in layouts:
            warnings.append(f"{language.name} was asked for twice; the first one is kept.")
            continue
        layouts[language.tag] = translated_cues(
            translation.texts, transcript.segments, request.limits, request.film_end_ms
        )
        context.report(len(layouts), 1 + len(request.translations), "languages")
    languages = [find_language(tag) for tag in layouts]
    own_font = read_font(context.path(request.files.font)) if request.files.font else None
    files: list[Artifact] = []
    for language, name in zip(languages, _names(languages), strict=True):
        layout = layouts[language.tag]
        files += _write(
            layout.cues, _setting(request.files, language, own_font), name, request.files, context
        )
        warnings += [f"{language.name}: {warning}" for warning in layout.warnings]
    for warning in warnings:
        context.log.warning(warning)
    return SubtitleResult(
        subtitles=tuple(files),
        cues={tag: len(layout.cues) for tag, layout in layouts.items()},
        warnings=tuple(warnings),
    )


def _setting(files: SubtitleFiles, language: Language, own_font: Font | None) -> Setting:
    return Setting(
        language=language,
        width=files.width,
        height=files.height,
        frame_rate=Fraction(files.frame_rate) if files.frame_rate else None,
        own_font=own_font,
    )


def _write(
    cues: Sequence[Cue], setting: Setting, name: str, files: SubtitleFiles, context: Context
) -> Iterator[Artifact]:
    for kind in dict.fromkeys(files.formats):
        data = encode(
            kind, cues, setting, windows_lines=files.windows_lines, mark=files.byte_order_mark
        )
        yield context.write(f"{name}.{kind}", data, kind, setting.language.tag)


def _check(limits: CueLimits) -> None:
    if (
        min(limits.line_characters, limits.lines, limits.shortest_ms, limits.gap_ms + 1) < 1
        or limits.longest_ms < limits.shortest_ms
        or not limits.characters_per_second > 0
    ):
        raise StageError(
            FailureCode.BAD_INPUT,
            f"No cue can keep the limits {limits}: give positive numbers, and longest_ms no less"
            " than shortest_ms.",
        )


def _read_translation(artifact: Artifact, transcript: Transcript, context: Context) -> Translation:
    path = context.path(artifact)
    translation = read_document(path.read_bytes(), Translation, str(path))
    texts, segments = len(translation.texts), len(transcript.segments)
    if texts != segments:
        raise StageError(
            FailureCode.BAD_INPUT,
            f"{path} has {texts} texts, but the transcript has {segments} segments: it was made"
            " from another transcript. Translate this one again (stage indictrans2_translation).",
        )
    return translation


def _names(languages: Sequence[Language]) -> list[str]:
    """File names: the ISO 639-2 code, which media servers read, or the tag where two share one."""
    sharing = Counter(language.iso_639_2 for language in languages)
    return [
        language.iso_639_2 if sharing[language.iso_639_2] == 1 else language.tag
        for language in languages
    ]
