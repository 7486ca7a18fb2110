"""Watches folders and keeps the ledger of their films; others do the films.

Folders are read again and again (docs/decisions/0037-watching.md), each in a thread of its own,
because a network folder that is away may not answer for minutes. What is known lives in the ledger
or is found again by the next scans, so a kill loses nothing.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from indicsubs.library.ledger import Ledger, LedgerFilm
from indicsubs.library.scanning import Scan
from indicsubs.library.watch_surroundings import Surroundings, WatchedFolder, WatchSettings
from indicsubs.library.watching import Decisions, Settling, decide, is_lost
from indicsubs.library.work import Next
from indicsubs_contract.errors import FailureCode

_REST: Final = 10.0
"""The next scan waits at least so many times as long as the last one took."""
_SILENT_S: Final = 60.0
"""The time after which a folder whose scan has not ended does not answer."""
_CHECKS_S: Final = 0.5
"""The time of a tick for looking whether what was made of the films is still there."""
_MOST_NAMED: Final = 20
"""The most new films of a scan that are named one by one."""
_OF_THE_FOLDER: Final = frozenset((FailureCode.NO_INPUT, FailureCode.IO_ERROR))
"""The failures after which all folders are scanned before the next film is begun."""


@dataclass(kw_only=True)
class _Folder:
    """A watched folder and what is known of it."""

    watched: WatchedFolder
    settling: Settling
    scans: SimpleQueue[Scan] = field(default_factory=SimpleQueue[Scan])
    due_s: float = 0.0
    began_s: float | None = None
    """When the scan that runs began."""
    is_known: bool = False
    """Whether it was scanned already."""
    is_lost: bool = False
    is_silent: bool = False
    unreadable: frozenset[str] = frozenset()
    ready: list[int] = field(default_factory=list[int])

    def owns(self, film: LedgerFilm) -> bool:
        """Returns whether a film of the ledger is in the folder and has its wish."""
        below = f"{self.watched.path.rstrip('/')}/"
        return film.wish == self.watched.wish and film.path.startswith(below)


class Watcher:
    """Keeps the ledger of watched folders; :meth:`tick` does what is due.

    Args:
        ledger: The ledger.
        folders: The folders; none is inside another.
        settings: How they are watched.
        around: What the watcher uses of its machine.
    """

    def __init__(
        self,
        ledger: Ledger,
        folders: Sequence[WatchedFolder],
        settings: WatchSettings,
        around: Surroundings,
    ) -> None:
        self.ids: list[int] = []
        """The films that may be begun now; each tick brings the list up to date."""
        self.must_restart = False
        self._ledger = ledger
        self._settings = settings
        self._around = around
        self._folders = [
            _Folder(watched=folder, settling=Settling(settings.settle_s)) for folder in folders
        ]
        self._others: list[int] = []
        self._unchecked: deque[LedgerFilm] = deque()
        self._obstacle: str | None = None
        self._is_quiet = False
        self._is_changing = False
        self._sources_due_s = 0.0

    def tick(self) -> Next:
        """Takes what scans have found into the ledger, and starts those that are due.

        Returns:
            What the work does next: it ends where the checkout has changed.
        """
        self._ledger.renew()
        for folder in self._folders:
            if not folder.scans.empty():
                self._take(folder, folder.scans.get())
            self._start_scan(folder)
        self._check_some()
        self._look_at_the_clock()
        self._look_at_the_sources()
        may_begin = not (self._is_quiet or self._obstacle or self._is_changing)
        ready = [number for folder in self._folders for number in folder.ready]
        self.ids[:] = [*ready, *self._others] if may_begin else []
        if self.must_restart:
            return "end"
        return "begin" if may_begin else "wait"

    def note_failure(self, film: LedgerFilm) -> None:
        """Scans again before the next film, where a film failed because its folder may be away."""
        if film.code not in _OF_THE_FOLDER:
            return
        self.ids.clear()
        self._others.clear()
        for folder in self._folders:
            folder.ready.clear()
            folder.due_s = 0.0

    def _start_scan(self, folder: _Folder) -> None:
        now_s = self._around.clock.monotonic()
        path = folder.watched.path
        if folder.began_s is not None:
            if now_s - folder.began_s >= _SILENT_S and not folder.is_silent:
                folder.is_silent = True
                folder.ready.clear()
                self._say("silent", f"{path} does not answer. Its films wait until it does.", path)
        elif now_s >= folder.due_s:
            folder.began_s = now_s
            self._around.start(lambda: folder.scans.put(self._around.scan(path)))

    def _take(self, folder: _Folder, scan: Scan) -> None:
        folder.began_s = None
        rest_s = max(self._settings.every_s, _REST * scan.seconds)
        folder.due_s = self._around.clock.monotonic() + rest_s
        films = self._ledger.films()
        known = {film.path: film for film in films if folder.owns(film)}
        self._say_what_is_away(folder, scan, known)
        settled = folder.settling.settled(scan, known)
        found = decide(scan, settled, known, self._ledger.failures, self._around.clock.time())
        folder.ready = [*found.ready, *self._write(folder, scan, found)]
        waiting = [film for film in films if film.state == "waiting"]
        self._others = [
            film.id
            for film in waiting
            if not any(each.owns(film) for each in self._folders) and Path(film.path).is_file()
        ]
        if not folder.is_known and not folder.is_lost:
            folder.is_known = True
            self._unchecked += [
                film
                for path, film in known.items()
                if path in settled and film.state in {"done", "skipped"}
            ]
            self._say(
                "scanned",
                f"{folder.watched.path}: {len(scan.films)} film(s), {len(folder.ready)} wait,"
                f" {found.unsettled} may still be being copied.",
                folder.watched.path,
                films=len(scan.films),
                waiting=len(folder.ready),
                unsettled=found.unsettled,
            )
        if folder.ready or self._others:
            self._look_for_obstacles()

    def _write(self, folder: _Folder, scan: Scan, found: Decisions) -> list[int]:
        """Brings the ledger up to date, and returns the films that wait because of it."""
        wish = folder.watched.wish
        states = {Path(path): scan.films[path][:2] for path in (*found.new, *found.changed)}
        added = self._ledger.add(
            ((path, wish) for path in states), priority=self._settings.priority, states=states
        )
        self._ledger.remove([film.id for film in found.gone])
        self._ledger.wait_again([film.id for film in found.again])
        for path, old in found.moved.items():
            self._say("moved", f"moved: {old} is now {path}", path, old=old)
        new = [path for path in found.new if path not in found.moved]
        if len(new) > _MOST_NAMED:
            text = f"new: {len(new)} films in {folder.watched.path}"
            self._say("new", text, folder.watched.path, films=len(new))
            new = []
        for path in new:
            self._say("new", f"new: {path}", path)
        for path in found.changed:
            self._say("changed", f"changed: {path}", path)
        for film in found.gone:
            text = f"left the queue, because it is not in its folder any more: {film.path}"
            self._say("gone", text, film.path)
        for film in found.again:
            self._say("retry", f"tried again: {film.path}", film.path)
        return [*added, *(film.id for film in found.again)]

    def _say_what_is_away(
        self, folder: _Folder, scan: Scan, known: Mapping[str, LedgerFilm]
    ) -> None:
        """Says once what cannot be reached, and once that it is there again."""
        path = folder.watched.path
        was_away = folder.is_lost or folder.is_silent
        folder.is_silent = False
        lost = is_lost(scan, known)
        if lost and not folder.is_lost:
            reason = scan.unreadable.get(path)
            text = (
                f"{path} cannot be read ({reason})."
                if reason is not None
                else f"{path} has no film any more, and {len(known)} are known."
            )
            text += (
                " Nothing is forgotten because of it; the films wait until they are there again."
            )
            self._say("lost", text, path)
        elif was_away and not lost:
            self._say("back", f"{path} is there again.", path)
        folder.is_lost = lost
        parts = frozenset(scan.unreadable) - {path}
        for part in sorted(parts - folder.unreadable):
            text = f"{part} cannot be read ({scan.unreadable[part]}). Its films wait."
            self._say("lost", text, part)
        for part in sorted(folder.unreadable - parts):
            self._say("back", f"{part} can be read again.", part)
        folder.unreadable = parts

    def _look_for_obstacles(self) -> None:
        obstacle = self._around.obstacle()
        if obstacle is not None and obstacle != self._obstacle:
            self._around.say("held", f"No film is begun: {obstacle}", message=obstacle)
        elif obstacle is None and self._obstacle is not None:
            self._around.say("released", "Films are begun again.")
        self._obstacle = obstacle

    def _check_some(self) -> None:
        """Looks whether what was made of the films before the start is still there."""
        clock = self._around.clock.monotonic
        until_s = clock() + _CHECKS_S
        while self._unchecked and clock() < until_s:
            film = self._unchecked.popleft()
            if not self._around.is_still_done(film) and self._ledger.wait_again([film.id]):
                self._say("again", f"its subtitles are gone, made again: {film.path}", film.path)

    def _look_at_the_clock(self) -> None:
        end = self._settings.quiet.end(self._around.clock.local())
        if end is not None and not self._is_quiet:
            text = f"Quiet hours until {end:%H:%M}: no film is begun."
            self._around.say("quiet", text, until=f"{end:%H:%M}")
        elif end is None and self._is_quiet:
            self._around.say("loud", "The quiet hours are over.")
        self._is_quiet = end is not None

    def _look_at_the_sources(self) -> None:
        now_s = self._around.clock.monotonic()
        sources = self._around.sources
        if sources is None or self.must_restart or now_s < self._sources_due_s:
            return
        self._sources_due_s = now_s + self._settings.every_s
        changes = sources.look()
        self._is_changing = changes != "none"
        if changes == "complete":
            self._look_for_obstacles()  # a lock for which `just setup` must build environments
            self.must_restart = self._obstacle is None
        if self.must_restart:
            text = "indicsubs itself has changed: it starts again after the films in hand."
            self._around.say("restart", text)

    def _say(self, event: str, text: str, path: str, **details: object) -> None:
        self._around.say(event, text, path=path, **details)
