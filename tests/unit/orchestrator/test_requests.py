"""Which models and languages requests name, and what is refused before a run."""

from pathlib import Path

import fake_workspace
import msgspec
import pytest

from indicsubs.machine.hardware import choose_placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.checks import check_models, check_spec
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState, recognised_language
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.demux import DemuxResult, MediaInfo, StreamInfo
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.load_transcript import LoadTranscriptResult
from indicsubs_contract.messages.subtitles import SubtitleRequest
from indicsubs_contract.messages.translation import TranslationRequest, TranslationResult
from indicsubs_contract.stages import StageName
from indicsubs_processes.hardware import Hardware

FILE = Artifact(path="f", kind="transcript", sha256="0", bytes=1)
DEMUXED = DemuxResult(
    audio=FILE,
    speech=FILE,
    audio_start_ms=0,
    audio_track=0,
    channel="mix",
    media=MediaInfo(container="mp4", duration_ms=3000, start_ms=0, streams=()),
)
RECOGNISED = AsrResult(transcript=FILE, language="hi", segments=1)
LOADED = LoadTranscriptResult(transcript=FILE, language="hi", segments=1)
RESULTS = {
    StageName.DEMUX: DEMUXED,
    StageName.ASR: RECOGNISED,
    StageName.LOAD_TRANSCRIPT: LOADED,
}
IN_ENGLISH = "demo/translator-indic-en"
FROM_ENGLISH = "demo/translator-en-indic"
DIRECT = "demo/translator-indic-indic"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(root=tmp_path, jobs=tmp_path / "out")


def state(workspace: Workspace, **options: object) -> RunState:
    return RunState(
        workspace=workspace,
        spec=fake_workspace.spec(workspace.root, **options),
        placement=fake_workspace.CPU,
        results=RESULTS,
    )


def steps(translation: object) -> list[tuple[str, str | None, str | None]]:
    """Language, model into English and model of each target."""
    assert isinstance(translation, TranslationRequest)
    return [
        (
            target.language,
            target.pivot.name if target.pivot else None,
            target.model.name if target.model else None,
        )
        for target in translation.targets
    ]


@pytest.mark.parametrize(
    ("present", "pivot", "expected"),
    [
        ([DIRECT], "auto", (None, DIRECT)),
        ([IN_ENGLISH, FROM_ENGLISH], "auto", (IN_ENGLISH, FROM_ENGLISH)),
        ([IN_ENGLISH, FROM_ENGLISH, DIRECT], "auto", (None, DIRECT)),
        ([IN_ENGLISH, FROM_ENGLISH, DIRECT], "always", (IN_ENGLISH, FROM_ENGLISH)),
        ([IN_ENGLISH, FROM_ENGLISH, DIRECT], "never", (None, DIRECT)),
    ],
)
def test_two_indian_languages_go_through_english_where_their_model_is_absent(
    workspace: Workspace, present: list[str], pivot: str, expected: tuple[str | None, str]
) -> None:
    for name in present:
        fake_workspace.make_model(workspace.root, name)
    asked = state(workspace, targets=("ta",), pivot=pivot)
    request = build_request(StageName.INDICTRANS2_TRANSLATION, asked)
    assert steps(request) == [("ta", *expected)]
    assert isinstance(request, TranslationRequest)
    languages = {"hi", "en", "ta"} if expected[0] else {"hi", "ta"}
    assert set(request.languages) == languages


def test_subtitles_are_laid_out_for_the_film_s_picture_and_clock(workspace: Workspace) -> None:
    """A cover is a video stream without a frame rate; sound has no picture."""
    streams = (
        StreamInfo(index=0, kind="audio", codec="aac"),
        StreamInfo(index=1, kind="video", codec="png", frame_rate="0/0"),
        StreamInfo(
            index=2, kind="video", codec="h264", width=1920, height=816, frame_rate="24000/1001"
        ),
    )
    media = MediaInfo(container="mp4", duration_ms=3000, start_ms=500, streams=streams)
    clock = FilmClock(start_us=500_000, end_us=3_000_500)
    asked = RunState(
        workspace=workspace,
        spec=fake_workspace.spec(workspace.root, formats=("vtt",), burn_in="en"),
        placement=fake_workspace.CPU,
        results=RESULTS
        | {
            StageName.DEMUX: msgspec.structs.replace(DEMUXED, media=media, clock=clock),
            StageName.INDICTRANS2_TRANSLATION: TranslationResult(translations=(FILE,)),
        },
    )
    request = build_request(StageName.SUBTITLE_GENERATION, asked)
    assert isinstance(request, SubtitleRequest)
    assert (request.files.width, request.files.height) == (1920, 816)
    assert request.files.formats == ("vtt", "srt", "ass"), "tracks need SRT, burning in needs ASS"
    assert request.frame_rate == "24000/1001"
    assert (request.film_start_ms, request.film_end_ms) == (500, 3001)
    assert request.clock == clock


def test_without_any_model_the_direct_one_is_named(workspace: Workspace) -> None:
    with pytest.raises(IndicsubsError, match="just setup") as missing:
        build_request(StageName.INDICTRANS2_TRANSLATION, state(workspace, targets=("ta",)))
    assert missing.value.code is FailureCode.MISSING_MODEL


