"""``indicsubs import``: corrected files taken into a job, with fake stages."""

import json
import re
from pathlib import Path

import fake_workspace
import msgspec
import pytest
from fake_film import DIALOGUE
from fake_workspace import indicsubs
from in_process import without_processes

from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import all_jobs, find_job
from indicsubs.jobs.subtitle_sources import language_in_name, language_of
from indicsubs.machine.workspace import Workspace
from indicsubs.run import code_graph
from indicsubs.run.requests import build_request
from indicsubs_contract.errors import ExitStatus, FailureCode
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_processes.runner import StageFailure
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import FORMATS, read_subtitles
from indicsubs_text.subtitle_files.style import FileStyle

DEMO = ("film.mp4", "--profile", "demo", "-s", "hi", "-t", "en")
MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut\nthe door.\n\n"
SPOKEN = "1\n00:00:01,000 --> 00:00:02,000\nदरवाज़ा\nखोल दो।\n\n"
TRANSCRIPT = Transcript(
    language="hi", segments=(Segment(start_ms=1000, end_ms=2000, text="नमस्ते।"),)
)
SAID = DIALOGUE[0]
"""The first sentence of the film."""


def spoken(kind: str) -> bytes:
    """The cue of ``SPOKEN`` in another format."""
    cues = [entry.cue for entry in read_subtitles(SPOKEN.encode(), "srt", "mine.srt").entries]
    return FORMATS[kind].encode(cues, FileStyle(language=find_language("hi")))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    without_processes(monkeypatch)
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.fixture
def job(workspace: Workspace, capsys) -> Job:
    assert indicsubs("run", *DEMO) == ExitStatus.DONE
    capsys.readouterr()
    return find_job(workspace, "last")


def prepared(capsys, *arguments: str) -> str:
    """The id of a new job."""
    capsys.readouterr()
    assert indicsubs("prepare", *arguments) == ExitStatus.DONE
    return capsys.readouterr().out.strip()


def outcomes(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+): (done|skipped|reused)", text, re.MULTILINE))


def worked(text: str) -> list[str]:
    """The stages that ran, in order."""
    return [stage for stage, outcome in outcomes(text).items() if outcome == "done"]


def asked(job: Job, stage: StageName) -> dict:
    return json.loads((job.stage_folder(stage) / "request.json").read_text())["request"]


def test_an_edited_file_runs_on_from_the_stage_that_it_concerns(job: Job, capsys) -> None:
    Path("mine.eng.srt").write_text(MINE)
    assert indicsubs("import", "mine.eng.srt") == ExitStatus.DONE
    assert worked(capsys.readouterr().out) == ["subtitle_generation", "mux"]
    assert (job.folder / "subtitles" / "film.eng.srt").read_text() == MINE
    assert SAID in (job.folder / "subtitles" / "film.hin.srt").read_text()


def test_later_runs_keep_an_edit_whose_file_has_gone(job: Job, workspace, capsys) -> None:
    Path("mine.srt").write_text(MINE)
    assert indicsubs("import", "mine.srt", "-l", "english") == ExitStatus.DONE
    Path("mine.srt").unlink()
    for command in (("run", "last"), ("run", *DEMO)):
        capsys.readouterr()
        assert indicsubs(*command) == ExitStatus.DONE
        text = capsys.readouterr().out
        assert set(outcomes(text).values()) == {"skipped"}
        assert (job.folder / "subtitles" / "film.eng.srt").read_text() == MINE
    assert len(list(workspace.jobs.glob("*/*/*/*/job.json"))) == 1
    assert indicsubs("plan", "last") == ExitStatus.DONE
    assert "would run" not in capsys.readouterr().out


def test_a_file_edited_in_its_place_needs_no_name(job: Job, capsys) -> None:
    assert indicsubs("import") == ExitStatus.NO_INPUT
    assert "No subtitle file" in capsys.readouterr().err
    folder = job.folder / "subtitles"
    (folder / "film.eng.srt").write_text(MINE)
    assert indicsubs("run", "last") == ExitStatus.DONE
    assert "film.eng.srt was edited by hand and stays" in capsys.readouterr().out
    assert indicsubs("import") == ExitStatus.DONE
    assert "by hand" not in capsys.readouterr().out
    vtt = read_subtitles((folder / "film.eng.vtt").read_bytes(), "vtt", "film.eng.vtt")
    edited = read_subtitles(MINE.encode(), "srt", "film.eng.srt")
    cues = [[entry.cue for entry in file.entries] for file in (vtt, edited)]
    assert cues[0] == cues[1], "the other formats follow"
    assert not list(folder.glob("*.edited-*")), "nothing is left beside: the job has a copy"
    (folder / "film.eng.srt").write_text(MINE + "\n")
    (folder / "film.eng.vtt").write_text(MINE + "\n")
    assert indicsubs("import") == ExitStatus.USAGE
    assert "Two of the files are in English" in capsys.readouterr().err


