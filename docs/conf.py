"""Configuration of Sphinx: the pages of docs/ as a site that opens from disk, without a network."""

import re
from collections.abc import Sequence
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

project = "indicsubs"
html_title = "indicsubs"
html_theme = "furo"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_permalinks_icon = "#"
pygments_style = "friendly"
pygments_dark_style = "native"
html_theme_options = {"top_of_page_buttons": []}

extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = ["generate"]
nitpicky = True
smartquotes = False  # two dashes begin an option
myst_heading_anchors = 4
# The highlighter knows no uv lines, glossaries in TSV or subtitle files.
highlight_language = "none"

NAVIGATION = (
    ("", ("tutorial",)),
    (
        "How to",
        (
            "how-to/your-film",
            "how-to/corrections",
            "glossary",
            "how-to/rule-profile",
            "how-to/models",
            "how-to/languages",
            "how-to/many-targets",
            "how-to/libraries",
            "how-to/watch",
            "how-to/serve",
            "scaling",
            "how-to/burn-in",
            "how-to/report",
            "how-to/one-stage",
            "how-to/python",
        ),
    ),
    (
        "Reference",
        (
            "reference/commands",
            "reference/job-files",
            "reference/documents",
            "reference/messages",
            "reference/engines",
            "reference/models",
            "reference/languages",
            "reference/rule-profiles",
            "reference/failures",
            "reference/environment-variables",
        ),
    ),
    ("Explanation", ("architecture", "models", "benchmarks", "decisions/README")),
    ("When something fails", ("troubleshooting",)),
)
"""The pages of each part of the site, in their order. The decisions are a list of their own."""


_DOCS = Path(__file__).parent
_FETCHED = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^>]*"
    r"|(?:url\(|@import)\s*[\"']?(?:https?:)?//[^\"')]*"
)
"""What a browser loads by itself; a link that a reader follows is not among it."""
_LINK = re.compile(r"\]\((?P<path>\.\./[^)#:]+)\)")


def _adapt(_app: Sphinx, name: str, source: list[str]) -> None:
    """Adapts the text of a page to the site; readers of the Markdown files see none of this.

    Lists of pages are added. A link to a file of the repository outside docs/ becomes a link to a
    copy of the file.
    """
    if name == root_doc:
        lists = (_toctree(caption, pages, ":hidden:") for caption, pages in NAVIGATION)
        source[0] += "".join(lists)
    elif name == "decisions/README":
        pages = sorted(path.stem for path in _DOCS.glob("decisions/[0-9]*.md"))
        source[0] += _toctree("", pages, ":maxdepth: 1")
    folder = (_DOCS / name).parent

    def link(found: re.Match[str]) -> str:
        inside = (folder / found["path"]).resolve().is_relative_to(_DOCS)
        return found[0] if inside else f"](path:{found['path']})"

    source[0] = _LINK.sub(link, source[0])


def _toctree(caption: str, pages: Sequence[str], *options: str) -> str:
    if caption:
        options = (*options, f":caption: {caption}")
    return "\n".join(["", "", "```{toctree}", *options, "", *pages, "```", ""])


def _refuse_other_hosts(app: Sphinx, error: Exception | None) -> None:
    """Fails the build where a page or a style fetches anything from another host."""
    if error is not None:
        return
    for path in Path(app.outdir).rglob("*"):
        if path.suffix in {".css", ".html"}:
            found = _FETCHED.search(path.read_text(encoding="utf-8"))
            if found is not None:
                raise ExtensionError(f"{path} fetches from another host: {found[0]}")


def setup(app: Sphinx) -> None:
    """Connects the changes that the site makes to the pages, and the check of the result."""
    app.connect("source-read", _adapt)
    app.connect("build-finished", _refuse_other_hosts)
