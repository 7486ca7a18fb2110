"""Runs a job stage by stage, skips the stages that are up to date, and keeps finished work."""

import os
import shlex
import shutil
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import cast

import msgspec

from indicsubs.jobs.files import artifacts, with_states
from indicsubs.jobs.film_edits import CACHE
from indicsubs.jobs.job import Job, StageRecord
from indicsubs.jobs.publishing import PUBLISHED_FOLDER, publish, subtitle_names
from indicsubs.jobs.results import ResultStore, replay_line, scratch_name, temporary_name
from indicsubs.jobs.specification import NO_EDITS
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.checks import check_models
from indicsubs.run.digests import stage_digest, stage_program
from indicsubs.run.engine_needs import device_of, model_bytes
from indicsubs.run.job_log import log_of, log_open
from indicsubs.run.preparations import PREPARATIONS
from indicsubs.run.progress_record import RecordedDisplay
from indicsubs.run.reports import RunDisplay, StageReport, report_text
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState
from indicsubs.run.stage_processes import ProcessForEachRequest, StageProcesses
from indicsubs.run.stage_selection import results_before, stages_to_run
from indicsubs.run.subtitle_requests import mux_check_request
from indicsubs_contract.artifacts import moved
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest
from indicsubs_contract.messages.envelope import Manifest, Request, StageResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.mux import MuxResult
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.subtitles import SubtitleResult
from indicsubs_contract.records import errors_named, write_atomically
from indicsubs_contract.stages import StageName
from indicsubs_processes.runner import StageFailure
from indicsubs_processes.stage_process import StageLaunch
from indicsubs_text.file_names import name_stem


