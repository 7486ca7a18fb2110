"""Writes the pages of docs/reference."""

from pathlib import Path

from docs.generate.pages import reference_pages


def main() -> None:
    """Writes every page, and removes pages that no function generates any more."""
    folder = Path(__file__).parents[1] / "reference"
    folder.mkdir(exist_ok=True)
    pages = reference_pages()
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
