"""A checkout with the real code and fake stages: the whole orchestrator without engines."""

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import fake_stages
import pytest
from fake_film import film_bytes

from indicsubs.cli import console
from indicsubs.cli import main as cli
from indicsubs.jobs.files import source_file
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import create_job
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import choose_placement
from indicsubs.machine.profiles import MODELS
from indicsubs.machine.workspace import Workspace
from indicsubs.run.pipeline import Pipeline
from indicsubs.run.reports import StageReport
from indicsubs_contract.engines import environment_names, member_of
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_processes.hardware import Hardware

ROOT = Path(__file__).parents[1]
CPU = choose_placement(Hardware(system="Linux", machine="x86_64", cores=2, memory_mib=8000))
"""The placement of a machine without a GPU."""
LOCK = (ROOT / "uv.lock").read_text()
LIBRARIES = ("contract", "text", "media", "networks", "processes", "recognition", "translation")


class RecordingDisplay:
    """A display that shows nothing and keeps warnings and progress messages."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.without_work: list[StageName] = []
        self.messages: list[Progress] = []

    def started(self, stage: StageName, environment: str) -> None:
        pass

    def progress(self, message: Progress) -> None:
        self.messages.append(message)

    def finished(self, report: StageReport) -> None:
        pass

    def left_out(self, stage: StageName) -> None:
        self.without_work.append(stage)

    def warned(self, stage: StageName, warning: str) -> None:
        self.warnings.append(f"{stage}: {warning}")


def for_commands(root: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace of :func:`build`, with a film, for commands that :func:`indicsubs` runs."""
    workspace = build(root, monkeypatch)
    film(root)
    monkeypatch.setattr(console, "find_workspace", lambda jobs: workspace)
    monkeypatch.setattr("indicsubs.cli.failures.find_workspace", lambda: workspace)
    # There is nothing that uv could compare with the lock.
    monkeypatch.setattr(EnvironmentManager, "_is_as_locked", lambda *_: True)
    monkeypatch.chdir(root)
    # The signal handlers of the test runner stay as they are.
    monkeypatch.setattr("indicsubs.cli.main.signal.signal", lambda *_: None)
    return workspace


def indicsubs(*arguments: str | Path) -> int:
    """Runs a command as the program does, and returns its exit status."""
    with pytest.raises(SystemExit) as exited:
        cli.main(list(map(str, arguments)))
    return exited.value.code


def build(root: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in ``root`` with all environments; they run the fake stages."""
    (root / "uv.lock").write_text(LOCK)
    copy_sources(root)
    manager = EnvironmentManager(root)
    for name in environment_names():
        python = root / "venv" / name / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        (root / "venv" / name / "pyvenv.cfg").touch()
        wanted = manager._lock_digest(name)
        (root / "venv" / name / ".indicsubs-ready").write_text(wanted)
        assert member_of(name) in LOCK
    monkeypatch.setattr(
        EnvironmentManager,
        "python_command",
        lambda self, name, *arguments: [sys.executable, str(Path(fake_stages.__file__))],
    )
    for model in ("recogniser-ctranslate2", "recogniser-mlx", "indicconformer", "aligner-hi"):
        make_model(root, f"demo/{model}")
    for model in ("translator-indic-en", "translator-indic-indic"):
        make_model(root, f"demo/{model}")
    return Workspace(root=root, jobs=root / "out")


def copy_sources(root: Path) -> None:
    """Copies the source of every member that ``root`` does not have yet."""
    packages = root / "packages"
    packages.mkdir(exist_ok=True)
    names = (*LIBRARIES, *environment_names())
    absent = [name for name in names if not (packages / name).exists()]
    if absent:  # by one process, because hundreds of files are copied for hundreds of tests
        subprocess.run(["cp", "-R", *(_sources() / name for name in absent), packages], check=True)


@cache
def _sources() -> Path:
    """A copy of the source of all members, without byte code, for as long as this process runs."""
    folder = Path(tempfile.mkdtemp(prefix="sources-"))
    atexit.register(shutil.rmtree, folder)
    for name in (*LIBRARIES, *environment_names()):
        shutil.copytree(
            ROOT / "packages" / name / "src",
            folder / name / "src",
            ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
        )
    return folder


def make_model(root: Path, name: str) -> None:
    """A model folder with the files of its layout, all empty."""
    layout = MODELS[name].layout
    folder = root / "models" / name
    for file in (*layout.files, layout.weights[0]):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()


def film(root: Path) -> Path:
    """Writes the film of all jobs."""
    path = root / "film.mp4"
    path.write_bytes(film_bytes())
    return path


def spec(root: Path, **options: object) -> JobSpec:
    fields = {"profile": "demo", "source_language": "hi", "targets": ("en",)} | options
    return JobSpec(source=source_file(film(root)), **fields)


def pipeline(workspace: Workspace, job: Job) -> Pipeline:
    return Pipeline(workspace, job, CPU, RecordingDisplay(), silence_limit_s=30)


def new_job(workspace: Workspace, **options: object) -> Job:
    return create_job(workspace, spec(workspace.root, **options))
