"""Commands in messages: what a user types outside of the environments."""

import ast
import re
from pathlib import Path

import pytest
from fake_workspace import ROOT

FILES = [
    *(ROOT / "orchestrator" / "src").rglob("*.py"),
    *(path for package in (ROOT / "packages").iterdir() for path in package.rglob("src/**/*.py")),
]
COMMAND = re.compile(
    r"(?<!just )\bindicsubs (run|import|list|plan|prepare|stage|status|logs|clean|models|doctor"
    r"|setup|profiles)\b"
)


def texts(path: Path) -> list[str]:
    """The strings of a module, with the parts of f-strings; docstrings are not messages."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            found.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and id(node) not in docstrings:
            found.append(str(node.value))
    return found


def test_messages_name_commands_as_they_are_typed() -> None:
    assert len(FILES) > 100
    wrong = [
        f"{path.relative_to(ROOT)}: {text[:120]}"
        for path in FILES
        for text in texts(path)
        if COMMAND.search(text) and "just indicsubs" not in text
    ]
    assert not wrong


@pytest.mark.parametrize("name", ["run", "stage", "models", "doctor", "setup", "indicsubs"])
def test_the_recipes_that_messages_name_exist(name: str) -> None:
    recipes = (ROOT / "justfile").read_text(encoding="utf-8")
    assert re.search(rf"^{name} \*\w+:", recipes, re.MULTILINE)
