"""Films on a Ray cluster of nodes on this machine: what they get, and what a lost node costs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cluster_of_nodes import COMMAND, Nodes, command, files_of, log_lines, nodes_of, wait_until
from s3_server import BUCKET, s3_server

from benchmarks.library import OPTIONS, write_film

COUNT = 3


@pytest.fixture(scope="module")
def films() -> Iterator[Path]:
    """A folder of films that differ in every stage."""
    with TemporaryDirectory(prefix="films-", dir="/tmp") as folder:
        for number in range(COUNT):
            write_film(Path(folder) / f"E{number}.mkv", number)
        yield Path(folder)


@pytest.fixture(scope="module")
def alone(films: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The subtitle files of the films, made on this machine."""
    folder = tmp_path_factory.mktemp("alone")
    done = subprocess.run(
        [*COMMAND, "run", films, *OPTIONS, *places(folder)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files = files_of(folder / "subtitles")
    assert len(files) == 3 * COUNT, "in three languages"
    return files


def places(folder: Path) -> tuple[str, ...]:
    return ("--output", str(folder / "jobs"), "--into", str(folder / "subtitles"))


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with nodes_of(3) as started:
        yield started


def test_a_machine_outside_of_the_cluster_uses_rays_client(
    films: Path, alone: dict[str, bytes], tmp_path: Path, nodes: Nodes
) -> None:
    on = ("--on", nodes.client_address)
    with command("run", films / "E1.mkv", *OPTIONS, *places(tmp_path), *on) as running:
        out, _ = running.communicate(timeout=300)
    assert running.returncode == 0, out
    assert files_of(tmp_path / "subtitles").items() <= alone.items()


def test_a_lost_node_costs_no_film_and_changes_no_subtitle(
    films: Path, alone: dict[str, bytes], tmp_path: Path, nodes: Nodes
) -> None:
    jobs = tmp_path / "jobs"
    with command("run", films, *OPTIONS, *places(tmp_path), "--on", nodes.address) as running:
        wait_until(lambda: len(log_lines(jobs, "asr: runs on")) == COUNT)
        lost = max(log_lines(jobs, "asr: runs on")).split()[-1]  # the last to begin
        nodes.kill(lost)
        out, _ = running.communicate(timeout=300)
    assert running.returncode == 0, out
    assert f"{COUNT} film(s), 0 failed." in out
    assert log_lines(jobs, f"asr: {lost} was lost; another machine gets the request.")
    assert files_of(tmp_path / "subtitles") == alone
    assert not list(jobs.glob("[0-9]*/*/*/*/stages/**/attempt-*"))


def test_films_travel_through_s3_where_nothing_is_shared(
    films: Path, alone: dict[str, bytes], tmp_path: Path
) -> None:
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    with s3_server() as server, pytest.MonkeyPatch.context() as variables:
        for name, value in server.variables.items():
            variables.setenv(name, value)
        with (
            nodes_of(2, hidden=[films, jobs] if may_hide() else ()) as machines,
            command(
                *("run", films / "E2.mkv", *OPTIONS, *places(tmp_path)),
                *("--on", machines.address, "--exchange", f"s3://{BUCKET}/films"),
            ) as running,
        ):
            wait_until(lambda: bool(log_lines(jobs, "asr: runs on")))
            assert any(key.startswith("films/indicsubs-") for key in server.objects())
            out, _ = running.communicate(timeout=300)
        assert running.returncode == 0, out
        assert server.objects() == [], "nothing stays in the bucket"
    assert files_of(tmp_path / "subtitles").items() <= alone.items()


def may_hide() -> bool:
    """Whether this user may mount file systems for the nodes alone."""
    probe = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]
    return os.geteuid() == 0 and subprocess.run(probe, check=False).returncode == 0
