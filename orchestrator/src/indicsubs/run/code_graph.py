"""Finds in the source which of our modules and data files a module can reach.

A stage's digest covers exactly these files. An import counts both at the top of a module and inside
a function. Imports under ``if TYPE_CHECKING`` do not count, because they never run. A data file
belongs to the module that names it with ``Path(__file__).with_name(NAME)`` or
``Path(__file__).parent / NAME``. If NAME is a folder, all files in it count.

Comments, docstrings and the layout of the source change no digest.
"""

import ast
import hashlib
import os
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PARSING = threading.Lock()
"""Held while a module is parsed: films of a library have threads of their own, and CPython 3.11
counts the depth of all threads' syntax trees together (since python/cpython#95185)."""
_BYTE_CODE = "__pycache__"


def source_folders(root: Path) -> tuple[Path, ...]:
    """Returns the folders below ``root`` that contain packages of the workspace."""
    return tuple(sorted((*root.glob("packages/*/src"), *root.glob("orchestrator/src"))))


def reachable(module: str, sources: tuple[Path, ...]) -> frozenset[Path]:
    """Returns the files of every module that ``module`` can reach, and their data files.

    Args:
        module: Dotted name of the module to begin with.
        sources: Folders that contain packages.

    Raises:
        FileNotFoundError: ``module`` is in none of the folders.
    """
    if _file(module, sources) is None:
        raise FileNotFoundError(f"the module {module} is in none of {', '.join(map(str, sources))}")
    found: set[Path] = set()
    waiting = [module]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _file(name, sources)
        if path is None:
            continue  # of a library, which the lock covers
        found.add(path)
        found |= {*_data_files(path)}
        waiting += _imports(path, name)
        waiting += _packages_of(name)
    return frozenset(found)


def code_digest(module: str, root: Path) -> str:
    """Returns the digest of all code and data of the workspace that a module can reach."""
    sources = source_folders(root)
    digest = hashlib.sha256()
    for path in sorted(reachable(module, sources)):
        digest.update(f"{path.relative_to(root)}\0{_file_digest(path)}\n".encode())
    return digest.hexdigest()


def source_files(root: Path) -> tuple[Path, ...]:
    """Returns every file of the workspace's packages that a code digest may depend on."""
    return tuple(
        sorted(
            Path(folder, name)
            for source in source_folders(root)
            for folder, _, names in os.walk(source)
            if _BYTE_CODE not in folder
            for name in names
        )
    )


def forget() -> None:
    """Clears the caches of this module, so that changed files are read again."""
    for cached in (_modules, _source, _file_digest):
        cached.cache_clear()


def _packages_of(module: str) -> Iterator[str]:
    """Yields the packages around a module; an import of the module also runs their ``__init__``."""
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


def _file(module: str, sources: tuple[Path, ...]) -> Path | None:
    return _modules(sources).get(module)


@cache
def _modules(sources: tuple[Path, ...]) -> dict[str, Path]:
    """Returns the file of each module in some folders, by the module's dotted name."""
    found: dict[str, Path] = {}
    for folder in reversed(sources):  # a name in two folders is that of the first
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path
    return found


class _Import(NamedTuple):
    """An import statement of a module."""

    level: int
    """The number of dots before the name; 0 for an absolute import."""
    base: str
    """The module that is imported or imported from."""
    names: tuple[str, ...]
    """The names that are imported from it, which may be submodules."""


class _Source(NamedTuple):
    """What the source of a module says."""

    imports: tuple[_Import, ...]
    beside: tuple[str, ...]
    """The names of the files and folders beside the module that it names."""
    digest: str
    """The digest of the source without comments and docstrings."""


@cache
def _source(path: Path) -> _Source:
    return _parsed(path.read_bytes())


@cache  # by content: the same module in two checkouts is parsed once
def _parsed(source: bytes) -> _Source:
    with _PARSING:
        tree = ast.parse(source)
    imports: list[_Import] = []
    beside: list[str] = []
    for node in _running(tree):
        if isinstance(node, ast.Import):
            imports += [_Import(0, alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            imports.append(_Import(node.level, node.module or "", names))
        elif (name := _name_beside(node)) is not None:
            beside.append(name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_text(statement)]
    digest = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    return _Source(tuple(imports), tuple(beside), digest)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yields a node and all nodes inside it, except code under ``if TYPE_CHECKING``."""
    yield node
    inside = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        inside = iter(node.orelse)
    for child in inside:
        yield from _running(child)


def _imports(path: Path, module: str) -> Iterator[str]:
    """Yields the names that a module imports: modules, and names that may be submodules."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    parts = package.split(".")
    for level, name, names in _source(path).imports:
        above = ".".join(parts[: len(parts) - level + 1]) if level else ""
        base = ".".join(filter(None, (above, name)))
        if base:
            yield base
            yield from (f"{base}.{each}" for each in names)


def _data_files(path: Path) -> Iterator[Path]:
    """Yields the data files beside a module that the module names."""
    for name in _source(path).beside:
        place = path.parent / name
        if place.is_dir():
            yield from (p for p in place.rglob("*") if p.is_file() and _BYTE_CODE not in p.parts)
        elif place.is_file():
            yield place


def _name_beside(node: ast.AST) -> str | None:
    """Returns NAME in ``Path(__file__).with_name(NAME)`` or ``Path(__file__).parent / NAME``."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=base, attr="with_name"), args=[ast.Constant(value=str(name))]
        ) if ast.unparse(base) == "Path(__file__)":
            return name
        case ast.BinOp(left=base, op=ast.Div(), right=ast.Constant(value=str(name))) if (
            ast.unparse(base) == "Path(__file__).parent"
        ):
            return name
        case _:
            return None


@cache
def _file_digest(path: Path) -> str:
    """Returns the digest of a data file, or of a module without comments and docstrings."""
    if path.suffix == ".py":
        return _source(path).digest
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    """Returns whether a statement is a docstring, or a description below a name."""
    return isinstance(statement, ast.Expr) and (
        isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
    )
