"""Moves jobs of earlier versions to today's fingerprint of their film."""

from pathlib import Path

from msgspec.structs import replace

from indicsubs.jobs.film_edits import FilmFolder
from indicsubs.jobs.job_folders import job_index, jobs_of_film
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.source_files import sampled_fingerprint


def adopt_older_jobs(workspace: Workspace, film: SourceFile) -> None:
    """Gives the jobs of a film that earlier versions made today's fingerprint.

    Until 2026-11-27 a fingerprint covered the film's size and three samples. Without this, such
    jobs would be jobs of another film. Their corrections move with them.
    """
    if not job_index(workspace).with_sampled_fingerprints():
        return
    sampled = sampled_fingerprint(Path(film.path))
    corrected = FilmFolder(workspace.jobs, film.fingerprint)
    corrected.take_in(FilmFolder(workspace.jobs, sampled))
    for job in jobs_of_film(workspace, sampled):
        source = replace(job.spec.source, fingerprint=film.fingerprint)
        job.save_spec(replace(job.spec, source=source))
