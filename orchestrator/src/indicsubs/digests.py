"""When is a stage's result still right? When its digest is the same."""

import hashlib
from functools import cache
from pathlib import Path

import msgspec

from indicsubs.lockfile import member_digest
from indicsubs_contract.messages import Artifact, ModelFolder, Request, SourceFile
from indicsubs_contract.stages import ENVIRONMENTS, EnvironmentName


def stage_digest(request: Request, environment: EnvironmentName, root: Path) -> str:
    """Digest of all that a stage's result depends on.

    That is the request with its inputs by content instead of by path, the code of the environment's
    member and of the contract, and the member's part of the lock.
    """
    member = ENVIRONMENTS[environment].member
    parts = (
        msgspec.json.encode(by_content(request), order="deterministic"),
        code_digest(root / "packages" / environment).encode(),
        code_digest(root / "packages" / "contract").encode(),
        member_digest(root / "uv.lock", member).encode(),
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def by_content(message: object) -> object:
    """The message as plain values, with files named by their content alone."""
    match message:
        case Artifact():
            return [message.kind, message.sha256, message.language]
        case SourceFile() | ModelFolder():
            return message.fingerprint
        case msgspec.Struct():
            tag = message.__struct_config__.tag
            fields = {
                name: by_content(getattr(message, name)) for name in message.__struct_fields__
            }
            return {"": tag, **fields} if tag else fields
        case tuple():
            items: tuple[object, ...] = message  # pyright: ignore[reportUnknownVariableType]
            return [by_content(item) for item in items]
        case _:
            return message


@cache
def code_digest(folder: Path) -> str:
    """Digest of every file below a folder but byte code: packages carry data beside their code."""
    digest = hashlib.sha256()
    for path in sorted((folder / "src").rglob("*")):
        if path.suffix == ".pyc" or not path.is_file():
            continue
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
