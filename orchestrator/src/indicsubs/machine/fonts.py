"""Finds in the environment common which fonts of the languages are on this machine."""

import subprocess

import msgspec

from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs_text.languages import LANGUAGES

_ENVIRONMENT = "common"
"""The environment whose stages draw with the fonts and attach them."""
_SECONDS = 60


class FontState(msgspec.Struct, frozen=True, kw_only=True):
    """The font of some languages."""

    family: str
    languages: tuple[str, ...]
    """Their tags."""
    file: str | None
    """The path of its regular face; None where it is not installed."""


def check_fonts(manager: EnvironmentManager) -> tuple[FontState, ...]:
    """Returns the state of every language's font; nothing where the environment is not ready."""
    tags: dict[str, list[str]] = {}
    for language in LANGUAGES.values():
        tags.setdefault(language.font.family, []).append(language.tag)
    if manager.health(_ENVIRONMENT) is not Health.OK:
        return ()
    try:
        done = subprocess.run(
            manager.python_command(_ENVIRONMENT, "-m", "indicsubs_common.fonts", *tags),
            cwd=manager.root,
            env=manager.process_variables(_ENVIRONMENT),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        files = msgspec.json.decode(done.stdout, type=dict[str, str | None])
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        return ()  # the advice about environments says why
    return tuple(
        FontState(family=family, languages=tuple(each), file=files.get(family))
        for family, each in tags.items()
    )
