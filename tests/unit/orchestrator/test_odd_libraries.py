"""A folder of odd files among good films: the good ones are done, each odd one gets one line."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs

from indicsubs.library.ignore_rules import IGNORE_FILE
from indicsubs.library.ledger import LEDGER_FILE, Ledger, LedgerFilm
from indicsubs.machine.workspace import Workspace

OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en", "--beside")
LONGEST = "क" * 83 + "aa.mp4"
"""A name of 255 bytes, the most that file systems take."""
GOOD = (
    "plain.mkv",
    "UPPER.MKV",
    "with spaces and (brackets) [1080p] {x}.mp4",
    "quotes ' and \".mp4",
    "new\nline.mp4",
    "tab\tand \x1b[31mred\x1b[0m.mp4",
    "emoji 🎬🪔.mp4",
    "दरवाज़ा.mp4",
    "नमस्ते.final.mp4",
    "dots.in.the.name.2001.mp4",
    "-dash.mp4",
    "%percent%20s.mp4",
    "$HOME `id` $(id).mp4",
    "*.mp4",
    "sampler.mp4",
    LONGEST,
    "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/deep.mp4",
    "folder.mkv/inside.mp4",
)
LEFT_OUT = (
    *(".hidden.mp4", ".trash/x.mp4", "Film-sample.mp4", "Sample/x.mp4", "Trailers/x.mp4"),
    *("note.txt", "plain.nfo", "poster.jpg", "plain.mkv.part", "no suffix"),
    *("ignored/x.mp4", "ignored/deeper/x.mp4"),
)


def film(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(film_bytes([*DIALOGUE, ascii(path.name)]))


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))  # a longer one does not fit


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _text(path: Path) -> None:
    path.write_text("Remember the milk.\n")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _truncated(path: Path) -> None:
    path.write_bytes(film_bytes()[:5])


def _link_to_nothing(path: Path) -> None:
    path.symlink_to("gone.mp4")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _forbidden(path: Path) -> None:
    film(path)
    path.chmod(0)


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty.mp4": (Path.touch, "is not a film"),
    "text.mkv": (_text, "is not a film"),
    "binary.avi": (_binary, "is not a film"),
    "truncated.mov": (_truncated, "is not a film"),
    "fifo.mp4": (_fifo, "is a pipe"),
    "socket.mp4": (_socket, "is a socket"),
    "device.mp4": (_device, "is a device"),
    "gone.mkv": (_link_to_nothing, "is not there"),
    "circle.mp4": (_link_to_itself, "cannot be read"),
    "bytes \udcff.mp4": (film, "bytes that are not UTF-8"),
}
if os.geteuid():  # root may read everything
    ODD["forbidden.mp4"] = (_forbidden, "cannot be read: Permission denied")
TWINS = ("twin.avi", "twin.mp4")
"""Films whose subtitles would have the same names: that which is done first gets them."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.fixture
def library(workspace: Workspace) -> Path:
    folder = workspace.root / "library"
    for name in (*GOOD, *LEFT_OUT, *TWINS):
        film(folder / name)
    for name, (make, _) in ODD.items():
        make(folder / name)
    (folder / "ignored" / IGNORE_FILE).write_bytes(b"")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "empty folder").mkdir()
    return folder


def films(workspace: Workspace, library: Path) -> dict[str, LedgerFilm]:
    ledger = Ledger(workspace.jobs / LEDGER_FILE)
    found = {os.path.relpath(film.path, library): film for film in ledger.films()}
    ledger.close()
    return found


def test_odd_files_among_good_ones(workspace: Workspace, library: Path, capsys) -> None:
    failures = len(ODD) + 1
    assert indicsubs("run", library, *OPTIONS) == failures
    captured = capsys.readouterr()
    found = films(workspace, library)
    assert found.keys() == {*GOOD, *ODD, *TWINS}
    assert {found[name].state for name in GOOD} == {"done"}
    assert {found[name].state for name in ODD} == {"failed"}
    for name, (_, message) in ODD.items():
        assert message in (found[name].message or ""), name
    assert sorted(found[name].state for name in TWINS) == ["done", "failed"]
    (twin,) = (found[name] for name in TWINS if found[name].state == "failed")
    assert "would have the same names in" in (twin.message or "")
    lines = [line for line in captured.err.splitlines() if line.startswith("failed: ")]
    assert len(lines) == failures, "one line for each"
    assert "\x1b" not in captured.err + captured.out, "no name changes the terminal"
    beside = {path.name for path in library.iterdir()}
    assert {"plain.eng.srt", "new\nline.eng.srt", "*.eng.srt", "-dash.hin.srt"} <= beside
    assert not [name for name in beside if name.startswith(".indicsubs")]

    assert indicsubs("run", library, *OPTIONS) == failures
    assert f"{failures} failed, {len(GOOD) + 1} done before" in capsys.readouterr().out
    assert indicsubs("run", library, *OPTIONS, "--json") == failures
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ended = [Path(event["path"]).name for event in events if event["event"] == "film_done"]
    assert sorted(ended) == sorted((*ODD, Path(twin.path).name))
    assert indicsubs("queue", "list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == len(found)
    assert indicsubs("queue", "list") == 0
    assert indicsubs("queue", "remove", "bytes") == 0
