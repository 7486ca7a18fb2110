"""Judges a segment by what a second recogniser hears in its time. Pure."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from msgspec.structs import replace

from indicsubs_contract.transcript import SecondHearing, Segment
from indicsubs_recognition.borrowed_punctuation import borrow_punctuation
from indicsubs_recognition.doubts import letters

SAME_WORDS = 0.5
"""The least agreement at which both recognisers heard the same words, with errors."""
OTHER_WORDS = 0.25
"""The agreement below which they heard different words. Unrelated sentences of one language agree
to about 0.2, because letters are few."""


def agreement(one: str, other: str) -> float:
    """Returns the share of letters that two texts have in common, in their order, 0 to 1.

    It is twice the number of common letters divided by the number of all letters (Ratcliff and
    Obershelp, as :mod:`difflib` computes it). Punctuation, case and spaces do not count.

    >>> agreement("Close the door.", "close the doors"), agreement("", "door")
    (0.96, 0.0)
    """
    ratio = SequenceMatcher(None, letters(one), letters(other), autojunk=False).ratio()
    return round(ratio, 3)


def judge(
    segment: Segment,
    reasons: Sequence[str],
    second: Segment | None,
    engine: str,
    *,
    blanks_mean_silence: bool,
    corrects: bool,
    punctuates: bool = False,
) -> Segment:
    """Returns the segment as it is kept, corrected or quarantined after the second hearing.

    Args:
        segment: The first recogniser's segment.
        reasons: The reasons to doubt its text.
        second: What the second recogniser made of the same time; None where it heard no words.
        engine: Name of the second recogniser.
        blanks_mean_silence: Whether the second recogniser hears words wherever there are some, so
            that its silence alone is a reason to quarantine.
        corrects: Whether the second recogniser makes few enough errors to be right where both
            heard words.
        punctuates: Whether the second recogniser writes punctuation and the first one does not.
    """
    if second is None:
        heard = replace(
            segment, second_hearing=SecondHearing(engine=engine, text="", agreement=0.0)
        )
        reason = "a second recogniser hears no words here"
        if reasons or segment.quarantined or blanks_mean_silence:
            return replace(heard, quarantined=_joined(reason, *reasons))
        return replace(heard, note=reason)
    share = agreement(segment.text, second.text)
    heard = replace(
        segment,
        second_hearing=SecondHearing(engine=engine, text=second.text, agreement=share),
    )
    if share >= SAME_WORDS:
        kept = replace(heard, quarantined=None)
        return borrow_punctuation(kept, second.text) if punctuates else kept
    if not corrects:
        return heard
    if reasons and second.note is None:
        return replace(
            second,
            second_hearing=SecondHearing(
                engine=engine, text=second.text, agreement=share, replaced=segment.text
            ),
        )
    if share < OTHER_WORDS:
        reason = "a second recogniser hears other words here"
        if reasons:
            return replace(heard, quarantined=_joined(reason, *reasons))
        return replace(heard, note=reason)
    return heard


def _joined(*reasons: str) -> str:
    return "; ".join(dict.fromkeys(reasons))
