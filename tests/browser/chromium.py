"""Chromium without a window, through the driver of the same package source."""

import base64
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
DRIVER = "chromedriver"
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


class Chromium(webdriver.Chrome):
    """Selenium's driver, with what WebDriver has no commands for."""

    def __init__(self, program: str, driver: str, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        super().__init__(options=options, service=Service(driver))

    def show(self, size: tuple[int, int], scheme: str) -> None:
        """Sets the size of pages and the colour scheme, and forgets the errors of earlier pages."""
        self.get("about:blank")
        self.errors()
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def errors(self) -> list[str]:
        """The errors since the last call: of scripts, of the page's policy, of requests."""
        return [entry["message"] for entry in self.get_log("browser")]

    def picture(self) -> bytes:
        """The whole page as a PNG."""
        width, height = self.execute_script(
            "return [window.innerWidth, document.documentElement.scrollHeight]"
        )
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        options = {"clip": clip, "captureBeyondViewport": True}
        found = self.execute_cdp_cmd("Page.captureScreenshot", options)
        return base64.b64decode(found["data"])
