"""Builds the container, where a builder and a base image can be had."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = "python:3.11-slim-bookworm"
TAG = "indicsubs:test"


def run(*command: str, seconds: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
    )


@pytest.fixture(scope="module")
def builder() -> str:
    """A builder that has the base image."""
    names = [name for name in ("podman", "docker") if shutil.which(name) is not None]
    if not names:
        pytest.skip("not built: neither podman nor docker is here")
    for name in names:
        try:
            pulled = run(name, "pull", BASE, seconds=300)
        except subprocess.TimeoutExpired:
            pytest.skip(f"not built: {name} does not get the base image in five minutes")
        if pulled.returncode == 0:
            return name
    pytest.skip(f"not built: {pulled.stderr.strip()[-200:]}")


def test_the_container_is_built_and_its_command_answers(builder: str) -> None:
    """With one environment, which has no engine: the others are gigabytes of the same."""
    arguments = ("--build-arg", "ENVIRONMENTS=common", "-f", "deploy/Containerfile", "-t", TAG)
    built = run(builder, "build", *arguments, ".", seconds=1800)
    assert built.returncode == 0, built.stderr[-2000:]
    try:
        answer = run(builder, "run", "--rm", TAG, "queue", "list", seconds=120)
        assert "No film is in the ledger" in answer.stdout, answer.stderr
        ids = run(builder, "run", "--rm", "--entrypoint", "id", TAG, "-u", seconds=120)
        assert ids.stdout.strip() == "1000"
        health = run(builder, "run", "--rm", TAG, "queue", "health", seconds=120)
        assert health.returncode == 69
    finally:
        run(builder, "rmi", TAG, seconds=120)
