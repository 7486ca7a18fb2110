"""The archive for a bug report: useful, and without anything that names the user or the film."""

import re
import tarfile
from pathlib import Path

import fake_workspace
import pytest
from fake_film import film_bytes
from fake_workspace import indicsubs, pipeline

from indicsubs.jobs import bundle
from indicsubs.jobs.files import source_file
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import create_job
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_processes.runner import StageFailure

SECRETS = ("asha", "kulkarni", "wedding", "mehendi", "चुपके", "शादी", "चंपक", "whisper this")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    home = tmp_path / "home" / "asha.kulkarni"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "asha.kulkarni")
    monkeypatch.setattr("getpass.getuser", lambda: "asha.kulkarni")
    monkeypatch.setattr("socket.gethostname", lambda: "ashas-laptop")
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def failed_job(workspace: Workspace) -> Job:
    """A job with names in all its parts, and logs that quote all of them."""
    folder = Path.home() / "My Films" / "Kulkarni's"
    folder.mkdir(parents=True)
    film = folder / "Secret Wedding चुपके.mp4"
    film.write_bytes(film_bytes(["शादी मुबारक"]))
    spec = JobSpec(
        source=source_file(film),
        profile="demo",
        source_language="hi",
        targets=("en",),
        hotwords="Whisper this, Champak",
        glossary=(GlossaryTerm(source="चंपक", targets={"en": "Champak Mehendi"}),),
        initial_prompt="fail:bad_input",
    )
    job = create_job(workspace, spec)
    with pytest.raises(StageFailure):
        pipeline(workspace, job).run()
    with job.stage_log("asr").open("a", encoding="utf-8") as log:
        log.write(f"opening {film}\nopening {str(film)!a}\n{film.name.upper()} in {folder}\n")
        log.write(
            "asha.kulkarni@example.org on ashas-laptop says शादी; wedding, /mnt/Asha Ji/x.mkv\n"
        )
        log.write(f"Traceback: {workspace.root}/packages/text/src/indicsubs_text/cues.py line 3\n")
    trace = f'  File "{workspace.root}/packages/text/cues.py", line 7, in read\n    return cue\n'
    (workspace.cache / "bug.log").write_text(
        f"indicsubs 0.1.0\n['run', 'Mehendi.mp4']\n\nTraceback (most recent call last):\n{trace}"
        f"builtins.ValueError: {film} and Mehendi Night.mp4\nMehendi\n",
        encoding="utf-8",
    )
    return job


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        return {
            member.name.removeprefix("indicsubs-bundle/"): archive.extractfile(member)
            .read()
            .decode()
            for member in archive
        }


def test_nothing_in_the_archive_names_the_user_or_the_film(workspace, tmp_path) -> None:
    job = failed_job(workspace)
    assert indicsubs("bundle", "--to", tmp_path / "report.tar.gz") == 0
    files = contents(tmp_path / "report.tar.gz")
    for name, text in files.items():
        for secret in (*SECRETS, str(tmp_path), str(Path.home()), job.id, "my films"):
            assert secret.lower() not in text.lower(), (name, secret)
            assert ascii(secret)[1:-1] not in text, (name, secret)
        assert text.isascii()
        assert not re.search(r"[\"'\s]/(home|tmp|mnt)/", text), name


def test_the_archive_says_what_a_maintainer_asks(workspace, tmp_path) -> None:
    failed_job(workspace)
    indicsubs("doctor")  # notes the hardware
    indicsubs("bundle", "--to", tmp_path / "report.tar.gz")
    files = contents(tmp_path / "report.tar.gz")
    assert {"versions.txt", "settings.json", "state.json", "stages.json", "hardware.json"} < set(
        files
    )
    assert "Using whisperx environment" in files["logs/pipeline.log"]
    assert "ROOT/packages/text/src/indicsubs_text/cues.py line 3" in files["logs/asr.log"]
    assert '"code": "bad_input"' in files["state.json"]
    assert files["bug.log"].splitlines() == [
        "indicsubs 0.1.0",
        "Traceback (most recent call last):",
        '  File "ROOT/packages/text/cues.py", line 7, in read',
        "    return cue",
        "builtins.ValueError",
    ]
    assert '"profile": "demo"' in files["settings.json"]
    assert '"hotwords": "given"' in files["settings.json"]
    assert '"intact": true' in files["stages.json"]
    assert "indicsubs 0" in files["versions.txt"]
    assert "uv 0" in files["versions.txt"]
    assert not any(name.endswith((".wav", ".srt", ".mp4")) for name in files)


def test_a_job_with_files_of_the_user_s_names_none_of_them(workspace, tmp_path) -> None:
    transcript, font = tmp_path / "Mehendi.hi.srt", tmp_path / "Asha.ttf"
    for file in (transcript, font):
        file.write_text("1\n")
    spec = fake_workspace.spec(
        tmp_path,
        transcript=source_file(transcript),
        font=source_file(font),
        rules=str(tmp_path / "asha.toml"),
    )
    create_job(workspace, spec)
    indicsubs("bundle", "--to", tmp_path / "report.tar.gz")
    settings = contents(tmp_path / "report.tar.gz")["settings.json"]
    assert '"transcript": ".srt"' in settings
    assert "a file of the user's" in settings
    assert not re.search("mehendi|asha", settings, re.IGNORECASE)


def test_a_user_without_a_name_and_a_machine_without_git(workspace, tmp_path, monkeypatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr(bundle, "_output", lambda *_: "unknown")
    failed_job(workspace)
    assert indicsubs("bundle", "--to", tmp_path / "report.tar.gz") == 0
    assert "commit unknown" in contents(tmp_path / "report.tar.gz")["versions.txt"]


def test_an_archive_that_cannot_be_written_is_named(workspace, tmp_path, capsys) -> None:
    failed_job(workspace)
    capsys.readouterr()
    assert indicsubs("bundle", "--to", tmp_path / "absent" / "x.tar.gz") == ExitStatus.IO_ERROR
    assert "Name another archive with --to" in " ".join(capsys.readouterr().err.split())


def test_a_program_that_fails_or_is_absent_has_no_version() -> None:
    assert bundle._output("false") == "unknown"
    assert bundle._output("no-such-program-here") == "unknown"
