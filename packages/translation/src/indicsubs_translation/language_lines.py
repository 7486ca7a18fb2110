"""Groups the lines of a film by the language that they are in. Pure.

Each language is a text of its own for the checks, the glossary and the spelling of names: a line is
never judged by the lines of another language, and equal lines of two languages stay apart.
"""

from collections.abc import Sequence
from typing import NamedTuple

from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.languages import LANGUAGES, Language, find_language
from indicsubs_text.overlap import is_shown
from indicsubs_text.transliteration.romanised import LineKind, classify_all, to_native
from indicsubs_translation.reading_time import reading_times


class LanguageLines(NamedTuple):
    """The lines of a film in one language, in the order of the film."""

    language: Language
    indices: tuple[int, ...]
    """The indices of their segments."""
    lines: list[str]
    """As they are in the transcript."""
    kinds: list[LineKind]
    native: list[str]
    """The lines to translate; Romanised ones are in the script of their language if possible."""
    times_ms: list[int]
    """The longest time to show each line."""

    @property
    def converted(self) -> int:
        """The number of Romanised lines that were converted to another script."""
        return sum(a != b for a, b in zip(self.native, self.lines, strict=True))


def lines_by_language(
    film: Transcript, doubtful: Doubtful, *, romanised_converted: bool
) -> list[LanguageLines]:
    """Returns the lines of each language: those in the film's language, then the others.

    Args:
        film: The transcript.
        doubtful: Whether the lines of quarantined segments are among them.
        romanised_converted: Whether Romanised lines are converted to their language's script.

    Raises:
        IndicsubsError: ``BAD_INPUT`` for a language that indicsubs does not know.
    """
    times = reading_times(film.segments)
    groups: dict[Language, list[int]] = {LANGUAGES[find_language(film.language).base]: []}
    for index, segment in enumerate(film.segments):
        if is_shown(segment, doubtful):
            groups.setdefault(language_of(segment, film.language), []).append(index)
    return [
        _language_lines(language, indices, film.segments, times, convert=romanised_converted)
        for language, indices in groups.items()
    ]


def language_of(segment: Segment, film_language: str) -> Language:
    """Returns the language of a segment.

    Args:
        segment: The segment.
        film_language: Tag of the transcript's language.

    Raises:
        IndicsubsError: ``BAD_INPUT`` for a language that indicsubs does not know.
    """
    return LANGUAGES[find_language(segment.language or film_language).base]


def _language_lines(
    language: Language,
    indices: Sequence[int],
    segments: Sequence[Segment],
    times: Sequence[int],
    *,
    convert: bool,
) -> LanguageLines:
    lines = [segments[index].text for index in indices]
    kinds = classify_all(lines, language)
    native = [
        (to_native(line, language) if convert and kind == "romanised" else None) or line
        for line, kind in zip(lines, kinds, strict=True)
    ]
    return LanguageLines(
        language, tuple(indices), lines, kinds, native, [times[index] for index in indices]
    )
