"""Files and models, which travel by reference."""

from indicsubs_contract.structs import Message


class FileMessage(Message, frozen=True, kw_only=True, tag_field="file"):
    """A reference to a file; its kind of file is in the field ``file``."""


class Artifact(FileMessage, frozen=True, kw_only=True, tag="artifact"):
    """A file that a stage made; it travels by reference."""

    path: str
    """Relative to the job's folder, with forward slashes."""
    kind: str
    """What it is, as its maker names it: ``audio``, ``transcript``, ``srt``, ``film``."""
    sha256: str
    bytes: int
    language: str | None = None


class SourceFile(FileMessage, frozen=True, kw_only=True, tag="source"):
    """A file that the user brought; never written to."""

    path: str
    """Absolute."""
    fingerprint: str
    """Digest of its size and of samples of its content."""


class ModelFolder(Message, frozen=True, kw_only=True):
    """A model on disk."""

    name: str
    """As the user or a profile names it: a hub name, or a path."""
    folder: str
    """Absolute."""
    fingerprint: str
    """Digest of its files' names and sizes, and of their content or samples of it."""
