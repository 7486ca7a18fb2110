"""How the demo films are heard: other languages, other recognisers, two of them, and no speech."""

import json
import subprocess
import wave
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from demo_runs import DEMO, ROOT, Run, edit_distance, indicsubs, reference, score

from indicsubs.cli.model_commands import _make_model
from indicsubs.machine.environments import EnvironmentManager

RATE = 16_000
SEED = 20261127


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


def transcribe(jobs: Path, film: Path, language: str, *options: str) -> Run:
    run = indicsubs(
        jobs, "run", film, "--profile", "demo", "-s", language, "-w", "transcribe", *options
    )
    assert run.status == 0, run.out + run.err
    return run


def segments(run: Run) -> list[dict]:
    path = run.job / "stages/alignment/transcript.json"
    return json.loads(path.read_text(encoding="utf-8"))["segments"]


@pytest.mark.parametrize("language", ["ta", "or"])
def test_a_language_without_an_aligner_has_words_and_their_times(jobs: Path, language: str) -> None:
    """Odia is not among Whisper's languages, and neither has an aligner in the demo."""
    film = DEMO / f"clip-{language}.m4a"
    run = transcribe(jobs, film, language)
    spoken = reference(film.name)
    marks = dict.fromkeys(map(ord, "।.?!,"))
    expected = [w["text"].translate(marks) for line in spoken["lines"] for w in line["words"]]
    heard = [w["text"].translate(marks) for s in segments(run) for w in s["words"]]
    assert heard == expected
    found = score(run.job, spoken)
    print(f"\n{film.name} through indicconformer: {found}")
    assert found.boundary_error_ms < 60
    assert {segment["timed_by"] for segment in segments(run)} == {"indicconformer"}
    assert "asr: started in the indicconformer environment" in run.out
    assert "IndicConformer writes no punctuation" in run.out


def test_two_recognisers_agree_on_the_clip(jobs: Path) -> None:
    """Whisper hears first; IndicConformer hears every segment, and the gaps between them."""
    run = transcribe(jobs, DEMO / "clip.mp4", "hi", "--witness", "all")
    assert "witness: started in the indicconformer environment" in run.out
    found = score(run.job, reference("clip"))
    assert found.word_errors == 0
    for segment in segments(run):
        assert segment["second_hearing"]["agreement"] > 0.9
        assert segment["quarantined"] is None
    start, end = reference("clip")["music_ms"]
    assert not [s for s in segments(run) if start <= s["start_ms"] and s["end_ms"] <= end]


def test_punctuation_comes_from_whisper_where_both_ran(jobs: Path) -> None:
    options = ("--backend", "indicconformer", "--witness", "all")
    run = transcribe(jobs, DEMO / "clip.mp4", "hi", *options)
    assert "witness: started in the whisperx environment" in run.out
    found = score(run.job, reference("clip"))
    assert found.word_errors == 0, "with its punctuation"


def test_the_smaller_model_that_models_fetch_makes_hears_the_same(
    jobs: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    official = ROOT / "models" / "demo" / "indicconformer"
    _make_model(EnvironmentManager(ROOT), "the demo model", official, small)
    assert sorted(path.name for path in (small / "assets").iterdir()) == [
        "encoder-ctc.int8.onnx",
        "language_masks.json",
        "vocab.json",
    ]
    run = transcribe(jobs, DEMO / "clip-ta.m4a", "ta", "--asr-model", str(small))
    full = transcribe(jobs, DEMO / "clip-ta.m4a", "ta")
    assert [s["text"] for s in segments(run)] == [s["text"] for s in segments(full)]


def music(seconds: int) -> np.ndarray:
    """Chords with a beat: four partials of each of three notes, and noise on every half second."""
    rng = np.random.default_rng(SEED)
    t = np.arange(seconds * RATE) / RATE
    sound = np.zeros_like(t)
    for bar, root in enumerate((220.0, 174.6, 196.0, 261.6) * seconds):
        inside = (t >= 2 * bar) & (t < 2 * bar + 2)
        for ratio in (1, 1.25, 1.5):
            for partial in (1, 2, 3, 4):
                sound[inside] += np.sin(2 * np.pi * root * ratio * partial * t[inside]) / partial
    beat = rng.normal(size=len(t)) * np.exp(-20 * (t % 0.5))
    return 0.08 * sound + 0.1 * beat


@pytest.mark.parametrize("gain", [0.03, 3.0], ids=["quiet", "overdriven"])
def test_quiet_and_overdriven_speech_is_kept(jobs: Path, tmp_path: Path, gain: float) -> None:
    """30 dB below its usual level, and so loud that its peaks are cut."""
    plain = tmp_path / "plain.wav"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-i", DEMO / "clip-ta.m4a", "-ac", "1", "-ar", str(RATE)]
    subprocess.run([*command, plain], check=True)
    with wave.open(str(plain), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
    film = tmp_path / "film.wav"
    write_film(film, gain * samples)
    run = transcribe(jobs, film, "ta", "--witness", "all")
    marks = dict.fromkeys(map(ord, "।.?!,"))
    expected = [
        w["text"].translate(marks) for line in reference("clip-ta")["lines"] for w in line["words"]
    ]
    shown = [s for s in segments(run) if s["quarantined"] is None]
    heard = [w["text"].translate(marks) for s in shown for w in s["words"]]
    assert edit_distance(expected, heard) <= 2


def write_film(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())


SOUNDS = {
    "silence": np.zeros(20 * RATE),
    "noise": 0.1 * np.random.default_rng(SEED).normal(size=20 * RATE),
    "tone": 0.3 * np.sin(2 * np.pi * 440 * np.arange(20 * RATE) / RATE),
    "music": music(20),
}


@pytest.mark.parametrize("backend", ["whisperx", "indicconformer"])
@pytest.mark.parametrize("name", SOUNDS)
def test_where_nobody_speaks_no_line_is_made(
    jobs: Path, tmp_path: Path, name: str, backend: str
) -> None:
    film = tmp_path / f"{name}.wav"
    write_film(film, SOUNDS[name])
    run = transcribe(jobs, film, "hi", "--backend", backend, "--witness", "all")
    assert [s for s in segments(run) if s["quarantined"] is None] == []
