"""The edits of a film: a person's corrections, which every job of the film uses.

They lie in ``films/FINGERPRINT`` beside the jobs: ``edits.json`` says which edit counts for which
language, and ``edits/`` has the files. The fingerprint is the film's content, so a film keeps its
edits when it is renamed or moved.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.input_files import unreadable
from indicsubs.jobs.specification import NO_EDITS, Edits, JobSpec
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.load_transcript import EditBaseline
from indicsubs_contract.messages.subtitles import EditedSubtitles
from indicsubs_contract.records import (
    DamagedRecordError,
    read_record,
    write_atomically,
    write_record,
)
from indicsubs_contract.stages import StageName
from indicsubs_contract.walk import transform

FILMS = "films"
"""Folder beside the jobs with a folder for each film, by its fingerprint."""
FROM_JOB = "../../../.."
"""The folder of the jobs, seen from a job: ``YEAR/MONTH/DAY/JOB``."""
SCHEMA = 1
CACHE = "cache"
"""Folder in the folder of a film, or of a job, where stages may cache work for the next run."""
EDITS = "edits"
EDITS_FILE = "edits.json"
_LONGEST_STEM = 200
"""The most bytes of a copy's name without its suffix. File systems take 255 bytes, also of the name
under which a file is written at first."""


class SourceEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A corrected text of what is said in the film, in the language that it is spoken in."""

    file: Artifact
    """The corrected file, with its language. Paths are relative to the film's folder."""
    imported: str
    """The time of the import, in ISO 8601 and UTC."""
    baseline: EditBaseline | None = None
    """The sentences and cues before the edit, where a job had written the edited file."""
    is_cues: bool = False
    """Whether the file's cues are also the subtitles of its language."""
    transcript: str | None = None
    """Fingerprint of the user's own transcript that was corrected; None for the recognised one."""
    forced: bool = False
    """Whether the file has only the lines of forced subtitles."""


class TargetEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Corrected subtitles in a language that the film was translated into."""

    edited: EditedSubtitles
    written: Artifact | None = None
    """The subtitles before the first edit, as a job had written them."""
    imported: str
    """The time of the import, in ISO 8601 and UTC."""
    forced: bool = False
    """Whether the file has only the lines of forced subtitles."""


class FilmEdits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of edits.json: the edits of a film."""

    schema: int = SCHEMA
    film: str = ""
    """The name of the film's file when its first edit was imported, for people."""
    sources: tuple[SourceEdit, ...] = ()
    """The corrected texts of what is said, the newest import first; at most one for each language
    and each transcript that was corrected."""
    targets: tuple[TargetEdit, ...] = ()
    """The corrected subtitles; at most one for each language, and one for forced subtitles."""
    shows: tuple[str, ...] = ()
    """The shows whose episode the film is: the names that ``--memory`` gave."""
    replaced: tuple[Artifact, ...] = ()
    """The files that a newer import replaced, or that were dropped. They stay on the disk."""

    @property
    def languages(self) -> frozenset[str]:
        """The tags of the languages that have edits."""
        return frozenset(file.language or "" for file in self._files)

    @property
    def digests(self) -> frozenset[str]:
        """The SHA-256 of every file that was ever imported."""
        return frozenset(file.sha256 for file in (*self._files, *self.replaced))

    @property
    def _files(self) -> list[Artifact]:
        return [
            *(edit.file for edit in self.sources),
            *(edit.edited.subtitles for edit in self.targets),
        ]

    def named(self, spec: JobSpec) -> "FilmEdits":
        """Returns the edits with the names of the film and of the job's show."""
        name = self.film or Path(spec.source.path).name
        shows = self.shows if spec.memory is None else dict.fromkeys((*self.shows, spec.memory))
        return replace(self, film=name, shows=tuple(shows))

    def with_source(self, edit: SourceEdit) -> "FilmEdits":
        """Returns the edits with another one, which replaces the older one of its kind.

        An edit that is older than the one it would replace only joins the replaced files.
        """
        slot = (edit.file.language, edit.transcript)
        same = [one for one in self.sources if (one.file.language, one.transcript) == slot]
        if any(one.imported > edit.imported for one in same):
            return self.with_replaced([edit.file])
        others = [one for one in self.sources if one not in same]
        ordered = sorted([edit, *others], key=lambda one: one.imported, reverse=True)
        without = replace(self, sources=tuple(ordered))
        return without.with_replaced([one.file for one in same if one.file != edit.file])

    def with_target(self, edit: TargetEdit) -> "FilmEdits":
        """Returns the edits with another one, as :meth:`with_source` does."""
        slot = (edit.edited.subtitles.language, edit.forced)
        same = [one for one in self.targets if (one.edited.subtitles.language, one.forced) == slot]
        if any(one.imported > edit.imported for one in same):
            return self.with_replaced([edit.edited.subtitles])
        others = [one for one in self.targets if one not in same]
        files = [one.edited.subtitles for one in same]
        return replace(self, targets=(*others, edit)).with_replaced(
            [file for file in files if file != edit.edited.subtitles]
        )

    def without(self, language: str | None) -> "FilmEdits":
        """Returns the edits without those in a language; None drops all."""
        dropped = [file for file in self._files if language in {None, file.language}]
        remaining = replace(
            self,
            sources=tuple(one for one in self.sources if one.file not in dropped),
            targets=tuple(one for one in self.targets if one.edited.subtitles not in dropped),
        )
        return remaining.with_replaced(dropped)

    def time_of_import(self) -> str:
        """Returns the time of a new import, which is never before an earlier one's."""
        times = [edit.imported for edit in (*self.sources, *self.targets)]
        return max([datetime.now(UTC).isoformat(timespec="microseconds"), *times])

    def with_replaced(self, files: Iterable[Artifact]) -> "FilmEdits":
        """Returns the edits with files that count no longer."""
        return replace(self, replaced=tuple(dict.fromkeys((*self.replaced, *files))))

    def source_for(self, spec: JobSpec) -> SourceEdit | None:
        """Returns the newest corrected text that a job uses; see :meth:`FilmFolder.used_by`."""
        return next((edit for edit in self.sources if _fits(edit, spec)), None)

    def target_for(self, spec: JobSpec, language: str) -> TargetEdit | None:
        """Returns the corrected subtitles that a job uses in one of its target languages.

        Forced subtitles have only some of the lines, so they are used for forced subtitles alone.
        """
        is_forced = spec.purpose == "forced"
        candidates = [
            edit
            for edit in self.targets
            if edit.edited.subtitles.language == language and (is_forced or not edit.forced)
        ]
        return max(candidates, key=lambda edit: edit.forced, default=None)


