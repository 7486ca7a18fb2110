"""The demo from film to film: real engines in their own environments, against the reference."""

import base64
import json
import os
import re
import signal
import subprocess
import time
import uuid
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest
import srt
from demo_runs import (
    DEMO,
    DEMO_OPTIONS,
    ROOT,
    Run,
    command,
    cues,
    edit_distance,
    indicsubs,
    one_line,
    reference,
    score,
)
from media import Track, read_back, tracks_of
from processes import processes_marked

CODES = {"hi": "hin", "en": "eng", "ta": "tam"}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


@pytest.fixture(scope="module")
def demo(jobs: Path) -> Run:
    run = indicsubs(jobs, "run", DEMO / "clip.mp4", *DEMO_OPTIONS, "-t", "en,ta")
    assert run.status == 0, run.out + run.err
    return run


def test_every_word_is_right_and_on_time(demo: Run) -> None:
    found = score(demo.job, reference("clip"))
    print(f"\nclip through whisperx: {found}")
    assert found.word_errors == 0
    assert found.boundary_error_ms < 40


def test_every_line_is_translated_right(demo: Run) -> None:
    lines = reference("clip")["lines"]
    for language, field in (("hi", "text"), ("en", "en"), ("ta", "ta")):
        shown = cues(demo.job / "subtitles" / f"clip.{CODES[language]}.srt")
        assert [one_line(cue) for cue in shown] == [line[field] for line in lines]


def test_cues_of_every_language_are_on_screen_while_their_line_is_said(demo: Run) -> None:
    lines = reference("clip")["lines"]
    for code in CODES.values():
        shown = cues(demo.job / "subtitles" / f"clip.{code}.srt")
        for cue, line in zip(shown, lines, strict=True):
            start, end = line["words"][0]["start_ms"], line["words"][-1]["end_ms"]
            assert abs(cue.start.total_seconds() * 1000 - start) < 150
            assert cue.end.total_seconds() * 1000 > end - 150
        for cue, following in pairwise(shown):
            assert cue.end <= following.start


def test_no_cue_is_shown_during_the_music(demo: Run) -> None:
    start, end = reference("clip")["music_ms"]
    for cue in cues(demo.job / "subtitles" / "clip.hin.srt"):
        middle = (cue.start + cue.end).total_seconds() * 500
        assert not start <= middle <= end


def test_the_film_s_tracks_are_the_subtitle_files(demo: Run) -> None:
    film = demo.job / "subtitles" / "clip.mp4"
    tracks = subtitle_tracks(film)
    assert [track.language for track in tracks] == ["hin", "eng", "tam"]
    assert [track.codec for track in tracks] == ["mov_text"] * 3
    assert [track.default for track in tracks] == [False, True, False]
    for track in tracks:
        written = cues(demo.job / "subtitles" / f"clip.{track.language}.srt")
        (demo.job / "back.srt").write_text(read_back(film, track), encoding="utf-8")
        assert [(c.start, c.end, c.content) for c in cues(demo.job / "back.srt")] == [
            (c.start, c.end, c.content) for c in written
        ]


def test_the_report_is_beside_the_subtitles_and_has_the_same_cues(demo: Run) -> None:
    folder = demo.job / "subtitles"
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    for language in report["languages"]:
        shown = cues(folder / language["file"])
        assert [one_line(cue) for cue in shown] == [" ".join(c["lines"]) for c in language["cues"]]
    assert [language["tag"] for language in report["languages"]] == list(CODES)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '"./clip.mp4"' in page
    peaks = re.search(r'"bucket_ms":50,"peaks":"([^"]+)"', page)
    assert peaks
    # Loud where the first line is spoken, and quiet before it.
    levels = base64.b64decode(peaks[1])
    start = reference("clip")["lines"][0]["words"][0]["start_ms"] // 50
    assert max(levels[start : start + 20]) > 2 * max(levels[: start - 4])
    assert (folder / "report.csv").read_bytes().count(b"\r\n") == 1 + 3 * len(
        reference("clip")["lines"]
    )