def test_the_user_s_own_models_replace_the_profile_s(workspace: Workspace) -> None:
    folders: dict[str, str] = {}
    for option, name in (
        ("asr_model", "demo/recogniser-ctranslate2"),
        ("alignment_model", "demo/aligner-hi"),
        ("translation_model", DIRECT),
    ):
        fake_workspace.make_model(workspace.root, name)
        folders[option] = str(workspace.models / name)
    own = state(workspace, targets=("en", "ta", "hi-Latn"), **folders)
    asr = build_request(StageName.ASR, own)
    alignment = build_request(StageName.ALIGNMENT, own)
    translation = build_request(StageName.INDICTRANS2_TRANSLATION, own)
    assert isinstance(asr, AsrRequest)
    assert isinstance(alignment, AlignmentRequest)
    assert asr.model.folder == folders["asr_model"]
    assert alignment.model
    assert alignment.model.folder == folders["alignment_model"]
    assert steps(translation) == [
        ("en", None, folders["translation_model"]),
        ("ta", None, folders["translation_model"]),
        ("hi", None, None),
    ]


def test_a_language_without_an_aligner_keeps_the_recogniser_s_times(workspace: Workspace) -> None:
    tamil = msgspec.structs.replace(RECOGNISED, language="ta")
    asked = RunState(
        workspace=workspace,
        spec=fake_workspace.spec(workspace.root, source_language="ta"),
        placement=fake_workspace.CPU,
        results=RESULTS | {StageName.ASR: tamil},
    )
    request = build_request(StageName.ALIGNMENT, asked)
    assert isinstance(request, AlignmentRequest)
    assert request.model is None


def test_a_language_that_the_engine_does_not_recognise_is_refused_before_any_work(
    workspace: Workspace,
) -> None:
    with pytest.raises(IndicsubsError, match="Profile demo does not recognise Santali") as wrong:
        check_models((StageName.ASR,), state(workspace, source_language="sat"))
    assert wrong.value.status is ExitStatus.USAGE
    whisper = ENGINES["whisperx"]
    with pytest.raises(IndicsubsError, match=r"not recognise Santali\. Give a transcript"):
        recognised_language("sat", whisper)
    assert recognised_language("hi", whisper) == whisper.languages["hi"]


def test_only_models_of_the_stages_to_run_are_checked(workspace: Workspace) -> None:
    asked = state(workspace)
    check_models((StageName.MUX,), asked)
    check_models((StageName.ALIGNMENT,), asked)  # words have the recogniser's times
    for stage in (StageName.ASR, StageName.INDICTRANS2_TRANSLATION):
        with pytest.raises(IndicsubsError, match="just setup"):
            check_models((stage,), asked)


def test_engines_of_another_machine_get_other_models(workspace: Workspace) -> None:
    mac = Hardware(system="Darwin", machine="arm64", cores=8, memory_mib=16000)
    fake_workspace.make_model(workspace.root, "demo/recogniser-mlx")
    asked = RunState(
        workspace=workspace,
        spec=fake_workspace.spec(workspace.root),
        placement=choose_placement(mac),
        results=RESULTS,
    )
    request = build_request(StageName.ASR, asked)
    assert isinstance(request, AsrRequest)
    assert (request.model.name, request.device) == ("demo/recogniser-mlx", "mps")
    assert request.languages == ENGINES["mlx"].languages, "a segment may be in another language"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"profile": "quick"},
            r"--profile quick: there is no such profile; choose from demo, fast",
        ),
        ({"targets": ("klingon",)}, "'klingon' is not a language"),
        ({"source_language": "klingon"}, "'klingon' is not a language"),
        ({"source_language": "hi-Latn"}, r"-s hi-Latn: .* has no script\. Give -s hi\."),
        ({"burn_in": "ta"}, "--burn-in ta: the job has no subtitles in that language"),
        (
            {"line_characters": 0},
            r"--line-characters has .*\. Give a whole number from 1 to 1000\.",
        ),
        ({"rules": "netflx"}, "Did you mean netflix"),
        ({"beam_size": 0}, r"--beam-size has a value that cannot be used: Expected `int` >= 1\."),
        ({"batch_size": -1}, "Give a whole number from 1 to 1024"),
        ({"batch_tokens": 0}, "--batch-tokens has a value that cannot be used"),
        ({"device": "gpu"}, "--device has a value that cannot be used: Invalid enum value 'gpu'"),
        ({"workflow": "all"}, "cannot be used: .* Choose from subtitle, transcribe, translate"),
        ({"audio_track": -1}, "--audio-track has .* Give a whole number from 0 to 999"),
        ({"chunk_ms": 10**9}, "--chunk-ms has .* Give a whole number from 1000 to 30000"),
        ({"backend": ""}, "--backend has .* Give a text of 1 to 4096 characters"),
        ({"windows_lines": 3}, "--windows-lines has .* Give true or false"),
        ({"targets": (1,)}, "--target has a value that cannot be used: Expected `str`, got `int`"),
    ],
)
def test_what_no_machine_can_do_is_refused(
    workspace: Workspace, options: dict[str, object], words: str
) -> None:
    with pytest.raises(IndicsubsError, match=words):
        check_spec(fake_workspace.spec(workspace.root, **options))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"burn_in": "hi"},
        {"burn_in": "en", "line_characters": 30},
        {"burn_in": "ta", "source_language": None},
        {"source_language": None},
    ],
    ids=["plain", "burn in the source", "burn in a target", "burn in what is detected", "detect"],
)
def test_what_can_be_done_is_not_refused(workspace: Workspace, options: dict[str, object]) -> None:
    check_spec(fake_workspace.spec(workspace.root, **options))
