"""Finds the models for the segments in another language than the film's."""

from collections.abc import Iterable

from indicsubs.machine.profiles import direction
from indicsubs.run.run_state import RunState
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.translation import LanguageRoute
from indicsubs_text.languages import find_language

_UNAVAILABLE = frozenset({FailureCode.MISSING_MODEL, FailureCode.USAGE})
"""The failures that leave the segments untranslated: a model is absent, or the profile has none."""


def language_routes(
    state: RunState, film_language: str, other_languages: Iterable[str], target: str
) -> tuple[LanguageRoute, ...]:
    """Returns the route of each other language into one target.

    A language without a model on this machine gets a route that says why. Nothing fails: the film's
    own language is what the user asked for.

    Args:
        state: The state of the run.
        film_language: Tag of the film's language.
        other_languages: Tags of the other languages that segments are in.
        target: Tag of the target.
    """
    film, into = find_language(film_language).base, find_language(target).base
    sources = dict.fromkeys(find_language(tag).base for tag in other_languages)
    return tuple(_route(state, film, tag, into) for tag in sources if tag not in {film, into})


def _route(state: RunState, film: str, source: str, target: str) -> LanguageRoute:
    use = state.placement.translator
    if source not in use.row.languages:
        name = find_language(source).name
        return _unavailable(source, f"{use.row.title} does not know {name}.")
    try:
        pivot, model = _names(state, film, source, target)
        return LanguageRoute(
            source=source,
            model=state.model(model, use) if model else None,
            pivot=state.model(pivot, use) if pivot else None,
        )
    except IndicsubsError as error:
        if error.code not in _UNAVAILABLE:
            raise
        return _unavailable(source, error.message)


def _names(state: RunState, film: str, source: str, target: str) -> tuple[str | None, str | None]:
    """Returns the names of the models into English and into the target, as ``RunState.route``.

    A model that the user named is for the film's language: it translates another language only
    where the two are in the same family of models.
    """
    if state.spec.translation_model and not _same_family(film, source, target):
        return state.profile_route(source, target)
    return state.route(source, target)


def _same_family(film: str, source: str, target: str) -> bool:
    return film != target and direction(film, target) == direction(source, target)


def _unavailable(source: str, reason: str) -> LanguageRoute:
    return LanguageRoute(source=source, model=None, unavailable=reason)