def test_subtitles_of_the_source_language_are_the_transcript_too(job: Job, capsys) -> None:
    (job.folder / "subtitles" / "film.hin.srt").write_text(SPOKEN)
    assert indicsubs("import") == ExitStatus.DONE
    assert worked(capsys.readouterr().out)[0] == "load_transcript"
    load = asked(job, StageName.LOAD_TRANSCRIPT)
    assert (job.folder / load["source"]["path"]).read_text() == SPOKEN
    assert load["language"] == "hi"
    assert SAID in (job.folder / load["baseline"]["cues"]["path"]).read_text()
    assert load["baseline"]["transcript"]["path"].endswith(".json")
    (edited,) = asked(job, StageName.SUBTITLE_GENERATION)["edited"]
    assert edited["subtitles"]["language"] == "hi"
    assert edited.get("transcript") is None
    assert indicsubs("run", "last") == ExitStatus.DONE
    assert set(outcomes(capsys.readouterr().out).values()) == {"skipped"}


def test_the_baseline_is_the_file_of_the_same_format(job: Job, capsys) -> None:
    """An edited VTT is compared with the VTT that the job wrote, not with the SRT."""
    place = job.folder / "subtitles" / "film.hin.vtt"
    written = place.read_text()
    place.write_bytes(spoken("vtt"))
    assert indicsubs("import") == ExitStatus.DONE
    cues = asked(job, StageName.LOAD_TRANSCRIPT)["baseline"]["cues"]
    assert (cues["kind"], (job.folder / cues["path"]).read_text()) == ("vtt", written)


@pytest.mark.parametrize(("option", "expected"), [("auto", "show"), ("leave-out", "leave_out")])
def test_the_baseline_knows_whether_the_file_had_the_quarantined_segments(
    workspace: Workspace, option: str, expected: str
) -> None:
    """The profile ``demo`` shows them."""
    assert indicsubs("run", *DEMO, "--doubtful", option) == ExitStatus.DONE
    job = find_job(workspace, "last")
    Path("transcript.srt").write_text(SPOKEN)
    assert indicsubs("import", "transcript.srt") == ExitStatus.DONE
    baseline = asked(job, StageName.LOAD_TRANSCRIPT)["baseline"]
    assert baseline.get("doubtful", "leave_out") == expected


def test_an_edit_of_cues_that_are_gone_has_no_baseline(job: Job, capsys) -> None:
    for kind in ("srt", "vtt"):
        (job.stage_folder(StageName.SUBTITLE_GENERATION) / f"hi.{kind}").unlink()
    (job.folder / "subtitles" / "film.hin.srt").write_text(SPOKEN)
    assert indicsubs("import") == ExitStatus.DONE
    assert asked(job, StageName.LOAD_TRANSCRIPT)["baseline"] is None


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("transcript.json", ()),
        ("transcript.srt", ()),
        ("transcript.ass", ()),
        ("mine.srt", ("--transcript",)),
        ("mine.ttml", ("--transcript",)),
    ],
)
def test_a_transcript_is_translated_and_laid_out(job: Job, name: str, options) -> None:
    kind = Path(name).suffix[1:]
    is_document = kind == "json"
    Path(name).write_bytes(msgspec.json.encode(TRANSCRIPT) if is_document else spoken(kind))
    assert indicsubs("import", name, *options) == ExitStatus.DONE
    text = "नमस्ते।" if is_document else "दरवाज़ा खोल दो।"
    assert f"[en] {text}" in (job.folder / "subtitles" / "film.eng.srt").read_text()
    load = asked(job, StageName.LOAD_TRANSCRIPT)
    assert "/edits/hi-" in load["source"]["path"]
    assert (load["baseline"] is not None) == (not name.endswith(".json"))
    assert asked(job, StageName.SUBTITLE_GENERATION).get("edited", []) == []


