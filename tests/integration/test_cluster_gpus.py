"""Engines go to the machine with a GPU, and see the one that Ray gave them."""

import sys
import time
from pathlib import Path

import pytest
from cluster_of_nodes import ROOT, command, log_lines, nodes_of
from processes import processes_marked

from benchmarks.cluster import OPTIONS, write_films

MARK = "INDICSUBS_CLUSTER_GPUS"
PROGRAM = (sys.executable, str(ROOT / "benchmarks" / "sleeping_command.py"))


def test_engines_run_where_the_gpu_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK, tmp_path.name)
    write_films(tmp_path / "films", 1)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "nvidia-smi").write_text(
        "#!/bin/sh\necho 'NVIDIA H100 80GB HBM3, 81559, 580.159.04'\n"
    )
    (tools / "nvidia-smi").chmod(0o755)
    jobs = tmp_path / "jobs"
    places = ("--output", jobs, "--into", tmp_path / "subtitles")
    with (
        nodes_of(2, gpus=1, path=tools) as nodes,
        command(
            *("run", tmp_path / "films", *OPTIONS, "--initial-prompt", "sleep:3"),
            *(*places, "--on", nodes.address),
            program=PROGRAM,
        ) as running,
    ):
        seen: set[str] = set()
        while running.poll() is None:
            seen.update(filter(None, map(gpus_of, processes_marked(MARK))))
            time.sleep(0.2)
        assert running.returncode == 0, running.communicate()[0]
    (asr,) = log_lines(jobs, "asr: runs on")
    assert asr.endswith("node-1"), "the one with the GPU"
    assert seen == {"0"}, "the GPU that Ray gave them"


def gpus_of(pid: int) -> str:
    """The GPUs that a process of a stage may use; empty where nothing says so."""
    try:
        if "fake_stages.py" not in Path(f"/proc/{pid}/cmdline").read_text():
            return ""
        variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    except OSError:
        return ""  # it has ended
    name = "CUDA_VISIBLE_DEVICES="
    return "".join(each.removeprefix(name) for each in variables if each.startswith(name))
