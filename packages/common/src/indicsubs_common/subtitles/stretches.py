"""Groups timed sentences into stretches, the longest runs of words that may share cues."""

from collections.abc import Sequence

import msgspec

from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.shot_rules import ShotRules
from indicsubs_common.subtitles.timed_tokens import TimedToken, delayed
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import TURN, Segment, SegmentKind
from indicsubs_text.sentences import ends_sentence

SHARE_WITHIN_MS = 600
"""Two sentences with a longer silence between them never share a cue, because viewers would read
the second sentence before it is spoken."""
OVERLAP_MS = 200
"""Sentences that overlap by more than this are spoken at the same time and do not share a cue."""


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of one segment, or of one cue where the segment comes from a subtitle file."""

    segment: int
    """Index in the transcript."""
    tokens: Sequence[TimedToken]
    kind: SegmentKind
    speaker: str | None
    language: str
    """The tag of the language of its tokens."""
    keep_times: bool
    """Whether the tokens are a cue of a subtitle file, which stays unchanged if possible."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive tokens of one kind and one language that may share cues."""

    tokens: Sequence[TimedToken]
    """The tokens, at least one; their times never go back."""
    segments: Sequence[int]
    """The index of each token's segment."""
    kind: SegmentKind
    language: str
    free_until_ms: int | None
    """The latest end of the last cue, at the gap before the next stretch or at the end of the film;
    None if nothing limits it."""
    speaker_changes: frozenset[int] = frozenset()
    """Indices of the tokens at which another speaker begins."""
    keep_times: bool = False
    """Whether the tokens are one cue of a subtitle file."""


def utterance(
    index: int,
    segment: Segment,
    tokens: Sequence[TimedToken],
    language: str,
    *,
    keep_times: bool = False,
) -> Utterance:
    """The utterance of a segment or of one of its cues.

    Args:
        index: The index of the segment.
        segment: The segment.
        tokens: Its tokens, or those of one of its cues.
        language: The tag of the language of the tokens.
        keep_times: Whether the tokens are a cue of a subtitle file.
    """
    return Utterance(
        segment=index,
        tokens=tokens,
        kind=segment.kind,
        speaker=segment.speaker,
        language=language,
        keep_times=keep_times,
    )


def build_stretches(
    utterances: Sequence[Utterance], rules: Rules, facts: FilmFacts
) -> list[Stretch]:
    """The stretches in the order of their starts.

    Args:
        utterances: The utterances, in any order; each has at least one token.
        rules: The rules of the language.
        facts: The facts about the film.
    """
    shot_rules = facts.shot_rules(rules)
    groups: list[list[Utterance]] = []
    for following in sorted(utterances, key=lambda utterance: utterance.tokens[0].start_ms):
        if groups and _may_share_cue(groups[-1][-1], following, rules, shot_rules):
            groups[-1].append(following)
        else:
            groups.append([following])
    stretches: list[Stretch] = []
    for index, group in enumerate(groups):
        free_until_ms = facts.film_end_ms
        if index + 1 < len(groups):
            free_until_ms = groups[index + 1][0].tokens[0].start_ms - facts.gap_ms(rules)
        stretches.append(_stretch(group, free_until_ms))
    return stretches


def _may_share_cue(
    before: Utterance, after: Utterance, rules: Rules, shot_rules: ShotRules
) -> bool:
    """Whether the end of one utterance and the start of the next may be in one cue."""
    end, start = before.tokens[-1].end_ms, after.tokens[0].start_ms
    if before.kind != "speech" or after.kind != "speech" or before.language != after.language:
        return False
    if before.keep_times or after.keep_times:
        return before.keep_times and after.keep_times and _shared_cue(before, after)
    if shot_rules.between(end, start):
        return False
    if not -OVERLAP_MS <= start - end <= SHARE_WITHIN_MS:
        return False
    if _speaker_changes(before, after):
        return bool(rules.dialogue_dash)
    return ends_sentence(before.tokens[-1].text, after.tokens[0].text)


def _shared_cue(before: Utterance, after: Utterance) -> bool:
    """Whether both utterances were one cue of the subtitle file, with dashes for the speakers."""
    return (
        before.tokens[-1].end_ms == after.tokens[0].start_ms
        and (before.speaker or "").startswith(TURN)
        and (after.speaker or "").startswith(TURN)
        and after.speaker != f"{TURN}1"
    )


def _speaker_changes(before: Utterance, after: Utterance) -> bool:
    return None not in {before.speaker, after.speaker} and before.speaker != after.speaker


def _stretch(group: Sequence[Utterance], free_until_ms: int | None) -> Stretch:
    tokens: list[TimedToken] = []
    segments: list[int] = []
    speaker_changes: set[int] = set()
    for number, each in enumerate(group):
        if number and _speaker_changes(group[number - 1], each):
            speaker_changes.add(len(tokens))
        tokens += delayed(each.tokens, tokens[-1].end_ms) if tokens else each.tokens
        segments += [each.segment] * len(each.tokens)
    return Stretch(
        tokens=tokens,
        segments=segments,
        kind=group[0].kind,
        language=group[0].language,
        free_until_ms=free_until_ms,
        speaker_changes=frozenset(speaker_changes),
        keep_times=group[0].keep_times,
    )
