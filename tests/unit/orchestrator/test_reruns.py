"""An edit of the source, then a run: what runs again is what the edit can change."""

import re
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import ROOT, new_job, pipeline

from indicsubs.machine.workspace import Workspace
from indicsubs.run import code_graph
from indicsubs_text import rule_profiles
from indicsubs_text.languages import LANGUAGES
from indicsubs_text.rule_profiles import BUNDLED, load_profile

COMMON = ROOT / "packages" / "common" / "src" / "indicsubs_common"
TEXT = ROOT / "packages" / "text" / "src" / "indicsubs_text"
SUBTITLES = {"subtitle_generation"}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    built = fake_workspace.build(tmp_path, monkeypatch)
    profiles = tmp_path / "packages" / "text" / "src" / "indicsubs_text" / "profiles"
    monkeypatch.setattr(rule_profiles, "_FOLDER", profiles)
    code_graph.forget()
    yield built
    code_graph.forget()


def edited(workspace: Workspace, place: Path) -> Path:
    """The workspace's own copy of a source file."""
    return workspace.root / place.relative_to(ROOT)


def run_again(workspace: Workspace, path: Path, text: str, **options: object) -> set[str]:
    """The stages that run after ``path`` has ``text``, in a job that was up to date."""
    job = new_job(workspace, **options)
    pipeline(workspace, job).run()
    path.write_text(text, encoding="utf-8")
    code_graph.forget()
    reports = pipeline(workspace, job).run()
    return {report.stage.value for report in reports if report.outcome == "done"}


def test_a_comment_in_the_profile_in_use_runs_nothing(workspace: Workspace) -> None:
    path = edited(workspace, TEXT / "profiles" / "netflix.toml")
    text = path.read_text(encoding="utf-8")
    assert run_again(workspace, path, f"# A comment.\n{text}", rules="netflix") == set()


@pytest.mark.parametrize("name", BUNDLED)
def test_a_comment_in_a_profile_changes_no_rules(workspace: Workspace, name: str) -> None:
    path = edited(workspace, TEXT / "profiles" / f"{name}.toml")
    before = {tag: load_profile(name).rules_for(tag) for tag in LANGUAGES}
    path.write_text(f"# A comment.\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert {tag: load_profile(name).rules_for(tag) for tag in LANGUAGES} == before


def test_a_number_of_the_profile_in_use_lays_the_cues_out_again(workspace: Workspace) -> None:
    path = edited(workspace, TEXT / "profiles" / "house.toml")
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r"(longest_ms = \{ value = )\d+", r"\g<1>6500", text)
    assert changed != text
    assert run_again(workspace, path, changed) == SUBTITLES


def test_a_number_of_another_profile_runs_nothing(workspace: Workspace) -> None:
    path = edited(workspace, TEXT / "profiles" / "ted.toml")
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r"(value = )\d+", r"\g<1>30", text, count=1)
    assert changed != text
    assert run_again(workspace, path, changed) == set()


def test_a_page_file_makes_the_report_again(workspace: Workspace) -> None:
    path = edited(workspace, COMMON / "report" / "page" / "page.css")
    text = path.read_text(encoding="utf-8")
    # Mux has the same subtitles as before, so it does not run.
    assert run_again(workspace, path, f"{text}\n") == SUBTITLES


def test_a_module_runs_the_stages_that_reach_it(workspace: Workspace) -> None:
    path = edited(workspace, TEXT / "graphemes.py")
    text = path.read_text(encoding="utf-8")
    reruns = {"indictrans2_translation", "subtitle_generation"}
    assert run_again(workspace, path, f"{text}\nCHANGED = 1\n") == reruns


@pytest.mark.parametrize(
    ("module", "others"),
    [
        ("subrip", {"export_transcript", "mux"}),
        ("webvtt", {"export_transcript"}),
        ("substation", {"mux"}),
        ("ttml", set()),
        ("cue_document", set()),
    ],
)
def test_a_format_runs_the_stages_that_write_or_read_it(
    workspace: Workspace, module: str, others: set[str]
) -> None:
    path = edited(workspace, TEXT / "subtitle_files" / f"{module}.py")
    text = path.read_text(encoding="utf-8")
    reruns = run_again(workspace, path, f"{text}\nCHANGED = 1\n")
    assert reruns == {"load_transcript", *SUBTITLES, *others}
