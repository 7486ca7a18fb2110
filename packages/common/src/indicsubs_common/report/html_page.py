"""The report as one HTML page that opens from disk: no network, no build step, no framework.

The page's HTML, style sheet and scripts lie beside this module in ``page/``; :func:`to_html` puts
them into one file. Text that a user or a model wrote travels as JSON in a data block, and the
scripts set it as text, never as markup. The page's content security policy allows no other script,
and allows only requests for the film.
"""

import base64
import hashlib
import html
from collections.abc import Mapping
from pathlib import Path
from string import Template
from urllib.parse import quote

import msgspec

from indicsubs_common.report.document import Report
from indicsubs_common.report.waveform import Waveform
from indicsubs_text.file_names import name_stem

_FOLDER = Path(__file__).parent / "page"
_SCRIPTS = (
    "format.js", "model.js", "film.js", "wave.js", "lists.js", "figures.js", "controls.js",
    "main.js",
)  # fmt: skip
"""The parts of the page's one JavaScript module, in this order."""
_MUXED_SUFFIXES = (".mp4", ".mkv")
"""Suffixes of the films that mux writes."""


class PageData(msgspec.Struct, frozen=True, kw_only=True):
    """The data that the page's scripts read."""

    report: Report
    waveform: Waveform | None
    sources: tuple[str, ...]
    """URLs of the film, in the order in which the page tries them."""
    film_start_ms: int
    """Start of the container's own clock. Some browsers count from it, some from 0."""


def film_sources(film_path: str | None) -> tuple[str, ...]:
    """Returns the URLs of the film: the files that mux writes beside the page, then the original.

    >>> film_sources("/films/a#b.mkv")
    ('./a%23b.mkv', './a%23b.mp4', 'file:///films/a%23b.mkv')
    """
    if film_path is None:
        return ()
    path = Path(film_path)
    same_suffix_first = sorted(_MUXED_SUFFIXES, key=lambda suffix: suffix != path.suffix.lower())
    muxed = [f"./{quote(name_stem(path.stem) + suffix)}" for suffix in same_suffix_first]
    return (*muxed, path.as_uri())


def to_html(data: PageData) -> bytes:
    """Returns the page in UTF-8."""
    style = _read("page.css")
    script = join_scripts(page_scripts())
    page = Template(page_template()).substitute(
        title=html.escape(data.report.film or "Subtitles"),
        policy=_policy(style, script),
        style=style,
        script=script,
        data=data_block(data).decode(),
    )
    return page.encode()


def data_block(data: PageData) -> bytes:
    """Returns JSON that is safe inside a script element: it contains no ``<``."""
    return msgspec.json.encode(data).replace(b"<", b"\\u003c")


def page_template() -> str:
    """Returns the page's HTML with placeholders for :class:`string.Template`."""
    return _read("page.html")


def page_scripts() -> dict[Path, str]:
    """Returns the text of each part of the page's script by its path, in order."""
    return {_FOLDER / name: _read(name) for name in _SCRIPTS}


def join_scripts(scripts: Mapping[Path, str]) -> str:
    """Returns the parts as one module, separated by line breaks."""
    return "\n".join(scripts.values())


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: this style, this script, a film from disk or beside the page."""
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
