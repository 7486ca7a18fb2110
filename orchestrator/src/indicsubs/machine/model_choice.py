"""The models that a profile needs on this machine, for all languages or for some."""

from collections.abc import Iterable, Sequence

from indicsubs.machine.hardware import Placement
from indicsubs.machine.profiles import Direction, Profile, direction
from indicsubs_contract.engines import DETECTOR, ENGINES, INDICCONFORMER, engines_for
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language


def models_of(
    profile: Profile, placement: Placement, languages: Sequence[str] | None = None
) -> list[str]:
    """Returns the names of the models that runs with a profile need, without duplicates.

    The first are the recognisers, with the one that detects languages and hears doubtful segments
    again; then the aligners, then the translators.

    Args:
        profile: The profile.
        placement: The engines of this machine.
        languages: The tags of the languages that films are in and are translated into; English is
            always one of the latter. None takes all languages.
    """
    # A profile need not have models for a translator that was added.
    translators = profile.translators.get(placement.translator.row.layout.name, {})
    if languages is None:
        layouts = [
            placement.preferred(StageName.ASR, row.family).row.layout.name
            for row in engines_for(StageName.ASR)
            if row.preferred_on
        ]
        aligners: Iterable[str] = profile.aligners.values()
        directions: Iterable[Direction] = translators
    else:
        conformer = ENGINES[INDICCONFORMER.name]
        bases = [find_language(tag).base for tag in languages]
        families = dict.fromkeys(profile.families[tag] for tag in bases if tag in profile.families)
        layouts = [
            placement.preferred(StageName.ASR, family).row.layout.name for family in families
        ]
        if any(tag not in profile.aligners and tag in conformer.languages for tag in bases):
            layouts.append(conformer.layout.name)
        aligners = [profile.aligners[tag] for tag in bases if tag in profile.aligners]
        targets = [*bases, "en"]
        directions = [direction(one, other) for one in bases for other in targets if one != other]
    layouts.append(placement.uses[DETECTOR].row.layout.name)
    recognisers = [
        profile.recognisers[layout] for layout in layouts if layout in profile.recognisers
    ]
    names = (
        *recognisers,
        *aligners,
        *(translators[each] for each in directions if each in translators),
    )
    return list(dict.fromkeys(names))
