"""Copies the inputs that the fuzzer found into the corpus, where they reach a new branch.

    PYTHONPATH=tests python -m fuzzing.keep srt

libFuzzer's own merge starts its program again, which Python cannot do for it.
"""

import hashlib
import sys
from pathlib import Path

from coverage import Coverage
from coverage.data import CoverageData

from fuzzing.targets import CORPUS, FOUND, TARGETS


def keep(name: str) -> list[Path]:
    """Returns the files that were added to the corpus of a target, the smallest inputs first."""
    reached: set[tuple[str, int, int]] = set()
    for path in sorted((CORPUS / name).iterdir()):
        reached |= _branches(name, path.read_bytes())
    added: list[Path] = []
    for path in sorted((FOUND / name).iterdir(), key=lambda path: path.stat().st_size):
        data = path.read_bytes()
        branches = _branches(name, data)
        if not branches <= reached:
            reached |= branches
            added.append(CORPUS / name / hashlib.sha256(data).hexdigest()[:12])
            added[-1].write_bytes(data)
    return added


def _branches(name: str, data: bytes) -> set[tuple[str, int, int]]:
    """The branches that an input reaches, as file and line numbers."""
    coverage = Coverage(
        data_file=None, branch=True, source_pkgs=["indicsubs_text", "indicsubs_contract"],
        config_file=False,
    )  # fmt: skip
    with coverage.collect():
        TARGETS[name](data)
    measured: CoverageData = coverage.get_data()
    return {(file, *arc) for file in measured.measured_files() for arc in measured.arcs(file) or ()}


if __name__ == "__main__":
    for path in keep(sys.argv[1]):
        print(path)
