"""Running a job: stage after stage, skipping what is already right, losing nothing."""

import logging
import os
import shlex
import shutil
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from indicsubs.jobs.job import NO_EDITS, Edits, Job, JobSpec, Record, artifacts, write_whole
from indicsubs.jobs.publishing import publish, subtitle_names
from indicsubs.jobs.results import ResultStore, replayed, scratch_name
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import stage_digest
from indicsubs.run.requests import PREPARATIONS, RequestInputs, build_request, check_models
from indicsubs.run.runner import Call, StageFailure, Standby, call
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import Manifest, StageResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.mux import MuxResult
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.subtitles import SubtitleResult
from indicsubs_contract.stages import WORKFLOWS, StageName
from indicsubs_contract.walk import transform

Outcome = Literal["done", "skipped", "reused"]


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """What became of a stage."""

    stage: StageName
    outcome: Outcome
    record: Record


class Listener(Protocol):
    """Whoever shows a run: a terminal, a log."""

    def started(self, stage: StageName, environment: str) -> None:
        """A stage begins."""

    def progress(self, message: Progress) -> None:
        """A stage is so far."""

    def finished(self, report: StageReport) -> None:
        """A stage is done, or need not be."""

    def warned(self, stage: StageName, warning: str) -> None:
        """A stage did what it was asked, but."""


def stages_to_run(
    spec: JobSpec, start: StageName | None, edits: Edits = NO_EDITS
) -> tuple[StageName, ...]:
    """The stages of the job's workflow, from ``start`` on.

    A job with a transcript of the user's begins by loading it.

    Raises:
        IndicsubsError: the workflow has no such stage.
    """
    stages = WORKFLOWS[spec.workflow]
    if start is None and not (spec.transcript is None and edits.transcript is None):
        start = StageName.LOAD_TRANSCRIPT
    if start is None:
        return stages
    if start not in stages:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"--from {start}: workflow {spec.workflow} has no such stage; its stages are"
            f" {', '.join(stages)}.",
        )
    return stages[stages.index(start) :]


