"""What a run looks like on a terminal."""

import io

import pytest
from fake_stages import AUDIO
from rich.console import Console

from indicsubs.cli.display import PlainLines, ProgressBars, report_table
from indicsubs.jobs.job import StageRecord
from indicsubs.run.reports import StageReport
from indicsubs_contract.messages.alignment import AlignmentResult
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

STAGES = (StageName.ASR, StageName.ALIGNMENT)


def report(stage: StageName, outcome: str, **changes: object) -> StageReport:
    record = StageRecord(
        digest="d",
        result=AlignmentResult(transcript=AUDIO, aligned=1, unaligned=0),
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
    assert "one [chunk] was hard to hear" in text


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
        "asr: 2/9 chunks",
    ]


def test_the_table_fits_a_narrow_terminal_and_names_reuse() -> None:
    console = Console(file=io.StringIO(), width=80)
    reports = [report(s, "done") for s in StageName]
    reports[0] = report(StageName.DEMUX, "reused", reused_from="an-earlier-job")
    console.print(report_table(reports))
    rows = console.file.getvalue().splitlines()
    assert len(rows) == 1 + len(StageName)
    assert rows[1].split() == ["demux", "whisperx", "2.5", "s", "400", "MiB", "reused"]
    assert rows[6].split()[0] == "indictrans2_translation"
