"""Runs contenders in processes of their own, and measures them."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Settings that keep libraries from the network, which would spoil the times."""


class Measured(NamedTuple):
    """One call of a contender, start of the process included."""

    value: Any
    """What the function returned."""
    wall_s: float
    cpu_s: float
    peak_bytes: int
    peak_gpu_bytes: int | None = None
    """The most memory of the GPU that torch had; None where it had none."""


class Medians(NamedTuple):
    """Several calls of one contender."""

    value: Any
    """What the last call returned."""
    wall_s: float
    cpu_s: float
    peak_bytes: int
    """The highest."""
    spread: float
    """The difference of the slowest and the fastest call, divided by the median (CPU time)."""
    calls: tuple[Measured, ...]


class ContenderError(RuntimeError):
    """A contender's process failed; the message has the end of what it printed."""


def call(
    environment: str,
    module: str,
    function: str,
    arguments: Mapping[str, Any],
    packages: Sequence[str] = (),
) -> Measured:
    """Calls a function of a contender in an environment.

    Args:
        environment: A folder of ``venv``.
        module: A module of ``benchmarks.speech.contenders``.
        function: The function's name.
        arguments: The function's arguments; JSON must be able to hold them.
        packages: Packages that are added to the environment, as ``uv run --with`` takes them.

    Raises:
        ContenderError: The environment is not there, or the function raised.
    """
    python = ROOT / "venv" / environment / "bin" / "python"
    if not python.exists():
        raise ContenderError(f"venv/{environment} is not there. Run: just setup {environment}")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("arguments.json", "result.json", "printed.txt")]
        files[0].write_text(json.dumps(arguments), encoding="utf-8")
        interpreter = [str(python)] if not packages else _with_packages(environment, packages)
        worker = "benchmarks.speech.worker"
        command = [*interpreter, "-m", worker, module, function, str(files[0]), str(files[1])]
        with files[2].open("wb") as printed:
            began = time.perf_counter()
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **QUIET, "PYTHONPATH": str(ROOT)},
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            text = files[2].read_text(encoding="utf-8", errors="replace")
            raise ContenderError(
                f"{module}.{function} failed in venv/{environment}:\n{text[-3000:]}"
            )
        answer = json.loads(files[1].read_bytes())
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(
        value=answer["value"],
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_bytes=answer["peak_bytes"] or usage.ru_maxrss * unit,
        peak_gpu_bytes=answer["peak_gpu_bytes"],
    )


def _with_packages(environment: str, packages: Sequence[str]) -> list[str]:
    """Returns the command of an interpreter that sees more packages, over an environment."""
    os.environ["UV_PROJECT_ENVIRONMENT"] = str(ROOT / "venv" / environment)
    uv = shutil.which("uv")
    if uv is None:
        raise ContenderError("uv is not there.")
    options = [option for package in packages for option in ("--with", package)]
    base = [uv, "run", "--no-sync", "--frozen", "--quiet", "--package", f"indicsubs-{environment}"]
    return [*base, *options, "python"]


def alternate(
    contenders: Mapping[str, Callable[[], Measured]], repeats: int
) -> dict[str, Medians | ContenderError]:
    """Calls all contenders in turn, ``repeats`` times, so that a slow minute hits all of them.

    A contender that fails is not called again.
    """
    calls: dict[str, list[Measured]] = {name: [] for name in contenders}
    failures: dict[str, ContenderError] = {}
    for _ in range(repeats):
        for name, contender in contenders.items():
            if name in failures:
                continue
            sys.stderr.write(f"{name} ...\n")
            try:
                calls[name].append(contender())
                sys.stderr.write(f"{calls[name][-1].wall_s:.1f} s\n")
            except ContenderError as error:
                sys.stderr.write(f"{error}\n")
                failures[name] = error
    return {name: failures.get(name) or _medians(rows) for name, rows in calls.items()}


def _medians(calls: Sequence[Measured]) -> Medians:
    cpu = [one.cpu_s for one in calls]
    return Medians(
        value=calls[-1].value,
        wall_s=statistics.median(one.wall_s for one in calls),
        cpu_s=statistics.median(cpu),
        peak_bytes=max(one.peak_bytes for one in calls),
        spread=(max(cpu) - min(cpu)) / statistics.median(cpu),
        calls=tuple(calls),
    )


def noise() -> str:
    """Returns how busy the machine is: how long fixed work takes, and the load.

    On a machine without other work, the two times are equal and the load is about 1.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    total = 0
    for number in range(5_000_000):
        total += number & 3
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"fixed work took {cpu:.2f} CPU seconds in {wall:.2f} s; load {load}"
