"""The options of a job that a client may set: none of them names a file of the server."""

import re
from typing import Any, Final

import msgspec
from msgspec.structs import asdict, replace

from indicsubs.library.wishes import Wish
from indicsubs.run.checks import check_spec
from indicsubs.server.failures import bad_request
from indicsubs.server.languages import language, spoken_language
from indicsubs.server.settings import ServerSettings
from indicsubs_contract.errors import IndicsubsError

MOST_PRIORITY: Final = 1000


class JobOptionsOfClients(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client asks for; absent fields have the server's own values.

    The names and values are those of the options of ``just run``.
    """

    path: str = ""
    """The film or the folder in a library; absent for an upload."""
    source: str | None = None
    """The spoken language; ``auto`` detects it."""
    target: list[str] | None = None
    """The languages to translate into; an empty list translates into none."""
    workflow: str | None = None
    profile: str | None = None
    purpose: str | None = None
    formats: list[str] | None = None
    rules: str | None = None
    romanised: str | None = None
    initial_prompt: str | None = None
    hotwords: str | None = None
    audio_track: int | None = None
    channel: str | None = None
    pivot: str | None = None
    script: str | None = None
    witness: str | None = None
    doubtful: str | None = None
    container: str | None = None
    memory: str | None = None
    line_characters: int | None = None
    beam_size: int | None = None
    beside: bool | None = None
    """Whether the subtitles are copied beside the film; not for uploads."""
    redo: bool = False
    """Whether a film that has the wanted subtitles is done, too."""
    overwrite: bool = False
    """Whether subtitles beside the film that a person made are replaced."""
    priority: int = 0
    """0 to 1000; the films with the highest number are next."""


_NOT_OF_SPEC: Final = {"path", "source", "target", "beside", "redo", "overwrite", "priority"}


def read_options(body: bytes | dict[str, Any]) -> JobOptionsOfClients:
    """Reads what a client asks for, from JSON or from the fields of a form.

    Raises:
        RequestError: It is not JSON, or has unknown fields or values of wrong types.
    """
    try:
        if isinstance(body, bytes):
            options = msgspec.json.decode(body, type=JobOptionsOfClients)
        else:
            options = msgspec.convert(body, JobOptionsOfClients, strict=False)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise bad_request(f"The options cannot be used: {error}.") from error
    if not 0 <= options.priority <= MOST_PRIORITY:
        raise bad_request(f"priority: give a whole number from 0 to {MOST_PRIORITY}.", "priority")
    return options


def wish_of_client(
    options: JobOptionsOfClients, settings: ServerSettings, *, is_upload: bool
) -> Wish:
    """Returns what a client wants of each film.

    Raises:
        RequestError: A value cannot be used.
    """
    given: dict[str, Any] = {
        name: tuple(value) if name == "formats" else value
        for name, value in asdict(options).items()
        if value is not None and name not in _NOT_OF_SPEC
    }
    if options.source is not None:
        given["source_language"] = spoken_language(options.source)
    if options.target is not None:
        targets = dict.fromkeys(language(tag, "target") for tag in options.target)
        given["targets"] = tuple(targets)
    if options.rules is not None and not re.fullmatch(r"[a-z0-9-]+", options.rules):
        raise bad_request("rules: give the name of a rule profile, and no file.", "rules")
    spec = replace(settings.spec, **given)
    try:
        check_spec(spec)
    except IndicsubsError as error:
        raise bad_request(error.message) from error
    beside = (settings.beside if options.beside is None else options.beside) and not is_upload
    if beside and options.workflow is None and spec.workflow == "subtitle" and not spec.burn_in:
        spec = replace(spec, workflow="translate")  # films with tracks would fill the disk
    return Wish(
        spec=spec,
        copied=spec.formats if options.formats is not None else ("srt",),
        beside=beside,
        redo=options.redo or is_upload,
        overwrite=options.overwrite,
    )
