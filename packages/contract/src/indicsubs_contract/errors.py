"""The errors that a stage reports, and their exit statuses."""

import errno
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
    BROKEN_PIPE = 141
    """The program that read the output has ended, as ``head`` does; as after SIGPIPE."""


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


_NEXT_STEPS = {
    errno.ENOSPC: "Make room on the disk, and run again.",
    errno.EDQUOT: "Your quota of the disk is used up. Delete files, and run again.",
    errno.EFBIG: "The file is larger than the disk or `ulimit -f` allows. Choose another disk, or"
    " raise the limit, and run again.",
    errno.EROFS: "Give a folder that can be written to.",
    errno.EACCES: "Check the permissions of the file and of its folders.",
    errno.EPERM: "Check the permissions of the file and of its folders.",
    errno.EIO: "The disk or the connection to it fails. Check it, and run again.",
    errno.EMFILE: "Too many files are open. Raise the limit with `ulimit -n 1024`, and run again.",
    errno.ENFILE: "Too many files are open on this machine. Close other programs, and run again.",
    errno.ENAMETOOLONG: "Choose a folder with a shorter path.",
    errno.ESTALE: "The network folder is not there any more. Connect it again, and run again.",
    errno.EAGAIN: "Too many processes are running. Close other programs, and run again.",
}
OUT_OF_MEMORY = "Memory ran out. Close other programs, or give a smaller --batch-size or model."


def os_failure(error: OSError, otherwise: str) -> IndicsubsError:
    """Returns the expected failure for an error of the system, with its path and the next step.

    Args:
        error: The error.
        otherwise: The next step for an error that says nothing of its cause.
    """
    if error.errno == errno.ENOMEM:
        return IndicsubsError(FailureCode.OUT_OF_MEMORY, OUT_OF_MEMORY)
    what = error.strerror or str(error) or type(error).__name__
    path = error.filename2 or error.filename  # of two paths, that of the new file
    where = f"{path}: " if isinstance(path, str) else ""
    step = _NEXT_STEPS.get(error.errno or 0, otherwise)
    return IndicsubsError(FailureCode.IO_ERROR, f"{where}{what}. {step}")