def test_every_stage_ran_in_its_own_environment(demo: Run) -> None:
    log = (demo.job / "logs" / "pipeline.log").read_text()
    used = dict(re.findall(r"(\w+): Using (\w+) environment: .*venv/\2/bin/python", log))
    assert used == {
        "demux": "whisperx",
        "asr": "whisperx",
        "alignment": "whisperx",
        "export_transcript": "whisperx",
        "load_transcript": "indictrans2",
        "indictrans2_translation": "indictrans2",
        "subtitle_generation": "common",
        "mux": "common",
    }


def test_the_second_run_skips_all_stages_and_says_so(demo: Run, jobs: Path) -> None:
    again = indicsubs(jobs, "run", DEMO / "clip.mp4", *DEMO_OPTIONS, "-t", "en,ta")
    assert again.status == 0
    assert set(again.outcomes.values()) == {"skipped"}
    assert len(again.outcomes) == 8
    assert "all stages were skipped" in again.out


def test_mlx_recognises_the_same(demo: Run, jobs: Path) -> None:
    run = indicsubs(
        jobs, "run", DEMO / "clip.mp4", *DEMO_OPTIONS, "-t", "en,ta", "--backend", "mlx"
    )
    assert run.status == 0, run.out + run.err
    assert "Using mlx environment" in (run.job / "logs" / "pipeline.log").read_text()
    found = score(run.job, reference("clip"))
    print(f"\nclip through mlx: {found}")
    assert found.word_errors <= 0.05
    assert found.boundary_error_ms < 40


@pytest.mark.parametrize("backend", ["whisperx", "mlx"])
def test_voices_that_are_not_in_the_training_data(jobs: Path, backend: str) -> None:
    transcribe = ("-w", "transcribe", "--backend", backend)
    run = indicsubs(jobs, "run", DEMO / "held-out.m4a", *DEMO_OPTIONS, *transcribe)
    assert run.status == 0, run.out + run.err
    found = score(run.job, reference("held-out"))
    print(f"\nheld-out recording through {backend}: {found}")
    assert found.word_errors < 0.10


def test_the_language_is_detected_where_it_is_not_given(demo: Run, jobs: Path) -> None:
    run = indicsubs(jobs, "run", DEMO / "clip.mp4", "--profile", "demo", "-t", "en")
    assert run.status == 0, run.out + run.err
    assert len(cues(run.job / "subtitles" / "clip.hin.srt")) == len(reference("clip")["lines"])


def test_ctranslate2_translates_the_same(demo: Run, jobs: Path) -> None:
    engine = ("--translation-engine", "ctranslate2")
    run = indicsubs(jobs, "run", DEMO / "clip.mp4", *DEMO_OPTIONS, "-t", "en,ta", *engine)
    assert run.status == 0, run.out + run.err
    assert run.outcomes["alignment"] == "reused"
    for code, field in (("eng", "en"), ("tam", "ta")):
        shown = cues(run.job / "subtitles" / f"clip.{code}.srt")
        assert [one_line(cue) for cue in shown] == [x[field] for x in reference("clip")["lines"]]


def test_the_centre_of_a_surround_film_is_its_dialogue(demo: Run, jobs: Path) -> None:
    run = indicsubs(jobs, "run", DEMO / "clip-surround.mkv", *DEMO_OPTIONS, "-t", "en")
    assert run.status == 0, run.out + run.err
    demux = json.loads((run.job / "stages/demux/result.json").read_text())["result"]
    assert demux["channel"] == "center"
    found = score(run.job, reference("clip"))
    assert found.word_errors == 0
    assert found.boundary_error_ms < 40
    film = run.job / "subtitles" / "clip-surround.mkv"
    assert [(t.language, t.codec) for t in subtitle_tracks(film)] == [
        ("hin", "subrip"),
        ("eng", "subrip"),
    ]


@pytest.mark.parametrize("suffix", ["mkv", "mov", "ts"])
def test_other_containers_and_a_late_start(
    demo: Run, jobs: Path, tmp_path: Path, suffix: str
) -> None:
    film = tmp_path / f"late.{suffix}"
    late = ("-output_ts_offset", "5") if suffix != "mov" else ()
    ffmpeg("-i", DEMO / "clip.mp4", "-map", "0", "-c", "copy", *late, film)
    run = indicsubs(jobs, "run", film, *DEMO_OPTIONS, "-t", "en")
    assert run.status == 0, run.out + run.err
    demux = json.loads((run.job / "stages/demux/result.json").read_text())["result"]
    start = demux["media"]["start_ms"]
    assert start == pytest.approx({"mkv": 5000, "mov": 0, "ts": 6400}[suffix], abs=60)
    found = score(run.job, reference("clip"))  # times are from the first frame
    assert found.word_errors == 0
    assert found.boundary_error_ms < 60
    muxed = next((run.job / "subtitles").glob("late.m*"))
    assert [track.language for track in subtitle_tracks(muxed)] == ["hin", "eng"]


