"""The routes from the languages of a film to the targets, directly or through English. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.translation import GlossaryTerm, TranslationTarget
from indicsubs_text.languages import LANGUAGES, Language, find_language

ENGLISH = LANGUAGES["en"]


_NO_ROUTE = "No model was given for them. Run the translation again with `just run`."


class Route(NamedTuple):
    """The models on the way to a target."""

    pivot: ModelFolder | None
    """The model into English; None for a direct translation."""
    model: ModelFolder | None
    """The model into the target; None where the lines are copied."""
    unavailable: str | None = None
    """Why the lines, which are in another language, are copied and not translated, and what to do
    next; None where they are translated or need no translation."""


class Step(NamedTuple):
    """The translation of the lines of one language into one target."""

    language: int
    """Index of the language."""
    target: int
    """Index of the target."""


def routes_of(
    targets: Sequence[TranslationTarget], languages: Sequence[Language]
) -> dict[Route, list[Step]]:
    """Returns the steps of each route.

    A target in the language of the lines needs no model.

    Args:
        targets: The targets, with the models for each language.
        languages: The languages of the lines, the film's language first.

    Raises:
        IndicsubsError: ``BAD_REQUEST``, for a target without a model for the film's language.
    """
    routes: dict[Route, list[Step]] = {}
    for position, target in enumerate(targets):
        for index, language in enumerate(languages):
            route = _route(target, language, is_film_language=index == 0)
            routes.setdefault(route, []).append(Step(index, position))
    return routes


def _route(target: TranslationTarget, source: Language, *, is_film_language: bool) -> Route:
    language = find_language(target.language)
    if language == source:
        return Route(None, None)
    if is_film_language:
        if target.model is None:
            raise IndicsubsError(
                FailureCode.BAD_REQUEST,
                f"No model is given for {source.name} to {language.name}. `just models` shows"
                " the models.",
            )
        return Route(target.pivot, target.model)
    route = next((route for route in target.routes if route.source == source.tag), None)
    if route is None or route.model is None:
        return Route(None, None, (route.unavailable if route else None) or _NO_ROUTE)
    return Route(route.pivot, route.model)


def glossaries_through_english(
    terms: tuple[GlossaryTerm, ...],
) -> tuple[tuple[GlossaryTerm, ...], tuple[GlossaryTerm, ...]]:
    """Returns the glossaries of two steps, into English and from English.

    The first glossary translates a term into English, or keeps the source's term where the user
    gave no English translation. The second glossary translates the results of the first one.
    """
    english = [(term.targets.get(ENGLISH.tag, term.source), term) for term in terms]
    return (
        tuple(replace(term, targets={ENGLISH.tag: word}) for word, term in english),
        tuple(replace(term, source=word) for word, term in english),
    )