class Pipeline:
    """Runs the stages of one job.

    Args:
        workspace: The checkout.
        job: The job to run.
        placement: The engines and devices of the stages.
        display: Shows the run.
        silence_limit_s: A stage that sends no message for this many seconds is stopped.
        processes: Runs the stages; None starts a process for each.
    """

    def __init__(
        self,
        workspace: Workspace,
        job: Job,
        placement: Placement,
        display: RunDisplay,
        *,
        silence_limit_s: float = 1800.0,
        processes: StageProcesses | None = None,
    ) -> None:
        self.workspace = workspace
        self.job = job
        self.placement = placement
        self.display = display
        self._recorded = RecordedDisplay(job.folder, display)
        self.silence_limit_s = silence_limit_s
        self.environments = EnvironmentManager(workspace.root)
        self.store = ResultStore(workspace.jobs, job)
        self._program = cache(partial(stage_program, root=workspace.root))
        self._processes = processes or ProcessForEachRequest()
        self._film_checked = False
        self._edits = NO_EDITS
        self._log = log_of(job)

    def run(self, start: StageName | None = None, *, force: bool = False) -> list[StageReport]:
        """Runs the job's stages from ``start`` on.

        Args:
            start: The first stage; None starts at the beginning of the workflow.
            force: Whether to run stages that are up to date as well.

        Raises:
            IndicsubsError: An environment, a model or a result is missing (before any work).
            StageFailure: A stage failed.
            KeyboardInterrupt: The user stopped the run; finished stages are kept.
        """
        with self.job.lock(), log_open(self.job), closing(self._processes):
            self.store.restore()
            self.job.remove_temporaries()
            self.job.move_old_cache()
            self.job.share_translations()
            self._edits = self.job.edits
            with self._recorded.run():
                return self._run_stages(start, force=force)

    def _run_stages(self, start: StageName | None, *, force: bool) -> list[StageReport]:
        """Runs the stages of the locked job, and publishes what they made."""
        stages = stages_to_run(self.job.spec, start, self._edits)
        self._recorded.planned(stages)
        self._check_edits()
        results = results_before(self.job, stages[0])
        state = self._state(results)
        self.environments.require_installed(state.environments(stages))
        check_models(stages, state)
        began = time.monotonic()
        self._log.info("Job %s: %s", self.job.id, " ".join(stages))
        reports: list[StageReport] = []
        for stage in stages:
            if not self._state(results).runs(stage):
                results.pop(stage, None)
                self._recorded.left_out(stage)
                continue
            if stage is StageName.MUX:
                # The subtitles are of use even if the film cannot be written.
                self._publish_subtitles(results)
            with self._subtitles_named(stage):
                report = self._stage(stage, stages, results, force=force)
            self._processes.discard(stage)
            self.job.remove_checkpoint(stage)
            results[stage] = report.record.result
            reports.append(report)
            self._announce_result(report)
        if StageName.MUX in stages:
            self._publish_film(results)
        else:
            self._publish_subtitles(results)
        self._log.info(
            "All stages done in %.1f s\n%s", time.monotonic() - began, report_text(reports)
        )
        return reports

    def _state(self, results: dict[StageName, StageResult]) -> RunState:
        return RunState(
            workspace=self.workspace,
            spec=self.job.spec,
            placement=self.placement,
            results=results,
            edits=self._edits,
        )

    def _check_edits(self) -> None:
        for file in artifacts(self._edits):
            if not self.job.has(file):
                raise IndicsubsError(
                    FailureCode.BAD_INPUT,
                    f"{(self.job.folder / file.path).resolve()} was changed or removed since it was"
                    " imported."
                    " Import it again, or run without it: just indicsubs import --drop -l"
                    f" {file.language} --job {self.job.id}",
                )

    def _stage(
        self,
        stage: StageName,
        stages: tuple[StageName, ...],
        results: dict[StageName, StageResult],
        *,
        force: bool,
    ) -> StageReport:
        """Runs one stage, unless its result is up to date or another job has the result."""
        state = self._state(results)
        environment = state.environment(stage)
        python = self.environments.get_python_executable(environment)
        self._log.info("%s: Using %s environment: %s", stage, environment, python)
        self._recorded.started(stage, environment)
        request = build_request(stage, state)
        if isinstance(request, AlignmentRequest):
            self._warn_of_missing_aligner(state, request)
        program = self._program(stage, environment)
        digest = stage_digest(request, program)
        output = scratch_name(stage)
        manifest = Manifest(
            job=str(self.job.folder),
            output=output,
            cache=None if force else f"{CACHE}/{stage}",
            film_cache=None if force else self.job.film.cache_from_job(stage),
            digest=None if force else digest,
            request=request,
        )
        if (damage := self.job.damage(stage)) is not None:
            self._warn(stage, f"{damage} The stage's result is made again.")
        if not force and (record := self.store.own(stage, digest)) is not None:
            return StageReport(stage=stage, outcome="skipped", record=record)
        # Before any other result takes the place of the files.
        self._warn_of_edited(stage, self.store.set_aside_edited(stage))
        if not force and (record := self.store.reuse(stage, digest, manifest)) is not None:
            return StageReport(stage=stage, outcome="reused", record=record)
        if self.job.lacks_audio(request):  # it was removed to save space
            demux = self._stage(StageName.DEMUX, (StageName.DEMUX, *stages), results, force=True)
            results[StageName.DEMUX] = demux.record.result
            return self._stage(stage, stages, results, force=force)
        self._check_film_once(stages, results)
        manifest = with_states(manifest, self.workspace.digests.sha256)
        launch = self._launch(stage, environment, request)
        self._save_request(launch, manifest)
        scratch = self.store.make_scratch(stage)
        began = time.monotonic()

        def meanwhile() -> None:
            nonlocal began
            began = time.monotonic()  # other films may have had their turns before
            self._prepare_next(stage, stages, results)

        try:
            answer = self._processes.run(launch, manifest, self._on_progress, meanwhile=meanwhile)
            record = StageRecord(
                digest=digest,
                result=moved(answer.result, output, f"stages/{stage}"),
                environment=environment,
                python=str(python),
                wall_ms=round(1000 * (time.monotonic() - began)),
                peak_memory_bytes=answer.peak_memory_bytes,
            )
            self._warn_of_edited(stage, self.store.store(stage, scratch, record, manifest))
        except BaseException as error:
            self._log.error("%s: %s", stage, error or type(error).__name__)
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return StageReport(stage=stage, outcome="done", record=record)

    def _check_film_once(
        self, stages: tuple[StageName, ...], results: dict[StageName, StageResult]
    ) -> None:
        """Checks before the first stage that works that the film with its tracks can be written.

        Raises:
            StageFailure: Stage mux would fail after all the work. Where subtitles can be had
                without a film, its message says how.
        """
        if self._film_checked or StageName.MUX not in stages:
            return
        self._film_checked = True
        if StageName.SUBTITLE_GENERATION in results or self.job.record(StageName.MUX) is not None:
            return  # only stage mux is left, or it has written a film of this job before
        state = self._state(results)
        scratch = self.store.make_scratch(StageName.MUX)
        manifest = Manifest(
            job=str(self.job.folder),
            output=scratch_name(StageName.MUX),
            request=with_states(mux_check_request(self.job.spec), self.workspace.digests.sha256),
        )
        launch = self._launch(StageName.MUX, state.environment(StageName.MUX), manifest.request)
        try:
            self._processes.run(launch, manifest, lambda _: None)
        except StageFailure as failure:
            self._log.error("%s: %s", StageName.MUX, failure)
            raise failure.with_hint("Nothing was recognised or translated yet.") from failure
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    @contextmanager
    def _subtitles_named(self, stage: StageName) -> Generator[None]:
        """Adds to the error of stage mux where the finished subtitles are."""
        try:
            yield
        except StageFailure as failure:
            if stage is not StageName.MUX:
                raise
            folder = self.job.folder / PUBLISHED_FOLDER
            hint = f"The subtitle files are finished; they are in {folder}."
            raise failure.with_hint(hint) from failure

    def _launch(
        self, stage: StageName, environment: str, message: Request | Preparation
    ) -> StageLaunch:
        """Returns how a stage is started for a message."""
        return StageLaunch(
            stage=stage,
            environment=environment,
            command=self.environments.stage_command(environment),
            variables=self.environments.process_variables(environment),
            folder=self.workspace.root,
            log=self.job.stage_log(stage),
            temporary=self.job.folder / temporary_name(stage),
            silence_limit_s=self.silence_limit_s,
            device=device_of(message),
            model_bytes=model_bytes(message),
            program=self._program(stage, environment),
        )

    def _prepare_next(
        self,
        stage: StageName,
        stages: tuple[StageName, ...],
        results: dict[StageName, StageResult],
    ) -> None:
        """Lets the next stage with an engine start and load while this one works."""
        later = [s for s in stages[stages.index(stage) + 1 :] if s in PREPARATIONS]
        if not later:
            return
        try:
            state = self._state(results)
            preparation = PREPARATIONS[later[0]](state)
            if preparation is None:
                return
            if stage in PREPARATIONS:  # two large models at once may not fit
                preparation = msgspec.structs.replace(preparation, model=None)
            launch = self._launch(later[0], state.environment(later[0]), preparation)
            self._processes.prepare(launch, preparation)
        except (IndicsubsError, OSError) as error:  # not a reason to stop the stage that works
            self._log.info("%s: cannot be prepared yet: %s", later[0], error)

    def _save_request(self, launch: StageLaunch, manifest: Manifest) -> None:
        """Saves the request, and logs the command that runs the stage again by hand."""
        request = self.job.stage_folder(launch.stage) / "request.json"
        write_atomically(request, replay_line(manifest, launch.stage))
        command = replay_command(launch.command, self.workspace, request, launch.environment)
        self._log.info("%s: to run it by hand: %s", launch.stage, command)
        with errors_named(launch.log), launch.log.open("a", encoding="utf-8") as log:
            log.write(f"--- {datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {command}\n")

    def _on_progress(self, message: Progress) -> None:
        if message.resumed:
            self._log.info(
                "%s: goes on from %d of %d %s",
                message.stage,
                message.done,
                message.total,
                message.unit,
            )
        self._recorded.progress(message)

    def _warn(self, stage: StageName, warning: str) -> None:
        self._log.warning("%s: %s", stage, warning)
        self._recorded.warned(stage, warning)

    def _warn_of_edited(self, stage: StageName, aside: Path | None) -> None:
        if aside is not None:
            self._warn(
                stage,
                f"its files were changed by hand; the changed files are kept in {aside}. To"
                " continue from one of them: just indicsubs import FILE.",
            )

    def _warn_of_missing_aligner(self, state: RunState, request: AlignmentRequest) -> None:
        """Warns where words get less exact times, because the language's aligner is not here."""
        missing = state.missing_aligner(state.language or "")
        if missing is not None:
            times = request.model.name if request.model else "the recogniser"
            self._warn(
                StageName.ALIGNMENT,
                f"the aligner {missing} is not on this machine, or lacks files, so the times of"
                f" words come from {times}. Fetch it, and run again: just models fetch {missing}",
            )

    def _announce_result(self, report: StageReport) -> None:
        self._recorded.finished(report)
        for warning in getattr(report.record.result, "warnings", ()):
            self._warn(report.stage, warning)
        outcome = "" if report.outcome == "done" else f" ({report.outcome})"
        self._log.info("%s: done in %.1f s%s", report.stage, report.record.wall_ms / 1000, outcome)

    def _publish_subtitles(self, results: dict[StageName, StageResult]) -> None:
        """Publishes the subtitles and the report, with names for media servers."""
        generated = results.get(StageName.SUBTITLE_GENERATION)
        if not isinstance(generated, SubtitleResult):
            return
        whole_stem = Path(self.job.spec.source.path).stem
        stem = name_stem(whole_stem)
        if stem not in {whole_stem, whole_stem.lstrip(".")}:
            self._warn(
                StageName.SUBTITLE_GENERATION,
                "the film's name is so long that the names of the files begin with a part of it;"
                f" a player finds them beside a film that is called {stem}.",
            )
        masters = self._edits.masters
        chosen = [
            file
            for file in generated.subtitles
            if file.kind in {*self.job.spec.formats, masters.get(file.language or "")}
        ]
        published = subtitle_names(stem, chosen, self.job.spec.purpose)
        published |= {Path(file.path).name: file for file in generated.report}
        for name in publish(self.job.folder, published, self.job.film.read().digests):
            self._warn(
                StageName.SUBTITLE_GENERATION,
                f"{name} was edited by hand and stays as it is. `just indicsubs import` takes it"
                " into the film and the other formats. To get this run's own file, delete it and"
                " run again.",
            )

    def _publish_film(self, results: dict[StageName, StageResult]) -> None:
        """Publishes the film, with the name of the original."""
        muxed = cast("MuxResult", results[StageName.MUX])
        film = cast("Artifact", muxed.film)  # a check alone has none
        stem = name_stem(Path(self.job.spec.source.path).stem)
        publish(self.job.folder, {f"{stem}{Path(film.path).suffix}": film})


def replay_command(
    command: list[str], workspace: Workspace, request: Path, environment: str
) -> str:
    """Returns the shell command that runs a stage again by hand in the root of the checkout."""
    path = os.path.relpath(request, workspace.root)
    variable = f"UV_PROJECT_ENVIRONMENT=venv/{environment}"
    return f"{variable} {shlex.join(command)} < {shlex.quote(path)}"
