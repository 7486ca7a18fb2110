"""A person's corrections belong to the film, and every job of the film uses them."""

import os
import re
import shutil
from pathlib import Path

import fake_workspace
import msgspec
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs
from in_process import without_processes
from msgspec.structs import replace

from indicsubs.jobs.edit_notes import edit_notes
from indicsubs.jobs.film_edits import FilmEdits, FilmFolder, SourceEdit, TargetEdit
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import all_jobs, find_job
from indicsubs.jobs.job_reading import read_job
from indicsubs.jobs.specification import NO_EDITS, Edits, JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus, IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.load_transcript import EditBaseline
from indicsubs_contract.messages.subtitles import EditedSubtitles
from indicsubs_contract.source_files import sampled_fingerprint, sha256

DEMO = ("--profile", "demo", "-s", "hi")
RUN = ("run", "film.mp4", *DEMO, "-t", "en")
MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut\nthe door.\n\n"
SPOKEN = "1\n00:00:01,000 --> 00:00:02,000\nदरवाज़ा खोल दो।\n\n"
SPEC = JobSpec(
    source=SourceFile(path="/film.mp4", fingerprint="f"), source_language="hi", targets=("en",)
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    without_processes(monkeypatch)
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def newest(workspace: Workspace) -> Job:
    return find_job(workspace, "last")


def subtitles(job: Job, name: str) -> str:
    return (job.folder / "subtitles" / name).read_text()


def worked(text: str) -> list[str]:
    return [
        stage
        for stage, outcome in re.findall(r"^(\w+): (done|skipped|reused)", text, re.MULTILINE)
        if outcome == "done"
    ]


def test_a_new_language_is_translated_from_the_corrected_text(workspace, capsys) -> None:
    indicsubs(*RUN)
    job = newest(workspace)
    Path("mine.eng.srt").write_text(MINE)
    Path("film.hin.srt").write_text(SPOKEN)
    assert indicsubs("import", "mine.eng.srt", "film.hin.srt") == ExitStatus.DONE
    capsys.readouterr()
    assert indicsubs("run", "film.mp4", *DEMO, "-t", "en,ta") == ExitStatus.DONE
    text = capsys.readouterr().out
    other = newest(workspace)
    assert other.id != job.id
    assert "Corrections used: Hindi (film.hin.srt), English (mine.eng.srt)." in text
    assert subtitles(other, "film.eng.srt") == MINE
    assert "[ta] दरवाज़ा खोल दो।" in subtitles(other, "film.tam.srt")
    assert DIALOGUE[0] not in subtitles(other, "film.hin.srt")
    assert worked(text) == ["indictrans2_translation", "subtitle_generation", "mux"]


def test_corrections_survive_other_options_a_new_name_and_clean(workspace, capsys) -> None:
    indicsubs(*RUN)
    Path("mine.eng.srt").write_text(MINE)
    assert indicsubs("import", "mine.eng.srt") == ExitStatus.DONE
    assert indicsubs("clean", "last") == ExitStatus.DONE
    Path("renamed").mkdir()
    Path("film.mp4").rename("renamed/other.mp4")
    Path("link.mp4").symlink_to("renamed/other.mp4")
    options = ("--beam-size", "2", "--rules", "bbc")
    assert indicsubs("run", "link.mp4", *DEMO, "-t", "en", *options) == ExitStatus.DONE
    job = newest(workspace)
    (english,) = (job.folder / "subtitles").glob("*.eng.srt")
    assert english.read_text() == MINE


def test_corrections_are_left_out_on_request_alone(workspace, capsys) -> None:
    indicsubs(*RUN)
    with_edits = newest(workspace)
    Path("mine.eng.srt").write_text(MINE)
    indicsubs("import", "mine.eng.srt")
    capsys.readouterr()
    assert indicsubs(*RUN, "--no-edits") == ExitStatus.DONE
    text = capsys.readouterr().out
    job = newest(workspace)
    assert job.id != with_edits.id
    assert "The corrections in English are left out: --no-edits." in text
    assert f"[en] {DIALOGUE[0]}" in subtitles(job, "film.eng.srt")
    assert indicsubs("import", "mine.eng.srt", "--job", job.id) == ExitStatus.USAGE
    assert "was made with --no-edits" in capsys.readouterr().err
    assert indicsubs("run", job.id, "--edits") == ExitStatus.DONE
    assert newest(workspace).id == with_edits.id


def test_a_correction_of_one_transcript_is_not_used_for_another(workspace, capsys) -> None:
    """Without --transcript, the newest correction of what is said counts."""
    Path("a.hi.srt").write_text(MINE.replace("Shut", "अ"))
    Path("b.hi.srt").write_text(MINE.replace("Shut", "ब"))
    Path("corrected.hin.srt").write_text(SPOKEN)
    indicsubs(*RUN, "--transcript", "a.hi.srt")
    assert indicsubs("import", "corrected.hin.srt") == ExitStatus.DONE
    capsys.readouterr()
    assert indicsubs(*RUN, "--transcript", "b.hi.srt") == ExitStatus.DONE
    text = " ".join(capsys.readouterr().out.split())
    assert "Not used: Hindi (corrected.hin.srt), as it corrects another text than b.hi.srt" in text
    assert "ब" in subtitles(newest(workspace), "film.hin.srt")
    assert indicsubs(*RUN) == ExitStatus.DONE
    assert subtitles(newest(workspace), "film.hin.srt") == SPOKEN


def test_a_transcript_alone_is_the_recognisers(workspace, capsys) -> None:
    indicsubs(*RUN)
    Path("film.hin.srt").write_text(SPOKEN)
    indicsubs("import", "film.hin.srt")
    capsys.readouterr()
    assert indicsubs("run", "film.mp4", *DEMO, "-w", "transcribe") == ExitStatus.DONE
    assert "The corrections in Hindi are not in the transcript" in capsys.readouterr().out


def test_the_same_file_imported_in_two_jobs_is_one_edit(workspace) -> None:
    indicsubs(*RUN)
    Path("mine.eng.srt").write_text(MINE)
    Path("film.hin.srt").write_text(SPOKEN)
    indicsubs("import", "mine.eng.srt", "film.hin.srt")
    film = newest(workspace).film
    before = film.read()
    indicsubs("run", "last", "-t", "ta")
    indicsubs("import", "mine.eng.srt", "film.hin.srt")
    assert film.read() == before


def test_a_damaged_record_is_named_and_nothing_is_run(workspace, capsys) -> None:
    indicsubs(*RUN)
    Path("mine.eng.srt").write_text(MINE)
    indicsubs("import", "mine.eng.srt")
    record = newest(workspace).film.path / "edits.json"
    record.write_text("{")
    capsys.readouterr()
    assert indicsubs(*RUN) == ExitStatus.BAD_INPUT
    text = capsys.readouterr().err
    assert str(record) in text
    assert "import the files again" in text
    shutil.rmtree(record.parent)
    record.parent.touch()
    assert indicsubs(*RUN) == ExitStatus.NO_INPUT
    assert "cannot be read" in capsys.readouterr().err


def test_a_film_with_another_content_says_where_the_corrections_of_the_earlier_one_are(
    workspace, capsys
) -> None:
    indicsubs(*RUN)
    Path("mine.eng.srt").write_text(MINE)
    indicsubs("import", "mine.eng.srt")
    folder = newest(workspace).film.path / "edits"
    Path("film.mp4").write_bytes(film_bytes([*DIALOGUE, "another"]))
    capsys.readouterr()
    assert indicsubs(*RUN) == ExitStatus.DONE
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "film.mp4 has another content than before, so the corrections of the earlier one in" in text
    )
    assert f"they are in {folder}." in text
    assert indicsubs("import", "mine.eng.srt", "--job", "last") == ExitStatus.DONE
    capsys.readouterr()
    indicsubs(*RUN)
    assert "another content" not in capsys.readouterr().out


