"""The interface of whisper-asr-webservice, which Bazarr's provider "Whisper" calls.

Sources: ahmetoner/whisper-asr-webservice, app/webservice.py; morpheus65535/bazarr,
custom_libs/subliminal_patch/providers/whisperai.py and bazarr/app/ui.py.
"""

from importlib.metadata import version
from pathlib import PurePosixPath
from typing import cast
from urllib.parse import quote

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from indicsubs.server.answers import FORMATS, AnswerFormat, language_name, spoken, text_of
from indicsubs.server.failures import bad_request, json_answer
from indicsubs.server.languages import spoken_language
from indicsubs.server.service import Service, for_recognition, in_thread

_FIELD = "audio_file"
_YES, _NO = {"true", "1", "yes", "on", "t", "y"}, {"false", "0", "no", "off", "f", "n"}


class AsrRoutes:
    """The handlers of the interface."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def asr(self, request: Request) -> Response:
        """Answers with the subtitles of a film or its audio, when they are made."""
        query = request.query_params
        output = _choice(query.get("output") or "txt", "output", FORMATS)
        task = _choice(query.get("task") or "transcribe", "task", ("transcribe", "translate"))
        with_words = _flag(request, "word_timestamps", default=False)
        if _flag(request, "diarize", default=False):
            raise bad_request("Speakers are not told apart here. Leave diarize out.", "diarize")
        language = spoken_language(query.get("language"))
        targets = ("en",) if task == "translate" else ()
        spec = for_recognition(self._service.settings.spec, language, targets)
        spec = replace(spec, initial_prompt=query.get("initial_prompt") or spec.initial_prompt)
        await self._service.check(spec)
        film, _ = await self._service.receive(
            request, _FIELD, is_raw=_is_raw(request), name=_name(request)
        )
        job = await self._service.make(request, film, spec)
        found = await in_thread(spoken, job, targets[0] if targets else None)
        text = text_of(found, cast("AnswerFormat", output), with_words=with_words)
        name = quote(f"{query.get('video_file') or film.name}.{output}")
        return PlainTextResponse(
            text,
            headers={
                "Asr-Engine": "indicsubs",
                "Content-Disposition": f'attachment; filename="{name}"',
            },
        )

    async def detect_language(self, request: Request) -> Response:
        """Answers with the language that is spoken in a film or its audio."""
        film, _ = await self._service.receive(
            request, _FIELD, is_raw=_is_raw(request), name=_name(request)
        )
        found = await self._service.detect(request, film)
        return json_answer(
            {
                "detected_language": language_name(found.tag),
                "language_code": found.tag,
                "confidence": found.probability,
            }
        )

    async def status(self, request: Request) -> Response:  # noqa: ARG002
        """Answers with the version, which the button "Test" of Bazarr's settings shows."""
        return json_answer({"version": f"indicsubs {version('indicsubs')}"})


def _choice(value: str, name: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise bad_request(f"{name}={value[:80]!r}: choose from {', '.join(known)}.", name)
    return value


def _is_raw(request: Request) -> bool:
    """Returns whether the audio is 16 kHz mono s16le without a header."""
    return not _flag(request, "encode", default=True)


def _flag(request: Request, name: str, *, default: bool) -> bool:
    """Returns a parameter that is true or false, as FastAPI reads it."""
    value = request.query_params.get(name)
    if not value:
        return default
    if value.lower() not in _YES | _NO:
        raise bad_request(f"{name}={value[:80]!r}: choose from true, false.", name)
    return value.lower() in _YES


def _name(request: Request) -> str:
    """Returns the film's own name, which Bazarr can be set to send; empty where it is not sent."""
    return PurePosixPath(request.query_params.get("video_file") or "").name
