"""Answers about failures: the status, and one sentence with the next step, in OpenAI's shape."""

from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from indicsubs_contract.errors import FailureCode, IndicsubsError

_STATUS: Final[dict[FailureCode, HTTPStatus]] = {
    FailureCode.USAGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    FailureCode.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    FailureCode.BAD_INPUT: HTTPStatus.UNPROCESSABLE_ENTITY,
    FailureCode.NO_INPUT: HTTPStatus.NOT_FOUND,
    FailureCode.MISSING_MODEL: HTTPStatus.UNPROCESSABLE_ENTITY,
    FailureCode.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    FailureCode.BROKEN_ENVIRONMENT: HTTPStatus.SERVICE_UNAVAILABLE,
    FailureCode.DEVICE: HTTPStatus.SERVICE_UNAVAILABLE,
    FailureCode.OUT_OF_MEMORY: HTTPStatus.SERVICE_UNAVAILABLE,
    FailureCode.INTERRUPTED: HTTPStatus.SERVICE_UNAVAILABLE,
    FailureCode.UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each kind of failure; the others are faults of the server."""


class RequestError(Exception):
    """A request that is refused.

    Args:
        status: The status of the answer.
        message: What is wrong, and the next step.
        code: A word for programs.
        parameter: The field or parameter that is wrong.
        closes: Whether the connection is closed, as what follows cannot be trusted.
    """

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        code: str = "bad_request",
        parameter: str = "",
        *,
        closes: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.parameter = parameter
        self.closes = closes


def bad_request(message: str, parameter: str = "") -> RequestError:
    """Returns the refusal of a request that cannot be understood."""
    return RequestError(HTTPStatus.BAD_REQUEST, message, "bad_request", parameter)


def refusal(error: IndicsubsError) -> RequestError:
    """Returns the refusal for an expected failure."""
    status = _STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    return RequestError(status, printable_text(error.message), error.code)


def failed_film(code: str | None, message: str | None) -> RequestError:
    """Returns the refusal for a film that has failed, from what the ledger says."""
    try:
        kind = FailureCode(code or "")
    except ValueError:  # of another version
        kind = FailureCode.BUG
    if kind is FailureCode.NO_INPUT:  # the film, and not the address of the request
        kind = FailureCode.BAD_INPUT
    return refusal(IndicsubsError(kind, message or "The film has failed."))


def error_answer(error: RequestError) -> Response:
    """Returns the answer to a request that is refused, in the shape of OpenAI's errors."""
    kind = "invalid_request_error" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "error"
    body = {
        "error": {
            "message": error.message,
            "type": kind,
            "param": error.parameter or None,
            "code": error.code,
        }
    }
    headers = {"Retry-After": "10"} if error.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.closes:
        headers["Connection"] = "close"
    return json_answer(body, error.status, headers)


def printable_text(text: str) -> str:
    """Returns a text in which bytes of paths that are not UTF-8 are escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def json_answer(
    value: object, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> Response:
    """Returns an answer in JSON."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")
