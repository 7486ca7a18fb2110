"""The options of a job, shared by ``run``, ``prepare`` and ``plan``."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from cyclopts import Group, Parameter

from indicsubs.cli.option_values import (
    language_option,
    language_options,
    listed,
    whole_number,
    without_repeats,
)
from indicsubs.jobs.files import source_file
from indicsubs.jobs.glossary_files import read_glossary
from indicsubs.jobs.input_files import absolute_path, check_input_file, is_file, is_folder
from indicsubs.jobs.specification import Pivot
from indicsubs.jobs.subtitle_sources import check_readable
from indicsubs.machine.profiles import ProfileName
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import Decoding
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_contract.stages import Workflow

_LANGUAGES = Group("Languages", sort_key=1)
_MODELS = Group("Models and hardware", sort_key=2)
_SPEECH = Group("Speech", sort_key=3)
_OUTPUT = Group("Subtitles and film", sort_key=4)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """The options that a user can give a job. None takes the job's own value, or the default."""

    source_language: Annotated[
        str | None,
        Parameter(
            ["--source", "-s"],
            group=_LANGUAGES,
            help="Language spoken in the film: hi, ta, hin_Deva, Tamil... Default: detected.",
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
            help="What happens to lines such as 'tum kahan ho': transliterate (default) converts"
            " them into the language's script before translation; flag only marks them.",
        ),
    ] = None
    transcript: Annotated[
        Path | None,
        Parameter(
            group=_LANGUAGES,
            help="A transcript instead of speech recognition: SRT, VTT, ASS, TTML, a job's JSON, or"
            " a film with a subtitle track, which may be FILM itself. Without -s, its name gives"
            " its language, as in film.hi.srt.",
        ),
    ] = None
    glossary: Annotated[
        list[Path] | None,
        Parameter(
            group=_LANGUAGES,
            negative="",
            help="Translations of terms and names: TSV or TOML (docs/glossary.md); may be repeated."
            " Your own glossary is always read too; the files given here win over it.",
        ),
    ] = None
    workflow: Annotated[
        Workflow | None,
        Parameter(
            ["--workflow", "-w"],
            group=_LANGUAGES,
            help="Where the run ends: transcribe with the transcript, translate with subtitle"
            " files, subtitle (default) with the film.",
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
            help="Engine for translation. Default: ctranslate2 on a CPU, torch on a GPU.",
        ),
    ] = None
    translation_precision: Annotated[
        ComputeType | None,
        Parameter(
            group=_MODELS,
            help="Number format of the translation. Default: int8 on a CPU, float16 with CUDA, else"
            " float32.",
        ),
    ] = None
    pivot: Annotated[
        Pivot | None,
        Parameter(
            group=_MODELS,
            help="Translate between Indian languages through English: auto (default) does so where"
            " the direct model is not on this machine.",
        ),
    ] = None
    device: Annotated[
        Device | None,
        Parameter(
            group=_MODELS,
            help="Device that runs the models. Default: the fastest one of this machine.",
        ),
    ] = None
    backend: Annotated[
        str | None,
        Parameter(group=_MODELS, help="Engine for speech. Default: mlx on Apple Silicon."),
    ] = None
    beam_size: Annotated[
        int | None,
        whole_number("beam_size"),
        Parameter(group=_MODELS, help="Beam size of recognition and translation. Default: 5."),
    ] = None
    batch_size: Annotated[
        int | None,
        whole_number("batch_size"),
        Parameter(group=_MODELS, help="Chunks that are recognised at once. Default: 8."),
    ] = None
    batch_tokens: Annotated[
        int | None,
        whole_number("batch_tokens"),
        Parameter(
            group=_MODELS,
            help="Tokens translated at once. Default: what the free memory allows.",
        ),
    ] = None
    audio_track: Annotated[
        int | None,
        whole_number("audio_track"),
        Parameter(
            group=_SPEECH,
            help="Number of the audio track, from 0. Default: the first track in the source"
            " language, else the film's default track.",
        ),
    ] = None
    channel: Annotated[
        Literal["auto", "center", "left", "right", "mix"] | None,
        Parameter(
            group=_SPEECH,
            help="Channel of the audio track. Default: auto, which takes the centre of 5.1 and"
            " 7.1, else a mix.",
        ),
    ] = None
    initial_prompt: Annotated[
        str | None, Parameter(group=_SPEECH, help="Text in the style of the film's dialogue.")
    ] = None
    hotwords: Annotated[
        str | None, Parameter(group=_SPEECH, help="Names and words that are likely to be said.")
    ] = None
    decoding: Annotated[
        Decoding | None,
        Parameter(
            group=_SPEECH,
            help="Decoder of IndicConformer: ctc (default), or rnnt, which is slower and a little"
            " more exact.",
        ),
    ] = None
    script: Annotated[
        Literal["own", "any"] | None,
        Parameter(
            group=_SPEECH,
            help="Scripts in which Whisper may write: own (default), the language's own script, or"
            " any.",
        ),
    ] = None
    witness: Annotated[
        Literal["auto", "all", "doubtful", "none"] | None,
        Parameter(
            group=_SPEECH,
            help="Segments that a second recogniser hears too, so that invented lines are found:"
            " all, doubtful or none. Default: auto, which follows the profile.",
        ),
    ] = None
    chunk_ms: Annotated[
        int | None,
        whole_number("chunk_ms"),
        Parameter(
            group=_SPEECH,
            help="Longest chunk that is recognised at once, in milliseconds.",
        ),
    ] = None
    container: Annotated[
        Literal["auto", "mkv", "mp4"] | None,
        Parameter(
            group=_OUTPUT,
            help="Container of the new film. Default: auto, which keeps MP4 and turns other"
            " containers into MKV.",
        ),
    ] = None
    memory: Annotated[
        str | None,
        Parameter(
            group=_LANGUAGES,
            help="The name of the film's show. Where a line is said again in another episode, the"
            " translation that you corrected is used again.",
        ),
    ] = None
    edits: Annotated[
        bool | None,
        Parameter(
            ["--edits"],
            group=_OUTPUT,
            negative="--no-edits",
            help="Use the film's corrections (default), or leave them out.",
        ),
    ] = None
    rules: Annotated[
        str | None,
        Parameter(
            group=_OUTPUT,
            help="Rule profile of the subtitles: house (default), netflix, bbc... or a TOML file of"
            " yours. `just indicsubs profiles` shows them.",
        ),
    ] = None
    line_characters: Annotated[
        int | None,
        whole_number("line_characters"),
        Parameter(
            group=_OUTPUT, help="Longest line of a cue, in characters. Default: the rule profile's."
        ),
    ] = None

    doubtful: Annotated[
        Literal["auto", "leave-out", "show"] | None,
        Parameter(
            group=_OUTPUT,
            help="What happens with sentences that were probably never spoken: leave-out makes no"
            " subtitle of them, show treats them like the others. Default: auto, the profile's"
            " choice. The report lists them in any case.",
        ),
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
            help="Purpose that names of subtitle files and flags of tracks state: full (default),"
            " forced with only the lines that are not in the film's language, or sdh for the deaf"
            " and hard of hearing.",
        ),
    ] = None
    font: Annotated[
        Path | None,
        Parameter(group=_OUTPUT, help="Font file for ASS, TTML and burning in. Default: Noto."),
    ] = None
    burn_in: Annotated[
        str | None,
        Parameter(
            group=_OUTPUT,
            help="Draw the subtitles of one language into the picture. The picture is encoded"
            " again; needs an ffmpeg with libass.",
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
        """Returns the fields of :class:`JobSpec` that the user set.

        Raises:
            IndicsubsError: ``USAGE`` for an unknown language or format, for one that is given
                twice, and for an option without a value; also the errors of
                :func:`~indicsubs.jobs.files.source_file`, :func:`read_glossary` and
                :func:`check_readable`.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: value for name, value in values.items() if value is not None}
        if self.source_language is not None:
            given["source_language"] = language_option("--source", self.source_language)
        if self.targets is not None:
            given["targets"] = language_options("--target", self.targets) if self.targets else ()
        if self.formats is not None:
            names = [_format(name) for name in listed("--formats", self.formats)]
            given["formats"] = without_repeats("--formats", names)
        if self.burn_in is not None:
            given["burn_in"] = language_option("--burn-in", self.burn_in)
        if self.font is not None:
            given["font"] = source_file(Path(self.font))
        if self.transcript is not None:
            given["transcript"] = source_file(Path(self.transcript))
            check_readable(Path(self.transcript))
        if self.glossary is not None:
            given["glossary"] = read_glossary(tuple(map(Path, self.glossary)))
        if self.rules is not None and self.rules.lower().endswith(".toml"):
            given["rules"] = _rules_file(self.rules)
        return given


def _rules_file(name: str) -> str:
    """Returns the absolute path of a rule profile that the user wrote.

    Raises:
        IndicsubsError: As :func:`~indicsubs.jobs.input_files.check_input_file`; ``NO_INPUT`` where
            the path begins with the home folder of an unknown user.
    """
    try:
        path = Path(name).expanduser()
    except RuntimeError:
        path = Path(name)  # such a file may exist; otherwise the check says so
    if is_file(path) or is_folder(path):
        check_input_file(path)
    return str(absolute_path(path))


def _format(name: str) -> SubtitleFormat:
    formats: dict[str, SubtitleFormat] = {known: known for known in get_args(SubtitleFormat)}
    if name not in formats:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"--formats {name}: there is no such format; choose from {', '.join(formats)}.",
        )
    return formats[name]
