"""Lays timed sentences out as cues, in the source language and in translation.

Pure: it knows no paths and no clocks. Sentences are grouped into stretches (:mod:`stretches`), each
stretch is divided into cues (:mod:`segmentation`), and the cues get their times
(:mod:`cue_times`).
"""

from collections.abc import Collection, Sequence

import msgspec

from indicsubs_common.subtitles.cue_times import SpokenSpan, assign_times
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.segmentation import split_into_cues
from indicsubs_common.subtitles.shot_rules import ShotRules
from indicsubs_common.subtitles.stretches import (
    SHARE_WITHIN_MS,
    Stretch,
    Utterance,
    build_stretches,
    utterance,
)
from indicsubs_common.subtitles.timed_tokens import (
    delayed,
    has_word_times,
    text_tokens,
    word_tokens,
)
from indicsubs_common.subtitles.violations import (
    Violation,
    cue_characters,
    cue_words,
    find_violations,
)
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, Timing
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import is_shown
from indicsubs_text.rules import reading_ms


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, the rules that they break, and warnings about the layout."""

    cues: tuple[Cue, ...]
    violations: tuple[Violation, ...]
    warnings: tuple[str, ...]


class _DraftCue(msgspec.Struct, frozen=True, kw_only=True):
    """A cue with the times of its speech."""

    cue: Cue
    keep_times: bool


def source_cues(
    segments: Sequence[Segment],
    language: str,
    rules: Rules,
    facts: FilmFacts,
    doubtful: Doubtful = "leave_out",
) -> Layout:
    """Lays out the transcript itself; a segment in another language keeps its own script.

    A cue shows the text of its segments. The times come from the segment's words if they are the
    words of its text. Otherwise (no words are known, or a person has edited the text) the text is
    timed like a translation. The cues of a segment from a subtitle file keep their text and times,
    except where the rules or an overlap force a change.

    Args:
        segments: The segments of the transcript.
        language: The tag of the transcript's language.
        rules: The rules of the language.
        facts: The facts about the film.
        doubtful: Whether quarantined segments get cues.
    """
    utterances: list[Utterance] = []
    for index, segment in enumerate(segments):
        tag = segment.language or language
        if not is_shown(segment, doubtful):
            continue
        if not has_word_times(segment):
            tokens = text_tokens(segment.text, segment, rules)
            utterances.append(utterance(index, segment, tokens, tag))
        elif segment.timing is Timing.SUBTITLE:
            latest_ms = 0
            for cue in segment.timed_texts:
                tokens = delayed(word_tokens((cue,), rules), latest_ms)
                utterances.append(utterance(index, segment, tokens, tag, keep_times=True))
                latest_ms = tokens[-1].end_ms if tokens else latest_ms
        else:
            utterances.append(utterance(index, segment, word_tokens(segment.words, rules), tag))
    return _lay_out(utterances, language, rules, facts)


def translated_cues(
    texts: Sequence[str],
    segments: Sequence[Segment],
    language: str,
    rules: Rules,
    facts: FilmFacts,
    doubtful: Doubtful = "leave_out",
    copied: Collection[int] = (),
) -> Layout:
    """Lays out a translation on the times of its source; each segment has one text, possibly empty.

    Args:
        texts: The text of each segment.
        segments: The segments of the transcript.
        language: The tag of the translation's language.
        rules: The rules of the language.
        facts: The facts about the film.
        doubtful: Whether quarantined segments get cues.
        copied: The segments whose text is in their own language, because no model translated it.

    Raises:
        ValueError: There are more or fewer texts than segments.
    """
    utterances = [
        utterance(
            index,
            segment,
            text_tokens(text, segment, rules),
            (segment.language if index in copied else None) or language,
        )
        for index, (text, segment) in enumerate(zip(texts, segments, strict=True))
        if is_shown(segment, doubtful)
    ]
    return _lay_out(utterances, language, rules, facts)


def shot_change_ranges(
    cues: Sequence[Cue], segments: Sequence[Segment], rules: Rules, facts: FilmFacts
) -> list[tuple[int, int]]:
    """The ranges in which the layout depends on shot changes: start and end in ms, unsorted.

    The start or end of a cue depends on the shot changes within ``cut_ms`` and the gap. A shot
    change between two sentences decides whether they share a cue.

    Args:
        cues: The layout with the shot changes that are known so far.
        segments: The sentences that the cues show.
        rules: The rules of the language.
        facts: The facts about the film.
    """
    if not rules.cut_ms:
        return []
    reach_ms = rules.cut_ms + facts.gap_ms(rules)
    edges = [(edge, reach_ms) for cue in cues for edge in (cue.start_ms, cue.end_ms)]
    edges += [
        (edge, SHARE_WITHIN_MS)
        for segment in segments
        for edge in (segment.start_ms, segment.end_ms)
    ]
    return [(edge - around, edge + around) for edge, around in edges]


def _lay_out(
    utterances: Sequence[Utterance], language: str, rules: Rules, facts: FilmFacts
) -> Layout:
    spoken = [each for each in utterances if each.tokens]
    shown = [each for each in spoken if rules.sounds or each.kind != "sound"]
    gap_ms, shot_rules = facts.gap_ms(rules), facts.shot_rules(rules)
    drafts = [
        draft
        for stretch in build_stretches(shown, rules, facts)
        for draft in _draft_cues(stretch, language, rules, shot_rules, gap_ms)
    ]
    drafts.sort(key=lambda draft: draft.cue.start_ms)
    spans = [
        SpokenSpan(
            start_ms=draft.cue.start_ms,
            end_ms=draft.cue.end_ms,
            reading_ms=reading_ms(cue_characters(draft.cue, rules), cue_words(draft.cue), rules),
            keep_times=draft.keep_times,
        )
        for draft in drafts
    ]
    cues = tuple(
        msgspec.structs.replace(draft.cue, start_ms=start, end_ms=end)
        for draft, (start, end) in zip(drafts, assign_times(spans, rules, facts), strict=True)
    )
    warnings: list[str] = []
    if len(shown) < len(spoken):
        warnings.append(
            f"{len(spoken) - len(shown)} description(s) of sounds are not shown, because the rules"
            f" ({rules.profile}) leave sounds out."
        )
    if facts.film_end_ms is not None and facts.film_end_ms < len(cues):
        warnings.append(
            f"The film's length, {facts.film_end_ms} ms, is too short for {len(cues)} cues and was"
            " ignored."
        )
    return Layout(
        cues=cues, violations=find_violations(cues, rules, facts), warnings=tuple(warnings)
    )


def _draft_cues(
    stretch: Stretch, language: str, rules: Rules, shot_rules: ShotRules, gap_ms: int
) -> list[_DraftCue]:
    return [
        _DraftCue(
            cue=Cue(
                start_ms=stretch.tokens[text.start].start_ms,
                end_ms=stretch.tokens[text.end - 1].end_ms,
                lines=text.lines,
                kind=stretch.kind,
                segments=tuple(dict.fromkeys(stretch.segments[text.start : text.end])),
                language=None if stretch.language == language else stretch.language,
            ),
            keep_times=stretch.keep_times,
        )
        for text in split_into_cues(stretch, rules, shot_rules, gap_ms)
    ]
