"""References to files and models."""

from typing import Final

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


WHOLE_CONTENT: Final = "sha256-"
"""The start of a fingerprint that covers the whole content of a file."""


class SourceFile(FileMessage, frozen=True, kw_only=True, tag="source"):
    """A reference to a file of the user, which indicsubs never changes."""

    path: str
    """Absolute path."""
    fingerprint: str
    """Digest of its content."""
    state: str = ""
    """Inode, size and times for which the content is known; empty where it must be read for that.
    It is no part of what a result depends on."""

    @property
    def has_whole_fingerprint(self) -> bool:
        """Whether the fingerprint covers the whole content, and not only samples of it."""
        return self.fingerprint.startswith(WHOLE_CONTENT)


class ModelFolder(Message, frozen=True, kw_only=True):
    """A reference to a model on the disk."""

    name: str
    """The name that the user or a profile gives: a hub name, or a path."""
    folder: str
    """Absolute path."""
    fingerprint: str
    """Digest of the names and sizes of its files, and of their content or samples of it."""
