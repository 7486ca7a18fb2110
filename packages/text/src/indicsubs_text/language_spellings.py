"""Finds the languages that a mistyped name or code may mean.

The table holds names that people type and that are not in the table of languages: older official
names, and other Latin spellings. They are suggested and never taken silently, because some of them
are also names of scripts or peoples.
"""

from collections.abc import Mapping
from difflib import get_close_matches

_OTHER_NAMES = {
    "angrezi": "en",
    "asamiya": "as",
    "axomiya": "as",
    "bangla": "bn",
    "bengoli": "bn",
    "boro": "brx",
    "devanagari": "hi",
    "gujrati": "gu",
    "gurmukhi": "pa",
    "hindustani": "hi",
    "kannad": "kn",
    "canarese": "kn",
    "koshur": "ks",
    "malyalam": "ml",
    "meitei": "mni",
    "meiteilon": "mni",
    "meithei": "mni",
    "nepalese": "ne",
    "oriya": "or",
    "panjabi": "pa",
    "samskritam": "sa",
    "santhali": "sat",
    "tamizh": "ta",
    "telegu": "te",
    "हिंदी": "hi",
}
"""Tags by other names, in lower case."""

_SIMILAR = 0.6
"""The least similarity of two spellings, as difflib measures it: ``hni`` and ``hi`` have 0.8."""
_MOST = 3
"""The number of languages that are suggested at most."""
_LONGEST = 60
"""A text with more characters is no misspelling of a name."""


def similar_tags(name: str, known: Mapping[str, str]) -> list[str]:
    """Returns the tags of languages with a similar name or code, the most similar first.

    >>> similar_tags("bangla", {}), similar_tags("tamli", {"tamil": "ta", "telugu": "te"})
    (['bn'], ['ta'])

    Args:
        name: What was typed, in lower case.
        known: Tags by names and codes in lower case.
    """
    if name in _OTHER_NAMES:
        return [_OTHER_NAMES[name]]
    if len(name) > _LONGEST:
        return []
    tags = _OTHER_NAMES | dict(known)
    close = get_close_matches(name, tags, n=_MOST, cutoff=_SIMILAR)
    return list(dict.fromkeys(tags[each] for each in close))