def test_the_source_language_is_also_edited_as_ass(job: Job) -> None:
    Path("mine.hin.ass").write_bytes(spoken("ass"))
    assert indicsubs("import", "mine.hin.ass") == ExitStatus.DONE
    assert asked(job, StageName.LOAD_TRANSCRIPT)["source"]["path"].endswith(".ass")
    (edited,) = asked(job, StageName.SUBTITLE_GENERATION)["edited"]
    assert edited["subtitles"]["kind"] == "ass"


def test_an_edited_target_knows_the_sentences_that_it_was_made_for(job: Job) -> None:
    sentences = job.stage_folder(StageName.LOAD_TRANSCRIPT) / "transcript.json"
    before = sentences.read_text()
    Path("mine.eng.srt").write_text(MINE)
    indicsubs("import", "mine.eng.srt")
    Path("transcript.srt").write_text(SPOKEN)
    indicsubs("import", "transcript.srt")
    (edited,) = asked(job, StageName.SUBTITLE_GENERATION)["edited"]
    assert (job.folder / edited["transcript"]["path"]).read_text() == before
    assert (job.folder / edited["subtitles"]["path"]).read_text() == MINE


def test_an_import_that_was_interrupted_goes_on_by_digests_alone(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """The edit is recorded before the work is done, and is not taken for done."""

    to_interrupt = [StageName.LOAD_TRANSCRIPT, StageName.INDICTRANS2_TRANSLATION]

    def interrupted(stage, state):
        if to_interrupt and stage is to_interrupt[0]:
            del to_interrupt[0]
            raise KeyboardInterrupt
        return build_request(stage, state)

    place = job.folder / "subtitles" / "film.eng.srt"
    Path("transcript.srt").write_text(SPOKEN)
    monkeypatch.setattr("indicsubs.run.pipeline.build_request", interrupted)
    for _ in range(2):
        assert indicsubs("import", "transcript.srt") == ExitStatus.INTERRUPTED
        assert "[en] दरवाज़ा खोल" not in place.read_text()
    capsys.readouterr()
    assert indicsubs("import", "transcript.srt") == ExitStatus.DONE
    later = ["indictrans2_translation", "subtitle_generation", "mux"]
    assert worked(capsys.readouterr().out) == later
    assert "[en] दरवाज़ा खोल दो।" in place.read_text()
    load = asked(job, StageName.LOAD_TRANSCRIPT)
    said = (job.folder / load["baseline"]["transcript"]["path"]).read_text()
    assert SAID in said, "the baseline is from before the first import"


def test_an_edit_in_a_job_whose_code_has_changed_makes_what_is_out_of_date(
    job: Job, workspace, capsys
) -> None:
    path = workspace.root / "packages/indictrans2/src/indicsubs_indictrans2/load_transcript.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nCHANGED = 1\n", encoding="utf-8")
    code_graph.forget()
    Path("mine.eng.srt").write_text(MINE)
    assert indicsubs("import", "mine.eng.srt") == ExitStatus.DONE
    code_graph.forget()
    assert "load_transcript" in worked(capsys.readouterr().out)


def test_other_options_take_the_edits_along(job: Job, workspace, capsys) -> None:
    Path("mine.eng.srt").write_text(MINE)
    Path("transcript.srt").write_text(SPOKEN)
    indicsubs("import", "mine.eng.srt", "transcript.srt")
    assert indicsubs("run", "last", "-t", "en,ta") == ExitStatus.DONE
    (other,) = (one for one in all_jobs(workspace) if one.id != job.id)
    indicsubs("clean", job.id, "--yes")
    assert (other.folder / "subtitles" / "film.eng.srt").read_text() == MINE
    assert other.edits.transcript is not None
    Path("another.srt").write_text(SPOKEN)
    assert indicsubs("run", "last", "--transcript", "another.srt") == ExitStatus.DONE
    (last,) = (one for one in all_jobs(workspace) if one.id != other.id)
    assert last.edits.transcript is None, "the newer transcript counts"
    assert (last.folder / "subtitles" / "film.eng.srt").read_text() == MINE


