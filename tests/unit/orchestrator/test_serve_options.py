"""The options of serve, and what of the server other commands never load."""

import socket
import subprocess
import sys
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs

from indicsubs.cli.serve_command import TOKEN_VARIABLE
from indicsubs_contract.errors import ExitStatus

SERVE = ("serve", "--profile", "demo", "--port", "0")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.mark.parametrize("where", [("--host", "0.0.0.0"), ("--host", "::"), ("--allow-host", "a")])
def test_other_machines_need_a_token(where: tuple[str, str], capsys) -> None:
    assert indicsubs(*SERVE, *where) == ExitStatus.USAGE
    assert "--token-file" in capsys.readouterr().err


@pytest.mark.parametrize("token", ["", "short", "x" * 15, "नमस्ते" * 10, "a\nb" * 20])
def test_a_token_is_long_and_plain(token: str, capsys, monkeypatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    assert indicsubs(*SERVE) == ExitStatus.USAGE
    assert "at least 16" in capsys.readouterr().err


def test_files_that_are_not_there(capsys) -> None:
    assert indicsubs(*SERVE, "--token-file", "absent") == ExitStatus.NO_INPUT
    assert indicsubs(*SERVE, "--library", "film.mp4") == ExitStatus.NO_INPUT
    assert "--library film.mp4 is not a folder" in capsys.readouterr().err


def test_addresses_that_cannot_be_used(capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert indicsubs("serve", "--profile", "demo", "--port", port) == ExitStatus.USAGE
    assert "Choose another --host or --port" in capsys.readouterr().err
    assert indicsubs(*SERVE[:-1], "65536") == ExitStatus.USAGE


def test_options_of_one_film(capsys) -> None:
    Path("film.hi.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nअ\n")
    assert indicsubs(*SERVE, "--transcript", "film.hi.srt") == ExitStatus.USAGE
    assert "one film" in capsys.readouterr().err


def test_other_commands_do_not_load_the_server() -> None:
    code = (
        "import sys, indicsubs.cli.main\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}"
        " & {'starlette', 'uvicorn', 'h11', 'anyio', 'python_multipart'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
