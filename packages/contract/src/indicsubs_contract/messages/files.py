"""References to files and models."""

from indicsubs_contract.structs import Message


class FileMessage(Message, frozen=True, kw_only=True, tag_field="file"):
    """A reference to a file; the field ``file`` of its JSON says which kind of reference."""


class Artifact(FileMessage, frozen=True, kw_only=True, tag="artifact"):
    """A reference to a file that a stage wrote."""

    path: str
    """Relative to the job's folder, with forward slashes."""
    kind: str
    """The kind of its content, as the stage that wrote it names it: ``audio``, ``transcript``,
    ``srt``, ``film``..."""
    sha256: str
    bytes: int
    language: str | None = None


class SourceFile(FileMessage, frozen=True, kw_only=True, tag="source"):
    """A reference to a file of the user, which indicsubs never changes."""

    path: str
    """Absolute path."""
    fingerprint: str
    """Digest of its size and of samples of its content."""


class ModelFolder(Message, frozen=True, kw_only=True):
    """A reference to a model on the disk."""

    name: str
    """The name that the user or a profile gives: a hub name, or a path."""
    folder: str
    """Absolute path."""
    fingerprint: str
    """Digest of the names and sizes of its files, and of their content or samples of it."""
