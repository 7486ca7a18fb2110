"""Makes the pages from templates in Markdown and a table of the blocks to insert."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from docs.generate import commands, environment_variables, failures, files, profiles, tables

TEMPLATES = Path(__file__).parent / "templates"
NOTICE = (
    "<!-- Generated from the code by `just docs-reference`. Change the code, not this page. -->\n"
)
"""The first line of every generated page."""

BLOCKS: dict[str, Callable[[], str]] = {
    "columns of report.csv": files.report_columns,
    "commands": commands.commands,
    "documents": files.documents,
    "engines": tables.engines,
    "environments": tables.environments,
    "exit statuses": failures.exit_statuses,
    "failure codes": failures.failure_codes,
    "languages": tables.languages,
    "messages of the pipe": files.messages_of_the_pipe,
    "messages of the stages": files.messages_of_the_stages,
    "model layouts": tables.model_layouts,
    "model profiles": tables.model_profiles,
    "models": tables.models,
    "other scripts": tables.other_scripts,
    "reading speeds": profiles.reading_speeds,
    "rule profiles": profiles.rule_profiles,
    "rules": profiles.rules,
    "scripts": tables.scripts,
    "shared messages": files.shared_messages,
    "sources of rules": profiles.sources,
    "stages": tables.stages,
    "structs of job.json": files.job_structs,
    "structs of result.json": files.result_structs,
    "subtitle formats": files.subtitle_formats,
    "variables that are read": environment_variables.variables_read_by_us,
    "variables that are set": environment_variables.variables_set,
    "variables that libraries read": environment_variables.variables_read_by_libraries,
}
"""The functions whose texts replace ``{{ name }}`` in a template, by name."""

_BLOCK = re.compile(r"^\{\{ (.+) \}\}$", re.MULTILINE)


@cache
def reference_pages() -> dict[str, str]:
    """Returns the whole text of every page, by its file name.

    Raises:
        KeyError: A template asks for a block that is not in the table.
    """
    return {
        path.name: f"{NOTICE}\n{_filled(path.read_text(encoding='utf-8'))}"
        for path in sorted(TEMPLATES.glob("*.md"))
    }


def _filled(template: str) -> str:
    return _BLOCK.sub(lambda found: BLOCKS[found[1]]().strip("\n"), template)
