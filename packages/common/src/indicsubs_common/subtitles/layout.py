"""From timed sentences to cues, in the source language and in translation.

Pure: no paths, no clocks. Sentences are strung together into stretches whose words may share cues,
each stretch is cut into cues (:mod:`segmentation`), and the cues get their times
(:mod:`cue_times`).
"""

from collections.abc import Sequence

import msgspec

from indicsubs_common.subtitles.cue_times import SpokenSpan, settle
from indicsubs_common.subtitles.segmentation import Stretch, cut_into_cues
from indicsubs_common.subtitles.shot_rules import Cuts
from indicsubs_common.subtitles.timed_tokens import (
    TimedToken,
    has_word_times,
    shifted,
    text_tokens,
    word_tokens,
)
from indicsubs_common.subtitles.violations import (
    FilmFacts,
    Violation,
    check,
    cue_characters,
    cue_words,
)
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import TURN, Segment, SegmentKind, Timing
from indicsubs_text.cues import Cue
from indicsubs_text.rules import reading_ms
from indicsubs_text.sentences import ends_sentence

SHARE_WITHIN_MS = 600
"""Two sentences with more silence than this between them never share a cue: the second would be
read before it is said."""
OVERLAP_MS = 200
"""Sentences that overlap by more are said at once: they share no cue unless their speakers are
known."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, what of them breaks a rule, and what was left out."""

    cues: tuple[Cue, ...]
    violations: tuple[Violation, ...]
    warnings: tuple[str, ...]


def source_cues(
    segments: Sequence[Segment], language: str, rules: Rules, facts: FilmFacts
) -> Layout:
    """Lay the transcript itself out.

    A segment's text is what is shown. Its words give the times as far as they say the same; where
    they don't (none are known, or a person has edited the text), it is timed like a translation.
    A segment of a subtitle file keeps its cues and their times, but for what cannot be.
    """
    runs: list[_Run] = []
    for index, segment in enumerate(segments):
        if not has_word_times(segment):
            runs.append(_run(index, segment, text_tokens(segment.text, segment, rules)))
        elif segment.timing is Timing.SUBTITLE:
            latest_ms = 0
            for cue in segment.timed_texts:
                tokens = shifted(word_tokens((cue,), rules), latest_ms)
                runs.append(_run(index, segment, tokens, kept=True))
                latest_ms = tokens[-1].end_ms if tokens else latest_ms
        else:
            runs.append(_run(index, segment, word_tokens(segment.words, rules)))
    return _lay_out(runs, language, rules, facts)


def translated_cues(
    texts: Sequence[str],
    segments: Sequence[Segment],
    language: str,
    rules: Rules,
    facts: FilmFacts,
) -> Layout:
    """Lay a translation out on the times of its source: one text per segment, maybe empty.

    Raises:
        ValueError: There are more or fewer texts than segments.
    """
    runs = [
        _run(index, segment, text_tokens(text, segment, rules))
        for index, (text, segment) in enumerate(zip(texts, segments, strict=True))
    ]
    return _lay_out(runs, language, rules, facts)


def cut_windows(
    cues: Sequence[Cue], segments: Sequence[Segment], rules: Rules, facts: FilmFacts
) -> list[tuple[int, int]]:
    """Where a layout of the segments depends on shot changes: starts and ends in ms, in no order.

    An edge depends on the cuts within ``cut_ms`` and the gap. A cut between two sentences decides
    whether they share a cue.

    Args:
        cues: Laid out with the cuts that are known so far.
        segments: Their sentences.
        rules: What a cue may be.
        setting: The film's rate.
    """
    if not rules.cut_ms:
        return []
    reach = rules.cut_ms + facts.gap_ms(rules)
    edges = [(edge, reach) for cue in cues for edge in (cue.start_ms, cue.end_ms)]
    edges += [
        (edge, SHARE_WITHIN_MS)
        for segment in segments
        for edge in (segment.start_ms, segment.end_ms)
    ]
    return [(edge - around, edge + around) for edge, around in edges]


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a sentence, or of one cue that a person made."""

    segment: int
    tokens: Sequence[TimedToken]
    kind: SegmentKind
    speaker: str | None
    kept: bool


def _run(index: int, segment: Segment, tokens: Sequence[TimedToken], *, kept: bool = False) -> _Run:
    return _Run(segment=index, tokens=tokens, kind=segment.kind, speaker=segment.speaker, kept=kept)


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A cue before its times are settled."""

    cue: Cue
    kept: bool


