"""Firefox without a window, driven by Selenium without geckodriver, which Debian does not have.

geckodriver translates WebDriver's HTTP requests into commands of Marionette, the WebDriver server
inside Firefox. Here Selenium's commands become Marionette's directly: both have the names and the
parameters of the standard, so a table of names is all (docs/decisions/0041-firefox.md). Source of
the message format and the names: Firefox's documentation, "Marionette: Protocol", and its
remote/marionette/driver.sys.mjs.
"""

import base64
import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.file_detector import UselessFileDetector

PROGRAMS = ("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox")
STARTS_IN_S = 60
NAMES = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.QUIT: "Marionette:Quit",
    Command.SET_TIMEOUTS: "WebDriver:SetTimeouts",
    Command.GET: "WebDriver:Navigate",
    Command.GET_CURRENT_URL: "WebDriver:GetCurrentURL",
    Command.GET_TITLE: "WebDriver:GetTitle",
    Command.FIND_ELEMENT: "WebDriver:FindElement",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.FIND_CHILD_ELEMENT: "WebDriver:FindElement",
    Command.FIND_CHILD_ELEMENTS: "WebDriver:FindElements",
    Command.W3C_GET_ACTIVE_ELEMENT: "WebDriver:GetActiveElement",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.CLEAR_ELEMENT: "WebDriver:ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "WebDriver:GetElementText",
    Command.GET_ELEMENT_RECT: "WebDriver:GetElementRect",
    Command.GET_ELEMENT_VALUE_OF_CSS_PROPERTY: "WebDriver:GetElementCSSValue",
    Command.GET_ELEMENT_ARIA_LABEL: "WebDriver:GetComputedLabel",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "WebDriver:ExecuteAsyncScript",
    Command.W3C_ACTIONS: "WebDriver:PerformActions",
    Command.GET_ALL_COOKIES: "WebDriver:GetCookies",
    Command.DELETE_ALL_COOKIES: "WebDriver:DeleteAllCookies",
}
PREFERENCES = {
    "marionette.port": 0,  # any that is free
    "media.autoplay.default": 0,  # films play without a click
    "media.volume_scale": "0.0",
}


class Marionette:
    """The connection to a Firefox that this starts; Selenium calls it as its remote connection."""

    def __init__(self, program: str, profile: Path) -> None:
        lines = (
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFERENCES.items()
        )
        (profile / "user.js").write_text("".join(lines))
        self._log = (profile / "firefox.log").open("wb")
        options = ("--marionette", "--remote-allow-system-access", "--headless", "--no-remote")
        self._process = subprocess.Popen(
            [program, *options, "--profile", str(profile)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._number = 0
        self._socket = self._connected(profile)
        self._stream = self._socket.makefile("rb")
        self._received()  # who speaks

    def _connected(self, profile: Path) -> socket.socket:
        deadline_s = time.monotonic() + STARTS_IN_S
        while True:
            try:
                port = int((profile / "MarionetteActivePort").read_text())
                return socket.create_connection(("127.0.0.1", port), timeout=STARTS_IN_S)
            except (OSError, ValueError):
                is_late = time.monotonic() > deadline_s or self._process.poll() is not None
                assert not is_late, Path(self._log.name).read_text(errors="replace")
                time.sleep(0.05)

    def _received(self) -> Any:
        """A message is its length in bytes, a colon, and JSON."""
        length = b""
        while not length.endswith(b":"):
            length += self._stream.read(1) or b":"
        return json.loads(self._stream.read(int(length[:-1])))

    def execute(self, command: str, parameters: dict[str, Any] | None) -> dict[str, Any]:
        """Selenium's call: the answer of a command in the form of WebDriver's answers."""
        given = {**(parameters or {})}
        given.pop("sessionId", None)  # a connection is a session
        if command in {Command.FIND_CHILD_ELEMENT, Command.FIND_CHILD_ELEMENTS}:
            given["element"] = given.pop("id")
        try:
            return {"value": self.send(NAMES[command], given)}
        except MarionetteError as error:
            return {"status": error.value["error"], "value": error.value}

    def send(self, name: str, parameters: dict[str, Any]) -> Any:
        """Returns what a command of Marionette answers."""
        self._number += 1
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _kind, _number, error, result = self._received()
        if error is not None:
            raise MarionetteError(error)
        return result["value"] if isinstance(result, dict) and [*result] == ["value"] else result

    def close(self) -> None:
        """Selenium's call after the command to quit."""
        self._stream.close()
        self._socket.close()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._log.close()


class MarionetteError(Exception):
    """A command that has failed."""

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(f"{value['error']}: {value['message']}")
        self.value = value


class Firefox(webdriver.Remote):
    """Selenium's driver, with what WebDriver has no commands for."""

    def __init__(self, program: str, profile: Path) -> None:
        self._marionette = Marionette(program, profile)
        super().__init__(
            self._marionette,  # type: ignore[arg-type]  # all that Selenium calls
            options=webdriver.FirefoxOptions(),
            file_detector=UselessFileDetector(),  # files are on this machine
        )

    def show(self, size: tuple[int, int], scheme: str) -> None:
        """Sets the size of pages and the colour scheme, and forgets the errors of earlier pages."""
        self.get("about:blank")
        # Firefox's own window has a least width, which is wider than a phone.
        self._chrome(
            "const browser = gBrowser.selectedBrowser;"
            "const [size, scheme] = arguments;"
            "['width', 'height'].forEach((side, index) => {"
            "  for (const name of [side, `min-${side}`, `max-${side}`])"
            "    browser.style.setProperty(name, `${size[index]}px`, 'important');"
            "});"
            "const override = 'layout.css.prefers-color-scheme.content-override';"
            "Services.prefs.setIntPref(override, scheme === 'dark' ? 0 : 1);"
            "Services.console.reset();",
            [size, scheme],
        )
        wanted = "return innerWidth === arguments[0] && innerHeight === arguments[1]"
        deadline_s = time.monotonic() + 10
        while not self.execute_script(wanted, *size):
            assert time.monotonic() < deadline_s
            time.sleep(0.01)

    def errors(self) -> list[str]:
        """The errors since the last call: of scripts and of the page's policy."""
        return self._chrome(
            "const found = Services.console.getMessageArray()"
            "  .filter((each) => each instanceof Ci.nsIScriptError"
            "    && /^(https?|file):/.test(each.sourceName)"
            "    && !(each.flags & Ci.nsIScriptError.warningFlag))"
            "  .map((each) => each.toString());"
            "Services.console.reset();"
            "return found"
        )

    def picture(self) -> bytes:
        """The whole page as a PNG."""
        return base64.b64decode(self._marionette.send("WebDriver:TakeScreenshot", {"full": True}))

    def _chrome(self, script: str, arguments: list[object] | None = None) -> Any:
        """Runs a script in the browser itself."""
        send = self._marionette.send
        send("Marionette:SetContext", {"value": "chrome"})
        try:
            return send("WebDriver:ExecuteScript", {"script": script, "args": arguments or []})
        finally:
            send("Marionette:SetContext", {"value": "content"})
