"""What a run looks like on a terminal."""

import io
import json
import re

import pytest
from fake_stages import AUDIO
from rich.console import Console

from indicsubs.cli.display import JsonEvents, PlainLines, ProgressBars, report_table
from indicsubs.jobs.job import StageRecord
from indicsubs.run.reports import StageReport, report_text
from indicsubs_contract.messages.alignment import AlignmentResult
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

STAGES = (StageName.ASR, StageName.ALIGNMENT)


def report(stage: StageName, outcome: str, **changes: object) -> StageReport:
    record = StageRecord(
        digest="d",
        result=AlignmentResult(transcript=AUDIO, timings=()),
        environment="whisperx",
        python="/python",
        wall_ms=2500,
        peak_memory_bytes=400 << 20,
        **changes,
    )
    return StageReport(stage=stage, outcome=outcome, record=record)


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def test_each_stage_has_a_bar_and_the_whole_has_one() -> None:
    console = terminal()
    with ProgressBars(console, STAGES) as bars:
        bars.started(StageName.ASR, "mlx")
        bars.progress(Progress(stage="asr", done=3, total=4, unit="chunks"))
        bars.warned(StageName.ASR, "one [chunk] was hard to hear")
        bars.finished(report(StageName.ASR, "done"))
        bars.finished(report(StageName.ALIGNMENT, "skipped"))
    text = console.file.getvalue()
    for part in ("asr", "mlx", "done in 2.5 s", "100%", "all", "skipped"):
        assert part in text
    assert "not needed" not in text
    assert "one [chunk] was hard to hear" in text


def test_what_an_interrupted_run_has_done_is_printed_at_once() -> None:
    message = Progress(stage="asr", done=1_870_000, total=3_480_000, unit="film_ms", resumed=True)
    said = "asr: goes on from 0:31:10 of 0:58:00 of film"
    console = terminal()
    with ProgressBars(console, STAGES) as bars:
        bars.started(StageName.ASR, "mlx")
        bars.progress(message)
    assert said in console.file.getvalue()
    lines = PlainLines(Console(file=io.StringIO(), width=200))
    lines.started(StageName.ASR, "mlx")
    lines.progress(message)
    assert said in lines.console.file.getvalue()


def test_a_stage_that_is_not_needed_says_so() -> None:
    console = terminal()
    with ProgressBars(console, (StageName.WITNESS,)) as bars:
        bars.left_out(StageName.WITNESS)
    text = console.file.getvalue()
    assert "not needed" in text
    assert "100%" in text, "the bar of all stages is full"
    lines = PlainLines(Console(file=io.StringIO()))
    lines.left_out(StageName.WITNESS)
    assert lines.console.file.getvalue() == ""


def test_without_a_terminal_a_slow_stage_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = Console(file=io.StringIO(), width=40)
    times = iter([0.0, 1.0, 11.0, 11.0, 12.0])
    monkeypatch.setattr("indicsubs.cli.display.time.monotonic", lambda: next(times))
    with PlainLines(console) as lines:
        lines.started(StageName.ASR, "mlx")
        lines.progress(Progress(stage="asr", done=1, total=9, unit="chunks"))
        lines.progress(Progress(stage="asr", done=2, total=9, unit="chunks"))
        lines.progress(Progress(stage="asr", done=3, total=9, unit="chunks"))
    assert console.file.getvalue().splitlines() == [
        "asr: started in the mlx environment",
        "asr: 2 of 9 chunks, about 1 minute left",
    ]