def test_an_edit_can_be_taken_back(job: Job, capsys) -> None:
    place = job.folder / "subtitles" / "film.eng.srt"
    made = place.read_text()
    Path("mine.eng.srt").write_text(MINE)
    Path("transcript.srt").write_text(SPOKEN)
    indicsubs("import", "mine.eng.srt")
    indicsubs("import", "transcript.srt")
    assert indicsubs("import", "--drop", "-l", "hi") == ExitStatus.DONE
    assert asked(job, StageName.LOAD_TRANSCRIPT)["source"]["path"].startswith("stages/alignment")
    assert place.read_text() == MINE
    assert indicsubs("import", "--drop") == ExitStatus.DONE
    assert place.read_text() == made
    capsys.readouterr()
    assert indicsubs("import", "--drop") == ExitStatus.NO_INPUT
    assert "There are no corrections of film.mp4." in capsys.readouterr().err
    assert indicsubs("import", "--drop", "-l", "en") == ExitStatus.NO_INPUT
    assert "There are no corrections in English" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_spoils_no_later_run(job: Job, capsys) -> None:
    Path("mine.eng.srt").write_text("nonsense")
    assert indicsubs("import", "mine.eng.srt") == ExitStatus.BAD_INPUT
    assert "error: mine.eng.srt cannot be read: line 1" in capsys.readouterr().err
    Path("mine.eng.srt").write_text("1\n99999999999:00:00,000 --> 99999999999:00:01,000\nShut\n")
    assert indicsubs("import", "mine.eng.srt") == ExitStatus.BAD_INPUT
    Path("mine.eng.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\n<i> </i>\n")
    assert indicsubs("import", "mine.eng.srt") == ExitStatus.BAD_INPUT
    assert "mine.eng.srt has no cue with text" in capsys.readouterr().err
    assert not (job.film.path / "edits").exists()
    assert indicsubs("run", "last") == ExitStatus.DONE
    assert set(outcomes(capsys.readouterr().out).values()) == {"skipped"}


@pytest.mark.parametrize("code", [FailureCode.BAD_INPUT, FailureCode.BUG, FailureCode.CRASHED])
def test_an_edit_that_a_stage_fails_on_spoils_no_later_run(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys, code: FailureCode
) -> None:
    def fail(launch, manifest, *_, **__):
        raise StageFailure(launch.stage, code, "It failed.")

    Path("mine.eng.srt").write_text(MINE)
    with monkeypatch.context() as patch:
        patch.setattr("indicsubs.run.stage_processes.run_stage", fail)
        assert indicsubs("import", "mine.eng.srt") != ExitStatus.DONE
    capsys.readouterr()
    assert indicsubs("run", "last") == ExitStatus.DONE
    assert set(outcomes(capsys.readouterr().out).values()) == {"skipped"}


def test_the_copy_of_a_file_with_a_very_long_name(job: Job) -> None:
    name = f"{'क' * 80}.eng.srt"
    Path(name).write_text(MINE)
    assert indicsubs("import", name) == ExitStatus.DONE
    (edited,) = asked(job, StageName.SUBTITLE_GENERATION)["edited"]
    assert (job.folder / edited["subtitles"]["path"]).read_text() == MINE