# --- jobs of an earlier version --------------------------------------------------------------


def written(job: Job, name: str, text: str, language: str, time: int = 0) -> Artifact:
    """A file as the earlier version kept it in a job."""
    path = job.folder / "edits" / f"{language}-0" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if time:
        os.utime(path, (time, time))
    return Artifact(
        path=str(path.relative_to(job.folder)),
        kind=path.suffix[1:],
        sha256=sha256(path),
        bytes=path.stat().st_size,
        language=language,
    )


def with_own_edits(job: Job, edits: Edits) -> None:
    """Writes a job.json of the earlier version, in which a job had its own edits."""
    job.file = replace(job.file, edits=edits)
    job.save()


def test_the_edits_of_an_earlier_version_are_taken_over(workspace) -> None:
    job = fake_workspace.new_job(workspace)
    english = written(job, "mine.eng.srt", MINE, "en")
    hindi = written(job, "film.hin.srt", SPOKEN, "hi")
    sentences = written(job, "sentences.json", "{}", "hi")
    with_own_edits(
        job,
        Edits(
            transcript=hindi,
            baseline=EditBaseline(transcript=sentences, cues=written(job, "a.srt", MINE, "hi")),
            subtitles=(
                EditedSubtitles(subtitles=hindi),
                EditedSubtitles(subtitles=english, transcript=sentences),
            ),
        ),
    )
    time = (job.folder / "job.json").stat().st_mtime_ns
    taken = read_job(job.folder)
    assert taken.file.edits == NO_EDITS
    assert (job.folder / "job.json").stat().st_mtime_ns == time
    used = read_job(job.folder).edits
    assert (taken.folder / used.transcript.path).read_text() == SPOKEN
    assert [one.subtitles.language for one in used.subtitles] == ["hi", "en"]
    assert used.baseline.cues is not None
    assert all(taken.has(file) for file in (used.transcript, used.baseline.transcript))
    shutil.rmtree(job.folder)
    other = fake_workspace.new_job(workspace, beam_size=2)
    assert other.edits == used


