"""Rounds of kills of a run over a folder of films, whose stages are warm."""

from pathlib import Path
from typing import ClassVar

from torture.campaign import Campaign

FILMS = 3


class LibraryCampaign(Campaign):
    """Kills the runner of a folder, or its warm processes; compares the files beside the films."""

    steps: ClassVar[int] = 1
    moments: ClassVar[tuple[str, ...]] = ("", "", "film 1 of", "film 2 of", "film 3 of", "done:")
    statuses: ClassVar[frozenset[int]] = Campaign.statuses | {*range(1, FILMS + 1)}
    """A film fails whose request is killed twice."""

    def _arguments(self, step: int) -> tuple[str, ...]:
        self._make_films()
        product = self.product
        return ("run", str(self._library), *product.options, *product.targets, "--beside")

    @property
    def _library(self) -> Path:
        return self.base / "library"

    def _make_films(self) -> None:
        """Makes films with contents of their own, once."""
        film = self.product.folder / self.product.film
        for number in range(FILMS):
            path = self._library / f"E{number:02}{film.suffix}"
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(film.read_bytes() + f"\n{number}".encode())

    def _begin(self) -> None:
        super()._begin()
        for path in self._library.glob("*.srt"):
            path.unlink()

    def _results(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self._library.iterdir())}
