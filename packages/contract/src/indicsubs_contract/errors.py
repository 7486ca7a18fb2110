"""The errors that a stage reports, and their exit statuses."""

from enum import IntEnum, StrEnum


class ExitStatus(IntEnum):
    """Exit statuses of every indicsubs process, modelled on sysexits.h."""

    DONE = 0
    USAGE = 64
    BAD_INPUT = 65
    NO_INPUT = 66
    UNAVAILABLE = 69
    BUG = 70
    IO_ERROR = 74
    TRY_AGAIN = 75
    INTERRUPTED = 130


class FailureCode(StrEnum):
    """The kind of a failure."""

    USAGE = "usage"
    """The command line names something that does not exist, or options that exclude each other."""
    BAD_REQUEST = "bad_request"
    """The request could not be decoded: another version, an unknown field, a wrong type."""
    BAD_INPUT = "bad_input"
    """The input exists but cannot be used: not media, no audio, not a subtitle file."""
    NO_INPUT = "no_input"
    """A file that the request names does not exist."""
    MISSING_MODEL = "missing_model"
    """A model folder is absent or lacks a file."""
    BROKEN_ENVIRONMENT = "broken_environment"
    """A library of the stage's environment is absent or does not load."""
    DEVICE = "device"
    """The requested device is absent or does not support the request."""
    OUT_OF_MEMORY = "out_of_memory"
    IO_ERROR = "io_error"
    BUSY = "busy"
    """Another process holds the job."""
    UNREACHABLE = "unreachable"
    """The model hub does not answer."""
    INTERRUPTED = "interrupted"
    CRASHED = "crashed"
    """The stage's process died without an answer."""
    TIMED_OUT = "timed_out"
    """The stage wrote nothing for longer than its limit."""
    PROTOCOL = "protocol"
    """The stage answered twice or not at all, or wrote a line that is not a message."""
    BUG = "bug"


EXIT_STATUS: dict[FailureCode, ExitStatus] = {
    FailureCode.USAGE: ExitStatus.USAGE,
    FailureCode.BAD_REQUEST: ExitStatus.BAD_INPUT,
    FailureCode.BAD_INPUT: ExitStatus.BAD_INPUT,
    FailureCode.NO_INPUT: ExitStatus.NO_INPUT,
    FailureCode.MISSING_MODEL: ExitStatus.UNAVAILABLE,
    FailureCode.BROKEN_ENVIRONMENT: ExitStatus.UNAVAILABLE,
    FailureCode.DEVICE: ExitStatus.UNAVAILABLE,
    FailureCode.OUT_OF_MEMORY: ExitStatus.TRY_AGAIN,
    FailureCode.IO_ERROR: ExitStatus.IO_ERROR,
    FailureCode.BUSY: ExitStatus.TRY_AGAIN,
    FailureCode.UNREACHABLE: ExitStatus.TRY_AGAIN,
    FailureCode.INTERRUPTED: ExitStatus.INTERRUPTED,
    FailureCode.CRASHED: ExitStatus.BUG,
    FailureCode.TIMED_OUT: ExitStatus.TRY_AGAIN,
    FailureCode.PROTOCOL: ExitStatus.BUG,
    FailureCode.BUG: ExitStatus.BUG,
}
"""The exit status of each kind of failure."""


class IndicsubsError(Exception):
    """An expected failure, with a message that says what happened and what to do next.

    This is the base class of all errors that indicsubs raises for a user to read. Its code gives
    the exit status. In a stage, the harness turns it into a
    :class:`~indicsubs_contract.messages.envelope.Failure`.

    Args:
        code: The kind of failure.
        message: What happened, with which value, and the next step to take.
    """

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> ExitStatus:
        """The exit status of a process that ends with this error."""
        return EXIT_STATUS[self.code]


class ProtocolError(ValueError):
    """A line from the pipe, or a document, is not the expected message."""
