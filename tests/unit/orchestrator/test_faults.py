"""A fault at any file operation: the next run ends with the files of an undisturbed run.

``INDICSUBS_FAULTS=all`` tries every operation; otherwise some of them, chosen from a seed.
"""

import os
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import fake_workspace
import in_process
import pytest
from fake_workspace import indicsubs
from file_faults import FAULTS, Fault, Faults, Killed, injected

from indicsubs.machine.workspace import Workspace

pytestmark = pytest.mark.no_cover
"""Other tests run every line that these run, and measuring the coverage would double their time."""

SEED = int(os.environ.get("INDICSUBS_SEED", "12"))
EVERY = os.environ.get("INDICSUBS_FAULTS") == "all"
SAMPLE = 6
"""Operations of each kind of fault and scenario that are tried where not all are."""


@dataclass(frozen=True)
class Scenario:
    """What was done before, and the command that is disturbed and then given again."""

    before: Callable[[Workspace], None]
    command: tuple[str, ...]


def nothing(_: Workspace) -> None:
    """The first run of a film."""


def finished(_: Workspace) -> None:
    assert indicsubs(*RUN, "-t", "en") == 0


def corrected(workspace: Workspace) -> None:
    finished(workspace)
    (path,) = workspace.jobs.glob("*/*/*/*/subtitles/film.eng.srt")
    text = re.sub(r"(--> \S+\n).*", r"\1A corrected line.", path.read_text())
    (workspace.root / "corrected.en.srt").write_text(text)


RUN = ("run", "film.mp4", "--profile", "demo", "-s", "hi")
SCENARIOS = {
    "first run": Scenario(nothing, (*RUN, "-t", "en")),
    "other option": Scenario(finished, (*RUN, "-t", "ta")),
    "again by force": Scenario(finished, (*RUN, "-t", "en", "--force")),
    "import": Scenario(corrected, ("import", "corrected.en.srt", "--accept")),
}


def tree(jobs: Path) -> dict[str, bytes]:
    """Every file and folder of the jobs; results by content, and what holds times by name only."""
    found: dict[str, bytes] = {}
    made = sorted(jobs.glob("2*/*/*/*/job.json"), key=lambda path: path.stat().st_mtime_ns)
    names = {path.parent.name: f"job{n}" for n, path in enumerate(made)}
    for path in sorted(jobs.rglob("*")):
        name = str(path.relative_to(jobs))
        for job, shown in names.items():
            name = name.replace(job, shown)
        is_result = path.is_file() and re.search(r"/(subtitles|edits)/[^.]", name)
        found[name] = path.read_bytes() if is_result else b""
    return found


def differences(ended: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """What there is, or is not, after the command was given again."""
    return [
        *(f"{path} is left" for path in ended.keys() - expected.keys()),
        *(f"{path} is missing" for path in expected.keys() - ended.keys()),
        *(f"{path} differs" for path in expected if ended.get(path, b"") != expected[path]),
    ]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_after_a_fault_the_same_command_ends_as_if_nothing_had_happened(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    fault: Fault,
) -> None:
    in_process.without_processes(monkeypatch)
    workspace = fake_workspace.for_commands(tmp_path, monkeypatch)
    scenario = SCENARIOS[name]
    scenario.before(workspace)
    prepared = tmp_path / "prepared"
    if workspace.jobs.exists():
        shutil.copytree(workspace.jobs, prepared)
    else:
        prepared.mkdir()

    def begin() -> None:
        shutil.rmtree(workspace.jobs, ignore_errors=True)
        shutil.copytree(prepared, workspace.jobs)

    begin()
    assert indicsubs(*scenario.command) == 0
    expected = tree(workspace.jobs)
    begin()
    with injected(Faults(workspace.jobs)) as undisturbed:
        assert indicsubs(*scenario.command) == 0
    assert tree(workspace.jobs) == expected
    places = range(1, undisturbed.count + 1)
    if not EVERY:
        places = sorted(random.Random(f"{SEED} {name} {fault}").sample(places, SAMPLE))
    failed: list[str] = []
    for place in places:
        begin()
        capfd.readouterr()
        with injected(Faults(workspace.jobs, place, fault)) as faults:
            try:
                status = indicsubs(*scenario.command)
            except Killed:
                status = None
        shown = capfd.readouterr()
        problems: list[str] = []
        if fault == "error" and status not in {0, 74}:
            problems.append(f"status {status}: {shown.err}")
        if "Traceback" in shown.err:
            problems.append(shown.err)
        status = indicsubs(*scenario.command)
        shown = capfd.readouterr()
        if status != 0:
            problems.append(f"given again: status {status}: {shown.err}")
        problems += differences(tree(workspace.jobs), expected)
        if problems:
            failed.append(f"{fault} at {place}, {faults.where}: " + "; ".join(problems))
    assert not failed, f"seed {SEED}\n" + "\n".join(failed)
