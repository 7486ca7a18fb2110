"""What a person has to accept before a file is imported; the file stays the master as it is."""

import shutil
from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE
from fake_workspace import indicsubs
from in_process import without_processes
from msgspec.structs import replace

from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import find_job
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.records import write_record
from indicsubs_contract.stages import StageName

RUN = ("run", "film.mkv", "--profile", "demo", "-s", "hi", "-t", "en")
ASS = r"""[Script Info]
PlayResX: 1920

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial
Style: Sign,Impact

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,a note
Dialogue: 0,0:00:01.00,0:00:02.00,Sign,,0,0,0,,{\pos(10,20)}Shut the door.
"""
MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut the door.\n\n"
SPOKEN = "1\n00:00:01,000 --> 00:00:02,000\nदरवाज़ा खोल दो।\n\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    without_processes(monkeypatch)
    workspace = fake_workspace.for_commands(tmp_path, monkeypatch)
    Path("film.mp4").rename("film.mkv")
    return workspace


@pytest.fixture
def job(workspace: Workspace) -> Job:
    assert indicsubs(*RUN) == ExitStatus.DONE
    return find_job(workspace, "last")


def refused(capsys, *arguments: str) -> str:
    """The message of an import that needs to be accepted; nothing was written."""
    capsys.readouterr()
    assert indicsubs("import", *arguments) == ExitStatus.BAD_INPUT
    text = " ".join(capsys.readouterr().err.split())
    assert "To import it all the same, add --accept." in text
    return text


def test_styles_stay_in_their_own_format_and_in_the_film(job: Job, capsys) -> None:
    Path("mine.eng.ass").write_text(ASS)
    text = refused(capsys, "mine.eng.ass")
    assert "mine.eng.ass was not imported: 2 style(s), 1 position(s), 1 comment(s) cannot" in text
    assert "cannot be kept in SRT, VTT. To" in text
    assert not job.film.path.joinpath("edits").exists()
    assert indicsubs("import", "mine.eng.ass", "--accept") == ExitStatus.DONE
    folder = job.folder / "subtitles"
    assert (folder / "film.eng.ass").read_text() == ASS
    assert (folder / "film.eng.srt").read_text() == MINE
    assert ASS in (folder / "film.mkv").read_text(), "the fake film has its tracks at its end"
    assert MINE not in (folder / "film.mkv").read_text()
    assert not (folder / "film.hin.ass").exists()
    assert indicsubs("run", job.id, "-t", "ta", "--rules", "bbc") == ExitStatus.DONE
    other = find_job(Workspace(root=job.jobs, jobs=job.jobs), "last")
    assert (other.folder / "subtitles" / "film.eng.ass").read_text() == ASS


def test_what_a_translation_cannot_keep_is_listed(job: Job, capsys) -> None:
    Path("film.hin.ass").write_text(ASS.replace("Shut the door.", "दरवाज़ा खोल दो।"))
    assert "cannot be kept in translations, SRT, VTT" in refused(capsys, "film.hin.ass")
    assert "cannot be kept in translations, subtitles" in refused(
        capsys, "film.hin.ass", "--transcript"
    )
    indicsubs("run", "film.mkv", *RUN[2:], "--container", "mp4", "--formats", "ass")
    Path("mine.eng.ass").write_text(ASS)
    text = refused(capsys, "mine.eng.ass")
    assert "cannot be kept in the film's track (--container mkv keeps it)" in text


def test_markup_of_subrip_and_webvtt_stays_too(job: Job, capsys) -> None:
    marked = MINE.replace("Shut", "{\\an8}<b>Shut</b>")
    Path("mine.eng.srt").write_text(marked)
    assert "3 tag(s) cannot be kept in VTT. To" in refused(capsys, "mine.eng.srt")
    assert indicsubs("import", "mine.eng.srt", "--accept") == ExitStatus.DONE
    assert (job.folder / "subtitles" / "film.eng.srt").read_text() == marked
    assert marked in (job.folder / "subtitles" / "film.mkv").read_text()
    placed = "WEBVTT\n\n00:01.000 --> 00:02.000 line:0\nShut the door.\n"
    Path("mine.eng.vtt").write_text(placed)
    assert "1 cue setting(s) cannot be kept in SRT, the film's track." in refused(
        capsys, "mine.eng.vtt"
    )
    assert indicsubs("import", "mine.eng.vtt", "--accept") == ExitStatus.DONE
    assert (job.folder / "subtitles" / "film.eng.vtt").read_text() == placed
    assert MINE in (job.folder / "subtitles" / "film.mkv").read_text()


def test_a_file_in_the_format_of_another_suffix_is_kept_as_what_it_is(job: Job) -> None:
    Path("mine.eng.srt").write_text(ASS)
    assert indicsubs("import", "mine.eng.srt", "--accept") == ExitStatus.DONE
    assert (job.folder / "subtitles" / "film.eng.ass").read_text() == ASS
    assert (job.folder / "subtitles" / "film.eng.srt").read_text() == MINE


def test_what_looks_like_a_mistake_is_asked_for(job: Job, capsys) -> None:
    overlapping = f"{MINE}2\n00:00:01,500 --> 00:00:02,500\nNow.\n\n"
    Path("mine.eng.srt").write_text(overlapping)
    text = refused(capsys, "mine.eng.srt")
    assert "1 cue(s) begin before the cue before ends: line 6 at 0:00:01" in text
    Path("film.eng.srt").write_text(SPOKEN)
    assert "its letters are not those of English" in refused(capsys, "film.eng.srt")
    Path("film.tam.srt").write_text(MINE)
    text = refused(capsys, "film.tam.srt", "-l", "en")
    assert "its name says Tamil, and it is imported as English" in text
    Path("mine.eng.srt").write_bytes(MINE.replace("door", "d\u00f6\u00f6r").encode("cp1252"))
    assert "Windows-1252" in refused(capsys, "mine.eng.srt")


