"""The environment variables that a stage's process and uv inherit from the user's shell.

uv reads more than a hundred variables (docs.astral.sh/uv/reference/environment), and Python a few
dozen (docs.python.org/3/using/cmdline). Most of them would make uv take another project, another
Python or another environment, or make Python read other code. Only those pass that say from where
packages are fetched, and where files are kept.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

_KEPT_OF_UV = frozenset(
    {
        "UV_CACHE_DIR",
        "UV_COMPILE_BYTECODE_TIMEOUT",
        "UV_CONCURRENT_BUILDS",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_CONCURRENT_INSTALLS",
        "UV_CONFIG_FILE",
        "UV_CREDENTIALS_DIR",
        "UV_DEFAULT_INDEX",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "UV_HTTP_RETRIES",
        "UV_HTTP_TIMEOUT",
        "UV_INDEX",
        "UV_INDEX_URL",
        "UV_INSECURE_HOST",
        "UV_KEYRING_PROVIDER",
        "UV_LINK_MODE",
        "UV_LOCK_TIMEOUT",
        "UV_NATIVE_TLS",
        "UV_NO_CONFIG",
        "UV_NO_PROGRESS",
        "UV_OFFLINE",
        "UV_PYTHON_CACHE_DIR",
        "UV_PYTHON_DOWNLOADS",
        "UV_PYTHON_INSTALL_DIR",
        "UV_PYTHON_INSTALL_MIRROR",
        "UV_REQUEST_TIMEOUT",
        "UV_SYSTEM_CERTS",
    }
)
_CREDENTIALS = "UV_INDEX_"
"""Variables that begin with it hold user names and passwords of indexes, except those of
``_NOT_CREDENTIALS``."""
_NOT_CREDENTIALS = frozenset({"UV_INDEX_STRATEGY"})
_OTHER_ENVIRONMENTS = frozenset({"VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__"})


def inherited_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns those of the user's variables that pass to uv and to stages.

    >>> sorted(inherited_variables({"HOME": "/h", "UV_OFFLINE": "1", "UV_PROJECT": "/p"}))
    ['HOME', 'UV_OFFLINE']
    """
    return {name: value for name, value in variables.items() if _passes(name)}


def _passes(name: str) -> bool:
    if name.startswith("UV"):
        is_credential = name.startswith(_CREDENTIALS) and name not in _NOT_CREDENTIALS
        return name in _KEPT_OF_UV or is_credential
    return not name.startswith("PYTHON") and name not in _OTHER_ENVIRONMENTS


def writable_caches(variables: Mapping[str, str], otherwise: Path) -> dict[str, str]:
    """Returns the variables that name the folders of caches, each of which can be written to.

    uv does nothing at all without a cache that it can write to, not even start a program; stages
    keep converted models in the user's cache folder.

    Args:
        variables: The environment variables of the user.
        otherwise: The folder to use where the user's own cannot be written to.
    """
    home = os.path.expanduser("~")  # noqa: PTH111  no error where there is no home folder
    own = Path(variables.get("XDG_CACHE_HOME") or f"{home}/.cache")
    temporary = Path(tempfile.gettempdir()) / f"indicsubs-{os.getuid()}"
    base = next(filter(_can_be_written_to, (own, otherwise)), temporary)
    uv = Path(variables.get("UV_CACHE_DIR") or base / "uv")
    if not _can_be_written_to(uv):
        uv = next(filter(_can_be_written_to, (base / "uv", otherwise / "uv")), temporary / "uv")
    return {"XDG_CACHE_HOME": str(base), "UV_CACHE_DIR": str(uv)}


def _can_be_written_to(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
