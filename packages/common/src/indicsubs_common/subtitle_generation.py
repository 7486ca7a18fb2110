"""Stage subtitle_generation: words and translations laid out as subtitle files."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Final, TypeAlias

from indicsubs_common.fonts.font_files import read_font
from indicsubs_common.report.flags import LanguageCues
from indicsubs_common.report.report_files import write_report
from indicsubs_common.shots.shot_cache import ShotCache
from indicsubs_common.shots.shot_changes import find_cuts
from indicsubs_common.subtitles.edited_cues import (
    change_warnings,
    changed_since,
    read_edited,
    remaining_issues,
)
from indicsubs_common.subtitles.layout import Layout, cut_windows, source_cues, translated_cues
from indicsubs_common.subtitles.violations import FilmFacts, Violation, check
from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.messages.subtitles import (
    EditedSubtitles,
    SubtitleFiles,
    SubtitleRequest,
    SubtitleResult,
)
from indicsubs_contract.transcript import QualityIssue, Segment, Transcript, Translation
from indicsubs_text.cues import Cue
from indicsubs_text.languages import Language, find_language
from indicsubs_text.rules import DEFAULT_FRAME_RATE, contradictions, parse_frame_rate
from indicsubs_text.subtitle_files import encode
from indicsubs_text.subtitle_files.style import FileStyle

LayOut: TypeAlias = Callable[[FilmFacts], Layout]
"""Lays one language out in a film that is known so far."""
CACHE: Final = "shots.json"
"""File of the cuts found so far, in the folder that a stage may keep."""
_SCANS = 2
"""The film is looked at near the edges of cues, then once more where cuts have moved these."""


def run(request: SubtitleRequest, context: Context) -> SubtitleResult:
    """Write a file of each format for the source language and each translation, in that order.

    A translation into a language that is already there (the source's own, or the same target twice)
    makes no second set of files: a warning says so. What breaks a rule is warned of, and stays.
    Where a person has edited a language's cues, they are its cues, as they are.

    Raises:
        IndicsubsError: ``NO_INPUT`` or ``BAD_INPUT`` for a document that is not there, is none, or does
            not belong to the transcript; ``BAD_INPUT`` for rules that no cue can keep, and for
            edited subtitles that are none or in a language that is not made.
    """
    warnings: list[str] = []
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, str(path))
    made = lay_out(request, transcript, context, warnings)
    font = request.files.font
    own_font = read_font(context.path(font)) if font else None
    files: list[Artifact] = []
    for one, name in zip(made, _names([one.language for one in made]), strict=True):
        how = FileStyle(
            language=one.language,
            width=request.files.width,
            height=request.files.height,
            frame_rate=parse_frame_rate(request.frame_rate),
            own_font=own_font,
            song_italics=one.edited or one.rules.song_italics,
        )
        files += _write(one.cues, how, name, request.files, context)
        if one.violations:
            warnings.append(f"{one.language.name}: {summary(one)}")
    for warning in warnings:
        context.log.warning(warning)
    return SubtitleResult(
        subtitles=tuple(files),
        cues={one.language.tag: len(one.cues) for one in made},
        warnings=tuple(warnings),
        report=write_report(request, context, transcript, made),
    )


def _write(
    cues: Sequence[Cue], how: FileStyle, name: str, files: SubtitleFiles, context: Context
) -> Iterator[Artifact]:
    """A file of each format."""
    for kind in dict.fromkeys(files.formats):
        data = encode(
            kind, cues, how, windows_lines=files.windows_lines, mark=files.byte_order_mark
        )
        yield context.write(f"{name}.{kind}", data, kind, how.language.tag)


def lay_out(
    request: SubtitleRequest, transcript: Transcript, context: Context, warnings: list[str]
) -> list[LanguageCues]:
    """The cues of every language, the source first.

    Args:
        request: What is asked.
        transcript: The one that the request names.
        context: Where files lie.
        warnings: Added to.

    Raises:
        IndicsubsError: as for :func:`run`.
    """
    segments = transcript.segments
    source = find_language(transcript.language)
    rules = {source.tag: _rules(request, source)}
    issues: dict[str, tuple[QualityIssue, ...]] = {source.tag: ()}

    def lay_source(facts: FilmFacts) -> Layout:
        return source_cues(segments, source.tag, rules[source.tag], facts)

    wanted: dict[str, LayOut] = {source.tag: lay_source}
    texts: dict[str, tuple[str, ...]] = {}
    for artifact in request.translations:
        translation = _read_translation(artifact, transcript, context)
        language = find_language(translation.language)
        if language.tag in wanted:
            warnings.append(f"{language.name} was asked for twice; the first one is kept.")
            continue
        rules[language.tag] = _rules(request, language)
        issues[language.tag] = translation.issues
        wanted[language.tag] = _translator(translation, transcript, rules[language.tag])
        texts[language.tag] = translation.texts
    edited_tags: set[str] = set()
    for edited in request.edited:
        language = find_language(edited.subtitles.language or "")
        if language.tag not in wanted:
            raise _not_made(language)
        edited_tags.add(language.tag)
        cues, outdated, said = _take_edited(edited, segments, context, language.name)
        warnings += said
        wanted[language.tag] = _keeper(cues, rules[language.tag])
        left = remaining_issues(issues[language.tag], texts.get(language.tag, ()), cues, segments)
        issues[language.tag] = tuple(sorted((*left, *outdated), key=lambda issue: issue.index))
    facts = _facts(request, segments, wanted, rules, context, warnings)
    languages = [find_language(tag) for tag in wanted]
    film = f"{PurePath(request.film_path).stem}." if request.film_path else ""
    made: list[LanguageCues] = []
    for language, name in zip(languages, _names(languages), strict=True):
        layout = wanted[language.tag](facts)
        warnings += [f"{language.name}: {warning}" for warning in layout.warnings]
        made.append(
            LanguageCues(
                language=language,
                file=f"{film}{name}.srt",
                rules=rules[language.tag],
                cues=layout.cues,
                violations=layout.violations,
                issues=issues[language.tag],
                edited=language.tag in edited_tags,
            )
        )
        context.report(len(made), len(wanted), "languages")
    return made


def summary(made: LanguageCues) -> str:
    """How many cues break which rules, and the worst of each."""
    by_rule: dict[str, list[Violation]] = {}
    for violation in made.violations:
        by_rule.setdefault(violation.rule, []).append(violation)
    cues = len({violation.cue for violation in made.violations})
    parts: list[str] = []
    for rule, found in by_rule.items():
        worst = max(found, key=lambda violation: abs(violation.value - violation.limit))
        count = len({violation.cue for violation in found})
        parts.append(
            f"{rule} {count} (the furthest, cue {worst.cue + 1}: {worst.value:g} against"
            f" {worst.limit:g} {worst.unit})"
        )
    return f"{cues} of {len(made.cues)} cues break a rule: {', '.join(parts)}."


def _translator(translation: Translation, transcript: Transcript, rules: Rules) -> LayOut:
    tag = find_language(translation.language).tag

    def lay(facts: FilmFacts) -> Layout:
        return translated_cues(translation.texts, transcript.segments, tag, rules, facts)

    return lay


def _not_made(language: Language) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"No subtitles are made in {language.name}, but edited ones were given. Add it to"
        " --target.",
    )


def _keeper(cues: tuple[Cue, ...], rules: Rules) -> LayOut:
    """Cues that are there already are only checked."""

    def keep(facts: FilmFacts) -> Layout:
        return Layout(cues=cues, violations=check(cues, rules, facts), warnings=())

    return keep


def _take_edited(
    edited: EditedSubtitles, segments: Sequence[Segment], context: Context, name: str
) -> tuple[tuple[Cue, ...], tuple[QualityIssue, ...], list[str]]:
    """The cues of edited subtitles, doubts about those whose sentences have changed, warnings."""
    path = context.path(edited.subtitles)
    cues, warnings = read_edited(path.read_bytes(), edited.subtitles.kind, path.name)
    said = [f"{name}: {warning}" for warning in warnings]
    if edited.transcript is None:
        return cues, (), said
    path = context.path(edited.transcript)
    before = read_document(path.read_bytes(), Transcript, str(path)).segments
    changed = changed_since(cues, before, segments)
    said += [f"{name}: {warning}" for warning in change_warnings(changed, cues, segments)]
    return cues, changed.issues, said


def _facts(
    request: SubtitleRequest,
    segments: Sequence[Segment],
    wanted: dict[str, LayOut],
    rules: dict[str, Rules],
    context: Context,
    warnings: list[str],
) -> FilmFacts:
    """What of the film the cues are laid out in: its rate, its end, the cuts they depend on."""
    rate = parse_frame_rate(request.frame_rate)
    facts = FilmFacts(
        frame_rate=rate or DEFAULT_FRAME_RATE, film_end_ms=request.film_end_ms, cuts_ms=()
    )
    if request.film is None or not any(rule.cut_ms for rule in rules.values()):
        return facts
    cache = ShotCache(context.cache_file(CACHE), request.film.fingerprint)
    windows: list[tuple[int, int]] = []
    for _ in range(_SCANS):
        for tag, lay in wanted.items():
            windows += cut_windows(lay(facts).cues, segments, rules[tag], facts)
        shots = find_cuts(
            context.path(request.film),
            windows,
            lambda done, total: context.report(done, total, "windows", note="looking for cuts"),
            cache,
        )
        facts = FilmFacts(
            frame_rate=rate or shots.frame_rate or DEFAULT_FRAME_RATE,
            film_end_ms=request.film_end_ms,
            cuts_ms=shots.cuts_ms,
        )
        if shots.warning:
            warnings.append(f"{shots.warning} Cues are not fitted to shot changes.")
            break
    return facts


def _rules(request: SubtitleRequest, language: Language) -> Rules:
    rules = request.rules.get(language.tag, Rules())
    wrong = contradictions(rules)
    if wrong:
        _, problem = wrong[0]
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"No cue can keep the rules {rules.profile} for {language.name}: {problem}."
            " Correct the profile; `indicsubs profiles` shows it.",
        )
    return rules


def _read_translation(artifact: Artifact, transcript: Transcript, context: Context) -> Translation:
    path = context.path(artifact)
    translation = read_document(path.read_bytes(), Translation, str(path))
    texts, segments = len(translation.texts), len(transcript.segments)
    if texts != segments:
        raise IndicsubsError(
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