def _lay_out(runs: Sequence[_Run], language: str, rules: Rules, facts: FilmFacts) -> Layout:
    shown = [run for run in runs if run.tokens and (rules.sounds or run.kind != "sound")]
    left_out = sum(bool(run.tokens) for run in runs) - len(shown)
    shown.sort(key=lambda run: run.tokens[0].start_ms)
    cuts = facts.cuts(rules)
    groups: list[list[_Run]] = []
    for run in shown:
        if groups and _may_share(groups[-1][-1], run, rules, cuts):
            groups[-1].append(run)
        else:
            groups.append([run])
    drafts: list[_Draft] = []
    for index, group in enumerate(groups):
        free_until = facts.film_end_ms
        if index + 1 < len(groups):
            free_until = groups[index + 1][0].tokens[0].start_ms - facts.gap_ms(rules)
        drafts += _drafts(group, language, rules, facts, cuts, free_until)
    drafts.sort(key=lambda draft: draft.cue.start_ms)
    spans = [
        SpokenSpan(
            start_ms=draft.cue.start_ms,
            end_ms=draft.cue.end_ms,
            reading_ms=reading_ms(cue_characters(draft.cue, rules), cue_words(draft.cue), rules),
            kept=draft.kept,
        )
        for draft in drafts
    ]
    cues = tuple(
        msgspec.structs.replace(draft.cue, start_ms=start, end_ms=end)
        for draft, (start, end) in zip(drafts, settle(spans, rules, facts), strict=True)
    )
    warnings: list[str] = []
    if left_out:
        warnings.append(
            f"{left_out} description(s) of sounds are left out, as the rules ({rules.profile}) say."
        )
    if facts.film_end_ms is not None and facts.film_end_ms < len(cues):
        warnings.append(
            f"The film's length, {facts.film_end_ms} ms, has no room for {len(cues)} cues:"
            " disregarded."
        )
    return Layout(cues=cues, violations=check(cues, rules, facts), warnings=tuple(warnings))


def _may_share(before: _Run, after: _Run, rules: Rules, cuts: Cuts) -> bool:
    """Whether the end of one run and the start of the next may be in one cue."""
    end, start = before.tokens[-1].end_ms, after.tokens[0].start_ms
    if before.kind != "speech" or after.kind != "speech":
        return False
    if before.kept or after.kept:
        return before.kept and after.kept and _are_turns(before, after)
    if cuts.between(end, start):
        return False
    if not -OVERLAP_MS <= start - end <= SHARE_WITHIN_MS:
        return False
    if _change_speaker(before, after):
        return bool(rules.dialogue_dash)
    return ends_sentence(before.tokens[-1].text, after.tokens[0].text)


def _are_turns(before: _Run, after: _Run) -> bool:
    """Whether a person put both into one cue, with dashes."""
    return (
        before.tokens[-1].end_ms == after.tokens[0].start_ms
        and (before.speaker or "").startswith(TURN)
        and (after.speaker or "").startswith(TURN)
        and after.speaker != f"{TURN}1"
    )


def _change_speaker(before: _Run, after: _Run) -> bool:
    return None not in {before.speaker, after.speaker} and before.speaker != after.speaker


def _drafts(
    group: Sequence[_Run],
    language: str,
    rules: Rules,
    facts: FilmFacts,
    cuts: Cuts,
    free_until_ms: int | None,
) -> list[_Draft]:
    tokens: list[TimedToken] = []
    segments: list[int] = []
    turns: set[int] = set()
    whole: set[int] = set()
    for number, run in enumerate(group):
        if number and _change_speaker(group[number - 1], run):
            turns.add(len(tokens))
        if run.kept:
            first = len(tokens) + (number == 0)
            whole.update(range(first, len(tokens) + len(run.tokens)))
        tokens += shifted(run.tokens, tokens[-1].end_ms) if tokens else run.tokens
        segments += [run.segment] * len(run.tokens)
    stretch = Stretch(
        tokens=tokens,
        kind=group[0].kind,
        language=language,
        free_until_ms=free_until_ms,
        turns=frozenset(turns),
        whole=frozenset(whole),
    )
    return [
        _Draft(
            cue=Cue(
                start_ms=tokens[text.first].start_ms,
                end_ms=tokens[text.last - 1].end_ms,
                lines=text.lines,
                kind=group[0].kind,
                segments=tuple(dict.fromkeys(segments[text.first : text.last])),
            ),
            kept=group[0].kept,
        )
        for text in cut_into_cues(stretch, rules, cuts, facts.gap_ms(rules))
    ]
