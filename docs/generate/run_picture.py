"""Makes docs/run.svg, a picture of a run of the demo in a terminal.

It runs the demo, so the environments must be set up. ``just docs-picture`` calls it.
"""

from pathlib import Path
from types import TracebackType
from typing import Self
from unittest.mock import patch

from rich.console import Console

from indicsubs.cli import display, run_commands
from indicsubs.cli.main import main as indicsubs

ROOT = Path(__file__).parents[2]
DEMO = ["run", "demo/clip.mp4", "--profile", "demo", "-s", "hi", "-t", "en,ta", "--force"]
WIDTH = 112
"""The columns of the terminal, which are enough for long bars."""


class FinishedBars(display.ProgressBars):
    """Progress bars that are shown only once, after the run, because a picture does not move."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.console.print(self._bars.get_renderable())


def main() -> None:
    """Runs the demo as a new job, and writes the final content of the terminal."""
    terminal = Console(record=True, force_terminal=True, width=WIDTH, color_system="truecolor")
    terminal.print("$ just demo", highlight=False)
    with (
        patch.multiple(run_commands, out=terminal, err=terminal),
        patch.object(display, "ProgressBars", FinishedBars),
    ):
        try:
            indicsubs(DEMO)
        except SystemExit as end:
            if end.code:
                raise
    terminal.save_svg(str(ROOT / "docs" / "run.svg"), title="just demo")


if __name__ == "__main__":
    main()
