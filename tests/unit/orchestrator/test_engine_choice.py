"""Which recogniser, second recogniser and aligner a run takes, by language and by what is there."""

from pathlib import Path

import fake_workspace
import pytest
from msgspec.structs import replace

from indicsubs.machine.hardware import choose_placement
from indicsubs.machine.profiles import PROFILES
from indicsubs.machine.workspace import Workspace
from indicsubs.run.checks import check_models
from indicsubs.run.preparations import PREPARATIONS
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, MediaInfo
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.stages import StageName
from indicsubs_processes.hardware import Hardware
from indicsubs_text.languages import LANGUAGES

FILE = Artifact(path="f", kind="transcript", sha256="0", bytes=1)
JUDGED = Artifact(path="judged", kind="transcript", sha256="0", bytes=1)
DEMUXED = DemuxResult(
    audio=FILE,
    speech=FILE,
    audio_start_ms=0,
    audio_track=0,
    channel="mix",
    media=MediaInfo(container="mp4", duration_ms=3000, start_ms=0, streams=()),
)
WHISPER = "whisper"
CONFORMER = "indicconformer"
MAC = Hardware(system="Darwin", machine="arm64", cores=8, memory_mib=16000)
PLACES = {
    StageName.DEMUX: "whisperx",
    StageName.EXPORT_TRANSCRIPT: "whisperx",
    StageName.LOAD_TRANSCRIPT: "indictrans2",
    StageName.INDICTRANS2_TRANSLATION: "indictrans2",
    StageName.SUBTITLE_GENERATION: "common",
    StageName.MUX: "common",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(root=tmp_path, jobs=tmp_path / "out")


def state(
    workspace: Workspace,
    language: str | None = "hi",
    results: dict[StageName, StageResult] | None = None,
    **options: object,
) -> RunState:
    """The state of a run in profile fast on a machine without a GPU."""
    options = {"profile": "fast", "source_language": language, **options}
    backend = options.get("backend")
    return RunState(
        workspace=workspace,
        spec=fake_workspace.spec(workspace.root, **options),
        placement=choose_placement(
            Hardware(system="Linux", machine="x86_64", cores=2, memory_mib=8000),
            recogniser=str(backend) if backend else None,
        ),
        results={StageName.DEMUX: DEMUXED} if results is None else results,
    )


def recognised(language: str) -> dict[StageName, StageResult]:
    asr = AsrResult(transcript=FILE, language=language, segments=1)
    return {StageName.DEMUX: DEMUXED, StageName.ASR: asr}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_indian_language_is_recognised_by_indicconformer(
    workspace: Workspace, tag: str
) -> None:
    use, model = state(workspace).recogniser(tag)
    if tag == "en":
        assert (use.engine, model) == ("whisperx", "Systran/faster-whisper-small")
    else:
        assert use.engine == CONFORMER
        assert model == "indicsubs/indic-conformer-600m-multilingual-int8"
        assert tag in use.row.languages


def test_a_mac_takes_mlx_for_english(workspace: Workspace) -> None:
    mac = RunState(
        workspace=workspace,
        spec=fake_workspace.spec(workspace.root, profile="best"),
        placement=choose_placement(MAC),
        results={},
    )
    assert mac.recogniser("en")[0].engine == "mlx"
    assert mac.recogniser("hi")[0].engine == CONFORMER
    assert mac.detector()[0].engine == "whisperx", "it runs in the environment of demux"


def test_stages_have_their_places(workspace: Workspace) -> None:
    run = state(workspace, profile="demo")
    assert {stage: run.environment(stage) for stage in PLACES} == PLACES
    assert run.environment(StageName.ASR) == "whisperx", "the demo's Hindi is Whisper's"
    assert state(workspace, "ta", profile="demo").environment(StageName.ASR) == CONFORMER
    assert state(workspace, backend="mlx").environment(StageName.ASR) == "mlx"
    assert run.environments(PLACES) == ("common", "whisperx", "indictrans2")


def test_where_the_language_is_unknown_every_environment_is_needed(workspace: Workspace) -> None:
    stages = (StageName.DEMUX, StageName.ASR)
    unknown = state(workspace, None, results={})
    assert set(unknown.environments(stages)) == {"whisperx", CONFORMER}
    assert unknown.environments(stages[:1]) == ("whisperx",)
    named = state(workspace, None, results={}, backend="whisperx")
    assert named.environments(stages) == ("whisperx",)


def test_the_user_s_engine_and_model_come_first(workspace: Workspace) -> None:
    assert state(workspace, backend="whisperx").recogniser("hi")[0].engine == "whisperx"
    named = state(workspace, asr_model="Systran/faster-whisper-large-v2").recogniser("hi")
    assert (named[0].engine, named[1]) == ("whisperx", "Systran/faster-whisper-large-v2")
    fake_workspace.make_model(workspace.root, "demo/recogniser-mlx")
    folder = str(workspace.models / "demo/recogniser-mlx")
    use, model = state(workspace, asr_model=folder).recogniser("hi")
    assert (use.row.family, model) == (WHISPER, folder)
    tuned = workspace.root / "tuned"
    tuned.mkdir()
    (tuned / "config.json").write_text('{"model_type": "whisper"}')
    for name in ("model.safetensors", "vocab.json", "merges.txt"):
        (tuned / name).touch()
    run = state(workspace, asr_model=str(tuned))
    use, model = run.recogniser("hi")
    assert (use.engine, model) == ("whisperx", str(tuned))
    assert run.model(model, use).folder == str(tuned)
    absent = state(workspace, asr_model="somebody/model").recogniser("hi")
    assert (absent[0].engine, absent[1]) == (CONFORMER, "somebody/model")


# --- the language is detected -----------------------------------------------------------------


def test_demux_detects_the_language_with_whisper(workspace: Workspace) -> None:
    fake_workspace.make_model(workspace.root, "demo/recogniser-ctranslate2")
    request = build_request(StageName.DEMUX, state(workspace, None, profile="demo"))
    assert isinstance(request, DemuxRequest)
    assert request.detection is not None
    assert request.detection.model.name == "demo/recogniser-ctranslate2"
    assert request.detection.languages == ENGINES["whisperx"].languages
    known = build_request(StageName.DEMUX, state(workspace, "hi", profile="demo"))
    assert isinstance(known, DemuxRequest)
    assert known.detection is None


def test_the_model_that_detects_the_language_is_checked_before_the_run(
    workspace: Workspace,
) -> None:
    unknown = state(workspace, None, results={}, profile="demo")
    with pytest.raises(IndicsubsError, match="just setup"):
        check_models((StageName.DEMUX, StageName.ASR), unknown)
    check_models((StageName.DEMUX,), unknown)


def test_the_detected_language_chooses_the_recogniser(workspace: Workspace) -> None:
    fake_workspace.make_model(workspace.root, "demo/indicconformer")
    detected = {StageName.DEMUX: replace(DEMUXED, language="ta", language_probability=0.9)}
    run = state(workspace, None, results=detected, profile="demo")
    request = build_request(StageName.ASR, run)
    assert isinstance(request, AsrRequest)
    assert (request.model.name, request.language) == ("demo/indicconformer", "ta")
    assert set(request.languages) == {"ta"}
    assert (request.script, request.decoding) == ("Taml", "ctc")


def test_without_a_language_there_is_no_request(workspace: Workspace) -> None:
    with pytest.raises(IndicsubsError, match="language is not known") as unknown:
        build_request(StageName.ASR, state(workspace, None))
    assert unknown.value.code is FailureCode.NO_INPUT
    assert PREPARATIONS[StageName.ASR](state(workspace, None)) is None
    assert PREPARATIONS[StageName.ALIGNMENT](state(workspace, None)) is None


def test_any_script_is_accepted_where_the_user_says_so(workspace: Workspace) -> None:
    fake_workspace.make_model(workspace.root, "demo/recogniser-ctranslate2")
    request = build_request(StageName.ASR, state(workspace, profile="demo", script="any"))
    assert isinstance(request, AsrRequest)
    assert request.script is None


# --- the second recogniser --------------------------------------------------------------------


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the models that are on the machine."""
    names: set[str] = set()
    monkeypatch.setattr("indicsubs.run.run_state.is_present", lambda name, _: name in names)
    monkeypatch.setattr("indicsubs.run.run_state.is_complete", lambda name, *_: name in names)
    return names


def test_the_witness_is_of_another_family(workspace: Workspace, present: set[str]) -> None:
    present |= {"Systran/faster-whisper-small", "Systran/faster-whisper-large-v2"}
    present.add("indicsubs/indic-conformer-600m-multilingual-int8")
    fast, best = state(workspace).witness("hi"), state(workspace, profile="best").witness("hi")
    assert fast is not None
    assert best is not None
    assert (fast[0].engine, fast[1:]) == ("whisperx", ("Systran/faster-whisper-small", "doubtful"))
    assert (best[0].engine, best[1:]) == ("whisperx", ("Systran/faster-whisper-large-v2", "all"))
    other = state(workspace, backend="whisperx").witness("hi")
    assert other is not None
    assert other[0].engine == CONFORMER


def test_no_witness(workspace: Workspace, present: set[str]) -> None:
    assert state(workspace).witness("hi") is None, "its model is not on this machine"
    present.add("Systran/faster-whisper-small")
    assert state(workspace).witness("or") is None, "Whisper does not know Odia"
    assert state(workspace).witness("en") is None, "IndicConformer does not know English"
    assert state(workspace).witness(None) is None
    assert state(workspace, witness="none").witness("hi") is None
    assert state(workspace, profile="demo").witness("hi") is None
    assert not state(workspace, witness="none").runs(StageName.WITNESS)
    with pytest.raises(IndicsubsError, match="no second recogniser"):
        build_request(StageName.WITNESS, state(workspace, witness="none", results=recognised("hi")))


def test_a_witness_that_the_user_asks_for_must_be_there(
    workspace: Workspace, present: set[str]
) -> None:
    run = state(workspace, witness="all")
    witness = run.witness("hi")
    assert witness is not None
    assert witness[2] == "all"
    with pytest.raises(IndicsubsError, match="just models fetch"):
        check_models((StageName.WITNESS,), run)


def test_the_request_of_a_witness(workspace: Workspace) -> None:
    for name in ("recogniser-ctranslate2", "indicconformer"):
        fake_workspace.make_model(workspace.root, f"demo/{name}")
    run = state(workspace, profile="demo", witness="doubtful", results=recognised("hi"))
    request = build_request(StageName.WITNESS, run)
    assert isinstance(request, WitnessRequest)
    assert (request.engine, request.model.name) == (CONFORMER, "demo/indicconformer")
    assert (request.scope, request.corrects, request.script) == ("doubtful", False, "Deva")
    assert request.language == ENGINES[CONFORMER].languages["hi"]
    assert "hi" in PROFILES["best"].corrections
    judged = WitnessResult(transcript=JUDGED, heard=1, corrected=0, quarantined=0, added=0)
    after = state(
        workspace,
        profile="demo",
        witness="doubtful",
        results=recognised("hi") | {StageName.WITNESS: judged},
    )
    alignment = build_request(StageName.ALIGNMENT, after)
    assert isinstance(alignment, AlignmentRequest)
    assert alignment.transcript == JUDGED


# --- the aligner ------------------------------------------------------------------------------


def test_the_ladder_of_aligners(workspace: Workspace, present: set[str]) -> None:
    own = "theainerd/Wav2Vec2-large-xlsr-hindi"
    conformer = "indicsubs/indic-conformer-600m-multilingual-int8"

    def aligner(language: str) -> tuple[str, str | None]:
        use, name = state(workspace).aligner(language)
        return use.engine, name

    assert aligner("hi") == ("wav2vec2", None)
    present.add(conformer)
    assert aligner("hi") == (CONFORMER, conformer)
    assert aligner("en") == ("wav2vec2", None)
    present.add(own)
    assert aligner("hi") == ("wav2vec2", own)
    assert aligner("ta") == (CONFORMER, conformer)
    named = state(workspace, alignment_model="my/aligner").aligner("ta")
    assert (named[0].engine, named[1]) == ("wav2vec2", "my/aligner")


def test_an_aligner_of_many_languages_gets_its_own_code(workspace: Workspace) -> None:
    fake_workspace.make_model(workspace.root, "demo/indicconformer")
    run = state(workspace, "ta", profile="demo", results=recognised("ta"))
    request = build_request(StageName.ALIGNMENT, run)
    assert isinstance(request, AlignmentRequest)
    assert (request.engine, request.language) == (CONFORMER, "ta")
    assert run.environment(StageName.ALIGNMENT) == CONFORMER
