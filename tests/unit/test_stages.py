"""The stage table: what runs where, and that code and packaging agree with it."""

import tomllib
from pathlib import Path

import pytest

from indicsubs_contract.stages import ENVIRONMENTS, WORKFLOWS, EnvironmentName, StageName, place

ROOT = Path(__file__).parents[2]

PLACES = {
    "demux": "whisperx",
    "alignment": "whisperx",
    "export_transcript": "whisperx",
    "load_transcript": "indictrans2",
    "indictrans2_translation": "indictrans2",
    "subtitle_generation": "common",
    "mux": "common",
}


@pytest.mark.parametrize("backend", ["whisperx", "mlx"])
def test_each_stage_has_its_place(backend) -> None:
    assert {s: place(s, backend) for s in StageName} == PLACES | {"asr": backend}


def test_workflows_are_beginnings_of_all_stages() -> None:
    assert WORKFLOWS["subtitle"] == tuple(StageName)
    assert WORKFLOWS["transcribe"][-1] is StageName.EXPORT_TRANSCRIPT
    assert WORKFLOWS["translate"][-1] is StageName.SUBTITLE_GENERATION
    for stages in WORKFLOWS.values():
        assert stages == tuple(StageName)[: len(stages)]


@pytest.mark.parametrize("name", EnvironmentName)
def test_each_environment_is_a_member_and_serves_the_stages_placed_in_it(name) -> None:
    environment = ENVIRONMENTS[name]
    project = tomllib.loads((ROOT / "packages" / name / "pyproject.toml").read_text())
    assert project["project"]["name"] == environment.member
    main = (ROOT / "packages" / name / "src" / environment.module / "__main__.py").read_text()
    served = {s for s in StageName if f"StageName.{s.name}:" in main}
    wanted = {s for s in StageName for b in ("whisperx", "mlx") if place(s, b) is name}
    assert served == wanted
    for stage in served:
        module = ROOT / "packages" / name / "src" / environment.module / f"{stage}.py"
        assert "def run(" in module.read_text()


def test_the_engines_pin_torch_and_their_clash_is_declared() -> None:
    pins = {}
    for name in ("whisperx", "mlx", "indictrans2"):
        project = tomllib.loads((ROOT / "packages" / name / "pyproject.toml").read_text())
        engine = project["dependency-groups"]["engine"]
        pins[f"indicsubs-{name}"] = next(x for x in engine if x.startswith("torch=="))
    assert len(set(pins.values())) > 1
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (conflict,) = root["tool"]["uv"]["conflicts"]
    assert {side["package"] for side in conflict} == set(pins)


def test_the_lock_is_uv_s_own() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    for package in lock["package"]:
        source = package["source"]
        assert source.get("registry", "https://pypi.org/simple") == "https://pypi.org/simple"
        assert set(source) <= {"registry", "editable", "virtual"}