def test_each_stage_runs_alone_by_just_and_by_its_printed_line(demo: Run, jobs: Path) -> None:
    log = (demo.job / "logs" / "pipeline.log").read_text()
    lines = re.findall(r"(\w+): to run it by hand: (.*)", log)
    assert len(lines) == 8
    before = {p: p.stat().st_mtime_ns for p in (demo.job / "stages").rglob("*")}
    for name, line in lines:
        by_hand = subprocess.run(
            ["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )
        assert by_hand.returncode == 0, by_hand.stderr
        assert json.loads(by_hand.stdout.splitlines()[-1])["type"] == "result"
        assert (demo.job / "replay" / name).is_dir()
    alone = indicsubs(jobs, "stage", "mux", demo.job.name)
    assert alone.status == 0
    assert json.loads(alone.out.splitlines()[-1])["result"]["stage"] == "mux"
    assert before == {p: p.stat().st_mtime_ns for p in (demo.job / "stages").rglob("*")}


def test_an_edited_transcript_comes_back(demo: Run, jobs: Path, tmp_path: Path) -> None:
    exported = demo.job / "stages" / "export_transcript" / "transcript.srt"
    lines = reference("clip")["lines"]
    edited = exported.read_text(encoding="utf-8").replace(lines[0]["text"], lines[3]["text"])
    mine = tmp_path / "mine.srt"
    mine.write_text(edited, encoding="utf-8")
    run = indicsubs(jobs, "run", demo.job.name, "--transcript", mine)
    assert run.status == 0, run.out + run.err
    assert "asr" not in run.outcomes
    shown = cues(run.job / "subtitles" / "clip.eng.srt")
    assert [one_line(cue) for cue in shown[:3]] == [lines[i]["en"] for i in (3, 1, 2)]


def test_subtitles_edited_in_their_place_come_back_and_stay(demo: Run, jobs: Path) -> None:
    options = (*DEMO_OPTIONS, "-t", "en,ta", "--formats", "srt,ttml")
    run = indicsubs(jobs, "run", DEMO / "clip.mp4", *options)
    assert run.status == 0, run.out + run.err
    folder = run.job / "subtitles"
    tamil, english = cues(folder / "clip.tam.srt"), cues(folder / "clip.eng.srt")
    tamil[2].content = "இது என் வாக்கியம்."
    first, *rest = english[1].content.split()
    english[1].content = f"{first}\n{' '.join(rest)}"
    for code, edited in (("tam", tamil), ("eng", english)):
        (folder / f"clip.{code}.srt").write_text(srt.compose(edited), encoding="utf-8")

    imported = indicsubs(jobs, "import", "--job", run.job.name)
    assert imported.status == 0, imported.out + imported.err
    done = [stage for stage, outcome in imported.outcomes.items() if outcome == "done"]
    assert done == ["subtitle_generation", "mux"]
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    reported = {language["tag"]: language["cues"] for language in report["languages"]}
    assert tamil[2].content in (folder / "clip.tam.ttml").read_text(encoding="utf-8")
    for code, tag, edited in (("tam", "ta", tamil), ("eng", "en", english)):
        expected = [(cue.start, cue.end, cue.content) for cue in edited]
        written = cues(folder / f"clip.{code}.srt")
        (track,) = (t for t in subtitle_tracks(folder / "clip.mp4") if t.language == code)
        (run.job / "back.srt").write_text(read_back(folder / "clip.mp4", track), encoding="utf-8")
        for found in (written, cues(run.job / "back.srt")):
            assert [(cue.start, cue.end, cue.content) for cue in found] == expected
        assert [cue["lines"] for cue in reported[tag]] == [
            cue.content.splitlines() for cue in edited
        ]

    again = indicsubs(jobs, "run", run.job.name)
    assert again.status == 0
    assert set(again.outcomes.values()) == {"skipped"}
    assert cues(folder / "clip.tam.srt")[2].content == tamil[2].content


def test_english_subtitles_become_hindi_and_tamil(demo: Run, jobs: Path) -> None:
    english = demo.job / "subtitles" / "clip.eng.srt"
    run = indicsubs(
        jobs,
        "run",
        DEMO / "clip.mp4",
        *("--transcript", english, "-s", "en", "-t", "hi,ta", "--profile", "demo", "--no-edits"),
    )
    assert run.status == 0, run.out + run.err
    for code, field in (("hin", "text"), ("tam", "ta")):
        shown = cues(run.job / "subtitles" / f"clip.{code}.srt")
        assert [one_line(cue) for cue in shown] == [x[field] for x in reference("clip")["lines"]]


def test_ctrl_c_in_the_middle_leaves_nothing_running_and_goes_on_later(tmp_path: Path) -> None:
    mark = f"INDICSUBS_TEST={uuid.uuid4()}"
    name, value = mark.split("=")
    arguments = ("run", DEMO / "clip.mp4", *DEMO_OPTIONS, "-t", "en")
    with subprocess.Popen(
        command(tmp_path, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {name: value},
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("asr: started"):
                break
        deadline = time.monotonic() + 20
        while len(list(processes_marked(mark))) < 3:  # the orchestrator, uv, and the stage
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "The same command continues after the last finished stage" in error
    assert list(processes_marked(mark)) == []
    (job,) = tmp_path.glob("[0-9]*/*/*/*")
    assert not list((job / "stages").glob(".*"))
    again = indicsubs(tmp_path, *arguments)
    assert again.status == 0
    assert again.outcomes["demux"] == "skipped"
    assert again.outcomes["asr"] == "done"


def test_a_closed_stdin_changes_nothing(jobs: Path, demo: Run) -> None:
    line = " ".join(command(jobs, "run", DEMO / "clip.mp4", *DEMO_OPTIONS, "-t", "en", "--force"))
    closed = subprocess.run(
        ["bash", "-c", f"{line} <&-"], capture_output=True, text=True, timeout=300, check=False
    )
    assert closed.returncode == 0, closed.stderr
    assert "mux: done" in closed.stdout


def test_a_text_file_named_mp4_is_not_a_film(tmp_path: Path) -> None:
    film = tmp_path / "notes.mp4"
    film.write_text("This is not a film.\n" * 100)
    run = indicsubs(tmp_path, "run", film, *DEMO_OPTIONS, "-t", "en")
    assert run.status == 65
    assert "notes.mp4 is not a film that can be read" in run.err
    assert "-w translate" not in run.err  # there is nothing to translate either
    assert "Traceback" not in run.err


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    film = tmp_path / "silent.mp4"
    ffmpeg("-i", DEMO / "clip.mp4", "-an", "-c", "copy", film)
    run = indicsubs(tmp_path, "run", film, *DEMO_OPTIONS, "-t", "en")
    assert run.status == 65
    assert "no audio" in run.err


def test_the_readable_part_of_a_truncated_film_gets_subtitles(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mkv"
    ffmpeg("-i", DEMO / "clip.mp4", "-c", "copy", whole)
    film = tmp_path / "cut.mkv"
    film.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    run = indicsubs(tmp_path, "run", film, *DEMO_OPTIONS, "-t", "en")
    assert run.status == 0, run.err
    shown = cues(run.job / "subtitles" / "cut.hin.srt")
    assert 6 <= len(shown) < len(reference("clip")["lines"])
    # The last line may be cut off in the middle of a word.
    texts = [line["text"] for line in reference("clip")["lines"]]
    assert [one_line(cue) for cue in shown[:-1]] == texts[: len(shown) - 1]


def test_word_errors_count_insertions_deletions_and_substitutions() -> None:
    assert edit_distance(list("abcd"), list("abcd")) == 0
    assert edit_distance(list("abcd"), list("abxd")) == 1
    assert edit_distance(list("abcd"), list("abd")) == 1
    assert edit_distance(list("abcd"), list("abccd")) == 1
    assert edit_distance(list("abcd"), []) == 4


def subtitle_tracks(film: Path) -> list[Track]:
    return [track for track in tracks_of(film) if track.kind == "subtitle"]


def ffmpeg(*arguments: str | Path) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-v", "error", "-y", *map(str, arguments)], check=True, timeout=60)
