"""The files of deploy/: what can be checked without installing them or building the container."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from indicsubs.cli.main import app
from indicsubs.library.web_hook import SECRET_VARIABLE
from indicsubs_contract.engines import environment_names

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "indicsubs-watch.service"
ENTRY = "/opt/indicsubs/venv/orchestrator/bin/indicsubs"


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile with their arguments."""
    text = (DEPLOY / "Containerfile").read_text()
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines()]  # type: ignore[misc]


def arguments_of(name: str) -> list[str]:
    return [rest for each, rest in instructions() if each == name]


# --- the unit ----------------------------------------------------------------------------------


def settings() -> list[tuple[str, str]]:
    return re.findall(r"(?m)^(\w+)=(.*)$", UNIT.read_text())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """``verify`` asks for the program, the user's files and the page, so a copy names others."""
    program = tmp_path / "indicsubs"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / UNIT.name
    text = UNIT.read_text().replace(ENTRY, str(program))
    unit.write_text(re.sub(r"(?m)^(User|Group)=.*$", r"\1=root", text))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    of_ours = [line for line in found.stderr.splitlines() if UNIT.name in line]
    assert (found.returncode, of_ours) == (0, []), found.stderr
    unit.write_text(unit.read_text().replace("Restart=always", "Restart=sometimes"))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Failed to parse service restart" in found.stderr  # the check can fail


def test_the_unit_runs_the_command_as_a_user_of_its_own() -> None:
    unit = dict(settings())
    assert shlex.split(unit["ExecStart"])[:2] == [ENTRY, "watch"]
    assert unit["User"] not in {"", "root"}
    assert (unit["Restart"], unit["SuccessExitStatus"]) == ("always", "130")
    assert unit["NoNewPrivileges"] == "yes"
    writable = [value for name, value in settings() if name == "ReadWritePaths"]
    assert writable == ["/opt/indicsubs", "-/srv/films"]


def test_the_unit_and_its_example_of_variables_agree() -> None:
    unit, example = UNIT.read_text(), (DEPLOY / "watch.env.example").read_text()
    used = {*re.findall(r"\$(\w+)", dict(settings())["ExecStart"])}
    given = {*re.findall(r"(?m)^(\w+)=", example)}
    assert used == given
    assert SECRET_VARIABLE in example
    assert "EnvironmentFile=/etc/indicsubs/watch.env" in unit
    (value,) = re.findall(r"(?m)^INDICSUBS_OPTIONS='(.*)'$", example)
    command, bound, _ = app["watch"].parse_args(
        ["films", *shlex.split(value)], exit_on_error=False, print_error=False
    )
    assert command.__name__ == "watch"
    assert bound.args == ("films",)


# --- the container -----------------------------------------------------------------------------


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    ignored = (ROOT / ".containerignore").read_text().splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    copied: set[str] = set()
    for rest in arguments_of("COPY"):
        words = rest.split()
        if not words[0].startswith("--from"):
            copied |= {*words[:-1]}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)
    assert (ROOT / ".dockerignore").resolve() == ROOT / ".containerignore"


def test_what_is_copied_is_all_that_a_build_needs() -> None:
    """`just setup` needs the members of the workspace, the lock, and the demo's files."""
    copied = {word for rest in arguments_of("COPY") for word in rest.split()[:-1]}
    members = (ROOT / "pyproject.toml").read_text()
    for name in ("packages", "orchestrator"):
        assert name in members
        assert name in copied
    assert {"pyproject.toml", "uv.lock", "justfile", "demo"} <= copied


def test_stages_copy_from_stages_that_exist() -> None:
    names = [rest.split(" AS ")[1] for rest in arguments_of("FROM")]
    assert names == ["tools", "build", "run"]
    origins = {
        found for rest in arguments_of("COPY") for found in re.findall("--from=(\\w+)", rest)
    }
    assert origins == {"build"}


def test_the_lines_of_the_shell_are_shell() -> None:
    commands = arguments_of("RUN")
    assert len(commands) == 5
    for command in commands:
        found = subprocess.run(["bash", "-n", "-c", command], capture_output=True, check=False)
        assert found.returncode == 0, found.stderr
        assert command.startswith("set -eu;")


def test_the_container_runs_as_another_user_and_is_checked() -> None:
    (user,) = arguments_of("USER")
    assert user == "${UID}:${GID}"
    (health,) = arguments_of("HEALTHCHECK")
    assert f'CMD ["{ENTRY}", "queue", "health"]' in health
    assert arguments_of("ENTRYPOINT") == [f'["{ENTRY}"]']
    assert arguments_of("CMD") == ['["watch", "/library"]']
    (volumes,) = arguments_of("VOLUME")
    assert volumes == '["/opt/indicsubs/out", "/models", "/library"]'
    (folder,) = {*arguments_of("WORKDIR")}
    assert PurePosixPath(ENTRY).is_relative_to(folder)


def test_the_environments_of_the_container_are_those_of_linux() -> None:
    (line,) = (rest for rest in arguments_of("ARG") if rest.startswith("ENVIRONMENTS"))
    assert {*shlex.split(line.partition("=")[2])[0].split()} == {*environment_names()} - {"mlx"}


def test_the_compose_file_fits_the_container() -> None:
    compose = (DEPLOY / "compose.yaml").read_text()
    for folder in ("/opt/indicsubs/out", "/models", "/library"):
        assert compose.count(f":{folder}\n") + compose.count(f':{folder}"\n') == 1
    assert f'["CMD", "{ENTRY}", "queue", "health"]' in compose
    assert compose.count("dockerfile: deploy/Containerfile") == 2
    (base,) = re.findall(r"BASE: (\S+)", compose)
    assert base in (DEPLOY / "Containerfile").read_text()
    (options,) = re.findall(r"INDICSUBS_OPTIONS:-(.*?)\}", compose)
    app["watch"].parse_args(["/library", *shlex.split(options)], exit_on_error=False)
