"""Tells a sentence in another language from a sentence in a wrong script."""

from collections.abc import Mapping

from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_text.languages import LANGUAGES
from indicsubs_text.scripts import letters_by_script

LEAST_PROBABILITY = 0.6
"""The lowest probability at which a text counts as one in another language. Whisper base gave
English 0.6 or more in 20 of 22 English stretches, and, because it knows little Hindi, in 4 of 60
Hindi sentences (docs/decisions/0023-script.md)."""
LEAST_RATIO = 3.0
"""The lowest ratio of this probability to that of the film's language."""
LEAST_LOG_PROBABILITY = -0.7
"""The lowest mean log probability of the text that is then decoded in that language. Above it were
all of these 20 English stretches (-0.61 and better) and none of these 4 Hindi ones (-0.77)."""
LEAST_PROBABILITY_ALIKE = 0.9
"""The lowest probability where the two languages sound alike (:data:`ALIKE`)."""
ALIKE = (frozenset({"hi", "ur"}),)
"""Languages that are one spoken language in two scripts. Everyday Hindi and Urdu differ in few
words, so only a high probability tells an Urdu song in a Hindi film."""


def other_language(
    text: str,
    probabilities: Mapping[str, float],
    language: str,
    languages: Mapping[str, EngineLanguage],
) -> str | None:
    """Returns the tag of the language that a text is probably in; None for the film's language.

    Args:
        text: A text with letters that are not in the script of the film's language.
        probabilities: The engine's probabilities for the sound, by its codes.
        language: Tag of the film's language.
        languages: The languages that the engine recognises, by tag.
    """
    script = letters_by_script(text).most_common(1)[0][0]
    candidates = [
        tag for tag in languages if tag != language and LANGUAGES[tag].own_script == script
    ]
    if not candidates:
        return None

    def probability(tag: str) -> float:
        return probabilities.get(languages[tag].code, 0.0)

    best = max(candidates, key=probability)
    alike = any({best, language} <= pair for pair in ALIKE)
    least = LEAST_PROBABILITY_ALIKE if alike else LEAST_PROBABILITY
    found = probability(best) >= max(least, LEAST_RATIO * probability(language))
    return best if found else None
