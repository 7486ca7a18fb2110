"""Builds the container, where a builder and a base image can be had.

Without a registry, a base that is there already is named with ``INDICSUBS_CONTAINER_BASE``. It may
come from ``debootstrap --variant=minbase --include=python3,python3-venv bookworm FOLDER``, and
``buildah from scratch``, ``copy`` and ``commit``.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = os.environ.get("INDICSUBS_CONTAINER_BASE", "python:3.11-slim-bookworm")
TAG = "localhost/indicsubs:test"
ENTRY = "/opt/indicsubs/venv/orchestrator/bin/indicsubs"


def run(*command: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
    )


@pytest.fixture(scope="module")
def builder() -> str:
    """A builder that has the base image."""
    problem = "not built: none of podman, docker and buildah is here"
    for name in ("podman", "docker", "buildah"):
        if shutil.which(name) is None:
            continue
        try:
            found = run(name, "inspect", BASE)
            if found.returncode != 0:
                found = run(name, "pull", BASE, seconds=300)
        except subprocess.TimeoutExpired:
            problem = f"not built: {name} does not get the image {BASE} in time"
            continue
        if found.returncode == 0:
            return name
        problem = f"not built: {found.stderr.strip()[-300:]}"
    pytest.skip(problem)


@pytest.fixture(scope="module")
def container(builder: str) -> Iterator[tuple[str, ...]]:
    """The beginning of a command in a container of the image.

    Of the environments, only the one without an engine is built: the others are gigabytes of the
    same steps.
    """
    docker_format = () if builder == "docker" else ("--format", "docker")
    arguments = [f"BASE={BASE}", "ENVIRONMENTS=common"]
    options = [word for argument in arguments for word in ("--build-arg", argument)]
    built = run(
        *(builder, "build" if builder != "buildah" else "bud", *docker_format, *options),
        *("-f", "deploy/Containerfile", "-t", TAG, "."),
        seconds=1800,
    )
    assert built.returncode == 0, built.stderr[-3000:]
    if builder == "buildah":
        name = run("buildah", "from", TAG).stdout.strip()
        yield ("buildah", "run", name, "--")
        run("buildah", "rm", name)
    else:
        yield (builder, "run", "--rm", "--entrypoint", "/usr/bin/env", TAG)
    run(builder, "rmi", TAG)


def test_it_runs_as_its_own_user(container: tuple[str, ...]) -> None:
    assert run(*container, "id", "-u").stdout.strip() == "1000"


def test_its_command_answers(container: tuple[str, ...]) -> None:
    found = run(*container, ENTRY, "queue", "list")
    assert "No film is in the ledger" in found.stdout, found.stderr


def test_it_is_not_healthy_without_a_runner(container: tuple[str, ...]) -> None:
    found = run(*container, ENTRY, "queue", "health")
    assert found.returncode == 69
    assert "No runner lives" in found.stderr


def test_environments_that_are_not_built_are_named(container: tuple[str, ...]) -> None:
    found = run(*container, ENTRY, "watch", "/library", "--profile", "demo", "-s", "hi")
    assert found.returncode == 69
    assert "The environments are not installed" in found.stderr
    assert "common" not in found.stderr.partition("Build with")[0]
