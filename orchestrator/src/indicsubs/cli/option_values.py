"""Values of options: numbers in a range, and languages; others are usage errors that say why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

from cyclopts import Parameter, Token

from indicsubs.jobs.option_ranges import number_range
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import shortened
from indicsubs_text.languages import find_language

T = TypeVar("T")


@dataclass(frozen=True)
class NumberIn:
    """Reads a number of a closed range; cyclopts calls it with the words after the option."""

    least: float
    most: float
    unit: str = ""
    whole: bool = False

    def __call__(self, _kind: object, tokens: Sequence[Token]) -> float:
        """Returns the number.

        Raises:
            ValueError: The value is no number of the range; the message names the range.
        """
        text = tokens[0].value
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:  # a number of thousands of digits too
            value = math.nan
        if not self.least <= value <= self.most:  # NaN is in no range
            raise ValueError(f"{shortened(text)!r}: {self.expected}")
        return value

    @property
    def expected(self) -> str:
        """The range as an imperative sentence without a full stop."""
        noun = "a whole number" if self.whole else "a number"
        unit = f" of {self.unit}" if self.unit else ""
        return f"give {noun}{unit} from {self.least:g} to {self.most:g}"


def whole_number(field: str) -> Parameter:
    """Returns the parameter of a whole number that is a field of the specification."""
    least, most = number_range(field)
    return Parameter(converter=NumberIn(least, most, whole=True))


StageLimit: TypeAlias = Annotated[
    float,
    Parameter(converter=NumberIn(0.01, 10080, "minutes")),
    Parameter(help="Minutes without a message from a stage after which it is stopped."),
]
"""How long a stage may be silent: at most a week."""


PRIORITY = NumberIn(0, 1000, whole=True)
"""The priority of a film in the queue."""


def language_option(option: str, value: str) -> str:
    """Returns the tag of a language that an option names.

    Raises:
        IndicsubsError: ``USAGE`` where the language is unknown; the message names similar ones.
    """
    try:
        return find_language(value).tag
    except IndicsubsError as error:
        raise IndicsubsError(FailureCode.USAGE, f"{option}: {error.message}") from error


def language_options(option: str, values: list[str]) -> tuple[str, ...]:
    """Returns the tags of the languages that an option names, separated by commas or repeated.

    Raises:
        IndicsubsError: ``USAGE`` where there is none, one is unknown or one is given twice.
    """
    tags = [language_option(option, code) for code in listed(option, values)]
    return without_repeats(option, tags)


def listed(option: str, values: list[str]) -> list[str]:
    """Returns the parts of values that are separated by commas.

    Raises:
        IndicsubsError: ``USAGE`` where there are none.
    """
    parts = [part.strip() for value in values for part in value.split(",")]
    if not any(parts):
        raise IndicsubsError(
            FailureCode.USAGE, f"{option} has no value. Give one or more, separated by commas."
        )
    return [part for part in parts if part]


def without_repeats(option: str, values: list[T]) -> tuple[T, ...]:
    """Returns the values of an option.

    Raises:
        IndicsubsError: ``USAGE`` where a value is given twice.
    """
    for index, value in enumerate(values):
        if value in values[:index]:
            raise IndicsubsError(
                FailureCode.USAGE, f"{option}: {value} is given twice. Give each value once."
            )
    return tuple(values)
