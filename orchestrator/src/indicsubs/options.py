"""The options that say what is wanted of a film, shared by ``run``, ``prepare`` and ``plan``."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import Group, Parameter

from indicsubs.jobs import Ask, find_job, source_file
from indicsubs.models import ProfileName
from indicsubs.requests import check_ask
from indicsubs.workspace import Workspace
from indicsubs_contract.languages import find_language
from indicsubs_contract.messages import Device, TranslationEngine
from indicsubs_contract.stages import Backend, Workflow

_LANGUAGES = Group("Languages", sort_key=1)
_MODELS = Group("Models and hardware", sort_key=2)
_SPEECH = Group("Speech", sort_key=3)
_OUTPUT = Group("Subtitles and film", sort_key=4)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AskOptions:
    """What is wanted. None takes the job's own value, or the default."""

    source_language: Annotated[
        str | None,
        Parameter(
            ["--source", "-s"],
            group=_LANGUAGES,
            help="Language spoken: hi, ta, hin_Deva, Tamil... Detected when left out.",
        ),
    ] = None
    targets: Annotated[
        list[str] | None,
        Parameter(
            ["--target", "-t"],
            group=_LANGUAGES,
            negative="",
            help="Languages to translate into, separated by commas or repeated. Default: en.",
        ),
    ] = None
    transcript: Annotated[
        Path | None,
        Parameter(
            group=_LANGUAGES,
            help="A transcript instead of speech recognition: SRT, VTT, or the job's JSON, edited.",
        ),
    ] = None
    workflow: Annotated[
        Workflow | None,
        Parameter(
            ["--workflow", "-w"],
            group=_LANGUAGES,
            help="transcribe: up to the transcript; translate: up to subtitle files;"
            " subtitle (default): up to the film.",
        ),
    ] = None
    profile: Annotated[
        ProfileName | None,
        Parameter(
            ["--profile", "-p"], group=_MODELS, help="The models of all stages. Default: fast."
        ),
    ] = None
    asr_model: Annotated[
        str | None, Parameter(group=_MODELS, help="Another speech model: hub name or folder.")
    ] = None
    alignment_model: Annotated[
        str | None, Parameter(group=_MODELS, help="Another aligner: hub name or folder.")
    ] = None
    translation_model: Annotated[
        str | None, Parameter(group=_MODELS, help="Another translator: hub name or folder.")
    ] = None
    translation_engine: Annotated[
        TranslationEngine | None,
        Parameter(
            group=_MODELS,
            help="Default: torch. On a CPU ctranslate2 computes in int8.",
        ),
    ] = None
    device: Annotated[
        Device | None, Parameter(group=_MODELS, help="Default: the best this machine has.")
    ] = None
    backend: Annotated[
        Backend | None,
        Parameter(group=_MODELS, help="Engine for speech. Default: mlx on Apple Silicon."),
    ] = None
    beam_size: Annotated[int | None, Parameter(group=_MODELS, help="Default: 5.")] = None
    batch_size: Annotated[int | None, Parameter(group=_MODELS, help="Default: 8.")] = None
    audio_track: Annotated[
        int | None,
        Parameter(
            group=_SPEECH, help="Which audio track, from 0. Default: by language, then default."
        ),
    ] = None
    channel: Annotated[
        Literal["auto", "center", "left", "right", "mix"] | None,
        Parameter(group=_SPEECH, help="Default, auto: the centre of 5.1 and 7.1, else a mix."),
    ] = None
    initial_prompt: Annotated[
        str | None, Parameter(group=_SPEECH, help="Text in the style of the film's dialogue.")
    ] = None
    hotwords: Annotated[
        str | None, Parameter(group=_SPEECH, help="Names and words that are likely to be said.")
    ] = None
    chunk_ms: Annotated[
        int | None,
        Parameter(group=_SPEECH, help="Longest stretch given to the recogniser at once."),
    ] = None
    container: Annotated[
        Literal["auto", "mkv", "mp4"] | None,
        Parameter(group=_OUTPUT, help="Default, auto: MP4 stays MP4, all else becomes MKV."),
    ] = None
    rules: Annotated[
        str | None,
        Parameter(
            group=_OUTPUT,
            help="Rules of the subtitles: house (default), netflix, bbc... or a TOML file of"
            " yours. `indicsubs profiles` shows them.",
        ),
    ] = None
    line_characters: Annotated[
        int | None,
        Parameter(group=_OUTPUT, help="Longest line of a cue. Default: as the rules say."),
    ] = None

    def given(self) -> dict[str, Any]:
        """The fields of :class:`~indicsubs.jobs.Ask` that the user set."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: value for name, value in values.items() if value is not None}
        if self.source_language is not None:
            given["source_language"] = find_language(self.source_language).tag
        if self.targets is not None:
            codes = [code.strip() for item in self.targets for code in item.split(",")]
            tags = [find_language(code).tag for code in codes if code]
            given["targets"] = tuple(dict.fromkeys(tags))
        if self.transcript is not None:
            given["transcript"] = source_file(self.transcript)
        if self.rules is not None and self.rules.lower().endswith(".toml"):
            given["rules"] = str(Path(self.rules).expanduser().resolve())
        return given


def make_ask(workspace: Workspace, film_or_job: str, options: AskOptions) -> Ask:
    """What is asked of a film, or of a job's film with some of the job's options changed.

    Raises:
        CommandError: neither a film nor a job, or options that cannot be.
        StageError: an unknown language.
    """
    path = Path(film_or_job)
    given = options.given()
    if path.is_file() or (path.suffix and not path.is_dir()):
        ask = Ask(source=source_file(path), **given)
        if not ask.targets and ask.workflow != "transcribe":
            ask = msgspec.structs.replace(ask, targets=("en",))
    else:
        ask = msgspec.structs.replace(find_job(workspace, film_or_job).ask, **given)
    check_ask(ask)
    return ask
