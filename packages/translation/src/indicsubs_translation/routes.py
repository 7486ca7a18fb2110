"""The routes from the source language to the targets, directly or through English. Pure."""

from typing import NamedTuple

from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.translation import GlossaryTerm, TranslationTarget
from indicsubs_text.languages import LANGUAGES, Language, find_language

ENGLISH = LANGUAGES["en"]


class Route(NamedTuple):
    """The models on the way to a target."""

    pivot: ModelFolder | None
    """The model into English; None for a direct translation."""
    model: ModelFolder | None
    """The model into the target; None where the lines are copied."""


def routes_of(targets: tuple[TranslationTarget, ...], source: Language) -> dict[Route, list[int]]:
    """Returns the positions of the targets of each route.

    A target in the source language needs no model.

    Raises:
        IndicsubsError: ``BAD_REQUEST``, for a target in another language without a model.
    """
    routes: dict[Route, list[int]] = {}
    for position, target in enumerate(targets):
        language = find_language(target.language)
        same = language == source
        if target.model is None and not same:
            raise IndicsubsError(
                FailureCode.BAD_REQUEST,
                f"No model is given for {source.name} to {language.name}. `indicsubs models` shows"
                " the models.",
            )
        route = Route(None, None) if same else Route(target.pivot, target.model)
        routes.setdefault(route, []).append(position)
    return routes


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