class Clock:
    """The displays' clock, set by tests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 0.0
        monkeypatch.setattr("indicsubs.cli.display.time.monotonic", lambda: self.now_s)

    def report(self, display: ProgressBars | PlainLines, now_s: float, message: Progress) -> None:
        self.now_s = now_s
        display.progress(message)


def film(done: int) -> Progress:
    """Of a film of two hours."""
    return Progress(stage="asr", done=done, total=7_200_000, unit="film_ms")


def test_bars_show_film_time_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=140, color_system=None)
    clock = Clock(monkeypatch)
    with ProgressBars(console, STAGES) as bars:
        bars.started(StageName.ASR, "mlx")
        for now_s, done in ((5.0, 0), (12.0, 61_000), (125.0, 1_000_000)):
            clock.report(bars, now_s, film(done))
    assert "0:16:40 of 2:00:00 of film, about 12 minutes left" in console.file.getvalue()


def test_on_a_narrow_terminal_the_note_is_cut_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    clock = Clock(monkeypatch)
    with ProgressBars(console, tuple(StageName)) as bars:
        bars.started(StageName.ASR, "indictrans2")
        for now_s, done in ((5.0, 0), (125.0, 3_600_000)):
            clock.report(bars, now_s, film(done))
    rows = console.file.getvalue().splitlines()
    (row,) = (line for line in rows[-len(StageName) - 1 :] if line.startswith("asr"))
    assert re.fullmatch(r"asr +indictrans2 ━+ +50% 0:00:\d\d 1:00:00 of 2:00:00 of…", row.strip())
    assert any(line.startswith("indictrans2_translation ") for line in rows)


def test_lines_show_film_time_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), width=40)
    clock = Clock(monkeypatch)
    lines = PlainLines(console)
    lines.started(StageName.ASR, "mlx")
    for now_s, done in ((5.0, 0), (12.0, 61_000), (15.0, 90_000), (125.0, 1_000_000)):
        clock.report(lines, now_s, film(done))
    assert console.file.getvalue().splitlines() == [
        "asr: started in the mlx environment",
        "asr: 0:01:01 of 2:00:00 of film",
        "asr: 0:16:40 of 2:00:00 of film, about 12 minutes left",
    ]


def test_each_stage_is_measured_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), width=40)
    clock = Clock(monkeypatch)
    lines = PlainLines(console)
    for stage, start_s in ((StageName.ASR, 0.0), (StageName.ALIGNMENT, 100.0)):
        clock.now_s = start_s
        lines.started(stage, "mlx")
        for now_s, done in ((start_s, 60), (start_s + 12, 62)):
            message = Progress(stage=stage, done=done, total=100, unit="sentences")
            clock.report(lines, now_s, message)
    assert [line for line in console.file.getvalue().splitlines() if "left" in line] == [
        "asr: 62 of 100 sentences, about 4 minutes left",
        "alignment: 62 of 100 sentences, about 4 minutes left",
    ]


def test_events_keep_the_stage_s_own_numbers_and_unit(capsys) -> None:
    with JsonEvents() as events:
        events.started(StageName.ASR, "mlx")
        message = Progress(stage="asr", done=61_000, total=7_200_000, unit="film_ms", note="n")
        events.progress(message)
        events.warned(StageName.ASR, "one chunk")
        events.finished(report(StageName.ASR, "done"))
    started, progress, warning, finished = map(json.loads, capsys.readouterr().out.splitlines())
    assert started == {"event": "started", "stage": "asr", "environment": "mlx"}
    assert progress == {
        "event": "progress",
        "stage": "asr",
        "done": 61_000,
        "total": 7_200_000,
        "unit": "film_ms",
        "note": "n",
        "resumed": False,
    }
    assert warning == {"event": "warning", "stage": "asr", "warning": "one chunk"}
    assert finished["record"]["wall_ms"] == 2500


def test_the_table_fits_a_narrow_terminal_and_names_reuse() -> None:
    console = Console(file=io.StringIO(), width=80)
    reports = [report(s, "done") for s in StageName]
    reports[0] = report(StageName.DEMUX, "reused", reused_from="an-earlier-job")
    console.print(report_table(reports))
    rows = console.file.getvalue().splitlines()
    assert len(rows) == 1 + len(StageName)
    assert rows[1].split() == ["demux", "whisperx", "2.5", "s", "400", "MiB", "reused"]
    assert rows[7].split()[0] == "indictrans2_translation"


def test_the_log_s_table_has_the_same_rows() -> None:
    reports = [report(StageName.ASR, "done"), report(StageName.ALIGNMENT, "skipped")]
    header, *rows = report_text(reports).splitlines()
    assert header == "stage      environment   wall  peak memory  outcome"
    assert rows == [
        "asr        whisperx     2.5 s      400 MiB  done",
        "alignment  whisperx     2.5 s      400 MiB  skipped",
    ]