class Pipeline:
    """Everything that a run of one job needs."""

    def __init__(
        self,
        workspace: Workspace,
        job: Job,
        placement: Placement,
        listener: Listener,
        *,
        silence_limit_s: float = 1800.0,
    ) -> None:
        self.workspace = workspace
        self.job = job
        self.placement = placement
        self.listener = listener
        self.silence_limit_s = silence_limit_s
        self.environments = EnvironmentManager(workspace.root)
        self.store = ResultStore(workspace.jobs, job)
        self._standby = Standby()
        self._log = _open_log(job)

    def run(
        self, start: StageName | None = None, *, force: bool = False, edits: Edits | None = None
    ) -> list[StageReport]:
        """Run the job's stages from ``start`` on.

        Args:
            start: The first stage; None begins where the workflow does.
            force: Run even what is up to date.
            edits: The job's from now on, unless a stage cannot read them.

        Raises:
            IndicsubsError: something is missing (before any work), or a stage failed.
            KeyboardInterrupt: the user stopped it; finished stages are kept.
        """
        with self.job.lock(), closing(self._standby), self._edits_kept(edits):
            stages = stages_to_run(self.job.spec, start, self.job.edits)
            self._check_edits()
            results = self._results_before(stages[0])
            self.environments.require(self.placement.environments(stages))
            check_models(stages, self._situation(results))
            began = time.monotonic()
            self._log.info("Job %s: %s", self.job.id, " ".join(stages))
            reports: list[StageReport] = []
            for stage in stages:
                report = self._stage(stage, stages, results, force=force)
                self._standby.dismiss(stage)  # it was not needed after all
                results[stage] = report.record.result
                reports.append(report)
                self._after(report)
            self._publish(results)
            self._log.info(
                "All stages done in %.1f s\n%s", time.monotonic() - began, table(reports)
            )
        return reports

    def _situation(self, results: dict[StageName, StageResult]) -> RequestInputs:
        return RequestInputs(
            workspace=self.workspace,
            spec=self.job.spec,
            placement=self.placement,
            results=results,
            edits=self.job.edits,
        )

    @contextmanager
    def _edits_kept(self, edits: Edits | None) -> Generator[None]:
        """Record new edits; those that cannot be read are to spoil no later run."""
        before = self.job.edits
        if edits is not None:
            self.job.keep_edits(edits)
        try:
            yield
        except StageFailure as failure:
            if edits is not None and failure.code is FailureCode.BAD_INPUT:
                self.job.keep_edits(before)
            raise

    def _check_edits(self) -> None:
        for file in artifacts(self.job.edits):
            if not self.job.has(file):
                raise IndicsubsError(
                    FailureCode.BAD_INPUT,
                    f"{self.job.folder / file.path} was changed or removed since it was imported."
                    " Import it again, or go on without it: indicsubs import --drop -l"
                    f" {file.language} --job {self.job.id}",
                )

    def _results_before(self, first: StageName) -> dict[StageName, StageResult]:
        """Results of the stages that are not run, as they lie there."""
        results: dict[StageName, StageResult] = {}
        for stage in StageName:
            if stage is first:
                break
            record = self.job.record(stage)
            if record is not None and self.job.intact(record):
                results[stage] = record.result
        return results

    def _stage(
        self,
        stage: StageName,
        stages: tuple[StageName, ...],
        results: dict[StageName, StageResult],
        *,
        force: bool,
    ) -> StageReport:
        environment = self.placement.environment(stage)
        python = self.environments.get_python_executable(environment)
        self._log.info("%s: Using %s environment: %s", stage, environment, python)
        self.listener.started(stage, environment)
        request = build_request(stage, self._situation(results))
        digest = stage_digest(stage, request, environment, self.workspace.root)
        output = scratch_name(stage)
        manifest = Manifest(
            job=str(self.job.folder),
            output=output,
            cache=None if force else f"cache/{stage}",
            request=request,
        )
        if not force:
            if (record := self.store.own(stage, digest)) is not None:
                return StageReport(stage=stage, outcome="skipped", record=record)
            if (record := self.store.elsewhere(stage, digest, manifest)) is not None:
                return StageReport(stage=stage, outcome="reused", record=record)
        if (kept := self.store.save_edits(stage)) is not None:
            self._warn(
                stage,
                f"its files were changed by hand; the changed ones are kept in {kept}. To go on"
                " from one of them: indicsubs import FILE.",
            )
        how = self._how(stage)
        self._announce(how, manifest)
        scratch = self.store.scratch(stage)
        began = time.monotonic()
        try:
            answer = call(
                how,
                manifest,
                self.listener.progress,
                ready=self._standby.take(stage),
                meanwhile=lambda: self._stand_by(stage, stages, results),
            )
            record = Record(
                digest=digest,
                result=_moved(answer.result, output, f"stages/{stage}"),
                environment=environment,
                python=str(python),
                wall_ms=round(1000 * (time.monotonic() - began)),
                peak_memory_bytes=answer.peak_memory_bytes,
            )
            self.store.keep(stage, scratch, record, manifest)
        except BaseException as error:
            self._log.error("%s: %s", stage, error or type(error).__name__)
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return StageReport(stage=stage, outcome="done", record=record)

    def _how(self, stage: StageName) -> Call:
        environment = self.placement.environment(stage)
        return Call(
            stage=stage,
            environment=environment,
            command=self.environments.stage_command(environment),
            variables=self.environments.process_environment(environment),
            folder=self.workspace.root,
            log=self.job.stage_log(stage),
            silence_limit_s=self.silence_limit_s,
        )

    def _stand_by(
        self,
        stage: StageName,
        stages: tuple[StageName, ...],
        results: dict[StageName, StageResult],
    ) -> None:
        """Let the next stage with an engine get ready while this one works."""
        later = [s for s in stages[stages.index(stage) + 1 :] if s in PREPARATIONS]
        if not later:
            return
        try:
            known = PREPARATIONS[later[0]](self._situation(results))
            if known is None:
                return
            if stage in PREPARATIONS:  # two big models at once may not fit
                known = msgspec.structs.replace(known, model=None)
            self._standby.prepare(self._how(later[0]), known)
        except (IndicsubsError, OSError) as error:  # no reason to stop the stage that works
            self._log.info("%s: cannot get ready yet: %s", later[0], error)

    def _announce(self, how: Call, manifest: Manifest) -> None:
        """Save the request, and log the line that runs the stage again by hand."""
        request = self.job.stage_folder(how.stage) / "request.json"
        write_whole(request, replayed(manifest, how.stage))
        line = replay_line(how.command, self.workspace, request, how.environment)
        self._log.info("%s: again by hand: %s", how.stage, line)
        how.log.parent.mkdir(parents=True, exist_ok=True)
        with how.log.open("a", encoding="utf-8") as log:
            log.write(f"--- {datetime.now(UTC):%Y-%m-%d %H:%M:%S} {line}\n")

    def _warn(self, stage: StageName, warning: str) -> None:
        self._log.warning("%s: %s", stage, warning)
        self.listener.warned(stage, warning)

    def _after(self, report: StageReport) -> None:
        self.listener.finished(report)
        for warning in getattr(report.record.result, "warnings", ()):
            self._warn(report.stage, warning)
        how = "" if report.outcome == "done" else f" ({report.outcome})"
        self._log.info("%s: done in %.1f s%s", report.stage, report.record.wall_ms / 1000, how)

    def _publish(self, results: dict[StageName, StageResult]) -> None:
        """Lay the subtitles and the film where people look, named as media servers read them."""
        published: dict[str, Artifact] = {}
        stem = Path(self.job.spec.source.path).stem
        made = results.get(StageName.SUBTITLE_GENERATION)
        if isinstance(made, SubtitleResult):
            asked = [file for file in made.subtitles if file.kind in self.job.spec.formats]
            published |= subtitle_names(stem, asked, self.job.spec.purpose)
            published |= {Path(file.path).name: file for file in made.report}
        film = results.get(StageName.MUX)
        if isinstance(film, MuxResult):
            published[f"{stem}{Path(film.film.path).suffix}"] = film.film
        imported = {file.sha256 for file in artifacts(self.job.edits)}
        for name in publish(self.job.folder, published, imported):
            self._warn(
                StageName.SUBTITLE_GENERATION,
                f"{name} was edited by hand and stays as it is. `indicsubs import` takes it into"
                " the film and the other formats; without the file, this run's own is laid there.",
            )


