"""The options that say what is wanted of a film, shared by ``run``, ``prepare`` and ``plan``."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from cyclopts import Group, Parameter

from indicsubs.jobs.glossary_files import read_glossary
from indicsubs.jobs.job import JobSpec, Pivot, find_job, source_file
from indicsubs.machine.models import ProfileName
from indicsubs.machine.workspace import Workspace
from indicsubs.run.requests import check_spec
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_contract.stages import Workflow
from indicsubs_text.languages import find_language

_LANGUAGES = Group("Languages", sort_key=1)
_MODELS = Group("Models and hardware", sort_key=2)
_SPEECH = Group("Speech", sort_key=3)
_OUTPUT = Group("Subtitles and film", sort_key=4)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class JobOptions:
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
            help="Languages to translate into, separated by commas or repeated; hi-Latn is Hindi in"
            " Latin letters. Default: en.",
        ),
    ] = None
    romanised: Annotated[
        Literal["transliterate", "flag"] | None,
        Parameter(
            group=_LANGUAGES,
            help="Lines such as 'tum kahan ho': write in the native script first (default), or"
            " only report.",
        ),
    ] = None
    transcript: Annotated[
        Path | None,
        Parameter(
            group=_LANGUAGES,
            help="A transcript instead of speech recognition: SRT, VTT, ASS, TTML or a job's JSON.",
        ),
    ] = None
    glossary: Annotated[
        list[Path] | None,
        Parameter(
            group=_LANGUAGES,
            negative="",
            help="Translations of terms and names: TSV or TOML (docs/glossary.md); may be repeated."
            " Your own is always read beneath.",
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
        str | None,
        Parameter(
            group=_MODELS,
            help="Default: ctranslate2 on a CPU, torch on a GPU.",
        ),
    ] = None
    translation_precision: Annotated[
        ComputeType | None,
        Parameter(
            group=_MODELS,
            help="Default: int8 on a CPU, float16 by CUDA, else float32.",
        ),
    ] = None
    pivot: Annotated[
        Pivot | None,
        Parameter(
            group=_MODELS,
            help="Translate between Indian languages through English: auto (default) does so where"
            " their own model is not here.",
        ),
    ] = None
    device: Annotated[
        Device | None, Parameter(group=_MODELS, help="Default: the best this machine has.")
    ] = None
    backend: Annotated[
        str | None,
        Parameter(group=_MODELS, help="Engine for speech. Default: mlx on Apple Silicon."),
    ] = None
    beam_size: Annotated[int | None, Parameter(group=_MODELS, help="Default: 5.")] = None
    batch_size: Annotated[
        int | None, Parameter(group=_MODELS, help="Of speech recognition. Default: 8.")
    ] = None
    batch_tokens: Annotated[
        int | None,
        Parameter(
            group=_MODELS,
            help="Tokens translated at once. Default: what the free memory allows.",
        ),
    ] = None
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

    formats: Annotated[
        list[str] | None,
        Parameter(
            ["--formats"],
            group=_OUTPUT,
            negative="",
            help="Subtitle files to write: srt, vtt, ass, ttml, json, separated by commas."
            " Default: srt,vtt. With ass, MKV gets ASS tracks and their fonts.",
        ),
    ] = None
    purpose: Annotated[
        SubtitlePurpose | None,
        Parameter(
            group=_OUTPUT,
            help="Named and flagged as forced, or as for the deaf and hard of hearing (sdh).",
        ),
    ] = None
    font: Annotated[
        Path | None,
        Parameter(group=_OUTPUT, help="Font file for ASS, TTML and burning in. Default: Noto's."),
    ] = None
    burn_in: Annotated[
        str | None,
        Parameter(
            group=_OUTPUT,
            help="Draw the subtitles of one language into the picture (encodes it anew; needs an"
            " ffmpeg with libass).",
        ),
    ] = None
    windows_lines: Annotated[
        bool | None, Parameter(group=_OUTPUT, negative="", help="End lines with CR LF.")
    ] = None
    byte_order_mark: Annotated[
        bool | None,
        Parameter(group=_OUTPUT, negative="", help="Begin subtitle files with a byte order mark."),
    ] = None

    def given(self) -> dict[str, Any]:
        """The fields of :class:`~indicsubs.jobs.job.Ask` that the user set."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: value for name, value in values.items() if value is not None}
        if self.source_language is not None:
            given["source_language"] = find_language(self.source_language).tag
        if self.targets is not None:
            codes = [code.strip() for item in self.targets for code in item.split(",")]
            tags = [find_language(code).tag for code in codes if code]
            given["targets"] = tuple(dict.fromkeys(tags))
        if self.formats is not None:
            names = [name.strip() for item in self.formats for name in item.split(",")]
            given["formats"] = tuple(_format(name) for name in dict.fromkeys(names) if name)
        if self.burn_in is not None:
            given["burn_in"] = find_language(self.burn_in).tag
        if self.font is not None:
            given["font"] = source_file(self.font)
        if self.transcript is not None:
            given["transcript"] = source_file(self.transcript)
        if self.glossary is not None:
            given["glossary"] = read_glossary(self.glossary)
        if self.rules is not None and self.rules.lower().endswith(".toml"):
            given["rules"] = str(Path(self.rules).expanduser().resolve())
        return given


def _format(name: str) -> SubtitleFormat:
    known: dict[str, SubtitleFormat] = {known: known for known in get_args(SubtitleFormat)}
    if name not in known:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"--formats {name}: there is no such format; choose from {', '.join(known)}.",
        )
    return known[name]


def is_film(film_or_job: str) -> bool:
    """Whether a film is meant rather than a job."""
    path = Path(film_or_job)
    return path.is_file() or bool(path.suffix and not path.is_dir())


def make_spec(workspace: Workspace, film_or_job: str, options: JobOptions) -> JobSpec:
    """What is asked of a film, or of a job's film with some of the job's options changed.

    Raises:
        IndicsubsError: neither a film nor a job, or options that cannot be.
        IndicsubsError: an unknown language.
    """
    given = options.given()
    if is_film(film_or_job):
        given.setdefault("glossary", read_glossary(()))
        spec = JobSpec(source=source_file(Path(film_or_job)), **given)
        if not spec.targets and spec.workflow != "transcribe":
            spec = msgspec.structs.replace(spec, targets=("en",))
    else:
        spec = msgspec.structs.replace(find_job(workspace, film_or_job).spec, **given)
    check_spec(spec)
    return spec
