"""A real browser without a window: the Chromium of Debian or macOS, with its driver."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = (
    "The report's page is tested in a real browser, but {what} was not found. Install it: on Debian"
    " and Ubuntu with apt-get install chromium chromium-driver; on macOS with brew install --cask"
    " google-chrome chromedriver."
)
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # Chromium has no sandbox for root, which CI is
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
)


def find_program(*names: str) -> str:
    """Returns the first program with one of these names; without one, CI fails, others skip."""
    for name in names:
        if program := shutil.which(name):
            return program
    message = MISSING.format(what=Path(names[0]).name)
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    return pytest.skip(message)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = find_program(*BROWSERS)
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('browser')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(find_program("chromedriver")))
    driver.set_script_timeout(20)
    yield driver
    driver.quit()
