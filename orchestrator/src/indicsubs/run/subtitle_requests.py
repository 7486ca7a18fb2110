"""Builds the requests of the stages that make subtitle files and the film with subtitle tracks."""

from msgspec.structs import replace

from indicsubs.jobs.profile_choices import doubtful_of
from indicsubs.jobs.specification import JobSpec
from indicsubs.run.run_state import RunState
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import DemuxResult, MediaInfo
from indicsubs_contract.messages.load_transcript import LoadTranscriptResult
from indicsubs_contract.messages.mux import MuxCheck, MuxRequest
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.messages.subtitles import (
    SubtitleFiles,
    SubtitleFormat,
    SubtitleRequest,
    SubtitleResult,
)
from indicsubs_contract.messages.translation import TranslationResult
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language
from indicsubs_text.rule_profiles import load_profile
from indicsubs_text.rules import parse_frame_rate


def subtitle_request(state: RunState) -> SubtitleRequest:
    """Returns the request of subtitle_generation.

    Raises:
        IndicsubsError: ``NO_INPUT`` where an earlier stage has no result; as :func:`rules_of`.
    """
    loaded = state.result(StageName.LOAD_TRANSCRIPT, LoadTranscriptResult)
    translated = state.result(StageName.INDICTRANS2_TRANSLATION, TranslationResult)
    demux = state.results.get(StageName.DEMUX)
    media = demux.media if isinstance(demux, DemuxResult) else None
    clock = demux.clock if isinstance(demux, DemuxResult) else None
    return SubtitleRequest(
        transcript=loaded.transcript,
        # A target equal to the source would be the source's subtitle file a second time.
        translations=tuple(t for t in translated.translations if t.language != loaded.language),
        film_end_ms=clock.end_ms or None if clock else None,
        rules=rules_of(state.spec, (loaded.language, *state.spec.targets)),
        film=state.spec.source,
        clock=clock,
        frame_rate=_frame_rate(media) if media else None,
        files=_subtitle_files(state.spec, media),
        film_path=state.spec.source.path,
        film_start_ms=media.start_ms if media else 0,
        audio=demux.audio if isinstance(demux, DemuxResult) else None,
        audio_start_ms=demux.audio_start_ms if isinstance(demux, DemuxResult) else 0,
        edited=tuple(
            edited
            for edited in state.edits.subtitles
            if edited.subtitles.language in {loaded.language, *state.spec.targets}
        ),
        doubtful=doubtful_of(state.spec),
        only_other_languages=state.spec.purpose == "forced",
    )


def require_forced_lines(state: RunState, loaded: LoadTranscriptResult) -> None:
    """Checks that a film for which forced subtitles are asked has lines that belong in them.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where all lines are in the film's language, and no person has
            chosen lines by editing subtitles.
    """
    if state.spec.purpose != "forced" or loaded.other_languages or state.edits.subtitles:
        return
    language = find_language(loaded.language).name
    raise IndicsubsError(
        FailureCode.BAD_INPUT,
        "--purpose forced: forced subtitles have only the lines that are not in the film's"
        f" language, and all lines are in {language}. Give --purpose full, or sdh; or make the full"
        " subtitles, delete the other lines in them, `just indicsubs import` them, and run the job"
        " again with --purpose forced.",
    )


def mux_request(state: RunState) -> MuxRequest:
    """Returns the request of mux.

    Raises:
        IndicsubsError: ``NO_INPUT`` where there are no subtitles yet; ``USAGE`` where the language
            to burn in has no subtitles.
    """
    generated = state.result(StageName.SUBTITLE_GENERATION, SubtitleResult)
    spec = state.spec
    kind = _track_format(spec)
    # The file that a person edited keeps its styles as a track.
    kinds = {tag: own for tag, own in state.edits.masters.items() if own in TRACK_FORMATS}
    burned_in = [
        file for file in generated.subtitles if file.kind == "ass" and file.language == spec.burn_in
    ]
    if spec.burn_in is not None and not burned_in:
        raise burn_in_error(spec.burn_in)
    first = spec.targets[0] if spec.targets else None
    demux = state.results.get(StageName.DEMUX)
    return MuxRequest(
        source=spec.source,
        subtitles=tuple(
            file
            for file in generated.subtitles
            if file.kind == kinds.get(file.language or "", kind) and file.language != spec.burn_in
        ),
        container=spec.container,
        default_language=first if spec.burn_in is None else None,
        purpose=spec.purpose,
        font=spec.font,
        burned_in=burned_in[0] if burned_in else None,
        clock=demux.clock if isinstance(demux, DemuxResult) else None,
    )


def mux_check_request(spec: JobSpec) -> MuxRequest:
    """Returns the request that checks, before the work, that stage mux will be able to do its part.

    It is complete without results of other stages.
    """
    return MuxRequest(
        source=spec.source,
        subtitles=(),
        container=spec.container,
        purpose=spec.purpose,
        font=spec.font,
        only_check=MuxCheck(burned_in=spec.burn_in),
    )


def burn_in_error(language: str) -> IndicsubsError:
    """Returns the error for a language to burn in that gets no subtitles."""
    return IndicsubsError(
        FailureCode.USAGE,
        f"--burn-in {language}: the job has no subtitles in that language. Add it to --target.",
    )


def rules_of(spec: JobSpec, tags: tuple[str, ...]) -> dict[str, Rules]:
    """Returns the complete rules of each language: the profile's rules, changed by the options.

    Raises:
        IndicsubsError: As :func:`~indicsubs_text.rule_profiles.load_profile`; where no cue can keep
            the rules.
    """
    profile = load_profile(spec.rules)
    rules = {tag: profile.rules_for(tag) for tag in tags}
    if spec.line_characters is None:
        return rules
    return {tag: replace(rule, line_characters=spec.line_characters) for tag, rule in rules.items()}


def _subtitle_files(spec: JobSpec, media: MediaInfo | None) -> SubtitleFiles:
    """Returns the formats that the user chose and the formats that mux needs, with options."""
    formats: list[SubtitleFormat] = [*spec.formats]
    if _track_format(spec) not in formats:
        formats.append(_track_format(spec))
    if spec.burn_in is not None and "ass" not in formats:
        formats.append("ass")
    files = SubtitleFiles(
        formats=tuple(formats),
        windows_lines=spec.windows_lines,
        byte_order_mark=spec.byte_order_mark,
        font=spec.font,
    )
    pictures = [stream for stream in media.streams if stream.width] if media else []
    if not pictures:
        return files
    picture = pictures[0]
    return replace(files, width=picture.width, height=picture.height)


TRACK_FORMATS = ("srt", "ass")
"""The formats that the film's subtitle tracks are made from."""


def _track_format(spec: JobSpec) -> SubtitleFormat:
    """Returns the format that the film's subtitle tracks are made from."""
    return "ass" if "ass" in spec.formats else "srt"


def _frame_rate(media: MediaInfo) -> str | None:
    """Returns the frame rate of the film's picture; None where no stream states one.

    The streams of cover pictures state none.
    """
    rates = (stream.frame_rate for stream in media.streams if stream.kind == "video")
    return next((rate for rate in rates if parse_frame_rate(rate)), None)
