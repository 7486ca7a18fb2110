"""The addresses of the server, and what runs beside its requests."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from indicsubs.server.asr_routes import AsrRoutes
from indicsubs.server.failures import RequestError, refusal
from indicsubs.server.guard import Guard
from indicsubs.server.job_routes import JobRoutes
from indicsubs.server.openai_routes import OpenAiRoutes
from indicsubs.server.page_routes import ASSETS, PageRoutes
from indicsubs.server.service import Service
from indicsubs_contract.errors import IndicsubsError

_LOG = logging.getLogger("indicsubs.server")
_CLEANED_EVERY_S: Final = 300.0
_AGAIN_S: Final = 5.0
"""The pause after a failure of the ledger or of the disk."""


def application(service: Service, explained: Callable[[Exception], IndicsubsError]) -> ASGIApp:
    """Returns the server's application.

    Args:
        service: The server without HTTP.
        explained: Returns any error as one with the next step.
    """
    asr, openai = AsrRoutes(service), OpenAiRoutes(service)
    jobs, page = JobRoutes(service), PageRoutes(service)
    routes = [
        Route("/asr", asr.asr, methods=["POST"]),
        Route("/detect-language", asr.detect_language, methods=["POST"]),
        Route("/status", asr.status),
        Route("/v1/audio/transcriptions", openai.transcriptions, methods=["POST"]),
        Route("/v1/audio/translations", openai.translations, methods=["POST"]),
        Route("/v1/models", openai.models),
        Route("/v1/models/{name}", openai.model),
        Route("/jobs", jobs.create, methods=["POST"]),
        Route("/jobs", jobs.all),
        Route("/jobs/{number}", jobs.one),
        Route("/jobs/{number}", jobs.remove, methods=["DELETE"]),
        Route("/jobs/{number}/retry", jobs.retry, methods=["POST"]),
        Route("/jobs/{number}/priority", jobs.prioritise, methods=["POST"]),
        Route("/jobs/{number}/pause", jobs.pause, methods=["POST"]),
        Route("/jobs/{number}/files/{name}", jobs.file),
        Route("/events", jobs.events),
        Route("/library", jobs.library),
        Route("/options", jobs.options),
        Route("/health", page.health),
        Route("/login", page.login, methods=["POST"]),
        Route("/", page.index),
        *(Route(f"/{name}", page.asset) for name in ASSETS),
    ]

    def refused(error: Exception) -> RequestError:
        if isinstance(error, RequestError):
            return error
        if isinstance(error, HTTPException):
            return RequestError(
                HTTPStatus(error.status_code),
                "There is no such address, or not for this method; docs/how-to/serve.md has all.",
                "no_address",
            )
        return refusal(explained(error))

    async def no_address(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise HTTPException(HTTPStatus.NOT_FOUND)

    handlers = Router(
        routes,
        redirect_slashes=False,
        default=no_address,
        lifespan=lambda _app: _beside(service),
    )
    return Guard(handlers, service.settings, Route("/", page.login_page).app, refused)


@asynccontextmanager
async def _beside(service: Service) -> AsyncGenerator[None]:
    """Keeps the board up to date and removes old uploads, as long as the server runs."""
    tasks = [
        asyncio.create_task(_again(service.board.keep, 0.0)),
        asyncio.create_task(_again(service.remove_expired, _CLEANED_EVERY_S)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _again(action: Callable[[], Awaitable[None]], pause_s: float) -> None:
    """Does something again and again; a failure of the disk does not end it."""
    while True:
        try:
            await action()
        except (IndicsubsError, OSError):
            _LOG.exception("The queue cannot be read; it is tried again.")
            await asyncio.sleep(_AGAIN_S)
        await asyncio.sleep(pause_s)
