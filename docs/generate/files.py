"""The files of a job, and the messages between the orchestrator and the stages."""

from collections.abc import Iterable
from typing import get_args

import msgspec

from docs.generate.commands import option_descriptions
from docs.generate.markdown import code
from docs.generate.structs import StructSections, struct_kinds
from indicsubs.jobs.job import StageRecord
from indicsubs.jobs.specification import Edits, JobFile, JobSpec
from indicsubs_common.report.csv_table import COLUMNS
from indicsubs_common.report.document import Report
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.messages.envelope import Failure, Manifest, Request, Result, StageResult
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Speech, Transcript, Translation
from indicsubs_text.subtitle_files.cue_document import CueDocument
from indicsubs_text.subtitle_files.formats import FORMATS

Kind = type[msgspec.Struct]

_SHARED: tuple[Kind, ...] = (Artifact, SourceFile, ModelFolder, EngineLanguage)
_PIPE: tuple[Kind, ...] = (Manifest, Preparation, Progress, Result, Failure)
_JOB: tuple[Kind, ...] = (JobFile, JobSpec, Edits, StageRecord)
_DOCUMENTS: tuple[Kind, ...] = (Transcript, Translation, Speech, CueDocument, Report)


def subtitle_formats() -> str:
    """Returns the names of the subtitle formats."""
    return ", ".join(map(code, FORMATS)) + "."


def report_columns() -> str:
    """Returns the names of the columns of ``report.csv``."""
    return ", ".join(map(code, COLUMNS)) + "."


def job_structs() -> str:
    """Returns sections for the structs in ``job.json``."""
    writer = StructSections(_pages(but="job-files.md"))
    return "\n".join(
        (
            writer.section(JobFile),
            writer.section(JobSpec, described=option_descriptions()),
            writer.section(Edits),
        )
    )


def result_structs() -> str:
    """Returns the section for the struct in a stage's ``result.json``."""
    return StructSections(_pages(but="job-files.md")).section(StageRecord)


def documents() -> str:
    """Returns sections for the JSON documents that stages write."""
    writer = StructSections(_pages(but="documents.md"))
    return _sections(writer, _DOCUMENTS, but=set(_pages(but="documents.md")))


def messages_of_the_pipe() -> str:
    """Returns sections for the lines that a stage reads and writes."""
    writer = StructSections(_pages(but="messages.md"))
    return "\n".join(map(writer.section, _PIPE))


def shared_messages() -> str:
    """Returns sections for the structs that the requests of several stages contain."""
    writer = StructSections(_pages(but="messages.md"))
    return "\n".join(map(writer.section, _SHARED))


def messages_of_the_stages() -> str:
    """Returns a part for each stage: its request, its result, and the structs in them."""
    elsewhere = _pages(but="messages.md")
    writer = StructSections(elsewhere)
    described = {*_SHARED, *_PIPE, *elsewhere}
    parts: list[str] = []
    for stage in StageName:
        roots = (_of_stage(Request, stage), _of_stage(StageResult, stage))
        parts += (f"## {stage}\n", _sections(writer, roots, but=described))
    return "\n".join(parts)


def _sections(writer: StructSections, roots: Iterable[Kind], *, but: set[Kind]) -> str:
    """Returns sections for structs and the structs in them, except for the structs in ``but``.

    The heading of a document has level 2; all other headings have level 3. The described structs
    are added to ``but``.
    """
    parts: list[str] = []
    for root in roots:
        for kind in struct_kinds(root):
            if kind not in but:
                but.add(kind)
                parts.append(writer.section(kind, 2 if kind in _DOCUMENTS else 3))
    return "\n".join(parts)


def _of_stage(union: object, stage: StageName) -> Kind:
    return next(kind for kind in get_args(union) if kind.__struct_config__.tag == stage)


def struct_pages() -> dict[Kind, str]:
    """Returns the name of the page that describes each struct."""
    pages: dict[Kind, str] = {}
    for page, roots in (
        ("messages.md", _PIPE),
        ("job-files.md", _JOB),
        ("documents.md", _DOCUMENTS),
    ):
        for root in roots:
            for kind in struct_kinds(root):
                pages.setdefault(kind, page)
    return pages


def _pages(*, but: str) -> dict[Kind, str]:
    """Returns the pages of all structs that are not described on the page ``but``."""
    return {kind: page for kind, page in struct_pages().items() if page != but}