def test_a_copy_that_was_changed_is_named(job: Job, capsys) -> None:
    Path("mine.eng.srt").write_text(MINE)
    indicsubs("import", "mine.eng.srt")
    next(job.film.path.glob("edits/en-*/mine.eng.srt")).write_text("changed")
    assert indicsubs("run", "last") == ExitStatus.BAD_INPUT
    text = capsys.readouterr().err
    assert "changed or removed since it was imported" in text
    assert f"import --drop -l en --job {job.id}" in text


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("absent.eng.srt",), ExitStatus.NO_INPUT, "absent.eng.srt is not there"),
        (("mine.srt",), ExitStatus.USAGE, "has no language in its name. Name one.*: hi, en. If"),
        (("mine.srt", "-l", "ta"), ExitStatus.USAGE, "is in Tamil. Name one"),
        (("mine.doc", "-l", "en"), ExitStatus.BAD_INPUT, "ends in .srt, .vtt, .ass"),
        (("mine.hin.doc",), ExitStatus.BAD_INPUT, "ends in .srt, .vtt, .ass"),
        (
            ("mine.doc", "--transcript"),
            ExitStatus.BAD_INPUT,
            "ends in .json, .srt, .vtt, .ass, .ttml",
        ),
        (("transcript.srt", "film.hin.srt"), ExitStatus.USAGE, "Two of the files are in Hindi"),
        (("mine.srt", "--drop"), ExitStatus.USAGE, "--drop takes no file"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_the_reason(
    job: Job, capsys, arguments, status, message
) -> None:
    names = ("mine.srt", "mine.doc", "mine.hin.doc", "transcript.srt", "film.hin.srt")
    for name in names:
        Path(name).write_text(MINE)
    assert indicsubs("import", *arguments, "--accept") == status
    assert re.search(message, capsys.readouterr().err)
    assert job.edits == find_job(Workspace(root=job.folder, jobs=job.folder), job.folder).edits


def test_a_job_that_has_not_run_takes_subtitles_and_a_transcript(workspace, capsys) -> None:
    Path("mine.eng.srt").write_text(MINE)
    Path("mine.hin.srt").write_text(SPOKEN)
    assert indicsubs("import", "mine.eng.srt", "-j", prepared(capsys, *DEMO)) == ExitStatus.DONE
    assert outcomes(capsys.readouterr().out)["demux"] == "done"
    other = prepared(capsys, *DEMO, "--beam-size", "3")
    assert indicsubs("import", "mine.hin.srt", "-j", other) == ExitStatus.DONE
    text = capsys.readouterr().out
    assert outcomes(text)["demux"] == "reused"
    assert "asr" not in outcomes(text)


def test_a_job_without_a_language_or_without_subtitles_takes_none(workspace, capsys) -> None:
    Path("mine.eng.srt").write_text(MINE)
    detecting = prepared(capsys, "film.mp4", "-p", "demo", "-t", "en")
    assert indicsubs("import", "mine.eng.srt", "-j", detecting) == ExitStatus.NO_INPUT
    assert "is not known yet. Run it first" in capsys.readouterr().err
    transcribing = prepared(capsys, *DEMO, "-w", "transcribe")
    assert indicsubs("import", "mine.eng.srt", "-j", transcribing) == ExitStatus.USAGE
    assert "makes no subtitles" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("film.eng.srt", "en"),
        ("film.en.srt", "en"),
        ("film.English.srt", "en"),
        ("film.tam.forced.srt", "ta"),
        ("film.hin.sdh.srt", "hi"),
        ("film.hi-Latn.srt", "hi-Latn"),
        ("film.sit.vtt", "brx"),
        ("film.2024.srt", None),
        ("film.tel.srt", None),
        ("eng.srt", None),
    ],
)
def test_the_language_is_read_from_the_name(name: str, language: str | None) -> None:
    assert language_of(Path(name), ("hi", "en", "ta", "hi-Latn", "brx")) == language


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("a.hi.srt", "hi"),
        ("film.2024.HIN.forced.srt", "hi"),
        ("film [x].ta-IN.vtt", "ta"),
        ("film.hi-orig.vtt", "hi"),
        ("Film.Hindi.ass", "hi"),
        ("now.or.never.srt", None),
        ("hi.srt", None),
        ("film.forced.srt", None),
    ],
)
def test_a_transcript_names_its_language_before_its_suffix(name: str, language: str | None) -> None:
    assert language_in_name(Path(name)) == language


def test_a_transcript_has_the_language_of_its_name(workspace, capsys) -> None:
    Path("a.hi.srt").write_text(MINE)
    Path("a.srt").write_text(MINE)
    film = ("film.mp4", "--profile", "demo", "-t", "en")
    assert indicsubs("run", *film, "--transcript", "a.hi.srt") == ExitStatus.DONE
    assert find_job(workspace, "last").spec.source_language == "hi"
    named = ("-s", "en", "-t", "hi", "--transcript", "a.hi.srt")
    assert indicsubs("prepare", *film[:-2], *named) == ExitStatus.DONE
    assert find_job(workspace, "last").spec.source_language == "en"
    capsys.readouterr()
    assert indicsubs("run", *film, "--transcript", "a.srt") == ExitStatus.BAD_INPUT
    text = " ".join(capsys.readouterr().err.split())
    assert "a.srt does not name its language. Name it with -s" in text
    assert "call the file a.hi.srt" in text


def test_a_transcript_that_cannot_be_read_makes_no_job(workspace, capsys) -> None:
    Path("a.hi.srt").write_text("{1}{2}नमस्ते")
    assert indicsubs("run", *DEMO, "--transcript", "a.hi.srt") == ExitStatus.BAD_INPUT
    assert "a.hi.srt cannot be read: it is MicroDVD" in " ".join(capsys.readouterr().err.split())
    assert not list(workspace.jobs.glob("*/*/*/*/job.json"))
