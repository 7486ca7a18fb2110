"""The page of `just serve` in a real browser: the queue, live, and what a person does with it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from browsers import Browser
from fake_film import DIALOGUE, film_bytes
from fake_server import FakeServer, running
from selenium.webdriver import Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

WIDE, NARROW = (1280, 900), (390, 844)
TOKEN = "a token of sufficient length"


class QueuePage:
    """The page: the actions of its reader, and the contents that the reader sees."""

    def __init__(self, browser: Browser, server: FakeServer) -> None:
        self.browser, self.server = browser, server

    def open(self, size: tuple[int, int] = WIDE, scheme: str = "light") -> None:
        self.browser.show(size, scheme)
        self.browser.get(self.server.url)

    def one(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition: Callable[[], object], seconds: float = 15) -> None:
        def holds(_browser: Browser) -> bool:
            try:
                return bool(condition())
            except Exception:  # the element is not there yet, or was replaced
                return False

        WebDriverWait(self.browser, seconds, 0.05).until(holds)

    def names(self, state: str) -> list[str]:
        return [each.text for each in self.all(f"section[data-state={state}] h3")]

    def button(self, label: str) -> WebElement:
        return self.one(f"button[aria-label='{label}']")

    def errors(self) -> list[str]:
        return self.browser.errors()

    def overflow(self) -> int:
        """How much wider the page is than its window, in pixels."""
        return self.browser.execute_script(
            "const { scrollWidth, clientWidth } = document.documentElement;"
            "return scrollWidth - clientWidth"
        )

    def picture(self, name: str) -> None:
        """Saves a picture for a person, where the variable says so."""
        if folder := os.environ.get("PICTURES"):
            path = Path(folder, f"{self.browser.name}-{name}")
            path.write_bytes(self.browser.picture())


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    root = tmp_path_factory.mktemp("page")
    for name in ("Season 1/E01.mp4", "Season 1/E02.mp4", "A Film of a Very Long Name (2001).mp4"):
        path = root / "library" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film_bytes([*DIALOGUE, name]))
    options = ("--library", str(root / "library"), "-s", "hi", "-t", "en", "--at-once", "1")
    with running(root, *options) as found:
        yield found


@pytest.fixture
def page(browser: Browser, server: FakeServer) -> QueuePage:
    return QueuePage(browser, server)


def upload(server: FakeServer, name: str, content: bytes, **data: str) -> int:
    answer = server.post("/jobs", files={"file": (name, content)}, data=data)
    return answer.json()["jobs"][0]["id"]


def test_an_empty_queue_says_what_to_do(page: QueuePage) -> None:
    page.open()
    page.wait(lambda: page.one("#empty").is_displayed())
    assert page.one("#summary").text == "0 in work, 0 waiting"
    assert page.errors() == []


def test_films_go_through_the_queue_before_the_reader_s_eyes(page: QueuePage) -> None:
    page.open()
    page.wait(lambda: page.one("#empty").is_displayed())
    upload(page.server, "first.mp4", film_bytes(["एक।"]), initial_prompt="sleep:2")
    upload(page.server, "second.mp4", film_bytes(["दो।"]))
    upload(page.server, "broken.mp4", b"no film")
    page.wait(lambda: page.names("running") == ["first.mp4"])
    page.wait(lambda: page.names("waiting") == ["second.mp4", "broken.mp4"])
    page.wait(lambda: "speech" in page.one("section[data-state=running] .stage").text)
    page.picture("running.png")
    page.wait(lambda: page.names("failed") == ["broken.mp4"])
    assert "is not a film" in page.one("section[data-state=failed] .message").text
    page.wait(lambda: {*page.names("done")} == {"first.mp4", "second.mp4"})
    links = [each.text for each in page.all("section[data-state=done] li:first-child a")]
    assert "second.eng.srt" in links
    href = page.one("section[data-state=done] a").get_attribute("href")
    assert requests.get(href, timeout=30).status_code == 200
    assert page.errors() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_is_wider_than_the_window(page: QueuePage, size, scheme: str) -> None:
    page.open(size, scheme)
    page.wait(lambda: page.names("done"))
    page.one("#add summary").click()
    page.wait(lambda: page.all("#entries button"))
    assert page.overflow() == 0
    page.picture(f"page-{size[0]}-{scheme}.png")
    small = page.browser.execute_script(
        "return [...document.querySelectorAll('button, a, input, select')].filter(e =>"
        " e.offsetParent && e.getBoundingClientRect().height < 17).length"
    )
    assert small == 0


def test_every_control_has_a_name(page: QueuePage) -> None:
    page.open()
    page.wait(lambda: page.names("done"))
    page.one("#add summary").click()
    page.wait(lambda: page.all("#targets input"))
    controls = page.all("a, button, input, select, summary, progress")
    shown = [each for each in controls if each.is_displayed()]
    assert len(shown) > 40
    nameless = [each.get_attribute("outerHTML") for each in shown if not each.accessible_name]
    assert nameless == []
    assert page.one("#news").get_attribute("aria-live") == "polite"


def test_a_failed_film_is_tried_again_by_keyboard(page: QueuePage) -> None:
    page.open()
    page.wait(lambda: page.names("failed") == ["broken.mp4"])
    page.button("Retry: broken.mp4").send_keys(Keys.ENTER)
    page.wait(lambda: page.server.get("/jobs?state=failed").json()["jobs"][0]["attempts"] == 2)
    page.wait(lambda: page.names("failed") == ["broken.mp4"])
    page.button("Remove: broken.mp4").send_keys(Keys.SPACE)
    page.wait(lambda: page.names("failed") == [])


def test_films_of_the_library_are_added(page: QueuePage) -> None:
    page.open(NARROW)
    page.one("#add summary").click()
    page.wait(lambda: "Season 1/" in [each.text for each in page.all("#entries button")])
    page.all("#entries button")[0].click()
    page.wait(lambda: [e.text for e in page.all("#entries button")] == ["E01.mp4", "E02.mp4"])
    page.all("#entries button")[1].click()
    assert page.one("#chosen").text.endswith("Season 1/E02.mp4")
    page.one("#targets input[value=ta]").click()
    page.one("#beside").click()
    page.one("button.main").click()
    page.wait(lambda: "E02.mp4" in page.names("done"))
    job = next(j for j in page.server.get("/jobs").json()["jobs"] if j["name"] == "E02.mp4")
    assert job["wanted"] == "Hindi to English, Tamil"
    assert Path(job["path"]).with_name("E02.tam.srt").is_file()
    assert page.errors() == []


def test_a_film_is_uploaded(page: QueuePage, tmp_path: Path) -> None:
    film = tmp_path / "mine.mp4"
    film.write_bytes(film_bytes(["मेरा।"]))
    page.open()
    page.one("#add summary").click()
    page.wait(lambda: page.one("#source").get_attribute("value") == "hi")
    page.one("#file").send_keys(str(film))
    page.one("button.main").click()
    page.wait(lambda: "mine.mp4" in page.names("done"))
    assert page.errors() == []


def test_what_is_missing_is_said(page: QueuePage) -> None:
    page.open()
    page.one("#add summary").click()
    page.wait(lambda: page.all("#targets input"))
    page.one("button.main").click()
    page.wait(lambda: page.one("#problem").text == "Choose a film first.")
    page.one("#targets input[value=brx]").click()
    page.all("#entries button")[-1].click()
    page.one("button.main").click()
    page.wait(lambda: "does not translate" in page.one("#problem").text)


def test_the_order_is_changed(page: QueuePage) -> None:
    upload(page.server, "busy.mp4", film_bytes(["व्यस्त।"]), initial_prompt="sleep:4")
    for name in ("a.mp4", "b.mp4"):
        upload(page.server, name, film_bytes([name]))
    page.open()
    page.wait(lambda: page.names("waiting") == ["a.mp4", "b.mp4"])
    page.button("Do earlier: b.mp4").click()
    page.wait(lambda: page.names("waiting") == ["b.mp4", "a.mp4"])
    page.button("Pause: a.mp4").click()
    page.wait(lambda: page.button("Resume: a.mp4").is_displayed())
    page.wait(lambda: "b.mp4" in page.names("done"))
    assert page.names("waiting") == ["a.mp4"]
    # The focus stays on a button while its list changes.
    page.button("Resume: a.mp4").send_keys(Keys.ENTER)
    page.wait(lambda: "a.mp4" in page.names("done"))


def test_names_are_text_and_never_markup(page: QueuePage) -> None:
    name = "<img src=x onerror=alert(1)>&amp;.mp4"
    upload(page.server, name, film_bytes(["नाम।"]))
    page.open()
    page.wait(lambda: name in page.names("done"))
    assert page.all("#queue img") == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_long_name_is_broken_into_lines(page: QueuePage, size) -> None:
    name = f"{'x' * 160}.mp4"
    number = upload(page.server, name, b"no film either")
    page.open(size)
    page.wait(lambda: page.names("failed")[0] == name)
    assert name in page.one("section[data-state=failed] .message").text
    assert page.overflow() == 0
    page.picture(f"long-{size[0]}.png")
    page.button(f"Remove: {name}").click()
    page.wait(lambda: name not in page.names("failed"))
    assert page.server.get(f"/jobs/{number}").status_code == 404


def test_a_page_finds_the_server_again(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path) as server:
        page = QueuePage(browser, server)
        page.open()
        page.wait(lambda: page.one("#empty").is_displayed())
    page.wait(lambda: page.one("#connection").is_displayed())
    port = ("--port", str(server.port))
    with running(tmp_path, *port, name="again.log") as again:
        upload(again, "new.mp4", film_bytes(["नया।"]))
        page.wait(lambda: page.names("done") == ["new.mp4"], 30)
        assert not page.one("#connection").is_displayed()


def test_the_token_is_asked_for_once(browser: Browser, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("INDICSUBS_TOKEN", TOKEN)
    with running(tmp_path) as server:
        page = QueuePage(browser, server)
        page.open(NARROW)
        page.picture("login.png")
        page.one("#token").send_keys("wrong", Keys.ENTER)
        page.wait(lambda: page.one("#wrong").is_displayed())
        page.one("#token").send_keys(TOKEN, Keys.ENTER)
        page.wait(lambda: page.one("#empty").is_displayed())
        page.open()
        page.wait(lambda: page.one("#empty").is_displayed())
        (cookie,) = browser.get_cookies()
        assert cookie["name"] == "indicsubs"
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        assert TOKEN not in cookie["value"]
        browser.delete_all_cookies()


def test_the_tab_key_goes_through_the_page(page: QueuePage) -> None:
    page.open()
    page.wait(lambda: page.names("done"))
    seen: list[str] = []
    for _ in range(4):
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        seen.append(page.browser.switch_to.active_element.text)
    assert seen[0] == "Skip to the queue"
    assert seen[1] == "Add a film"
    assert len({*seen}) == 4
