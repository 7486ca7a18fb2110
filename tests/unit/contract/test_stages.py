"""The stage table: what runs where, and that code and packaging agree with it."""

import re
import tomllib
from pathlib import Path

import pytest

from indicsubs_contract.engines import (
    CLUSTER,
    ENGINES,
    STAGE_ENVIRONMENTS,
    environment_names,
    member_of,
    package_of,
)
from indicsubs_contract.stages import WORKFLOWS, StageName

ROOT = Path(__file__).parents[3]


def test_workflows_are_beginnings_of_all_stages() -> None:
    assert WORKFLOWS["subtitle"] == tuple(StageName)
    assert WORKFLOWS["transcribe"][-1] is StageName.EXPORT_TRANSCRIPT
    assert WORKFLOWS["translate"][-1] is StageName.SUBTITLE_GENERATION
    for stages in WORKFLOWS.values():
        assert stages == tuple(StageName)[: len(stages)]


@pytest.mark.parametrize("name", environment_names())
def test_each_environment_is_a_member_and_serves_the_stages_placed_in_it(name) -> None:
    project = tomllib.loads((ROOT / "packages" / name / "pyproject.toml").read_text())
    assert project["project"]["name"] == member_of(name)
    package = ROOT / "packages" / name / "src" / package_of(name)
    main = (package / "__main__.py").read_text()
    wanted = {stage for stage, place in STAGE_ENVIRONMENTS.items() if place == name}
    wanted |= {s for row in ENGINES.values() if row.environment == name for s in row.stages}
    assert {s for s in StageName if f"StageName.{s.name}:" in main} == wanted
    for stage in wanted:
        assert f'"{package_of(name)}.{stage}"' in main, "digests look for the stage there"
        assert "def run(" in (package / f"{stage}.py").read_text()


def test_every_torch_is_pinned_and_their_clash_is_declared() -> None:
    pins: list[str] = []
    for name in environment_names():
        project = tomllib.loads((ROOT / "packages" / name / "pyproject.toml").read_text())
        needed = project.get("dependency-groups", {}).get("engine", [])
        pins += [requirement for requirement in needed if re.match(r"torch\b(?!-)", requirement)]
    assert all(pin.startswith("torch==") for pin in pins)
    assert len(set(pins)) > 1
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (conflict,) = root["tool"]["uv"]["conflicts"]
    assert {side["package"] for side in conflict} == {
        member_of(name) for name in (CLUSTER, *(row.environment for row in ENGINES.values()))
    }


def test_the_lock_is_uv_s_own() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    for package in lock["package"]:
        source = package["source"]
        assert source.get("registry", "https://pypi.org/simple") == "https://pypi.org/simple"
        assert set(source) <= {"registry", "editable", "virtual"}
