"""Reads the transcript, the translations and the edited subtitles of each language."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from indicsubs_common.subtitles.edited_cues import (
    change_warnings,
    changed_since,
    read_edited,
    remaining_issues,
)
from indicsubs_common.subtitles.film_end import within_film, without_text_after_film
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.layout import Layout, source_cues, translated_cues
from indicsubs_common.subtitles.violations import find_violations
from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.messages.subtitles import EditedSubtitles, SubtitleRequest
from indicsubs_contract.transcript import (
    NOT_TRANSLATED,
    QualityIssue,
    Segment,
    Timing,
    Transcript,
    Translation,
)
from indicsubs_text.cues import Cue
from indicsubs_text.languages import Language, find_language
from indicsubs_text.overlap import language_of_text, overlapping_segments
from indicsubs_text.rules import contradictions


class LanguageInput(msgspec.Struct, frozen=True, kw_only=True):
    """The text of one language and the rules for its cues."""

    language: Language
    rules: Rules
    texts: tuple[str, ...] | None = None
    """The translation, one text per segment; None for the source language."""
    issues: tuple[QualityIssue, ...] = ()
    """The quality issues of the translation by the index of the segment, ascending."""
    edited_cues: tuple[Cue, ...] | None = None
    """The cues that a person edited, which stay unchanged; None if there are no such cues."""
    master: tuple[str, bytes] | None = None
    """The format and the content of the file with these cues, which is published as it is."""
    doubtful: Doubtful
    """Whether quarantined segments get cues."""
    only_other_languages: bool = False
    """Whether only segments in another language than the film's get cues."""

    def lay_out(self, segments: Sequence[Segment], facts: FilmFacts) -> Layout:
        """The cues of the language.

        Edited cues are only checked against the rules. Nothing of a subtitle file is shown after
        the film's end.
        """
        if self.edited_cues is not None:
            cues, warnings = within_film(self.edited_cues, facts.film_end_ms)
            violations = find_violations(cues, self.rules, facts)
            return Layout(cues=cues, violations=violations, warnings=warnings)
        tag = self.language.tag
        if self.only_other_languages:
            segments = [_of_another_language(segment) for segment in segments]
        segments, warnings = without_text_after_film(segments, facts.film_end_ms)
        if self.texts is None:
            layout = source_cues(segments, tag, self.rules, facts, self.doubtful)
        else:
            texts = [
                text if segment.text else ""
                for text, segment in zip(self.texts, segments, strict=True)
            ]
            layout = translated_cues(
                texts, segments, tag, self.rules, facts, self.doubtful, self.copied
            )
        return replace(layout, warnings=(*warnings, *layout.warnings))

    @property
    def copied(self) -> frozenset[int]:
        """The segments whose text no model translated, so that it is in their own language."""
        return frozenset(issue.index for issue in self.issues if issue.reason == NOT_TRANSLATED)


def _of_another_language(segment: Segment) -> Segment:
    """The segment, without its text where it is in the film's language."""
    if segment.language is not None:
        return segment
    cues = () if segment.timing is Timing.SUBTITLE else msgspec.UNSET
    return replace(segment, text="", words=(), cues=cues)


def read_transcript(artifact: Artifact, context: Context) -> Transcript:
    """Reads a transcript.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the file is absent, ``BAD_INPUT`` where it is not a
            transcript.
    """
    path = context.path(artifact)
    return read_document(path.read_bytes(), Transcript, str(path))


def read_languages(
    request: SubtitleRequest, transcript: Transcript, context: Context
) -> tuple[list[LanguageInput], list[str]]:
    """The source language and the target languages in the order of the request, and warnings.

    A translation into a language that is already present (the source language, or the same target
    twice) is dropped with a warning.

    Raises:
        IndicsubsError: ``NO_INPUT`` where a file is absent. ``BAD_INPUT`` where a file is not valid
            or belongs to another transcript, where no cue can keep the rules, or where edited
            subtitles are in a language that was not requested.
    """
    segments = transcript.segments
    source = find_language(transcript.language)
    inputs = {
        source.tag: LanguageInput(
            language=source,
            rules=_rules(request, source),
            doubtful=request.doubtful,
            only_other_languages=request.only_other_languages,
        )
    }
    warnings: list[str] = []
    for artifact in request.translations:
        translation = _read_translation(artifact, transcript, context)
        language = find_language(translation.language)
        if language.tag in inputs:
            warnings.append(f"{language.name} was requested twice; the first text is used.")
            continue
        inputs[language.tag] = LanguageInput(
            language=language,
            rules=_rules(request, language),
            texts=translation.texts,
            issues=translation.issues,
            doubtful=request.doubtful,
            only_other_languages=request.only_other_languages,
        )
    for edited in request.edited:
        language = find_language(edited.subtitles.language or "")
        if language.tag not in inputs:
            raise _not_requested(language)
        inputs[language.tag], edit_warnings = _with_edits(
            inputs[language.tag], edited, segments, context
        )
        warnings += [f"{language.name}: {warning}" for warning in edit_warnings]
    return list(inputs.values()), warnings


def _rules(request: SubtitleRequest, language: Language) -> Rules:
    rules = request.rules.get(language.tag, Rules())
    problems = contradictions(rules)
    if problems:
        _, problem = problems[0]
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"No cue can follow the rules {rules.profile} for {language.name}: {problem}."
            " Correct the profile; `just indicsubs profiles` shows it.",
        )
    return rules


def _read_translation(artifact: Artifact, transcript: Transcript, context: Context) -> Translation:
    path = context.path(artifact)
    translation = read_document(path.read_bytes(), Translation, str(path))
    texts, segments = len(translation.texts), len(transcript.segments)
    if texts != segments:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} has {texts} texts, but the transcript has {segments} segments: the translation"
            " belongs to another transcript. Translate this transcript again (stage"
            " indictrans2_translation).",
        )
    return translation


def _not_requested(language: Language) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"There are edited subtitles in {language.name}, but no subtitles in {language.name} were"
        " requested. Add the language to --target.",
    )


def _with_edits(
    language: LanguageInput,
    edited: EditedSubtitles,
    segments: Sequence[Segment],
    context: Context,
) -> tuple[LanguageInput, list[str]]:
    """The language with its edited cues and the issues that remain after the edit, and warnings.

    If the transcript at the time of the edit is known, each cue whose sentences have changed since
    then is a new issue.
    """
    path = context.path(edited.subtitles)
    kind = edited.subtitles.kind
    cues, file_warnings, master = read_edited(path.read_bytes(), kind, path.name)
    warnings = list(file_warnings)
    doubtful = language.doubtful
    shown = overlapping_segments(cues, segments, doubtful)
    cues = tuple(
        replace(cue, language=_language_of(cue, indices, language, segments))
        for cue, indices in zip(cues, shown, strict=True)
    )
    issues = list(remaining_issues(language.issues, language.texts or (), cues, shown))
    if edited.transcript is not None:
        before = read_transcript(edited.transcript, context).segments
        changed = changed_since(cues, before, segments, doubtful)
        warnings += change_warnings(changed, cues, segments)
        issues += changed.issues
    issues.sort(key=lambda issue: issue.index)
    edited_language = replace(
        language, edited_cues=cues, master=(kind, master), issues=tuple(issues)
    )
    return edited_language, warnings


def _language_of(
    cue: Cue, indices: Sequence[int], language: LanguageInput, segments: Sequence[Segment]
) -> str | None:
    """The tag of an edited cue's language, where it is not the language of the subtitles."""
    if language.texts is not None and not language.copied.issuperset(indices):
        return None
    return language_of_text(" ".join(cue.lines), [segments[index] for index in indices])