def test_cues_after_the_film_are_asked_for(job: Job, capsys) -> None:
    Path("mine.eng.srt").write_text(f"{MINE}2\n00:00:09,500 --> 00:00:10,500\nNow.\n\n")
    assert indicsubs("import", "mine.eng.srt") == ExitStatus.DONE, "the film's end is not known"
    record = job.record(StageName.DEMUX)
    result = replace(record.result, clock=FilmClock(end_us=9_000_000))
    write_record(job.stage_folder(StageName.DEMUX) / "result.json", replace(record, result=result))
    Path("mine.eng.srt").write_text(f"{MINE}2\n00:00:09,500 --> 00:00:10,500\nLater.\n\n")
    text = refused(capsys, "mine.eng.srt")
    assert "1 cue(s) begin after the film's end at 0:00:09, where nothing is shown" in text


def test_an_empty_transcript_is_refused(job: Job, capsys) -> None:
    Path("transcript.json").write_text('{"language": "hi", "segments": []}')
    assert indicsubs("import", "transcript.json", "--accept") == ExitStatus.BAD_INPUT
    assert "transcript.json has no segment" in capsys.readouterr().err
    Path("film.eng.srt").touch()
    assert indicsubs("import", "film.eng.srt", "--accept") == ExitStatus.BAD_INPUT
    assert "film.eng.srt has no cue with text" in capsys.readouterr().err


def test_a_correction_is_not_undone_unasked_by_a_copy_of_the_file_before_it(
    job: Job, capsys
) -> None:
    """Two people correct copies of one file, or one person an older copy."""
    before = (job.folder / "subtitles" / "film.eng.srt").read_text()
    second = before.replace(DIALOGUE[2], "Second.")
    Path("first.eng.srt").write_text(before.replace(DIALOGUE[0], "First."))
    Path("second.eng.srt").write_text(second)
    assert indicsubs("import", "first.eng.srt", "--accept") == ExitStatus.DONE  # odd letters
    text = refused(capsys, "second.eng.srt")
    assert "it undoes 1 correction(s) that were imported before: " in text
    assert "First." in text
    Path("both.eng.srt").write_text(second.replace(DIALOGUE[0], "First."))
    assert "undoes" not in refused(capsys, "both.eng.srt")
    assert indicsubs("import", "both.eng.srt", "--accept") == ExitStatus.DONE
    shutil.rmtree(job.folder / "stages" / "indictrans2_translation")
    Path("other.eng.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nOther words.\n")
    assert "it undoes" in refused(capsys, "other.eng.srt"), "who wrote which line is not known"
    shutil.rmtree(job.film.path / "edits")
    assert indicsubs("import", "other.eng.srt") == ExitStatus.DONE


def test_a_transcript_undoes_no_correction_unasked(job: Job, capsys) -> None:
    hindi = (job.folder / "subtitles" / "film.hin.srt").read_text()
    Path("film.hin.srt").write_text(hindi.replace(DIALOGUE[0], "नया वाक्य।"))
    assert indicsubs("import", "film.hin.srt") == ExitStatus.DONE
    shutil.copy(job.folder / "stages" / "alignment" / "transcript.json", "old.json")
    text = refused(capsys, "old.json")
    assert "it undoes 1 correction(s) that were imported before: " in text
    assert "नया वाक्य।" in text


def test_nothing_is_imported_while_the_job_runs(job: Job, capsys) -> None:
    Path("film.eng.srt").write_text(MINE)
    with job.lock():
        assert indicsubs("import", "film.eng.srt") == ExitStatus.TRY_AGAIN
    assert "Nothing was imported" in capsys.readouterr().err
    assert not job.film.read().languages


def test_corrections_that_a_file_was_not_made_from_are_not_replaced_unasked(
    job: Job, workspace, capsys
) -> None:
    """Otherwise an old file of another job takes back what was corrected since."""
    indicsubs("run", job.id, "-t", "ta")
    other = find_job(workspace, "last")
    for name, text in (("film.eng.srt", MINE), ("film.hin.srt", SPOKEN)):
        (other.folder / "subtitles" / name).write_text(text)
    assert indicsubs("import", "--job", other.id) == ExitStatus.DONE
    old = job.folder / "subtitles" / "film.eng.srt"
    old.write_text(old.read_text().replace(DIALOGUE[1], "What are you doing?"))
    text = refused(capsys, str(old), "-l", "en")
    assert "it undoes 1 correction(s) that were imported before: 0:00:01 'Shut the door.'" in text
    copy = Path("film.eng.srt")
    copy.write_text(old.read_text())
    assert "it undoes 1 correction(s)" in refused(capsys, "film.eng.srt", "--job", job.id)
    assert indicsubs("run", job.id) == ExitStatus.DONE
    assert refused(capsys, str(old)), "it is still the file from before the corrections"
    old.unlink()
    assert indicsubs("run", job.id) == ExitStatus.DONE
    assert old.read_text() == MINE
    old.write_text(MINE.replace("door", "window"))
    assert indicsubs("import", str(old)) == ExitStatus.DONE
    Path("film.eng.srt").write_text(MINE.replace("door", "gate"))
    assert indicsubs("import", "film.eng.srt", "--job", job.id) == ExitStatus.DONE
    hindi = job.folder / "subtitles" / "film.hin.srt"
    hindi.write_text(SPOKEN.replace("खोल", "तोड़"))
    assert indicsubs("import", str(hindi)) == ExitStatus.DONE
    names = {Path(file.path).name for file in job.film.read().replaced}
    assert names == {"film.eng.srt", "film.hin.srt"}, "what was replaced stays on the disk"
