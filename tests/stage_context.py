"""The context of a stage that runs in the process of the test."""

from pathlib import Path

from indicsubs_contract.context import Context
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName


def stage_context(
    stage: StageName,
    job: Path,
    output: str = "out",
    *,
    cache: str | None = None,
    digest: str | None = None,
    film_cache: str | None = None,
    progress: list[Progress] | None = None,
    stays: bool = False,
) -> Context:
    """A context whose folder exists; the stage's progress is appended to ``progress``."""
    context = Context(
        stage,
        job,
        output,
        ([] if progress is None else progress).append,
        cache,
        digest,
        film_cache,
        stays=stays,
    )
    context.folder.mkdir(parents=True, exist_ok=True)
    return context
