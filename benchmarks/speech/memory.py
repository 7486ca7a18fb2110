"""Memory of the stages as films get longer, and the time that they take for an hour of film."""

import argparse
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any

from benchmarks.speech.processes import ContenderError, Measured, call, noise
from benchmarks.speech.recordings import RATE, read_audio, write_wav
from benchmarks.speech.tables import table

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models" / "demo"
GOAL_MB = 300
"""The most that the longest film may need more than the shortest."""


def run(options: argparse.Namespace) -> str:
    """Returns the table."""
    before = noise()
    stages = _stages()
    found: dict[str, list[Measured | None]] = {name: [] for name in stages}
    with tempfile.TemporaryDirectory() as name:
        clip = write_wav(Path(name) / "clip.wav", read_audio(ROOT / "demo" / "clip.mp4"))
        for minutes in options.film_minutes:
            job = Path(name) / f"job-{minutes}"
            job.mkdir()
            source = _repeated(clip, Path(name) / f"{minutes}.wav", minutes)
            for stage, (environment, function, arguments) in stages.items():
                extra = {"source": str(source)} if function == "dialogue" else {}
                given = {"job": str(job), **arguments, **extra}
                try:
                    found[stage].append(call(environment, "stages", function, given))
                except ContenderError as error:
                    found[stage].append(None)
                    sys.stderr.write(f"{error}\n")
    heads = [
        "stage (model)",
        f"growth (MB; goal {GOAL_MB})",
        *(f"peak at {minutes} min (MB)" for minutes in options.film_minutes),
        *("seconds for a film hour", "CPU seconds for a film hour", "start-up (s)"),
    ]
    rows = [_row(stage, measured, options.film_minutes) for stage, measured in found.items()]
    return (
        "The demo's clip again and again, the demo's models, each stage in a process of its own"
        f" (before: {before}; after: {noise()}):\n\n{table(heads, rows)}"
    )


def _stages() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Returns the environment, the function and the arguments of each stage, by name."""
    whisper = {"model": str(MODELS / "recogniser-ctranslate2"), "compute_type": "int8"}
    conformer = {"model": str(MODELS / "indicconformer"), "compute_type": "float32"}
    hindi = {"language": "hi", "script": "Deva"}
    return {
        "demux": ("whisperx", "dialogue", {}),
        "asr (Whisper)": (
            "whisperx",
            "recognition",
            {**whisper, **hindi, "engine": "whisperx"},
        ),
        "witness (IndicConformer)": (
            "indicconformer",
            "witness",
            {**conformer, **hindi, "engine": "indicconformer", "scope": "all"},
        ),
        "alignment (wav2vec2)": (
            "whisperx",
            "alignment",
            {"model": str(MODELS / "aligner-hi"), "engine": "wav2vec2"},
        ),
        "alignment (IndicConformer)": (
            "indicconformer",
            "alignment",
            {**conformer, "engine": "indicconformer", "language": "hi"},
        ),
    }


def _repeated(clip: Path, path: Path, minutes: int) -> Path:
    """Writes the clip again and again, without keeping the whole in memory."""
    with wave.open(str(clip)) as file:
        data = file.readframes(file.getnframes())
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        left = minutes * 60 * RATE * 2
        while left:
            part = data[:left]
            file.writeframesraw(part)
            left -= len(part)
    return path


def _row(stage: str, found: list[Measured | None], minutes: list[int]) -> list[Any]:
    measured = [one for one in found if one is not None]
    if len(measured) < len(minutes):
        return [stage, "failed", *[None] * (len(minutes) + 3)]
    peaks = [one.peak_bytes / 1e6 for one in measured]
    last = measured[-1]
    times = last.value["times"]
    hours = minutes[-1] / 60
    work_s = last.wall_s - times["load_s"]
    work_cpu_s = last.cpu_s - times["load_cpu_s"]
    return [
        stage,
        round(peaks[-1] - peaks[0]),
        *map(round, peaks),
        round(work_s / hours, 1),
        round(work_cpu_s / hours, 1),
        round(times["load_s"], 1),
    ]
