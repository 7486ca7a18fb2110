"""The options of ``watch``: how often, when, and whom it tells."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from indicsubs.cli.option_values import NumberIn
from indicsubs.library.quiet_hours import read_quiet_hours
from indicsubs.library.watch_surroundings import WatchSettings
from indicsubs.library.web_hook import SECRET_VARIABLE, WebHook

_WATCH = Group("Watching", sort_key=0)
_SECONDS = NumberIn(0.01, 86400, "seconds")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """How folders are watched."""

    every: Annotated[
        float,
        Parameter(group=_WATCH, converter=_SECONDS, help="Seconds between two scans of a folder."),
    ] = 60.0
    settle: Annotated[
        float,
        Parameter(
            group=_WATCH,
            converter=_SECONDS,
            help="Seconds in which a film must not have changed: it may still be being copied.",
        ),
    ] = 60.0
    quiet_hours: Annotated[
        str,
        Parameter(
            group=_WATCH,
            help="Hours in which no film is begun, such as 08:00-23:00; several are separated by"
            " commas.",
        ),
    ] = ""
    hook: Annotated[
        str | None,
        Parameter(
            group=_WATCH,
            help="An address (http or https) that gets a POST of JSON when a film is done, skipped"
            f" or has failed. The variable {SECRET_VARIABLE} may have a secret that signs it.",
        ),
    ] = None

    def settings(self, priority: int) -> WatchSettings:
        """Returns the settings of the watcher.

        Raises:
            IndicsubsError: ``USAGE`` for quiet hours that cannot be read.
        """
        return WatchSettings(
            every_s=self.every,
            settle_s=self.settle,
            quiet=read_quiet_hours(self.quiet_hours),
            priority=priority,
        )

    def web_hook(self, report: Callable[[str], None]) -> WebHook | None:
        """Returns the web hook; None where none is wanted.

        Raises:
            IndicsubsError: ``USAGE`` for another kind of address.
        """
        if self.hook is None:
            return None
        return WebHook(self.hook, os.environ.get(SECRET_VARIABLE, ""), report)
