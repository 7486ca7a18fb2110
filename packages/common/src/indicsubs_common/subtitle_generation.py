"""Stage subtitle_generation: lays words and translations out as subtitle files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from indicsubs_common.fonts.font_files import read_font
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_common.report.report_files import write_report
from indicsubs_common.shot_search import find_film_facts
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.language_inputs import (
    LanguageInput,
    read_languages,
    read_transcript,
)
from indicsubs_common.subtitles.layout import Layout
from indicsubs_common.subtitles.violations import Violation
from indicsubs_contract.context import Context
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.subtitles import SubtitleRequest, SubtitleResult
from indicsubs_contract.transcript import Segment
from indicsubs_text.file_names import name_stem
from indicsubs_text.languages import Language
from indicsubs_text.rules import parse_frame_rate
from indicsubs_text.subtitle_files.formats import FORMATS
from indicsubs_text.subtitle_files.style import FileStyle


def run(request: SubtitleRequest, context: Context) -> SubtitleResult:
    """Writes the subtitle files of the source language and of each translation, and the report.

    A cue that breaks a rule stays, and a warning counts such cues. If a person has edited the cues
    of a language, the edited cues are used unchanged.

    Raises:
        IndicsubsError: ``NO_INPUT`` where a file is absent. ``BAD_INPUT`` where a file is not valid
            or belongs to another transcript, where no cue can keep the rules, or where edited
            subtitles are in a language that was not requested.
    """
    transcript = read_transcript(request.transcript, context)
    inputs, warnings = read_languages(request, transcript, context)
    facts, search_warnings = find_film_facts(request, inputs, transcript.segments, context)
    names = _file_names([language.language for language in inputs])
    layouts = _lay_out(inputs, transcript.segments, facts, context)
    languages = [
        _language_cues(language, layout, name, request.film_path)
        for language, layout, name in zip(inputs, layouts, names, strict=True)
    ]
    masters = [language.master for language in inputs]
    files = tuple(_write(languages, names, masters, request, context))
    warnings += [*search_warnings, *_layout_warnings(inputs, layouts)]
    for warning in warnings:
        context.log.warning(warning)
    return SubtitleResult(
        subtitles=files,
        cues={language.language.tag: len(language.cues) for language in languages},
        warnings=tuple(warnings),
        report=write_report(request, context, transcript, languages),
    )


def _file_names(languages: Sequence[Language]) -> list[str]:
    """The ISO 639-2 codes, which media servers read; tags for languages that share a code."""
    sharing = Counter(language.iso_639_2 for language in languages)
    return [
        language.iso_639_2 if sharing[language.iso_639_2] == 1 else language.tag
        for language in languages
    ]


def _lay_out(
    inputs: Sequence[LanguageInput],
    segments: Sequence[Segment],
    facts: FilmFacts,
    context: Context,
) -> list[Layout]:
    layouts: list[Layout] = []
    for language in inputs:
        layouts.append(language.lay_out(segments, facts))
        context.report(len(layouts), len(inputs), "languages")
    return layouts


def _language_cues(
    language: LanguageInput, layout: Layout, name: str, film_path: str | None
) -> LanguageCues:
    film = f"{name_stem(PurePath(film_path).stem)}." if film_path else ""
    return LanguageCues(
        language=language.language,
        file=f"{film}{name}.srt",
        rules=language.rules,
        cues=layout.cues,
        violations=layout.violations,
        issues=language.issues,
        edited=language.edited_cues is not None,
    )


def _write(
    languages: Sequence[LanguageCues],
    names: Sequence[str],
    masters: Sequence[tuple[str, bytes] | None],
    request: SubtitleRequest,
    context: Context,
) -> Iterator[Artifact]:
    """Writes a file of each format for each language, and each edited file as it is."""
    files = request.files
    font = read_font(context.path(files.font)) if files.font else None
    for language, name, master in zip(languages, names, masters, strict=True):
        if master is not None:
            kind, data = master
            yield context.write(f"{name}.{kind}", data, kind, language.language.tag)
        style = FileStyle(
            language=language.language,
            width=files.width,
            height=files.height,
            frame_rate=parse_frame_rate(request.frame_rate),
            own_font=font,
            song_italics=language.edited or language.rules.song_italics,
        )
        for kind in dict.fromkeys(files.formats):
            if master is not None and kind == master[0]:
                continue
            data = FORMATS[kind].encode(
                language.cues,
                style,
                windows_lines=files.windows_lines,
                mark=files.byte_order_mark,
            )
            yield context.write(f"{name}.{kind}", data, kind, language.language.tag)


def _layout_warnings(inputs: Sequence[LanguageInput], layouts: Sequence[Layout]) -> list[str]:
    """The warnings of the layouts, then a summary of the violations in each language."""
    named = [
        (language.language.name, layout) for language, layout in zip(inputs, layouts, strict=True)
    ]
    warnings = [f"{name}: {warning}" for name, layout in named for warning in layout.warnings]
    warnings += [
        f"{name}: {_violation_summary(layout)}" for name, layout in named if layout.violations
    ]
    return warnings


def _violation_summary(layout: Layout) -> str:
    """The number of cues that break each rule, and the worst violation of each."""
    by_rule: dict[str, list[Violation]] = {}
    for violation in layout.violations:
        by_rule.setdefault(violation.rule, []).append(violation)
    rules: list[str] = []
    for rule, violations in by_rule.items():
        worst = max(violations, key=lambda violation: abs(violation.value - violation.limit))
        rules.append(
            f"{rule} {_cue_count(violations)} (worst in cue {worst.cue + 1}: {worst.value:g}"
            f" {worst.unit}, limit {worst.limit:g})"
        )
    broken = _cue_count(layout.violations)
    return f"{broken} of {len(layout.cues)} cues break a rule: {', '.join(rules)}."


def _cue_count(violations: Sequence[Violation]) -> int:
    return len({violation.cue for violation in violations})
