"""The log of a job: one file for all of its runs."""

import logging
from collections.abc import Generator
from contextlib import contextmanager, suppress

from indicsubs.jobs.job import Job


class _LogFile(logging.FileHandler):
    """The file of a job's log. A disk that is full ends the run where it writes its results."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Does nothing; logging would print a trace."""


@contextmanager
def log_open(job: Job) -> Generator[None]:
    """Writes the job's log to its file until the end of the block."""
    log = log_of(job)
    job.log.parent.mkdir(exist_ok=True)
    handler = _LogFile(job.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        with suppress(OSError):
            handler.close()


def log_of(job: Job) -> logging.Logger:
    """Returns the logger of a job, whose lines reach the file while :func:`log_open` lasts."""
    log = logging.getLogger(f"indicsubs.job.{job.id}")
    log.setLevel(logging.INFO)
    log.propagate = False
    return log
