"""The report as one page that opens from disk: no network, no build step, no framework.

The page's HTML, style and scripts lie beside this module in ``page/`` and are put together here.
All that the user or a model wrote travels as JSON in a data block and is set as text by the
scripts; the page's policy lets no other script run and nothing be fetched but the film.
"""

import base64
import hashlib
import html
from pathlib import Path
from string import Template
from urllib.parse import quote

import msgspec

from indicsubs_common.report.measures import Report
from indicsubs_common.report.waveform import Waveform

_FOLDER = Path(__file__).parent / "page"
_SCRIPTS = ("format.js", "model.js", "film.js", "wave.js", "lists.js", "figures.js", "main.js")
"""One module, in this order."""
_CONTAINERS = (".mp4", ".mkv")
"""What mux makes."""


class PageData(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's scripts read."""

    report: Report
    waveform: Waveform | None
    sources: tuple[str, ...]
    """URLs to look for the film at: beside the page, then where it came from."""
    film_start_ms: int
    """Where the container's own clock starts; browsers disagree on whether they count from it."""


def film_sources(film_path: str | None) -> tuple[str, ...]:
    """URLs of the film: as mux makes it, beside the page; then the original.

    >>> film_sources("/films/a#b.mkv")
    ('./a%23b.mkv', './a%23b.mp4', 'file:///films/a%23b.mkv')
    """
    if film_path is None:
        return ()
    path = Path(film_path)
    own_first = sorted(_CONTAINERS, key=lambda suffix: suffix != path.suffix.lower())
    beside = [f"./{quote(path.stem + suffix)}" for suffix in own_first]
    return (*beside, path.as_uri())


def to_html(data: PageData) -> bytes:
    """The page, in UTF-8."""
    style = _read("page.css")
    script = "\n".join(_read(name) for name in _SCRIPTS)
    page = Template(_read("page.html")).substitute(
        title=html.escape(data.report.film or "Subtitles"),
        policy=_policy(style, script),
        style=style,
        script=script,
        data=data_block(data).decode(),
    )
    return page.encode()


def data_block(data: PageData) -> bytes:
    """JSON that is harmless within a script element: nothing in it can end or open one."""
    return msgspec.json.encode(data).replace(b"<", b"\\u003c")


def _policy(style: str, script: str) -> str:
    """Content-Security-Policy: this style, this script, a film from disk or beside the page."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "media-src 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