def test_a_job_that_knew_its_film_by_samples_brings_its_edits_and_translations(
    workspace, capsys
) -> None:
    job = fake_workspace.new_job(workspace)
    known = replace(job.spec.source, fingerprint=sampled_fingerprint(Path(job.spec.source.path)))
    job.save_spec(replace(job.spec, source=known))
    cache = job.folder / "cache" / "indictrans2_translation" / "translations.sqlite"
    cache.parent.mkdir(parents=True)
    cache.write_text("hours of work")
    english = written(job, "mine.eng.srt", MINE, "en")
    hindi = written(job, "film.hin.srt", SPOKEN, "hi")
    subtitles_of = (EditedSubtitles(subtitles=english),)
    with_own_edits(job, Edits(transcript=hindi, subtitles=subtitles_of))
    assert indicsubs("run", job.id) == ExitStatus.DONE
    assert not cache.exists()
    capsys.readouterr()
    assert indicsubs(*RUN, "--beam-size", "2") == ExitStatus.DONE
    used = "Corrections used: Hindi (film.hin.srt), English (mine.eng.srt)."
    assert used in capsys.readouterr().out
    film = newest(workspace).film
    shared = film.path / "cache" / "indictrans2_translation" / "translations.sqlite"
    assert shared.read_text() == "hours of work"
    assert [folder.name for folder in film.path.parent.iterdir()] == [film.path.name]


def test_edits_of_an_older_fingerprint_join_those_of_the_film(workspace) -> None:
    """A file that is gone, and a cache where the film has one, stop nothing."""
    newer, older = FilmFolder(workspace.jobs, "newer"), FilmFolder(workspace.jobs, "older")
    for folder in (newer, older):
        (folder.path / "cache").mkdir(parents=True)
    expected = FilmEdits(film="film.mp4", sources=(source("gone"),), targets=(target("too"),))
    older.save(expected)
    newer.take_in(older)
    assert newer.read() == expected
    assert not older.path.exists()
    newer.take_in(older)


def test_a_film_whose_language_is_known_by_its_edits_takes_more(workspace, capsys) -> None:
    indicsubs(*RUN)
    Path("film.hin.srt").write_text(SPOKEN)
    assert indicsubs("import", "film.hin.srt") == ExitStatus.DONE
    capsys.readouterr()
    assert indicsubs("prepare", "film.mp4", "-p", "demo", "-t", "en") == ExitStatus.DONE
    job = capsys.readouterr().out.strip()
    Path("film.eng.srt").write_text(MINE)
    assert indicsubs("import", "film.eng.srt", "--job", job) == ExitStatus.DONE
    assert subtitles(find_job(workspace, job), "film.eng.srt") == MINE
    assert indicsubs("import", "--job", job) == ExitStatus.NO_INPUT
    assert f"in the folder of job {job} was edited" in capsys.readouterr().err


def test_one_text_in_two_languages_is_two_edits(workspace) -> None:
    assert indicsubs("run", "film.mp4", *DEMO, "-t", "en,hi-Latn") == ExitStatus.DONE
    for tag in ("en", "hi-Latn", "en"):
        Path(f"film.{tag}.srt").write_text(MINE)
        assert indicsubs("import", f"film.{tag}.srt") == ExitStatus.DONE
    assert newest(workspace).film.read().languages == {"en", "hi-Latn"}


