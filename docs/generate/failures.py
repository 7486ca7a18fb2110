"""Failure codes and exit statuses."""

from docs.generate.docstrings import member_description
from docs.generate.markdown import code, from_docstring, table
from indicsubs_contract.errors import EXIT_STATUS, ExitStatus, FailureCode

USUAL: dict[FailureCode, str] = {
    FailureCode.OUT_OF_MEMORY: "Memory ran out.",
    FailureCode.IO_ERROR: "A file could not be read or written: a full disk, a read-only folder.",
    FailureCode.INTERRUPTED: "Ctrl-C, or a request of the system to end.",
    FailureCode.BUG: "A defect of indicsubs.",
}
"""The meanings of codes that have no text in the source, because their names are clear enough."""


def exit_statuses() -> str:
    """Returns the table of exit statuses, each with its failure codes."""
    rows: list[tuple[str, str, str]] = []
    for status in ExitStatus:
        codes = [code(failure.value) for failure in FailureCode if EXIT_STATUS[failure] is status]
        rows.append((code(status.value), code(status.name), ", ".join(codes) or "-"))
    return table(("status", "name", "failure codes"), rows)


def failure_codes() -> str:
    """Returns the table of failure codes, each with its exit status."""
    rows = [
        (
            code(failure.value),
            code(EXIT_STATUS[failure].value),
            from_docstring(member_description(FailureCode, failure.name) or USUAL[failure]),
        )
        for failure in FailureCode
    ]
    return table(("code", "status", "meaning"), rows)
