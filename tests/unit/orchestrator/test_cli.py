"""The command line as a person meets it: what it prints, and its exit statuses."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs

from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus, IndicsubsError


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


DEMO = ("film.mp4", "--profile", "demo", "-s", "hi", "-t", "en")


def test_a_run_ends_with_what_was_made_and_where(workspace, capsys) -> None:
    assert indicsubs("run", *DEMO) == ExitStatus.DONE
    text = capsys.readouterr().out
    assert re.search(r"The files are in out/.*/subtitles:", text)
    for name in ("film.hin.srt", "film.eng.srt", "film.mkv"):
        assert f"  {name}\n" in text
    assert re.search(r"mux +common +\d+\.\d s +\d+ MiB", text)
    assert "asr: warning: 1 of 3 chunks were hard to hear" in text


def test_the_second_run_says_that_it_skipped_everything(workspace, capsys) -> None:
    indicsubs("run", *DEMO)
    capsys.readouterr()
    assert indicsubs("run", *DEMO) == ExitStatus.DONE
    text = capsys.readouterr().out
    assert "Everything was up to date, so all stages were skipped." in text
    assert text.count("skipped: nothing it depends on has changed") == 8
    assert len(list(workspace.jobs.glob("*/*/*/*/job.json"))) == 1


def test_machines_get_one_json_object_a_line(workspace, capsys) -> None:
    assert indicsubs("run", *DEMO, "--json") == ExitStatus.DONE
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "job"
    assert [e["stage"] for e in events if e["event"] == "finished"][-1] == "mux"
    assert events[-1]["event"] == "done"
    assert all(Path(path).is_file() for path in events[-1]["files"])


def test_targets_are_separated_by_commas_or_repeated(workspace, capsys) -> None:
    indicsubs("prepare", "film.mp4", "-p", "demo", "-s", "hin", "-t", "eng_Latn,ta", "-t", "Odia")
    (job,) = workspace.jobs.glob("*/*/*/*/job.json")
    spec = json.loads(job.read_text())["spec"]
    assert (spec["source_language"], spec["targets"]) == ("hi", ["en", "ta", "or"])


def test_glossaries_are_given_one_by_one(workspace, capsys) -> None:
    Path("a.tsv").write_text("source\ten\nवीरू\tVeeru\n")
    Path("b.toml").write_text("[terms]\nCBI.keep = true\n")
    assert indicsubs("prepare", *DEMO, "--glossary", "a.tsv", "--glossary", "b.toml") == 0
    (job,) = workspace.jobs.glob("*/*/*/*/job.json")
    terms = json.loads(job.read_text())["spec"]["glossary"]
    assert [term["source"] for term in terms] == ["CBI", "वीरू"]
    Path("a.tsv").write_text("source\tklingon\n")
    assert indicsubs("run", *DEMO, "--glossary", "a.tsv") == ExitStatus.BAD_INPUT
    assert "a.tsv, line 1: 'klingon' is not a language" in capsys.readouterr().err


def test_formats_fonts_and_burning_in_are_asked_for(workspace, capsys) -> None:
    Path("own.ttf").write_bytes(b"a font")
    options = ["--formats", "srt,ass", "--formats", "ttml", "--purpose", "forced"]
    options += ["--burn-in", "eng", "--font", "own.ttf", "--windows-lines", "--byte-order-mark"]
    assert indicsubs("prepare", *DEMO, *options) == ExitStatus.DONE
    (job,) = workspace.jobs.glob("*/*/*/*/job.json")
    spec = json.loads(job.read_text())["spec"]
    assert (spec["formats"], spec["purpose"]) == (["srt", "ass", "ttml"], "forced")
    assert (spec["burn_in"], spec["windows_lines"], spec["byte_order_mark"]) == ("en", True, True)
    assert spec["font"]["path"] == str(workspace.root / "own.ttf")


def test_prepare_then_run_by_id(workspace, capsys) -> None:
    assert indicsubs("prepare", *DEMO) == ExitStatus.DONE
    job = capsys.readouterr().out.strip()
    assert indicsubs("run", job) == ExitStatus.DONE
    assert indicsubs("status", job) == ExitStatus.DONE
    text = capsys.readouterr().out
    assert re.search(r"demux +done +whisperx", text)


def test_an_edited_transcript_goes_on_from_the_job(workspace, capsys) -> None:
    indicsubs("run", *DEMO)
    Path("mine.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nनमस्ते\n")
    capsys.readouterr()
    assert indicsubs("run", "last", "--transcript", "mine.srt") == ExitStatus.DONE
    text = capsys.readouterr().out
    assert "load_transcript: done" in text
    assert "asr" not in text


def test_list_status_logs_and_plan(workspace, capsys) -> None:
    assert indicsubs("list") == ExitStatus.DONE
    assert "There are no jobs yet" in capsys.readouterr().out
    indicsubs("run", *DEMO)
    capsys.readouterr()
    assert indicsubs("list") == ExitStatus.DONE
    assert re.search(r"film\.mp4 +hi to en +--profile demo +done", capsys.readouterr().out)
    assert indicsubs("logs") == ExitStatus.DONE
    assert "Using whisperx environment:" in capsys.readouterr().out
    assert indicsubs("logs", "last", "asr") == ExitStatus.DONE
    assert "UV_PROJECT_ENVIRONMENT=venv/whisperx" in capsys.readouterr().out
    assert indicsubs("plan", *DEMO) == ExitStatus.DONE
    assert capsys.readouterr().out.count("up to date") == 8
    for command in ("list", "status", "doctor", "models"):
        indicsubs(command, "--json")
        json.loads(capsys.readouterr().out)


def test_clean_deletes_a_job(workspace, capsys) -> None:
    indicsubs("run", *DEMO)
    assert indicsubs("clean", "last") == ExitStatus.DONE
    assert not list(workspace.jobs.glob("*/*/*/*/job.json"))


def test_models_are_shown_with_size_licence_and_token(workspace, capsys) -> None:
    assert indicsubs("models") == ExitStatus.DONE
    text = capsys.readouterr().out
    assert "knows 24 sentences and nothing else" in text
    assert re.search(r"indictrans2-indic-en-1B +4100 +MIT +yes +no", text)


def test_rule_profiles_are_listed_and_shown_with_their_sources(workspace, capsys) -> None:
    assert indicsubs("profiles") == ExitStatus.DONE
    text = capsys.readouterr().out
    assert re.search(r"netflix +Netflix, adults +20 +42 +en,hi", text)
    assert re.search(r"bbc .* 180 words/min +37 +-", text)
    assert indicsubs("profiles", "netflix", "-l", "hi") == ExitStatus.DONE
    text = capsys.readouterr().out
    assert re.search(r"characters_per_second +hi +22.0 +characters/s +netflix-hindi +second", text)
    assert "netflix-timing: Netflix Timed Text Style Guide: Subtitle Timing" in text
    assert indicsubs("profiles", "netflix") == ExitStatus.DONE
    text = capsys.readouterr().out
    assert re.search(r"characters_per_second +en +20", text)
    assert re.search(r"shortest_ms +all +833", text)
    assert indicsubs("profiles", "--json", "-l", "hi") == ExitStatus.DONE
    profiles = json.loads(capsys.readouterr().out)
    assert profiles[0]["rules"]["hi"]["lines"]["value"] == 2


def test_the_rules_asked_for_are_what_the_stage_is_asked(workspace, capsys) -> None:
    """A profile that is changed makes only the subtitles run again, and no stage before them."""

    def rules() -> dict:
        (path,) = workspace.jobs.glob("*/*/*/*/stages/subtitle_generation/request.json")
        return json.loads(path.read_bytes())["request"]["rules"]

    mine = Path("mine.toml")
    mine.write_text('extends = "netflix"\n[languages.hi]\nlines = 1\n', encoding="utf-8")
    options = ("--rules", "mine.toml", "--line-characters", "40")
    assert indicsubs("run", *DEMO, *options) == ExitStatus.DONE
    assert [rules()[tag]["lines"] for tag in ("hi", "en")] == [1, 2]
    assert [rules()[tag]["characters_per_second"] for tag in ("hi", "en")] == [22, 20]
    assert {rules()[tag]["line_characters"] for tag in ("hi", "en")} == {40}
    mine.write_text('extends = "netflix"\n[languages.hi]\nlines = 3\n', encoding="utf-8")
    capsys.readouterr()
    assert indicsubs("run", "last") == ExitStatus.DONE
    assert capsys.readouterr().out.count("skipped:") == 7  # the fake's cues stay
    assert rules()["hi"]["lines"] == 3


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("run", *DEMO, "--rules", "netflx"), ExitStatus.NO_INPUT, "Did you mean netflix?"),
        (("run", *DEMO, "--line-characters", "0"), ExitStatus.USAGE, "from 1 to 1000"),
        (("profiles", "bcc"), ExitStatus.NO_INPUT, "Did you mean bbc?"),
        (("run", "nowhere.mp4"), ExitStatus.NO_INPUT, "nowhere.mp4 is not there"),
        (("run", "nosuchjob"), ExitStatus.NO_INPUT, "No job is called 'nosuchjob'"),
        (("run", *DEMO[:-1], "klingon"), ExitStatus.USAGE, "not a language"),
        (("run", *DEMO, "--formats", "srt,sub"), ExitStatus.USAGE, "sub: there is no such format"),
        (("run", *DEMO, "--burn-in", "ta"), ExitStatus.USAGE, "Add it to --target"),
        (("run", *DEMO, "--font", "no.ttf"), ExitStatus.NO_INPUT, "no.ttf is not there"),
        (("run", *DEMO, "--device", "mps"), ExitStatus.UNAVAILABLE, "--device mps"),
        (("run", *DEMO, "--from", "asr"), ExitStatus.NO_INPUT, "Stage demux has no result yet"),
        (("run", *DEMO[:-3], "hi-Latn"), ExitStatus.USAGE, "-s hi-Latn: a spoken language has no"),
        (("run", *DEMO[:-1], "ur-Deva"), ExitStatus.USAGE, "Urdu cannot be shown"),
        (("run", *DEMO[:-1], "bn-Latn"), ExitStatus.USAGE, "not translate Hindi into Bengali"),
        (("run", *DEMO[:-1], "bn"), ExitStatus.USAGE, "does not translate Hindi into Bengali"),
        (("run", "film.mp4", "-s", "hi"), ExitStatus.UNAVAILABLE, "just models fetch"),
        (("status",), ExitStatus.NO_INPUT, "No job is called 'last'"),
        (("stage", "asr"), ExitStatus.NO_INPUT, "No job is called 'last'"),
        (("setup", "moon"), ExitStatus.USAGE, "moon: no such environment"),
        (("models", "fetch"), ExitStatus.USAGE, "Give the name of a profile or of a model"),
    ],
)
def test_errors_are_one_paragraph_with_the_next_step(
    workspace, capsys, monkeypatch, arguments, status, words
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", "/nowhere")
    assert indicsubs(*arguments) == status
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert "Traceback" not in error


@pytest.mark.parametrize("arguments", [("fly",), ("run",), ("run", "film.mp4", "--speed", "9")])
def test_an_unknown_command_or_option_is_a_usage_error(workspace, capsys, arguments) -> None:
    assert indicsubs(*arguments) == ExitStatus.USAGE


def test_a_missing_environment_is_named_before_a_job_is_made(workspace, capsys) -> None:
    shutil.rmtree(workspace.root / "venv" / "common")
    assert indicsubs("run", *DEMO) == ExitStatus.UNAVAILABLE
    assert "common (missing). Build with: just setup common" in capsys.readouterr().err
    assert not workspace.jobs.exists()


def test_a_failed_stage_s_status_becomes_the_command_s(workspace, capsys) -> None:
    assert indicsubs("run", *DEMO, "--initial-prompt", "die:SIGKILL") == ExitStatus.BUG
    error = capsys.readouterr().err
    assert "asr failed in the whisperx environment. The stage was ended by SIGKILL" in error
    assert "asr.log" in error


def test_a_hanging_stage_is_stopped_at_its_limit(workspace, capsys) -> None:
    hang = ("--initial-prompt", "hang:cli", "--stage-limit", "0.02")
    assert indicsubs("run", *DEMO, *hang) == ExitStatus.TRY_AGAIN
    assert "--stage-limit" in capsys.readouterr().err


def test_a_bug_is_not_shown_as_an_expected_error_and_writes_a_report(
    workspace, capsys, monkeypatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("indicsubs.cli.job_commands.newest_jobs", broken)
    assert indicsubs("list") == ExitStatus.BUG
    error = capsys.readouterr().err
    assert "ZeroDivisionError: surprise. This is a bug in indicsubs" in error
    report = (workspace.cache / "bug.log").read_text()
    assert "Traceback" in report
    assert sys.version in report


def test_debug_shows_the_trace_of_an_expected_error(workspace, capsys) -> None:
    indicsubs("status", "--debug")
    assert IndicsubsError.__name__ in capsys.readouterr().err


def test_a_stage_s_failure_when_run_by_hand_is_its_exit_status(workspace, capfd) -> None:
    indicsubs("run", *DEMO, "--initial-prompt", "fail:missing_model")
    assert indicsubs("stage", "asr") == ExitStatus.UNAVAILABLE
    captured = capfd.readouterr()
    assert '"type":"failure"' in captured.out
    assert "UV_PROJECT_ENVIRONMENT=venv/whisperx" in captured.err


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["models", "--help"]])
def test_help_is_there_for_everything(arguments) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "indicsubs", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert "Usage: indicsubs" in done.stdout
    if arguments[0] == "run":
        assert "load_transcript" in done.stdout, "stages have one spelling"
        for option in ("--from", "--source", "--target", "--profile", "--channel", "--container"):
            assert option in done.stdout


def test_a_damaged_job_is_listed_and_costs_no_work(workspace, capsys) -> None:
    indicsubs("run", *DEMO)
    (path,) = workspace.jobs.glob("*/*/*/*/job.json")
    path.write_text(path.read_text().replace('"hi"', '"ta"'))
    capsys.readouterr()
    assert indicsubs("list") == ExitStatus.DONE
    shown = capsys.readouterr()
    assert re.search(rf"{path.parent.name} .* damaged", shown.out)
    assert "its checksum does not fit its content" in " ".join(shown.err.split())
    assert indicsubs("list", "--json") == ExitStatus.DONE
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["id"] == path.parent.name
    assert "delete its line `checksum`" in listed["problem"]
    assert indicsubs("run", *DEMO) == ExitStatus.DONE
    shown = capsys.readouterr()
    assert shown.out.count(f"reused from job {path.parent.name}") == 8
    assert "An earlier job of a film of this name is not used" in shown.err
    indicsubs("run", *DEMO, "--json", "--beam-size", "3")
    warning = json.loads(capsys.readouterr().out.splitlines()[0])
    assert warning["event"] == "warning"
    assert path.parent.name in warning["warning"]
