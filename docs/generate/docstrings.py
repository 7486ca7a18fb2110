"""Reads descriptions below fields and names from the source, because Python does not keep them."""

import ast
import importlib.util
from functools import cache
from pathlib import Path


def field_description(kind: type, field: str) -> str:
    """Returns the text below a field of a class or of the class that it inherits the field from.

    A field without such a text has the text of the type alias that annotates it. If there is no
    such alias, the description is empty.
    """
    for owner in kind.__mro__:
        if owner.__module__ == "builtins":
            break
        node = _class(owner.__module__, owner.__qualname__)
        if node is None:
            continue
        own, annotation = _below(node.body, field)
        if annotation is not None:
            return own or _alias_description(owner.__module__, annotation)
    return ""


def member_description(kind: type, member: str) -> str:
    """Returns the text below a member of an enumeration; it is empty if there is none."""
    node = _class(kind.__module__, kind.__qualname__)
    return "" if node is None else _below(node.body, member)[0]


def name_description(module: str, name: str) -> str:
    """Returns the text below a name of a module, even if the module imports the name."""
    text, found = _below(_tree(module).body, name)
    if found is not None:
        return text
    origin = _imports(module).get(name)
    return name_description(origin, name) if origin else ""


def class_description(kind: type) -> str:
    """Returns a class's own docstring, never an inherited one; it is empty if there is none."""
    node = _class(kind.__module__, kind.__qualname__)
    return "" if node is None else ast.get_docstring(node) or ""


def _alias_description(module: str, annotation: ast.expr) -> str:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name) and (text := name_description(module, node.id)):
            return text
    return ""


def _below(body: list[ast.stmt], name: str) -> tuple[str, ast.expr | None]:
    """Returns the text below an assignment to a name, and the name's annotation or value."""
    for statement, following in zip(body, [*body[1:], ast.Pass()], strict=True):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=found), annotation=annotation) if found == name:
                return _text(following), annotation
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return _text(following), value
            case _:
                pass
    return "", None


def _text(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
        case _:
            return ""


@cache
def _tree(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return ast.Module(body=[], type_ignores=[])
    return ast.parse(Path(spec.origin).read_bytes())


@cache
def _imports(module: str) -> dict[str, str]:
    """Returns the module of each name that is imported from a package of this project, by name."""
    return {
        alias.asname or alias.name: node.module
        for node in _tree(module).body
        if isinstance(node, ast.ImportFrom)
        and node.module is not None
        and node.module.startswith("indicsubs")
        for alias in node.names
    }


def _class(module: str, name: str) -> ast.ClassDef | None:
    for node in _tree(module).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    return None
