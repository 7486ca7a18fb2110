"""Running jobs with stages that do next to nothing: what is kept, skipped, reused and refused."""

import json
import re
import shutil
from pathlib import Path

import fake_workspace
import msgspec
import pytest
from fake_film import DIALOGUE, film_bytes, wav
from fake_workspace import new_job, pipeline
from msgspec.structs import replace

from indicsubs.jobs.files import source_file
from indicsubs.jobs.job_folders import create_job
from indicsubs.jobs.job_reading import read_job
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs.run import code_graph, stage_processes
from indicsubs.run.job_log import log_open
from indicsubs.run.planning import plan_run
from indicsubs_contract.checkpoint import CHECKPOINT
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.mux import MuxRequest
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.subtitles import SubtitleResult
from indicsubs_contract.stages import StageName
from indicsubs_processes import runner
from indicsubs_processes.runner import StageFailure, run_stage
from indicsubs_processes.stage_process import StageLaunch, StageProcess

ALL = [stage for stage in StageName if stage is not StageName.WITNESS]
"""The stages of a run in the profile ``demo``, which has no second recogniser."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.build(tmp_path, monkeypatch)


def outcomes(reports: list) -> dict[str, str]:
    return {report.stage: report.outcome for report in reports}


def test_all_stages_run_and_their_results_lie_where_people_look(workspace: Workspace) -> None:
    job = new_job(workspace)
    reports = pipeline(workspace, job).run()
    assert outcomes(reports) == dict.fromkeys(ALL, "done")
    names = {p.name for p in (job.folder / "subtitles").iterdir() if p.name[0] != "."}
    assert names == {
        "film.hin.srt",
        "film.hin.vtt",
        "film.eng.srt",
        "film.eng.vtt",
        "film.mkv",
    }
    assert read_job(job.folder).spec == job.spec
    assert not list((job.folder / "stages").glob(".*")), "nothing half-written is left"


def test_what_is_said_in_the_film_reaches_every_file(workspace: Workspace) -> None:
    said = ("आज रात बहुत ठंड है।", "वह आदमी झूठ बोल रहा है।")
    spec = fake_workspace.spec(workspace.root)
    film = Path(spec.source.path)
    film.write_bytes(film_bytes(said))
    job = create_job(workspace, replace(spec, source=source_file(film)))
    pipeline(workspace, job).run()
    muxed = (job.folder / "subtitles" / "film.mkv").read_text(encoding="utf-8")
    for code, prefix in (("hin", ""), ("eng", "[en] ")):
        srt = (job.folder / "subtitles" / f"film.{code}.srt").read_text(encoding="utf-8")
        assert srt == (
            f"1\n00:00:01,000 --> 00:00:02,000\n{prefix}{said[0]}\n\n"
            f"2\n00:00:03,000 --> 00:00:04,000\n{prefix}{said[1]}\n\n"
        )
        assert srt in muxed


def test_a_file_that_is_not_a_film_is_refused_before_the_work(workspace: Workspace) -> None:
    film = workspace.root / "film.mp4"
    film.write_text("This is not a film.")
    spec = JobSpec(source=source_file(film), profile="demo", source_language="hi", targets=("en",))
    job = create_job(workspace, spec)
    with pytest.raises(
        StageFailure, match=r"film\.mp4 is not a film.* Nothing was recognised"
    ) as caught:
        pipeline(workspace, job).run()
    assert caught.value.code is FailureCode.BAD_INPUT
    assert caught.value.stage is StageName.MUX
    assert not (job.folder / "stages" / "demux").exists()
    assert not list((job.folder / "stages").glob(".*"))


def test_subtitles_are_published_where_the_film_cannot_be_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_stage(launch: StageLaunch, manifest: Manifest, *arguments, **options) -> Result:
        if isinstance(manifest.request, MuxRequest) and manifest.request.only_check is None:
            raise StageFailure(launch.stage, FailureCode.BAD_INPUT, "The disk is strange.")
        return runner.run_stage(launch, manifest, *arguments, **options)

    monkeypatch.setattr(stage_processes, "run_stage", run_stage)
    job = new_job(workspace)
    with pytest.raises(StageFailure, match=r"strange\. The subtitle files are finished") as caught:
        pipeline(workspace, job).run()
    assert str(job.folder / "subtitles") in caught.value.message
    names = {path.name for path in (job.folder / "subtitles").iterdir() if path.name[0] != "."}
    assert names == {"film.hin.srt", "film.hin.vtt", "film.eng.srt", "film.eng.vtt"}


def test_an_error_of_another_stage_names_no_subtitles(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_stage(launch: StageLaunch, manifest: Manifest, *arguments, **options) -> Result:
        if launch.stage is StageName.SUBTITLE_GENERATION:
            raise StageFailure(launch.stage, FailureCode.BAD_INPUT, "No cues.")
        return runner.run_stage(launch, manifest, *arguments, **options)

    monkeypatch.setattr(stage_processes, "run_stage", run_stage)
    with pytest.raises(StageFailure, match=r"^No cues\.$"):
        pipeline(workspace, new_job(workspace)).run()


def asked(job, stage: StageName) -> dict:
    request = json.loads((job.folder / "stages" / stage / "request.json").read_text())["request"]
    return {key: value for key, value in request.items() if key != "stage"}


def test_only_the_formats_asked_for_are_laid_out_and_named_for_their_viewers(
    workspace: Workspace,
) -> None:
    job = new_job(workspace, formats=("ttml", "json"), purpose="sdh")
    pipeline(workspace, job).run()
    names = {p.name for p in (job.folder / "subtitles").iterdir() if p.name[0] != "."}
    assert names == {
        f"film.{code}.sdh.{kind}" for code in ("hin", "eng") for kind in ("ttml", "json")
    } | {"film.mkv"}
    mux = asked(job, StageName.MUX)
    assert [track["kind"] for track in mux["subtitles"]] == ["srt", "srt"]
    assert mux["purpose"] == "sdh"


def test_tracks_are_ass_where_ass_is_asked_for(workspace: Workspace) -> None:
    job = new_job(workspace, formats=("ass",), windows_lines=True)
    pipeline(workspace, job).run()
    assert asked(job, StageName.SUBTITLE_GENERATION)["files"]["formats"] == ["ass"]
    assert asked(job, StageName.SUBTITLE_GENERATION)["files"]["windows_lines"]
    assert [track["kind"] for track in asked(job, StageName.MUX)["subtitles"]] == ["ass", "ass"]


def test_the_language_that_is_burned_in_gets_no_track(workspace: Workspace) -> None:
    job = new_job(workspace, burn_in="en")
    pipeline(workspace, job).run()
    mux = asked(job, StageName.MUX)
    assert (mux["burned_in"]["kind"], mux["burned_in"]["language"]) == ("ass", "en")
    assert [track["language"] for track in mux["subtitles"]] == ["hi"]
    assert mux.get("default_language") is None
    names = {p.name for p in (job.folder / "subtitles").iterdir()}
    assert not any(name.endswith(".ass") for name in names)


def test_a_language_without_subtitles_cannot_be_burned_in(workspace: Workspace) -> None:
    job = new_job(workspace, burn_in="ta", source_language=None)
    with pytest.raises(IndicsubsError, match=r"--burn-in ta: .* Add it to --target") as caught:
        pipeline(workspace, job).run()
    assert caught.value.status is ExitStatus.USAGE


def test_the_log_names_each_stage_s_environment_and_ends_with_a_table(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    log = job.log.read_text()
    for stage, environment in (("demux", "whisperx"), ("load_transcript", "indictrans2")):
        python = workspace.root / "venv" / environment / "bin" / "python"
        assert f"{stage}: Using {environment} environment: {python}" in log
    assert len(re.findall(r"Using \w+ environment", log)) == len(ALL)
    table = log.partition("All stages done")[2].splitlines()
    assert table[1].split()[:4] == ["stage", "environment", "wall", "peak"]
    assert [row.split()[:2] for row in table[2:]][-1] == ["mux", "common"]
    assert all("MiB" in row for row in table[2:])


def test_a_second_run_skips_everything(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    assert outcomes(pipeline(workspace, job).run()) == dict.fromkeys(ALL, "skipped")


def test_force_runs_what_is_up_to_date(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    forced = pipeline(workspace, job).run(StageName.MUX, force=True)
    assert outcomes(forced) == {"mux": "done"}


def test_a_lost_or_changed_file_is_made_again_and_an_edit_is_kept(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    edited = job.stage_folder(StageName.EXPORT_TRANSCRIPT) / "transcript.txt"
    edited.write_text("my own words")
    (job.stage_folder(StageName.MUX) / "film.mkv").unlink()
    run = pipeline(workspace, job)
    reports = outcomes(run.run())
    assert {s for s, outcome in reports.items() if outcome == "done"} == {
        "export_transcript",
        "mux",
    }
    kept = next((job.folder / "stages").glob("export_transcript.edited-*"))
    assert (kept / "transcript.txt").read_text() == "my own words"
    assert any("indicsubs import FILE" in warning for warning in run.display.warnings)


def test_an_edited_file_is_kept_where_another_job_has_the_stage(workspace: Workspace) -> None:
    """The other job's result has the digest of this job's edited one."""
    job = new_job(workspace)
    pipeline(workspace, job).run()
    pipeline(workspace, new_job(workspace, targets=("en", "ta"))).run()
    edited = job.stage_folder(StageName.EXPORT_TRANSCRIPT) / "transcript.txt"
    edited.write_text("my own words")
    run = pipeline(workspace, job)
    assert outcomes(run.run())["export_transcript"] == "reused"
    kept = next((job.folder / "stages").glob("export_transcript.edited-*"))
    assert (kept / "transcript.txt").read_text() == "my own words"
    assert any("indicsubs import FILE" in warning for warning in run.display.warnings)


def test_a_file_that_is_edited_while_its_stage_runs_is_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    edited = job.stage_folder(StageName.EXPORT_TRANSCRIPT) / "transcript.txt"

    def run_and_edit(launch, *arguments, **options):
        if launch.stage is StageName.EXPORT_TRANSCRIPT:
            edited.write_text("my own words")
        return run_stage(launch, *arguments, **options)

    monkeypatch.setattr("indicsubs.run.stage_processes.run_stage", run_and_edit)
    run = pipeline(workspace, job)
    run.run(force=True)
    kept = next((job.folder / "stages").glob("export_transcript.edited-*"))
    assert (kept / "transcript.txt").read_text() == "my own words"
    assert any("indicsubs import FILE" in warning for warning in run.display.warnings)


def test_an_edited_subtitle_file_is_never_written_over(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    place = job.folder / "subtitles" / "film.eng.srt"
    place.write_text("mine")
    run = pipeline(workspace, job)
    run.run(force=True)
    assert place.read_text() == "mine"
    assert [w for w in run.display.warnings if "film.eng.srt was edited by hand" in w]
    place.unlink()
    again = pipeline(workspace, job)
    again.run()
    assert "[en] दरवाज़ा बंद कर दो।" in place.read_text()
    assert not any("by hand" in warning for warning in again.display.warnings)


def test_another_edited_file_is_kept_beside(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    place = job.folder / "subtitles" / "film.mkv"
    place.write_bytes(b"mine")
    pipeline(workspace, job).run()
    assert place.read_bytes() != b"mine"
    kept = next((job.folder / "subtitles").glob("film.mkv.edited-*"))
    assert kept.read_bytes() == b"mine"


def test_another_option_runs_only_what_depends_on_it(workspace: Workspace) -> None:
    pipeline(workspace, new_job(workspace)).run()
    other = new_job(workspace, targets=("en", "ta"))
    reports = outcomes(pipeline(workspace, other).run())
    reused = {stage for stage, outcome in reports.items() if outcome == "reused"}
    assert reused == set(ALL[: ALL.index(StageName.INDICTRANS2_TRANSLATION)])
    assert outcomes(pipeline(workspace, other).run()) == dict.fromkeys(ALL, "skipped")


def test_a_language_in_another_script_has_a_file_of_its_own(workspace: Workspace) -> None:
    job = new_job(workspace, targets=("hi-Latn", "en", "ta-Latn"), romanised="flag")
    pipeline(workspace, job).run()
    request = job.folder / "stages" / "indictrans2_translation" / "request.json"
    asked = msgspec.json.decode(request.read_bytes())["request"]
    models = [
        (t["language"], t["script"], (t["model"] or {}).get("name")) for t in asked["targets"]
    ]
    assert models == [  # the same words need no model
        ("hi", "Latn", None),
        ("en", None, "demo/translator-indic-en"),
        ("ta", "Latn", "demo/translator-indic-indic"),
    ]
    assert asked["romanised"] == "flag"
    made = {path.name for path in (job.folder / "subtitles").iterdir()}
    assert made >= {"film.hin.srt", "film.hi-Latn.srt", "film.eng.srt", "film.tam.srt"}


def test_what_was_reused_survives_the_other_job(workspace: Workspace) -> None:
    first = new_job(workspace)
    pipeline(workspace, first).run()
    other = new_job(workspace, targets=("ta",))
    pipeline(workspace, other).run()
    shutil.rmtree(first.folder)
    assert outcomes(pipeline(workspace, other).run()) == dict.fromkeys(ALL, "skipped")
    third = new_job(workspace, targets=("ta",), beam_size=4)
    assert outcomes(pipeline(workspace, third).run())["demux"] == "reused"


def test_a_result_whose_job_was_deleted_is_computed_again(workspace: Workspace) -> None:
    first = new_job(workspace)
    pipeline(workspace, first).run()
    shutil.rmtree(first.folder)
    second = new_job(workspace)
    assert outcomes(pipeline(workspace, second).run()) == dict.fromkeys(ALL, "done")


def test_a_result_whose_files_were_changed_in_its_job_is_computed_again(
    workspace: Workspace,
) -> None:
    first = new_job(workspace)
    pipeline(workspace, first).run()
    (first.stage_folder(StageName.DEMUX) / "audio.wav").write_bytes(b"noise")
    second = new_job(workspace)
    reports = outcomes(pipeline(workspace, second).run())
    assert reports.pop("demux") == "done"
    assert set(reports.values()) == {"reused"}
    assert (second.stage_folder(StageName.DEMUX) / "audio.wav").read_bytes() == wav(DIALOGUE)


def test_the_cache_of_an_older_version_is_used_by_the_next_run(workspace: Workspace) -> None:
    job = new_job(workspace)
    old = job.folder / "memory" / "indictrans2_translation" / "translations.sqlite"
    old.parent.mkdir(parents=True)
    old.write_text("hours of translation")
    pipeline(workspace, job).run()
    new = job.film.path / "cache" / "indictrans2_translation" / "translations.sqlite"
    assert new.read_text() == "hours of translation"
    assert not (job.folder / "memory").exists()
    assert set(outcomes(pipeline(workspace, job).run()).values()) == {"skipped"}
    assert new.read_text() == "hours of translation"


def test_a_cache_does_not_move_while_another_process_runs_the_job(workspace: Workspace) -> None:
    job = new_job(workspace)
    (job.folder / "memory" / "mux").mkdir(parents=True)
    with job.lock(), pytest.raises(IndicsubsError, match="being run by another process"):
        pipeline(workspace, job).run()
    assert (job.folder / "memory" / "mux").is_dir()


def test_changed_code_of_a_member_makes_its_stages_run_again(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    code = workspace.root / "packages" / "common" / "src" / "indicsubs_common" / "__init__.py"
    code.write_text(code.read_text() + "CHANGED = True\n")
    code_graph.forget()
    reports = outcomes(pipeline(workspace, job).run())
    assert {s for s, o in reports.items() if o == "done"} == {"subtitle_generation", "mux"}


def test_a_failed_stage_keeps_what_was_done_and_goes_on_from_there(workspace: Workspace) -> None:
    job = new_job(workspace, initial_prompt="fail:out_of_memory")
    with pytest.raises(
        StageFailure, match=r"asr failed in the whisperx environment.*asr\.log"
    ) as e:
        pipeline(workspace, job).run()
    assert e.value.code is FailureCode.OUT_OF_MEMORY
    assert "do the other thing" in job.log.read_text()
    assert (job.stage_folder(StageName.ASR) / "request.json").is_file(), "it can be run by hand"
    assert job.record(StageName.ASR) is None
    assert not list((job.folder / "stages").glob(".*"))
    corrected = new_job(workspace)
    assert outcomes(pipeline(workspace, corrected).run())["demux"] == "reused"


def test_a_stage_can_be_replayed_without_touching_the_job(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    saved = json.loads((job.stage_folder(StageName.ASR) / "request.json").read_text())
    assert saved["output"] == "replay/asr"
    assert saved["request"]["stage"] == "asr"
    log = job.log.read_text()
    line = next(x for x in log.splitlines() if "asr: to run it by hand" in x)
    assert line.endswith(f"out/{job.folder.relative_to(workspace.jobs)}/stages/asr/request.json")


def test_a_missing_environment_is_named_before_any_work(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / "venv" / "indictrans2")
    job = new_job(workspace)
    with pytest.raises(
        IndicsubsError, match=r"indictrans2 \(missing\).*just setup indictrans2"
    ) as e:
        pipeline(workspace, job).run()
    assert e.value.status is ExitStatus.UNAVAILABLE
    assert job.record(StageName.DEMUX) is None


def test_an_interrupted_setup_is_not_an_environment(workspace: Workspace) -> None:
    (workspace.root / "venv" / "common" / ".indicsubs-ready").unlink()
    with pytest.raises(IndicsubsError, match=r"common \(incomplete\)"):
        pipeline(workspace, new_job(workspace)).run()


def test_a_missing_model_is_named_before_any_work(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / "models")
    job = new_job(workspace)
    with pytest.raises(IndicsubsError, match=r"not expanded yet\. Run: just setup"):
        pipeline(workspace, job).run()
    assert job.record(StageName.DEMUX) is None


def test_start_from_a_stage_takes_the_earlier_results_as_they_are(workspace: Workspace) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    reports = pipeline(workspace, job).run(StageName.SUBTITLE_GENERATION, force=True)
    assert outcomes(reports) == {"subtitle_generation": "done", "mux": "done"}


def test_start_from_a_stage_without_inputs_says_what_is_missing(workspace: Workspace) -> None:
    with pytest.raises(IndicsubsError, match="Stage demux has no result yet") as e:
        pipeline(workspace, new_job(workspace)).run(StageName.ASR)
    assert e.value.status is ExitStatus.NO_INPUT


def test_a_brought_transcript_replaces_speech_recognition(workspace: Workspace) -> None:
    srt = workspace.root / "mine.srt"
    srt.write_text("1\n00:00:01,000 --> 00:00:02,000\nनमस्ते\n")
    job = new_job(workspace, transcript=source_file(srt))
    reports = outcomes(pipeline(workspace, job).run())
    assert list(reports) == ALL[ALL.index(StageName.LOAD_TRANSCRIPT) :]


def test_transcribe_stops_at_the_transcript(workspace: Workspace) -> None:
    job = new_job(workspace, workflow="transcribe", targets=())
    assert list(outcomes(pipeline(workspace, job).run()))[-1] == "export_transcript"
    with pytest.raises(IndicsubsError, match="workflow transcribe has no such stage"):
        pipeline(workspace, job).run(StageName.MUX)
    srt = workspace.root / "mine.srt"
    srt.write_text("1\n00:00:01,000 --> 00:00:02,000\nनमस्ते\n")
    given = new_job(workspace, workflow="transcribe", targets=(), transcript=source_file(srt))
    with pytest.raises(IndicsubsError, match=r"this job has one already\. Give another workflow"):
        pipeline(workspace, given).run()


def test_a_detected_language_is_used_from_then_on(workspace: Workspace) -> None:
    job = new_job(workspace, source_language=None)
    pipeline(workspace, job).run()
    made = job.record(StageName.SUBTITLE_GENERATION)
    assert made
    assert isinstance(made.result, SubtitleResult)
    assert list(dict.fromkeys(s.language for s in made.result.subtitles)) == ["hi", "en"]


def test_warnings_of_stages_reach_the_user_and_the_log(workspace: Workspace) -> None:
    run = pipeline(workspace, new_job(workspace))
    run.run()
    assert run.display.warnings == ["asr: 1 of 3 chunks were hard to hear"]
    assert "1 of 3 chunks were hard to hear" in run.job.log.read_text()


def test_a_job_is_run_by_one_process_at_a_time(workspace: Workspace) -> None:
    job = new_job(workspace)
    with job.lock(), pytest.raises(IndicsubsError, match="being run by another process"):
        pipeline(workspace, job).run()


def test_the_plan_shows_what_would_run(workspace: Workspace) -> None:
    request = fake_workspace.spec(workspace.root)
    plan = plan_run(workspace, request, fake_workspace.CPU, None).stages
    assert [step.state for step in plan] == ["would run"] * len(ALL)
    assert plan[0].digest
    assert plan[1].digest is None, "it depends on what demux will find"
    pipeline(workspace, create_job(workspace, request)).run()
    plan = plan_run(workspace, request, fake_workspace.CPU, None).stages
    assert {step.state for step in plan} == {"up to date"}
    assert all(step.digest for step in plan)


def test_the_plan_from_a_stage_uses_the_earlier_results(workspace: Workspace) -> None:
    request = fake_workspace.spec(workspace.root)
    pipeline(workspace, create_job(workspace, request)).run()
    plan = plan_run(workspace, request, fake_workspace.CPU, StageName.SUBTITLE_GENERATION).stages
    assert [(step.stage, step.state) for step in plan] == [
        ("subtitle_generation", "up to date"),
        ("mux", "up to date"),
    ]


def test_the_plan_says_what_cannot_run_and_why(workspace: Workspace) -> None:
    request = fake_workspace.spec(workspace.root)
    plan = plan_run(workspace, request, fake_workspace.CPU, StageName.MUX).stages
    (mux,) = plan
    assert mux.state.startswith("cannot run: Stage subtitle_generation has no result yet.")
    assert mux.digest is None
    job = create_job(workspace, request)
    pipeline(workspace, job).run()
    (job.stage_folder(StageName.DEMUX) / "speech.json").unlink()
    (asr, *later) = plan_run(workspace, request, fake_workspace.CPU, StageName.ASR).stages
    assert asr.state.startswith("cannot run: Stage demux has no result yet."), "as a run would say"
    assert {step.state for step in later} == {"would run"}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[StageName, StageProcess]]:
    """Every process of a stage."""
    processes: list[tuple[StageName, StageProcess]] = []

    def recorded(launch: StageLaunch) -> StageProcess:
        process = StageProcess(launch)
        processes.append((launch.stage, process))
        return process

    for module in (runner, stage_processes):
        monkeypatch.setattr(module, "StageProcess", recorded)
    return processes


def names(started: list[tuple[StageName, StageProcess]]) -> list[str]:
    """The stages that were started; none of their processes may run any more."""
    assert all(process.popen.returncode is not None for _, process in started)
    return [stage for stage, _ in started]


def prepared(job, stage: StageName) -> list[str]:
    """The models that a stage was asked to load before its request."""
    lines = job.stage_log(stage).read_text().splitlines()
    return [line.partition(f"prepares {stage}: ")[2] for line in lines if " prepares " in line]


def test_stages_with_an_engine_are_prepared_and_load_models_only_beside_light_stages(
    workspace: Workspace, started: list
) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    assert names(started) == [
        "mux",  # checks before the work that the film can be written
        "demux",
        "asr",
        "alignment",
        "indictrans2_translation",
        "export_transcript",
        "load_transcript",
        "subtitle_generation",
        "mux",
    ]
    assert prepared(job, StageName.ASR) == ["demo/recogniser-ctranslate2"]
    assert prepared(job, StageName.ALIGNMENT) == ["nothing"]
    assert prepared(job, StageName.INDICTRANS2_TRANSLATION) == [
        "nothing",
        "demo/translator-indic-en",
    ]
    assert prepared(job, StageName.MUX) == []


def test_what_is_up_to_date_is_not_started(workspace: Workspace, started: list) -> None:
    job = new_job(workspace)
    pipeline(workspace, job).run()
    started.clear()
    pipeline(workspace, job).run()
    assert names(started) == []
    (job.stage_folder(StageName.EXPORT_TRANSCRIPT) / "transcript.txt").unlink()
    reports = outcomes(pipeline(workspace, job).run())
    assert reports["indictrans2_translation"] == "skipped"
    assert names(started) == ["export_transcript", "indictrans2_translation"]


def test_an_engine_that_will_not_be_needed_is_not_prepared(
    workspace: Workspace, started: list
) -> None:
    pipeline(workspace, new_job(workspace, workflow="transcribe", targets=())).run()
    assert names(started) == ["demux", "asr", "alignment", "export_transcript"]
    started.clear()
    pipeline(workspace, new_job(workspace, targets=("hi-Latn",))).run(StageName.DEMUX, force=True)
    assert names(started) == ["mux", *ALL]


def test_with_a_language_still_unknown_engines_are_imported_alone(workspace: Workspace) -> None:
    job = new_job(workspace, source_language=None)
    pipeline(workspace, job).run()
    assert prepared(job, StageName.INDICTRANS2_TRANSLATION) == ["nothing"]


def test_a_language_without_an_aligner_needs_no_engine_for_it(workspace: Workspace) -> None:
    job = new_job(workspace, source_language="ta", workflow="transcribe", targets=())
    pipeline(workspace, job).run()
    assert prepared(job, StageName.ASR) == ["demo/indicconformer"]
    assert prepared(job, StageName.ALIGNMENT) == [], "the recogniser times its own words"


@pytest.mark.parametrize(
    "error",
    [IndicsubsError(FailureCode.MISSING_MODEL, "no such model"), OSError("no more processes")],
)
def test_a_failed_preparation_stops_no_other_stage(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(stage_processes.StandbyProcess, "prepare", fail)
    job = new_job(workspace)
    assert outcomes(pipeline(workspace, job).run()) == dict.fromkeys(ALL, "done")
    assert f"asr: cannot be prepared yet: {error}" in job.log.read_text()


def test_a_second_recogniser_hears_where_the_user_wants_it(workspace: Workspace) -> None:
    job = new_job(workspace, witness="all")
    run = pipeline(workspace, job)
    assert outcomes(run.run()) == dict.fromkeys(StageName, "done")
    request = asked(job, StageName.ALIGNMENT)
    assert request["transcript"]["path"] == "stages/witness/transcript.json"
    assert run.display.without_work == []


def test_a_language_that_no_second_recogniser_knows_leaves_the_stage_out(
    workspace: Workspace,
) -> None:
    """Whisper does not know Odia."""
    job = new_job(workspace, source_language="or", witness="all", workflow="transcribe", targets=())
    planned = plan_run(workspace, job.spec, fake_workspace.CPU, None).stages
    assert StageName.WITNESS not in [stage.stage for stage in planned]
    run = pipeline(workspace, job)
    assert StageName.WITNESS not in outcomes(run.run())
    assert run.display.without_work == [StageName.WITNESS]


def test_a_failed_run_leaves_no_prepared_process(workspace: Workspace, started: list) -> None:
    job = new_job(workspace, initial_prompt="fail:bad_input")
    with pytest.raises(StageFailure):
        pipeline(workspace, job).run()
    assert names(started) == ["mux", "demux", "asr", "alignment"]


def test_an_interrupted_run_leaves_no_prepared_process(workspace: Workspace, started: list) -> None:
    run = pipeline(workspace, new_job(workspace))

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    run.display.progress = interrupt
    with pytest.raises(KeyboardInterrupt):
        run.run()
    assert names(started) == ["mux", "demux", "asr", "alignment"]


def test_an_aligner_that_is_missing_costs_the_aligner_and_not_the_run(workspace) -> None:
    folder = workspace.root / "models" / "demo" / "aligner-hi"
    next(folder.glob("model*")).unlink()  # as an interrupted fetch leaves it
    job = fake_workspace.new_job(workspace)
    run = fake_workspace.pipeline(workspace, job)
    reports = run.run()
    assert [report.stage for report in reports][-1] is StageName.MUX
    (warning,) = (w for w in run.display.warnings if "the aligner demo/aligner-hi is not on" in w)
    assert warning.startswith("alignment: ")
    assert "just models fetch demo/aligner-hi" in warning


def test_checkpoints_are_of_the_stage_s_digest_and_go_when_its_result_is_stored(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = new_job(workspace)
    digests: dict[StageName, str | None] = {}

    def recorded(launch: StageLaunch, manifest: Manifest, *arguments: object, **more: object):
        if launch.stage is StageName.ASR:
            digests[launch.stage] = manifest.digest
            left = job.folder / str(manifest.cache) / CHECKPOINT
            left.parent.mkdir(parents=True)
            left.write_bytes(b"parts")
        return runner.run_stage(launch, manifest, *arguments, **more)

    monkeypatch.setattr(stage_processes, "run_stage", recorded)
    pipeline(workspace, job).run()
    record = job.record(StageName.ASR)
    assert record is not None
    assert digests == {StageName.ASR: record.digest}
    assert not list(job.folder.rglob(CHECKPOINT))
    by_hand = json.loads((job.stage_folder(StageName.ASR) / "request.json").read_bytes())
    assert (by_hand["cache"], by_hand["digest"]) == (None, None), "a run by hand uses none"


def test_the_log_says_from_where_a_stage_goes_on(workspace: Workspace) -> None:
    job = new_job(workspace)
    run = pipeline(workspace, job)
    message = Progress(stage="asr", done=3, total=5, unit="chunks", resumed=True)
    with log_open(job):
        run._on_progress(message)
    assert run.display.messages == [message]
    assert "asr: goes on from 3 of 5 chunks" in job.log.read_text()
