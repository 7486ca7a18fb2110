"""The environment variables that the code reads and sets."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from docs.generate.markdown import code, table

ROOT = Path(__file__).parents[2]

READ: dict[str, str] = {
    "COLUMNS": "Width of tables that are written to a file or a pipe. Without it they are 160"
    " characters wide.",
    "HOME": "The folder of `.config` and `.cache`, where the two variables below are not set.",
    "INDICSUBS_HOOK_SECRET": "The key with which `watch --hook` signs what it posts.",
    "INDICSUBS_LIFELINE": "Set for a stage by the orchestrator: the stage stops when its stdin"
    " ends.",
    "INDICSUBS_TOKEN": "The token that clients of `serve` must send, unless `--token-file` gives"
    " one.",
    "LANG": "Noted in a bundle for a bug report.",
    "LC_ALL": "As `LANG`.",
    "LOGNAME": "As `USER`.",
    "PYTHONHASHSEED": "The `indictrans2` environment restarts itself with `0`, so that a line with"
    " two numbers is translated the same in every run.",
    "RAY_AUTH_MODE": "Whether commands with `--on` send a token to Ray: `token` or `disabled`."
    " Default: `token` if there is one.",
    "RAY_AUTH_TOKEN": "The [token](../scaling.md#set-it-up) of the cluster.",
    "RAY_AUTH_TOKEN_PATH": "The file with the token. Default: `~/.ray/auth_token`.",
    "SUDO_USER": "As `USER`.",
    "USER": "Your name, which is replaced in a bundle for a bug report.",
    "XDG_CACHE_HOME": "Folder of `indicsubs`, which holds the converted models: of translation in"
    " `ctranslate2`, of recognition in `whisper-ctranslate2` and `whisper-mlx`. Default:"
    " `~/.cache`.",
    "XDG_CONFIG_HOME": "Folder of `indicsubs/glossary.toml` and `indicsubs/glossary.tsv`, your own"
    " [glossary](../glossary.md). Default: `~/.config`.",
}
"""The variables that our own code reads, and their effects."""

LIBRARIES: dict[str, str] = {
    "AWS_ACCESS_KEY_ID": "With `AWS_SECRET_ACCESS_KEY`, your key for `--exchange s3://...`"
    " (botocore, which reads further ones).",
    "AWS_ENDPOINT_URL": "The address of a store that speaks S3 and is not Amazon's (botocore).",
    "HF_HOME": "Folder of the hub's cache, where models are fetched to (huggingface-hub). Default:"
    " `~/.cache/huggingface`.",
    "HF_TOKEN": "Your token for the gated models of IndicTrans2 (huggingface-hub).",
}
"""The variables that our libraries read and that users of this project need."""

SET: dict[str, str] = {
    "HF_HUB_OFFLINE": "A stage never uses the network.",
    "OMP_WAIT_POLICY": "Threads that wait do not spin, so that other programs keep the CPU.",
    "ORT_DISABLE_TELEMETRY": "ONNX Runtime sends no usage figures.",
    "PYANNOTE_METRICS_ENABLED": "A library of the `whisperx` environment sends no usage figures.",
    "PYTHONUTF8": "The names of files are UTF-8, in whatever locale.",
    "TRANSFORMERS_OFFLINE": "A stage never uses the network.",
    "UV_CACHE_DIR": "As you set it; another folder where that cannot be written to.",
    "UV_PROJECT_ENVIRONMENT": "The folder of the stage's environment.",
    "XDG_CACHE_HOME": "As you set it; `.indicsubs/cache` of the checkout where that cannot be"
    " written to.",
}
"""The variables that the orchestrator sets for the processes of stages."""


def variables_read_by_us() -> str:
    """Returns the table of the variables that our own code reads."""
    return _variables(READ)


def variables_read_by_libraries() -> str:
    """Returns the table of the variables that our libraries read."""
    return _variables(LIBRARIES)


def variables_set() -> str:
    """Returns the table of the variables that are set for stages."""
    return _variables(SET)


def variables_read(root: Path = ROOT) -> set[str]:
    """Returns the names of the environment variables that the code of the packages reads."""
    return {name for path in _modules(root) for name in _reads(ast.parse(path.read_bytes()), root)}


def _variables(described: dict[str, str]) -> str:
    return table(("variable", "what it does"), [(code(n), described[n]) for n in sorted(described)])


@cache
def _modules(root: Path) -> tuple[Path, ...]:
    return tuple(
        sorted((*root.glob("packages/*/src/**/*.py"), *root.glob("orchestrator/src/**/*.py")))
    )


def _reads(tree: ast.Module, root: Path) -> Iterator[str]:
    """Yields the variables that code reads with ``get``, ``getenv``, a subscript or ``in``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=place, attr="get"), args=[name, *_]) if (
                _is_environ(place)
            ):
                yield _value(name, root)
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[name, *_]):
                yield _value(name, root)
            case ast.Subscript(value=place, slice=name, ctx=ast.Load()) if _is_environ(place):
                yield _value(name, root)
            case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()], comparators=[place]) if (
                _is_environ(place)
            ):
                yield _value(name, root)
            case _:
                pass


def _is_environ(node: ast.expr) -> bool:
    return ast.unparse(node) in {"environ", "os.environ"}


def _value(name: ast.expr, root: Path) -> str:
    """Returns the text of a constant, or the text that a module of a package assigns to a name."""
    match name:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=identifier):
            return _constants(root)[identifier]
        case _:
            raise ValueError(f"cannot tell which environment variable {ast.unparse(name)} is")


@cache
def _constants(root: Path) -> dict[str, str]:
    return {
        node.targets[0].id: node.value.value
        for path in _modules(root)
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
