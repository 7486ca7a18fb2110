"""The browsers that the pages are tested in, as Debian or macOS have them."""

import os
import shutil
from pathlib import Path
from typing import TypeAlias

import chromium
import firefox
import pytest

Browser: TypeAlias = chromium.Chromium | firefox.Firefox
NAMES = ("chromium", "firefox")
MISSING = (
    "The pages are tested in real browsers, but {what} was not found. Install it: on Debian with"
    " apt-get install chromium chromium-driver firefox-esr; on macOS with brew install --cask"
    " google-chrome chromedriver firefox."
)


def start(name: str, profile: Path) -> Browser:
    """Starts a browser with a new profile."""
    if name == "firefox":
        return firefox.Firefox(find_program(*firefox.PROGRAMS), profile)
    program, driver = find_program(*chromium.PROGRAMS), find_program(chromium.DRIVER)
    return chromium.Chromium(program, driver, profile)


def find_program(*names: str) -> str:
    """Returns the first program with one of these names; without one, CI fails, others skip."""
    for name in names:
        if program := shutil.which(name):
            return program
    message = MISSING.format(what=Path(names[0]).name)
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    return pytest.skip(message)