class FilmFolder:
    """The folder of a film beside the jobs, with its edits."""

    def __init__(self, jobs: Path, fingerprint: str) -> None:
        self.path = jobs / FILMS / fingerprint
        self._prefix = f"{FROM_JOB}/{FILMS}/{fingerprint}"

    @property
    def _record(self) -> Path:
        return self.path / EDITS_FILE

    def read(self) -> FilmEdits:
        """Returns the edits; there are none where nothing was imported yet.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where the record is damaged or a newer version wrote it;
                ``NO_INPUT`` where the system does not let us read it.
        """
        try:
            return read_record(self._record, FilmEdits)
        except FileNotFoundError:
            return FilmEdits()
        except OSError as error:
            raise unreadable(self._record, error) from error
        except DamagedRecordError as error:
            raise IndicsubsError(
                error.code,
                f"{error.message} It says which corrections count; their files lie in"
                f" {self.path / EDITS}. Restore it from a backup; or delete it and import the"
                " files again.",
            ) from error

    def save(self, edits: FilmEdits) -> None:
        """Replaces the record."""
        write_record(self._record, edits)

    def take_in(self, other: "FilmFolder") -> None:
        """Adds the edits of the same film's folder under another fingerprint, and removes it."""
        if not other.path.is_dir():
            return
        edits = other.read()
        for file in artifacts(edits):
            if (other.path / file.path).is_file():
                write_atomically(self.path / file.path, (other.path / file.path).read_bytes())
        with self.lock():
            record = replace(self.read(), film=self.read().film or edits.film)
            for source in edits.sources:
                record = record.with_source(source)
            for target in edits.targets:
                record = record.with_target(target)
            self.save(record.with_replaced(edits.replaced))
        cache = other.path / CACHE
        if cache.is_dir() and not (self.path / CACHE).exists():
            cache.rename(self.path / CACHE)
        shutil.rmtree(other.path)

    @contextmanager
    def lock(self) -> Generator[None]:
        """Waits until no other process changes the edits, and keeps others waiting."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # held for milliseconds, so waiting is right
            yield

    def copy(self, path: Path, language: str, kind: str | None = None) -> Artifact:
        """Copies a file into a folder with its digest, so that earlier copies stay.

        The copy has the file's own name, which messages of the stages show.

        Args:
            path: The file.
            language: Tag of its language.
            kind: The format of its content; None takes its suffix.

        Raises:
            IndicsubsError: ``NO_INPUT`` where the file cannot be read.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from error
        digest = hashlib.sha256(data).hexdigest()
        kind = kind or path.suffix[1:].lower()
        stem = path.stem.encode(errors="replace")[:_LONGEST_STEM].decode(errors="ignore")
        name = f"{EDITS}/{language}-{digest[:12]}/{stem}.{kind}"
        write_atomically(self.path / name, data)
        return Artifact(path=name, kind=kind, sha256=digest, bytes=len(data), language=language)

    def used_by(self, spec: JobSpec, edits: FilmEdits) -> Edits:
        """Returns the edits that a job uses, with paths relative to the job's folder.

        A corrected text is used where it is in the language of the job; where the user gave a
        transcript, only a correction of that transcript is used. Where several fit, the newest
        counts.
        """
        if not spec.edits or spec.workflow == "transcribe":
            return NO_EDITS
        source = edits.source_for(spec)
        is_forced = spec.purpose == "forced"
        subtitles: list[EditedSubtitles] = []
        if source is not None and source.is_cues and (is_forced or not source.forced):
            subtitles.append(EditedSubtitles(subtitles=source.file))
        spoken = source.file.language if source is not None else spec.source_language
        for language in spec.targets:
            target = edits.target_for(spec, language)
            if target is not None and language != spoken:
                subtitles.append(target.edited)
        used = Edits(
            transcript=source and source.file,
            baseline=source and source.baseline,
            subtitles=tuple(subtitles),
        )
        return transform(used, self._seen_from_job)

    def cache_from_job(self, stage: StageName) -> str:
        """Returns the folder of the cache that the film's jobs share, relative to a job."""
        return f"{self._prefix}/{CACHE}/{stage}"

    def _seen_from_job(self, part: object) -> object:
        if not isinstance(part, Artifact):
            return part
        return replace(part, path=f"{self._prefix}/{part.path}")


def edits_for(jobs: Path, spec: JobSpec) -> Edits:
    """Returns the edits that a job uses; see :meth:`FilmFolder.used_by`.

    Args:
        jobs: The folder of the jobs.
        spec: The specification of the job.

    Raises:
        IndicsubsError: As :meth:`FilmFolder.read`.
    """
    folder = FilmFolder(jobs, spec.source.fingerprint)
    return folder.used_by(spec, folder.read())


def _fits(edit: SourceEdit, spec: JobSpec) -> bool:
    if spec.source_language not in {None, edit.file.language}:
        return False
    if spec.transcript is not None and spec.transcript.fingerprint != edit.transcript:
        return False
    # Without a baseline, forced subtitles would be taken for all that is said.
    return not edit.forced or edit.baseline is not None or spec.purpose == "forced"
