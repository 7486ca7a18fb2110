"""A process that speaks by lines: it is told that nothing more comes, and is waited for."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_stages import preparation
from processes import assert_gone

from indicsubs_processes.stage_process import Launch, StageProcess


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], StageProcess]]:
    processes: list[StageProcess] = []

    def start(code: str) -> StageProcess:
        launch = Launch(
            command=[sys.executable, "-c", code],
            variables={},
            folder=tmp_path,
            log=tmp_path / "logs" / "process.log",
            temporary=tmp_path / "temporary",
        )
        processes.append(StageProcess(launch))
        return processes[-1]

    yield start
    for process in processes:
        process.end()
    assert_gone([process.popen.pid for process in processes])


COUNTS = "import sys; lines = sys.stdin.readlines(); print(len(lines)); sys.exit(7)"


def test_a_process_ends_in_order_where_nothing_more_comes(started) -> None:
    process = started(COUNTS)
    assert process.send(preparation())
    process.close_stdin()
    assert process.wait(30) == 7
    assert process.lines.get() == b"1\n", "what was sent before has arrived"
    assert process.lines.get() is None


def test_a_process_that_stays_is_waited_for_no_longer_than_the_limit(started) -> None:
    process = started("import time; time.sleep(600)")
    process.close_stdin()
    began = time.monotonic()
    assert process.wait(0.2) is None
    assert 0.2 <= time.monotonic() - began < 5


def test_no_time_is_no_limit_of_the_house(started, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zero seconds are zero, and not the default."""
    monkeypatch.setattr("indicsubs_processes.stage_process.GRACE_SECONDS", 600)
    process = started("import time; time.sleep(600)")
    assert process.wait(0) is None


def test_a_process_that_has_ended_reads_nothing_more(started) -> None:
    process = started("pass")
    assert process.wait(30) == 0
    process.close_stdin()
    process.close_stdin()
    assert not process.send(preparation())


def test_the_end_of_a_process_that_does_not_read_is_no_error(started) -> None:
    """The line is still in the buffer when the process closes its stdin."""
    process = started("import os, time; os.close(0); print(1, flush=True); time.sleep(600)")
    assert process.lines.get() == b"1\n"
    assert not process.send(preparation())
    process.close_stdin()
