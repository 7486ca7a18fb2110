"""The house as a whole: one word for one thing, and tests where the code is."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = (*ROOT.glob("packages/*/src"), ROOT / "orchestrator" / "src")


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for source in SOURCES:
        for path in source.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_every_member_has_its_folder_of_tests() -> None:
    members = {source.parent.name for source in SOURCES}
    unit = {path.name for path in (ROOT / "tests" / "unit").iterdir()}
    engines = {path.name for path in (ROOT / "tests" / "engines").iterdir()}
    # networks needs ONNX Runtime, which the environments of its users have.
    assert members - {"networks"} <= unit | engines
