"""Computes digests of stages: a result is up to date as long as its digest is the same."""

import hashlib
from pathlib import Path

import msgspec

from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs.machine.lockfile import recorded_member_digest
from indicsubs.run.code_graph import code_digest, forget, source_files
from indicsubs_contract.engines import member_of, package_of
from indicsubs_contract.messages.envelope import Request
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.stages import StageName
from indicsubs_contract.walk import transform
from indicsubs_processes.environments import CACHE_FOLDER
from indicsubs_processes.stage_process import Program


def stage_program(stage: StageName, environment: str, root: Path) -> Program:
    """Returns what a stage runs in an environment.

    The harness that serves the stage does not count, because it only carries messages and changes
    no result.
    """
    module = f"{package_of(environment)}.{stage}"
    record = DigestRecord(root / CACHE_FOLDER / RECORD_FILE)

    def compute() -> str:
        forget()  # files may have changed since this process read them
        return code_digest(module, root)

    code = record.of_files(f"code {module}", source_files(root), compute)
    lock = recorded_member_digest(root, member_of(environment), with_test_tools=False)
    return Program(code, lock)


def stage_digest(request: Request, program: Program) -> str:
    """Returns the digest of all that a stage's result depends on.

    The digest covers the request, with the content of its inputs instead of their paths, and what
    the stage runs.
    """
    parts = (
        msgspec.json.encode(by_content(request), order="deterministic"),
        program.code.encode(),
        program.lock.encode(),
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def by_content(message: object) -> object:
    """Returns the message as plain values, in which files and models are named by content only."""

    def content(part: object) -> object:
        match part:
            case Artifact():
                return [part.kind, part.sha256, part.language]
            case SourceFile() | ModelFolder():
                return part.fingerprint
            case _:
                return part

    return msgspec.to_builtins(transform(message, content))
