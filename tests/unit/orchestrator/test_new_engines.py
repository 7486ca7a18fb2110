"""A new recogniser and a new translator: a row and an adapter each, and the whole pipeline runs.

The engines are those of ``tests/straw``, which nothing outside the tests knows. Every other stage
is the real one, but for demux, whose voice activity detection needs an engine of its own.
"""

import os
import shutil
import sys
from pathlib import Path

import fake_workspace
import msgspec
import pytest
from fake_workspace import ROOT, for_commands, indicsubs

from indicsubs.jobs.job_folders import all_jobs
from indicsubs.machine import profiles
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.profiles import PROFILES
from indicsubs.machine.workspace import Workspace
from indicsubs_contract import engines
from indicsubs_contract.engines import EngineRow
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.model_layout import ModelLayout
from indicsubs_contract.stages import StageName

LAYOUT = ModelLayout(
    name="straw", description="a folder with a straw", files=("straw.txt",), weights=("straw.txt",)
)
RECOGNISER = EngineRow(
    name="straw-ear",
    title="A straw in the ear",
    environment="straw",
    stages=(StageName.ASR,),
    compute_types={"cpu": ("float32",)},
    preferred_on=(),
    family="straw",
    languages={
        "hi": EngineLanguage(code="hindi", longest_chunk_ms=2_000),
        "ta": EngineLanguage(code="tamil", longest_chunk_ms=2_000),
    },
    layout=LAYOUT,
)
TRANSLATOR = EngineRow(
    name="straw-phrases",
    title="A phrase book",
    environment="straw",
    stages=(StageName.INDICTRANS2_TRANSLATION,),
    compute_types={"cpu": ("float32",)},
    preferred_on=(),
    family="straw",
    languages={"hi": EngineLanguage(code="hindi"), "en": EngineLanguage(code="english")},
    layout=LAYOUT,
)
OPTIONS = ("film.mp4", "--backend", "straw-ear", "--translation-engine", "straw-phrases")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with the two engines in an environment of their own."""
    for row in (RECOGNISER, TRANSLATOR):
        monkeypatch.setitem(engines.ENGINES, row.name, row)
    # What adding a member to the workspace does: its code, its part of the lock, its models.
    shutil.copytree(ROOT / "tests" / "straw", tmp_path / "packages" / "straw" / "src")
    locked = f'{(ROOT / "uv.lock").read_text()}\n[[package]]\nname = "indicsubs-straw"\n'
    monkeypatch.setattr(fake_workspace, "LOCK", locked)
    model = tmp_path / "straw-model"
    model.mkdir()
    (model / "straw.txt").touch()
    profile = msgspec.structs.replace(
        PROFILES["fast"],
        recognisers={
            "straw": str(model),
            "whisper-ctranslate2": "demo/recogniser-ctranslate2",
        },
        witness=None,
        aligners={},
        translators={"straw": {"indic-en": str(model)}},
    )
    monkeypatch.setitem(profiles.PROFILES, "fast", profile)
    built = for_commands(tmp_path, monkeypatch)
    shutil.copy(ROOT / "demo" / "clip.mp4", tmp_path / "film.mp4")
    monkeypatch.setattr(EnvironmentManager, "python_command", command)
    sources = [str(tmp_path / "packages" / "straw" / "src"), str(ROOT / "tests")]
    monkeypatch.setattr(
        EnvironmentManager,
        "process_variables",
        lambda self, name: os.environ | {"PYTHONPATH": os.pathsep.join(sources)},
    )
    return built


def command(manager: EnvironmentManager, name: str, *arguments: str) -> list[str]:
    """The stages of an environment, run by the Python of the tests."""
    if name == "whisperx":
        return [sys.executable, "-m", "straw_demux"]
    return [sys.executable, *arguments]


def text(workspace: Workspace, name: str) -> str:
    (job,) = all_jobs(workspace)
    return (job.folder / "subtitles" / name).read_text(encoding="utf-8")


def test_the_whole_pipeline_runs_on_them(workspace: Workspace) -> None:
    assert indicsubs("run", *OPTIONS, "-s", "hi", "-t", "en") == 0
    hindi, english = text(workspace, "film.hin.srt"), text(workspace, "film.eng.srt")
    assert "दरवाज़ा बंद कर दो।" in hindi
    assert "तुम कहाँ हो?" in hindi
    assert "Close the door." in english
    assert "Where are you?" in english
    assert "00:00:01,000 --> " in hindi, "the speech of the first chunk begins there"
    (job,) = all_jobs(workspace)
    assert (job.folder / "subtitles" / "film.mp4").is_file()
    assert job.record(StageName.WITNESS) is None
    stages = [stage for stage in StageName if stage is not StageName.WITNESS]
    places = {stage: job.record(stage).environment for stage in stages}
    assert {stage for stage, place in places.items() if place == "straw"} == {
        StageName.ASR,
        StageName.INDICTRANS2_TRANSLATION,
    }
    assert indicsubs("run", "last") == 0, "everything is up to date"


def test_the_language_is_detected_among_those_that_the_engine_knows(workspace: Workspace) -> None:
    assert indicsubs("run", *OPTIONS, "-t", "en") == 0
    (job,) = all_jobs(workspace)
    assert job.record(StageName.DEMUX).result.language == "hi"
    assert job.record(StageName.ASR).result.language == "hi"
    request = msgspec.json.decode((job.stage_folder(StageName.DEMUX) / "request.json").read_bytes())
    assert set(request["request"]["detection"]["languages"]) == {"hi", "ta"}


def test_their_rows_say_what_they_cannot_do(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert indicsubs("run", *OPTIONS, "-s", "bn", "-t", "en") == 64
    assert "A straw in the ear does not recognise Bengali" in capsys.readouterr().err
    assert indicsubs("run", *OPTIONS, "-s", "hi", "-t", "en", "--device", "cuda") == 69
    assert indicsubs("run", "film.mp4", "-s", "hi", "-t", "en") == 64
    assert "Profile fast has no model for IndicConformer" in capsys.readouterr().err


def test_doctor_plan_and_models_know_them(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    indicsubs("doctor")
    assert "straw" in capsys.readouterr().out
    assert indicsubs("plan", *OPTIONS, "-s", "hi", "-t", "en") == 0
    planned = capsys.readouterr().out
    assert [line.split()[1] for line in planned.splitlines()[1:9]] == [
        "whisperx", "straw", "whisperx", "whisperx", "indictrans2", "straw", "common", "common",
    ]  # fmt: skip
