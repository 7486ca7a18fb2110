"""The languages that clients name, as Whisper's codes, as tags or by their English names."""

from indicsubs.server.failures import bad_request
from indicsubs_contract.errors import IndicsubsError
from indicsubs_text.languages import find_language


def spoken_language(value: str | None) -> str | None:
    """Returns the tag of the language that a client names; None where it names none.

    Raises:
        RequestError: No such language is known.
    """
    if not value or value.lower() == "auto":
        return None
    return language(value)


def language(value: str, parameter: str = "language") -> str:
    """Returns the tag of a language.

    Raises:
        RequestError: No such language is known.
    """
    try:
        return find_language(value).tag
    except IndicsubsError as error:
        raise bad_request(error.message, parameter) from error