def replay_line(command: list[str], workspace: Workspace, request: Path, environment: str) -> str:
    """The line that runs a stage again by hand, from the root of the checkout."""
    place = Path(os.path.relpath(request, workspace.root))
    variable = f"UV_PROJECT_ENVIRONMENT=venv/{environment}"
    return f"{variable} {shlex.join(command)} < {shlex.quote(str(place))}"


def table(reports: list[StageReport]) -> str:
    """Stage, environment, wall time and peak memory, as the pipeline log ends with."""
    rows = [f"{'stage':<26}{'environment':<14}{'wall':>9}{'peak':>10}  outcome"]
    for report in reports:
        record = report.record
        rows.append(
            f"{report.stage:<26}{record.environment:<14}{record.wall_ms / 1000:>7.1f} s"
            f"{record.peak_memory_bytes / 2**20:>6.0f} MiB  {report.outcome}"
        )
    return "\n".join(rows)


def _moved(result: StageResult, old: str, new: str) -> StageResult:
    """The result with its artifacts at their final place."""

    def move(part: object) -> object:
        if not isinstance(part, Artifact):
            return part
        return msgspec.structs.replace(part, path=part.path.replace(old, new, 1))

    return transform(result, move)


def _open_log(job: Job) -> logging.Logger:
    log = logging.getLogger(f"indicsubs.job.{job.id}")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not log.handlers:
        job.log.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(job.log, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
    return log