def test_the_newest_edit_of_several_older_jobs_counts_and_none_is_lost(workspace) -> None:
    texts = {"older": 1000, "newest": 3000, "middle": 2000}
    jobs = [fake_workspace.new_job(workspace, beam_size=size) for size in (2, 3, 4)]
    for job, (text, time) in zip(jobs, texts.items(), strict=True):
        english = written(job, f"{text}.eng.srt", f"{MINE}{text}", "en", time)
        hindi = written(job, f"{text}.hin.srt", f"{SPOKEN}{text}", "hi", time)
        lost = Artifact(path="edits/gone.json", kind="json", sha256="0", bytes=1, language="hi")
        with_own_edits(
            job,
            Edits(
                transcript=hindi,
                baseline=EditBaseline(transcript=lost),
                subtitles=(EditedSubtitles(subtitles=english, transcript=lost),),
            ),
        )
    assert len(all_jobs(workspace)) == 3
    film = jobs[0].film
    edits = film.read()
    assert [Path(edit.file.path).name for edit in edits.sources] == ["newest.hin.srt"]
    assert [Path(one.edited.subtitles.path).name for one in edits.targets] == ["newest.eng.srt"]
    names = {Path(file.path).name for file in edits.replaced}
    assert names == {"older.eng.srt", "older.hin.srt", "middle.eng.srt", "middle.hin.srt"}
    assert all((film.path / file.path).is_file() for file in edits.replaced)


def test_edits_whose_file_is_gone_leave_the_others(workspace) -> None:
    job = fake_workspace.new_job(workspace)
    gone = Artifact(path="edits/gone.srt", kind="srt", sha256="0", bytes=1, language="en")
    with_own_edits(job, Edits(transcript=gone, subtitles=(EditedSubtitles(subtitles=gone),)))
    taken = read_job(job.folder)
    assert taken.edits == NO_EDITS
    elsewhere = workspace.root / "copy"
    shutil.copytree(job.folder, elsewhere)
    job.file = replace(job.file, edits=Edits(transcript=gone))
    (elsewhere / "job.json").write_bytes(msgspec.json.encode(job.file))
    assert read_job(elsewhere).file.edits != NO_EDITS, "a copy of a job is only read"


def test_edits_that_cannot_be_moved_are_named(workspace, monkeypatch) -> None:
    job = fake_workspace.new_job(workspace)
    english = written(job, "mine.eng.srt", MINE, "en")
    with_own_edits(job, Edits(subtitles=(EditedSubtitles(subtitles=english),)))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("indicsubs.jobs.film_edits.write_atomically", full)
    with pytest.raises(IndicsubsError, match=r"cannot be moved .* No space left on device"):
        read_job(job.folder)


# --- which edits a job uses ------------------------------------------------------------------


def artifact(name: str, language: str) -> Artifact:
    return Artifact(path=f"edits/{name}", kind="srt", sha256=name, bytes=1, language=language)


def source(name: str, time: str = "1", language: str = "hi", **options: object) -> SourceEdit:
    return SourceEdit(file=artifact(name, language), imported=time, **options)


def target(name: str, language: str = "en", time: str = "1", **options: object) -> TargetEdit:
    edited = EditedSubtitles(subtitles=artifact(name, language))
    return TargetEdit(edited=edited, imported=time, **options)


def used(edits: FilmEdits, tmp_path: Path, **options: object) -> list[str]:
    """The names of the files that a job uses, its transcript first."""
    used = FilmFolder(tmp_path, "f").used_by(replace(SPEC, **options), edits)
    files = [used.transcript] if used.transcript else []
    files += [edited.subtitles for edited in used.subtitles]
    return [file.sha256 for file in files]


def test_an_edit_that_is_older_than_the_one_there_is_kept_and_not_used(tmp_path: Path) -> None:
    """As where the jobs of an earlier version give their edits to the film, the newest first."""
    edits = FilmEdits().with_source(source("new", "2")).with_target(target("new-en", time="2"))
    both = edits.with_source(source("old")).with_target(target("old-en"))
    assert used(both, tmp_path) == ["new", "new-en"]
    assert [file.sha256 for file in both.replaced] == ["old", "old-en"]


