"""A disk that is full for the jobs, at several moments of a run; then there is room again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs

RUN = ("run", "film.mp4", "--profile", "demo", "-s", "hi", "-t", "en")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    if sys.platform != "linux" or os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root on Linux mounts a disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let a disk be mounted")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_run_on_a_full_disk_goes_on_when_there_is_room(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fake_workspace.for_commands(tmp_path, monkeypatch)
    jobs = disk / "jobs"
    monkeypatch.setattr(
        "indicsubs.cli.console.find_workspace",
        lambda _: fake_workspace.Workspace(root=tmp_path, jobs=jobs),
    )
    ended: list[int] = []
    for size in ("4k", "12k", "60k", "220k", "260k", "300k", "16m"):
        subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)
        ended.append(indicsubs(*RUN))
        shown = capfd.readouterr()
        assert "Traceback" not in shown.err
        if ended[-1] == 74:
            assert "Make room on the disk" in " ".join(shown.err.split()) or (
                "No space left on device. Choose another --output" in " ".join(shown.err.split())
            )
    assert ended[0] == 74
    assert set(ended) == {74, 0}
    (job,) = jobs.glob("[0-9]*/*/*/*")
    names = {path.name for path in (job / "subtitles").iterdir() if path.name[0] != "."}
    assert names == {"film.hin.srt", "film.hin.vtt", "film.eng.srt", "film.eng.vtt", "film.mkv"}
    assert not list(job.rglob("*.tmp"))
