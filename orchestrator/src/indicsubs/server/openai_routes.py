"""OpenAI's interface for audio: transcriptions, translations into English, and the models.

Source: OpenAI's API reference, "Audio" and "Models"; its Python client.
"""

import time
from http import HTTPStatus
from typing import Final, Literal

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.profiles import PROFILES
from indicsubs.server.answers import Spoken, segments, spoken, words
from indicsubs.server.failures import RequestError, bad_request, json_answer
from indicsubs.server.languages import spoken_language
from indicsubs.server.service import Service, for_recognition, in_thread

_FIELD: Final = "file"
_OWN_MODEL: Final = "whisper-1"
"""The name that clients give who know only OpenAI's models: the server's own profile."""
_FORMATS: Final = ("json", "text", "srt", "verbose_json", "vtt")
_IGNORED: Final = {"temperature", "chunking_strategy", "include"}
"""What has no meaning here, and changes no answer's shape; parts have names as ``include[]``."""
_GRANULARITIES: Final = ("timestamp_granularities[]", "timestamp_granularities")
_KNOWN: Final = {
    *("model", "language", "languages[]", "prompt", "keywords[]", "response_format", "stream"),
    *_GRANULARITIES,
}

Task = Literal["transcribe", "translate"]


class OpenAiRoutes:
    """The handlers of the interface."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._began = int(time.time())

    async def transcriptions(self, request: Request) -> Response:
        """Answers with what is said, in the language in which it is said."""
        return await self._answer(request, "transcribe")

    async def translations(self, request: Request) -> Response:
        """Answers with what is said, in English."""
        return await self._answer(request, "translate")

    async def models(self, request: Request) -> Response:  # noqa: ARG002
        """Answers with the models, which are the profiles."""
        names = (_OWN_MODEL, *PROFILES)
        return json_answer({"object": "list", "data": [self._model(name) for name in names]})

    async def model(self, request: Request) -> Response:
        """Answers with one model."""
        name = request.path_params["name"]
        _profile(name, "")
        return json_answer(self._model(name))

    def _model(self, name: str) -> dict[str, object]:
        return {"id": name, "object": "model", "created": self._began, "owned_by": "indicsubs"}

    async def _answer(self, request: Request, task: Task) -> Response:
        film, fields = await self._service.receive(request, _FIELD)
        kind = _one(fields, "response_format") or "json"
        if kind not in _FORMATS:
            raise bad_request(
                f"response_format={kind[:80]!r}: choose from {', '.join(_FORMATS)}.",
                "response_format",
            )
        spec = self._spec(fields, task)
        await self._service.check(spec)
        job = await self._service.make(request, film, spec)
        found = await in_thread(spoken, job, "en" if task == "translate" else None)
        if kind in {"srt", "vtt"}:
            return PlainTextResponse(found.srt if kind == "srt" else found.vtt)
        if kind == "text":
            return PlainTextResponse(f"{found.text}\n")
        if kind == "json":
            return json_answer({"text": found.text})
        return json_answer(_verbose(found, task, _granularities(fields)))

    def _spec(self, fields: dict[str, list[str]], task: Task) -> JobSpec:
        unknown = [name for name in fields if name not in _KNOWN and not _is_ignored(name)]
        if unknown:
            raise bad_request(
                f"The field {unknown[0][:80]!r} is not known here. Leave it out.", unknown[0][:80]
            )
        if (_one(fields, "stream") or "false").lower() not in {"false", "0"}:
            raise bad_request("Answers are not streamed here. Leave stream out.", "stream")
        _granularities(fields)
        language = spoken_language(_one(fields, "language") or _one(fields, "languages[]"))
        own = self._service.settings.spec
        spec = for_recognition(own, language, ("en",) if task == "translate" else ())
        return replace(
            spec,
            profile=_profile(_one(fields, "model"), own.profile),
            initial_prompt=_one(fields, "prompt") or spec.initial_prompt,
            hotwords=", ".join(fields.get("keywords[]", ())) or spec.hotwords,
        )


def _profile(model: str | None, own: str) -> str:
    """Returns the profile that a model's name stands for.

    Raises:
        RequestError: There is no such model.
    """
    if not model:
        raise bad_request(f"The field model is missing. Give {_OWN_MODEL}.", "model")
    if model == _OWN_MODEL:
        return own
    if model not in PROFILES:
        raise RequestError(
            HTTPStatus.NOT_FOUND,
            f"There is no model {model[:80]!r} here. Choose from {_OWN_MODEL},"
            f" {', '.join(PROFILES)}.",
            "model_not_found",
            "model",
        )
    return model


def _is_ignored(name: str) -> bool:
    return name.partition("[")[0] in _IGNORED


def _granularities(fields: dict[str, list[str]]) -> set[str]:
    found = {value for name in _GRANULARITIES for value in fields.get(name, ())}
    if found - {"word", "segment"}:
        raise bad_request(
            "timestamp_granularities[]: choose from word, segment.", "timestamp_granularities[]"
        )
    return found or {"segment"}


def _one(fields: dict[str, list[str]], name: str) -> str | None:
    values = fields.get(name, [])
    if len(values) > 1:
        raise bad_request(f"The field {name} is given {len(values)} times. Give it once.", name)
    return values[0] if values else None


def _verbose(found: Spoken, task: Task, granularities: set[str]) -> dict[str, object]:
    answer: dict[str, object] = {
        "task": task,
        "language": found.language_name,
        "duration": found.duration_s,
        "text": found.text,
    }
    if "segment" in granularities:
        answer["segments"] = segments(found)
    if "word" in granularities:
        answer["words"] = words(found)
    return answer
