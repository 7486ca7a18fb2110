"""A folder of odd files among good films: the good ones are done, each odd one gets one line."""

import os
import socket
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import fake_workspace
import in_process
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs

from indicsubs.library.films import find_films
from indicsubs.library.ledger import LEDGER_FILE, Ledger, LedgerFilm
from indicsubs.library.wishes import Wish, encode
from indicsubs.library.work import FilmOutcome, Work
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
    *("ignored/x.mp4", "ignored/deeper/x.mp4", "ignored/.indicsubsignore"),
)


def film(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(film_bytes([*DIALOGUE, str(path)]))


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


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


def _not_utf_8(path: Path) -> None:
    film(path)


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
    "plain.mp4": (film, "would have the same name"),  # the stem of plain.mkv
    "bytes \udcff.mp4": (_not_utf_8, "bytes that are not UTF-8"),
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    found = fake_workspace.for_commands(tmp_path, monkeypatch)
    in_process.without_processes(monkeypatch)
    return found


def ledger_films(workspace: Workspace) -> list[LedgerFilm]:
    ledger = Ledger(workspace.jobs / LEDGER_FILE)
    films = ledger.films()
    ledger.close()
    return films


def test_odd_files_among_good_ones(workspace: Workspace, capsys) -> None:
    library = Path("library").absolute()
    for name in GOOD:
        film(library / name)
    for name in LEFT_OUT:
        film(library / name)
    for name, (make, _) in ODD.items():
        make(library / name)
    (library / "loop").symlink_to(library, target_is_directory=True)
    (library / "empty folder").mkdir()
    status = indicsubs("run", "library", *OPTIONS)
    captured = capsys.readouterr()
    states = {os.path.relpath(film.path, library): film for film in ledger_films(workspace)}
    assert {name for name, film in states.items() if film.state == "done"} == {*GOOD}
    failed = {name: film.message or "" for name, film in states.items() if film.state == "failed"}
    assert failed.keys() == ODD.keys()
    for name, (_, message) in ODD.items():
        assert message in failed[name], name
    assert status == len(ODD)
    lines = [line for line in captured.err.splitlines() if line.startswith("failed: ")]
    assert len(lines) == len(ODD), "one line for each"
    assert "\x1b" not in captured.err + captured.out, "no name changes the terminal"
    beside = {path.name for path in library.iterdir()}
    assert {"plain.eng.srt", "new\nline.eng.srt", "*.eng.srt", "-dash.hin.srt"} <= beside
    assert indicsubs("run", "library", *OPTIONS) == len(ODD)
    assert f"{len(ODD)} failed, {len(GOOD)} done before" in capsys.readouterr().out