def test_forced_subtitles_are_not_taken_for_all_that_is_said(tmp_path: Path) -> None:
    edits = FilmEdits(
        sources=(source("said", is_cues=True, forced=True),),
        targets=(target("all"), target("some", forced=True)),
    )
    assert used(edits, tmp_path) == ["all"]
    assert used(edits, tmp_path, purpose="forced") == ["said", "said", "some"]
    assert used(edits, tmp_path, purpose="sdh") == ["all"]
    baseline = EditBaseline(transcript=artifact("before", "hi"))
    known = replace(edits, sources=(replace(edits.sources[0], baseline=baseline),))
    assert used(known, tmp_path) == ["said", "all"], "its baseline has the other lines"


def test_another_language_of_the_film_uses_none_of_this_ones(tmp_path: Path) -> None:
    edits = FilmEdits(sources=(source("hindi"), source("tamil", language="ta")))
    assert used(edits, tmp_path) == ["hindi"]
    assert used(edits, tmp_path, source_language="ta") == ["tamil"]
    assert used(edits, tmp_path, source_language="bn") == []
    assert used(edits, tmp_path, source_language=None) == ["hindi"]
    assert used(edits, tmp_path, workflow="transcribe") == []


def test_edits_that_a_job_does_not_use_are_named_with_the_reason(tmp_path: Path) -> None:
    edits = FilmEdits(sources=(source("new", time="2"), source("old", time="1", transcript="t")))
    forced = FilmEdits(sources=(source("some", forced=True),))
    folder = FilmFolder(tmp_path, "f")

    def notes(film: FilmEdits, **options: object) -> list[str]:
        spec = replace(SPEC, **options)
        return edit_notes(film, folder.used_by(spec, film), spec)

    assert notes(edits) == [
        "Corrections used: Hindi (new).",
        "Not used: Hindi (old), as a newer correction counts.",
    ]
    bengali = "as the job says that the film is in Bengali"
    assert notes(edits, source_language="bn") == [
        f"Not used: Hindi (new), {bengali}.",
        f"Not used: Hindi (old), {bengali}.",
    ]
    assert notes(forced) == [
        "Not used: Hindi (some), as it has only the lines of forced subtitles."
    ]
    assert notes(FilmEdits()) == []


def test_an_edit_in_the_language_of_the_film_is_not_a_translation(tmp_path: Path) -> None:
    edits = FilmEdits(targets=(target("from Tamil", "hi"),))
    assert used(edits, tmp_path, targets=("hi", "en")) == []
    assert used(edits, tmp_path, source_language="ta", targets=("hi",)) == ["from Tamil"]


def test_a_file_that_is_imported_again_counts_again(workspace) -> None:
    Path("a.hi.srt").write_text(MINE)
    Path("one.hin.srt").write_text(SPOKEN)
    Path("two.hin.srt").write_text(SPOKEN.replace("खोल", "बंद कर"))
    indicsubs(*RUN)
    recognised = newest(workspace).id
    indicsubs("import", "one.hin.srt")
    indicsubs(*RUN, "--transcript", "a.hi.srt")
    indicsubs("import", "two.hin.srt")
    assert Path(find_job(workspace, recognised).edits.transcript.path).name == "two.hin.srt"
    indicsubs("import", "one.hin.srt", "--job", recognised, "--accept")
    assert Path(find_job(workspace, recognised).edits.transcript.path).name == "one.hin.srt"


def test_a_new_import_counts_though_the_clock_went_back() -> None:
    edits = FilmEdits().with_source(source("first", time="9999"))
    later = edits.with_source(source("second", time=edits.time_of_import()))
    assert [edit.file.sha256 for edit in later.sources] == ["second"]
    assert [file.sha256 for file in later.replaced] == ["first"]


def test_a_job_with_the_film_of_another_content_has_no_edits(workspace, capsys) -> None:
    indicsubs(*RUN)
    Path("mine.eng.srt").write_text(MINE)
    indicsubs("import", "mine.eng.srt")
    Path("film.mp4").write_bytes(film_bytes([*DIALOGUE, "और एक।"]))
    capsys.readouterr()
    assert indicsubs(*RUN) == ExitStatus.DONE
    assert "Corrections used" not in capsys.readouterr().out
    job = newest(workspace)
    assert "[en] और एक।" in subtitles(job, "film.eng.srt")
