"""Stage subtitle_generation: words and translations laid out as subtitle files."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from indicsubs_common.cues import Layout, source_cues, translated_cues
from indicsubs_common.report_files import write_report
from indicsubs_common.report_flags import LanguageCues
from indicsubs_common.subtitle_files import to_srt, to_vtt
from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.harness import Context
from indicsubs_contract.languages import Language, find_language
from indicsubs_contract.messages import Artifact, CueLimits, SubtitleRequest, SubtitleResult
from indicsubs_contract.transcript import Doubt, Transcript, Translation
from indicsubs_contract.wire import read_document


def run(request: SubtitleRequest, context: Context) -> SubtitleResult:
    """Write an SRT and a VTT file for the source language and each translation, and the report.

    A translation into a language that is already there (the source's own, or the same target twice)
    makes no second pair of files: a warning says so.

    Raises:
        StageError: ``NO_INPUT`` or ``BAD_INPUT`` for a document that is not there, is none, or does
            not belong to the transcript; ``BAD_INPUT`` for limits that no cue can keep.
    """
    _check(request.limits)
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, str(path))
    warnings: list[str] = []
    doubts: dict[str, tuple[Doubt, ...]] = {}
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
        doubts[language.tag] = translation.doubts
        context.report(len(layouts), 1 + len(request.translations), "languages")
    languages = [find_language(tag) for tag in layouts]
    files: list[Artifact] = []
    reported: list[LanguageCues] = []
    film = f"{PurePath(request.film_path).stem}." if request.film_path else ""
    for language, name in zip(languages, _names(languages), strict=True):
        layout = layouts[language.tag]
        files += [
            context.write(f"{name}.srt", to_srt(layout.cues).encode(), "srt", language.tag),
            context.write(
                f"{name}.vtt", to_vtt(layout.cues, language).encode(), "vtt", language.tag
            ),
        ]
        reported.append(
            LanguageCues(
                language=language,
                file=f"{film}{name}.srt",
                limits=request.limits,
                cues=layout.cues,
                findings=(),
                doubts=doubts.get(language.tag, ()),
            )
        )
        warnings += [f"{language.name}: {warning}" for warning in layout.warnings]
    for warning in warnings:
        context.log.warning(warning)
    return SubtitleResult(
        subtitles=tuple(files),
        cues={tag: len(layout.cues) for tag, layout in layouts.items()},
        warnings=tuple(warnings),
        report=write_report(request, context, transcript, reported),
    )


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
