"""The digest of one environment's part of uv.lock, which its results depend on."""

import hashlib
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_processes.environments import CACHE_FOLDER

_TEST_TOOLS = "dev"
"""The dependency group that only the tests of a member need."""


def member_digest(lock: Path, member: str, *, with_test_tools: bool) -> str:
    """Returns the digest of every package and version in the lock that ``member`` can install.

    The lock's forks and markers are not resolved. Versions for other machines count as well, so
    that the digest is the same on all machines.

    Args:
        lock: The path of uv.lock.
        member: The name of a workspace member.
        with_test_tools: Whether packages that only tests need count. When they change, an
            environment becomes outdated, but a stage's result does not.

    Raises:
        FileNotFoundError: There is no lock.
        KeyError: The lock has no such member.
    """
    packages = _packages(lock.read_bytes())
    if member not in packages:
        raise KeyError(f"uv.lock has no member {member}")
    seen: set[tuple[str, str]] = set()
    waiting = list(packages[member])
    while waiting:
        package = waiting.pop()
        key = (package["name"], package.get("version", ""))
        if key in seen:
            continue
        seen.add(key)
        for dependency in _dependencies(package, with_test_tools=with_test_tools):
            wanted = dependency.get("version")
            waiting += [
                candidate
                for candidate in packages[dependency["name"]]
                if wanted is None or candidate.get("version") == wanted
            ]
    return hashlib.sha256(repr(sorted(seen)).encode()).hexdigest()


@lru_cache(maxsize=2)  # by content: the lock may change while the process runs
def _packages(lock: bytes) -> dict[str, list[dict[str, Any]]]:
    """Returns the packages in a lock by name; there is one of each version."""
    packages: dict[str, list[dict[str, Any]]] = {}
    for package in tomllib.loads(lock.decode())["package"]:
        packages.setdefault(package["name"], []).append(package)
    return packages


def recorded_member_digest(root: Path, member: str, *, with_test_tools: bool) -> str:
    """Returns the digest of ``uv.lock`` in the folder ``root``, as :func:`member_digest`.

    The lock is parsed only when it has changed.
    """
    lock = root / "uv.lock"
    return DigestRecord(root / CACHE_FOLDER / RECORD_FILE).of_files(
        f"lock {member} {'with' if with_test_tools else 'without'} test tools",
        [lock, Path(__file__)],
        lambda: member_digest(lock, member, with_test_tools=with_test_tools),
    )


def _dependencies(package: dict[str, Any], *, with_test_tools: bool) -> Iterator[dict[str, Any]]:
    yield from package.get("dependencies", [])
    for group in package.get("optional-dependencies", {}).values():
        yield from group
    for name, group in package.get("dev-dependencies", {}).items():
        if with_test_tools or name != _TEST_TOOLS:
            yield from group
