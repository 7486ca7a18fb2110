"""Packs what a bug report needs: logs, versions and settings, without media, paths or names."""

import getpass
import io
import os
import platform
import re
import socket
import subprocess
import sys
import tarfile
import unicodedata
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from indicsubs.jobs.job import Job
from indicsubs.jobs.run_progress import job_state
from indicsubs.jobs.specification import JobSpec
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.stages import StageName

_END_OF_LOG = 2_000_000
"""The number of bytes at the end of a log that are packed."""
_SHORTEST_NAME = 3
"""The length from which the name of a folder is replaced."""
_TEXTS = frozenset({"initial_prompt", "hotwords", "glossary"})
"""The settings that hold text of the user's."""
_PATH = re.compile(r"""(?<![\w.])/(?:[^\s/"'`:;,()\[\]{}<>]+/)+[^\s"'`:;,()\[\]{}<>]*""")
_NOT_LATIN = re.compile(r"[^\x00-\x7f]+")
_ERROR = re.compile(r"[A-Za-z_.]+(Error|Exception|Interrupt|Exit)\b")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
"""An electronic mail address."""


def write_bundle(path: Path, job: Job, root: Path, cache: Path) -> list[str]:
    """Writes the archive of a job, and returns the names of the files in it.

    Args:
        path: The archive, in tar.gz.
        job: The job.
        root: The checkout.
        cache: The folder that may hold the report of a bug.

    Raises:
        IndicsubsError: ``IO_ERROR`` where the archive cannot be written.
    """
    redact = Redaction(job, root)
    files = {name: redact.text(text) for name, text in _texts(job, root, cache)}
    try:
        with tarfile.open(path, "w:gz") as archive:
            for name, text in files.items():
                data = text.encode()
                member = tarfile.TarInfo(f"indicsubs-bundle/{name}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    except OSError as error:
        raise IndicsubsError(
            FailureCode.IO_ERROR,
            f"{path} cannot be written: {error.strerror}. Name another archive with --to.",
        ) from error
    return list(files)


class Redaction:
    """Replaces what names the user, the film or a place.

    Args:
        job: The job, which names the film and its folders.
        root: The checkout.
    """

    def __init__(self, job: Job, root: Path) -> None:
        films = [Path(file.path) for file in _user_files(job.spec)]
        stems = [name for film in films for name in (film.name, film.stem)]
        stems += [job.id, *re.findall(r"^\d{6}-(.+)-[0-9a-f]{4}$", job.id)]
        folders = [film.parent for film in films] + [job.folder, job.folder.parent, Path.home()]
        parts = [part for folder in (*folders, root) for part in folder.parts]
        words = [word for film in films for word in re.split(r"[\W_]+", film.stem)]
        self._replacements = [
            *_placeholders([str(root)], "ROOT"),
            *_placeholders(map(str, (*films, *folders)), "PATH"),
            *_placeholders(stems, "FILM"),
            *_placeholders(filter(_may_name, _people()), "USER", whole=True),
            *_placeholders([socket.gethostname()], "MACHINE", whole=True),
            *_placeholders(filter(_may_name, parts), "FOLDER", whole=True),
            *_placeholders(filter(_may_name, words), "FILM", whole=True),
            (_PATH, "PATH"),
            (_ADDRESS, "ADDRESS"),
            (_NOT_LATIN, "?"),
        ]

    def text(self, text: str) -> str:
        """Returns a text with placeholders for names, paths, addresses and what is not Latin."""
        text = unicodedata.normalize("NFC", text)
        for pattern, placeholder in self._replacements:
            text = pattern.sub(placeholder, text)
        return text


_ORDINARY = frozenset(
    (
        *("bin", "dev", "etc", "home", "lib", "mnt", "opt", "out", "private", "root", "src", "tmp"),
        *("usr", "users", "var", "venv", "work", "film", "films", "movie", "movies", "video"),
        *("indicsubs", "packages", "orchestrator", "subtitles", "stages", "logs", "mp4", "mkv"),
    )
)
"""Names of folders and files that say nothing about a person. Without them logs make no sense."""


def _may_name(name: str) -> bool:
    return len(name) >= _SHORTEST_NAME and name.lower() not in _ORDINARY and not name.isdigit()


def _placeholders(
    names: Iterable[str], placeholder: str, *, whole: bool = False
) -> list[tuple[re.Pattern[str], str]]:
    """Returns patterns of names, the longest first, whatever their case.

    Args:
        names: The names; empty ones and the root of all folders are left out.
        placeholder: What takes their place.
        whole: Whether a name counts as a whole word only.
    """
    longest_first = sorted({name for name in names if name.strip("/")}, key=len, reverse=True)
    forms = [
        re.escape(form)
        for name in longest_first
        for form in dict.fromkeys((unicodedata.normalize("NFC", name), ascii(name)[1:-1]))
    ]
    edge = r"\b" if whole else ""
    return [(re.compile(f"{edge}{form}{edge}", re.IGNORECASE), placeholder) for form in forms]


def _people() -> list[str]:
    """Returns the names of the user."""
    try:
        names = [getpass.getuser()]
    except (KeyError, OSError):  # a user without a name
        names = []
    names += [os.environ.get("USER", ""), os.environ.get("LOGNAME", "")]
    return [*names, os.environ.get("SUDO_USER", "")]


def _user_files(spec: JobSpec) -> list[SourceFile]:
    return [file for file in (spec.source, spec.transcript, spec.font) if file is not None]


def _texts(job: Job, root: Path, cache: Path) -> Iterable[tuple[str, str]]:
    """Yields the names and the texts of the files to pack, before names are replaced."""
    yield "versions.txt", _versions(root)
    yield "settings.json", _json(_settings(job))
    yield "state.json", _json(job_state(job))
    yield "stages.json", _json(_stages(job))
    for log in sorted(job.log.parent.glob("*.log")):
        yield f"logs/{log.name}", _end_of(log)
    if (cache / "hardware.json").is_file():
        yield "hardware.json", _end_of(cache / "hardware.json")
    if (cache / "bug.log").is_file():
        yield "bug.log", _trace(_end_of(cache / "bug.log"))


def _trace(text: str) -> str:
    """Returns the places in the code of a bug's report, and the types of its errors.

    The command line and the messages may name any film, also one of another job.
    """
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith((" ", "Traceback", "indicsubs ")):
            lines.append(line)
        elif match := _ERROR.match(line):
            lines.append(match[0])
    return "\n".join(lines) + "\n"


def _settings(job: Job) -> dict[str, Any]:
    """Returns the user's settings, without texts and without names of files."""
    spec: dict[str, Any] = msgspec.to_builtins(job.spec)
    for name in _TEXTS:
        spec[name] = "given" if spec[name] else None
    for name in ("source", "transcript", "font"):
        spec[name] = Path(spec[name]["path"]).suffix if spec[name] else None
    if spec["rules"].endswith(".toml"):
        spec["rules"] = "a file of the user's"
    edited = {"transcript": job.edits.transcript is not None, "files": len(job.edits.subtitles)}
    return {"created": job.file.created, "spec": spec, "edits": edited}


def _stages(job: Job) -> dict[str, Any]:
    """Returns the records of the stages without their results, which may quote the film."""
    records = {stage: job.record(stage) for stage in StageName}
    return {
        stage: {
            "digest": record.digest,
            "environment": record.environment,
            "wall_ms": record.wall_ms,
            "peak_memory_bytes": record.peak_memory_bytes,
            "reused": record.reused_from is not None,
            "intact": job.is_intact(record),
        }
        for stage, record in records.items()
        if record is not None
    }


def _versions(root: Path) -> str:
    lines = [
        f"indicsubs {version('indicsubs')}",
        f"commit {_output('git', '-C', str(root), 'rev-parse', 'HEAD')}",
        f"changes {_output('git', '-C', str(root), 'status', '--short', '--untracked-files=no')}",
        f"Python {sys.version}",
        f"uv {_output('uv', '--version')}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        f"locale {os.environ.get('LC_ALL') or os.environ.get('LANG') or 'not set'}",
    ]
    return "\n".join(lines) + "\n"


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return "unknown"
    return done.stdout.strip()


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"


def _end_of(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_OF_LOG))
        return file.read().decode(errors="replace")
