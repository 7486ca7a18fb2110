"""The table of engines: every row is complete, and the rest of the project knows it."""

import tomllib

import pytest
from fake_workspace import ROOT

from indicsubs_contract.engines import (
    ENGINES,
    STAGE_ENVIRONMENTS,
    EngineRow,
    engines_for,
    environment_names,
    member_of,
    package_of,
)
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import LANGUAGES

WORKSPACE = tomllib.loads((ROOT / "pyproject.toml").read_text())
rows = pytest.mark.parametrize("row", ENGINES.values(), ids=lambda row: row.name)


@rows
def test_a_row_says_what_the_engine_can_do(row: EngineRow) -> None:
    assert ENGINES[row.name] is row
    assert row.title
    assert row.stages
    assert "cpu" in row.compute_types, "the device of last resort"
    assert all(row.compute_types.values())
    assert row.layout.weights
    for layout in row.layouts:
        assert layout.description.startswith(("a ", "an "))
    assert row.layout not in row.converts
    if StageName.ALIGNMENT not in row.stages:
        assert row.languages
    assert set(row.languages) <= set(LANGUAGES)
    for language in row.languages.values():
        assert language.code
        assert (language.longest_chunk_ms is not None) == (StageName.ASR in row.stages)
        assert 1_000 <= (language.longest_chunk_ms or 1_000) <= 30_000
    spoken = {(tag.partition("-")[0], known.code) for tag, known in row.languages.items()}
    assert len(spoken) == len({code for _, code in spoken}), "one language for each code"
    if row.family == "indictrans2":
        assert len({known.code for known in row.languages.values()}) == len(row.languages)


@rows
def test_the_workspace_knows_the_environment_of_a_row(row: EngineRow) -> None:
    member = ROOT / "packages" / row.environment
    project = tomllib.loads((member / "pyproject.toml").read_text())
    assert project["project"]["name"] == member_of(row.environment)
    assert project["dependency-groups"]["engine"]
    assert project["tool"]["uv"]["default-groups"] == ["dev", "engine"]
    for stage in row.stages:
        module = member / "src" / package_of(row.environment) / f"{stage}.py"
        assert "def run(" in module.read_text()
        main = module.with_name("__main__.py").read_text()
        assert f'"{package_of(row.environment)}.{stage}"' in main
    (conflict,) = WORKSPACE["tool"]["uv"]["conflicts"]
    assert {"package": member_of(row.environment), "group": "engine"} in conflict
    assert list((ROOT / "tests" / "engines" / row.environment).glob("test_*.py"))


@pytest.mark.parametrize("name", environment_names())
def test_import_contracts_cover_every_environment(name: str) -> None:
    settings = WORKSPACE["tool"]["importlinter"]
    package = package_of(name)
    assert package in settings["root_packages"]
    independence = next(c for c in settings["contracts"] if c["type"] == "independence")
    assert package in independence["modules"]
    layers = next(c for c in settings["contracts"] if c["name"].startswith("Imports point down"))
    assert package in layers["layers"][0].split(" | ")
    circles = next(c for c in settings["contracts"] if c["type"] == "acyclic_siblings")
    assert package in circles["ancestors"]


def test_every_stage_has_an_environment_or_an_engine_and_not_both() -> None:
    for stage in StageName:
        assert bool(engines_for(stage)) != (stage in STAGE_ENVIRONMENTS)


@pytest.mark.parametrize("stage", [s for s in StageName if engines_for(s)])
def test_every_device_has_a_preferred_engine(stage: StageName) -> None:
    """One engine of each family that is not for tests alone."""
    families = {row.family for row in engines_for(stage)}
    for device in ("cpu", "cuda", "mps"):
        preferred = [row.family for row in engines_for(stage) if device in row.preferred_on]
        assert sorted(preferred) == sorted(families)
