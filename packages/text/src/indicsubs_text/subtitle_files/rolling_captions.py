"""Finds captions that roll up, and takes each of their lines once. Pure.

Automatic captions of YouTube show the last line again above each new line. Between the two, they
show the last line alone for 10 ms. In WebVTT as yt-dlp saves it, the new line has times for its
words; converted to SubRip, it has none. Captions of television that were recorded as they rolled
(CEA-608, roll-up) have no short cues, but each cue begins with the last lines of the cue before.
"""

from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from indicsubs_text.subtitle_files.subtitle_file import FileCue, MalformedSubtitlesError

ROLLS_WITHIN_MS = 100
"""The largest difference between the start of a caption that rolls up and the end of the caption
before it."""
_FLASH_MS = 20
"""The longest time of a cue that only repeats the last line; nobody can read it."""
_FEWEST_ROLLS = 3
"""Without short cues and times of words, as many captions must roll up, and half of all captions;
otherwise they are lines that are said twice."""
_MOST_LINES = 4
"""The most lines that roll together; CEA-608 has at most four."""
_WARNING = "its captions repeat lines as they roll up; each line was read once."


def unrolled(
    found: Sequence[FileCue | MalformedSubtitlesError], *, has_word_times: bool = False
) -> tuple[list[FileCue | MalformedSubtitlesError], tuple[str, ...]]:
    """Returns the cues without the lines that the cue before already shows, and a warning.

    Cues that do not roll up are returned as they are, without a warning.

    Args:
        found: The cues in the order of the file; errors stay where they are.
        has_word_times: Whether the words of the file have times of their own, as only captions
            that appear word by word have them.
    """
    shown = [each for each in found if isinstance(each, FileCue)]
    if not has_word_times and not _rolls(shown):
        return list(found), ()
    kept: list[FileCue | MalformedSubtitlesError] = []
    before: FileCue | None = None
    for each in found:
        if isinstance(each, MalformedSubtitlesError):
            kept.append(each)
            continue
        repeated = _repeated(before, each) if before else 0
        lines = _lines(each)[repeated:]
        if not repeated:
            kept.append(each)
        elif lines:
            raw_text = "\n".join(each.raw_text.split("\n")[-len(lines) :])
            kept.append(replace(each, cue=replace(each.cue, lines=lines), raw_text=raw_text))
        before = each
    return kept, () if kept == list(found) else (_WARNING,)


def _rolls(cues: Sequence[FileCue]) -> bool:
    """Returns whether cues roll up, although no word has a time of its own."""
    rolls = 0
    for before, after in pairwise(cues):
        repeated = _repeated(before, after)
        is_new = len(_lines(after)) > repeated
        length_ms = after.cue.end_ms - after.cue.start_ms
        follows = after.cue.start_ms == before.cue.end_ms
        if repeated and not is_new and follows and length_ms <= _FLASH_MS:
            return True
        rolls += bool(repeated and is_new)
    return rolls >= max(_FEWEST_ROLLS, (len(cues) - 1) / 2)


def _repeated(before: FileCue, after: FileCue) -> int:
    """Returns the number of lines at the beginning of a cue that the cue before ends with."""
    if abs(after.cue.start_ms - before.cue.end_ms) > ROLLS_WITHIN_MS:
        return 0
    shown, lines = _lines(before), _lines(after)
    most = min(len(shown), len(lines), _MOST_LINES)
    return next((n for n in range(most, 0, -1) if shown[-n:] == lines[:n]), 0)


def _lines(entry: FileCue) -> tuple[str, ...]:
    return tuple(line for line in entry.cue.lines if line.strip())
