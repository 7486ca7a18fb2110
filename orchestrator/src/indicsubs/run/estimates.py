"""How long stages take and how much they write, as measured in earlier jobs on this machine."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import TypeAlias

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.job import Job, StageRecord
from indicsubs.jobs.specification import JobSpec
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.stages import StageName

_JOBS = 50
"""The number of jobs that are looked at, the newest ones."""
_PER_TARGET = frozenset({StageName.INDICTRANS2_TRANSLATION})
"""The stages whose work grows with the number of target languages."""

_Key: TypeAlias = tuple[StageName, str, str]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """The medians of what a stage took and wrote for each millisecond of film."""

    wall_ms: float
    bytes: float
    jobs: int
    """The number of jobs that were measured."""


class Rates:
    """The rates of stages in earlier jobs, by stage, environment and model profile.

    Args:
        jobs: The jobs, newest first.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        measured: dict[_Key, list[tuple[float, float]]] = defaultdict(list)
        self._films: dict[str, int] = {}
        for job in islice(jobs, _JOBS):
            film_ms = film_length_ms(job.record(StageName.DEMUX))
            if not film_ms:
                continue
            self._films.setdefault(job.spec.source.fingerprint, film_ms)
            for stage in StageName:
                record = job.record(stage)
                if record is None or record.reused_from is not None:
                    continue
                work = film_ms * _parts(stage, job.spec)
                size = sum(artifact.bytes for artifact in artifacts(record.result))
                key = (stage, record.environment, job.spec.profile)
                measured[key].append((record.wall_ms / work, size / film_ms))
        self._rates = {
            key: Rate(
                wall_ms=median(wall for wall, _ in values),
                bytes=median(size for _, size in values),
                jobs=len(values),
            )
            for key, values in measured.items()
        }

    def film_ms(self, spec: JobSpec) -> int | None:
        """Returns the length of a film that an earlier job has opened; None where none has."""
        return self._films.get(spec.source.fingerprint)

    def wall_ms(
        self, stage: StageName, environment: str, spec: JobSpec, film_ms: int | None
    ) -> int | None:
        """Returns how long a stage will take; None where that is unknown."""
        rate = self._rates.get((stage, environment, spec.profile))
        if rate is None or film_ms is None:
            return None
        return round(rate.wall_ms * film_ms * _parts(stage, spec))

    def written_bytes(
        self, stage: StageName, environment: str, spec: JobSpec, film_ms: int | None
    ) -> int | None:
        """Returns how much a stage will write; None where that is unknown."""
        rate = self._rates.get((stage, environment, spec.profile))
        return None if rate is None or film_ms is None else round(rate.bytes * film_ms)


def film_length_ms(record: StageRecord | None) -> int | None:
    """Returns the length of the film of a result of stage demux; None where there is none."""
    if record is None or not isinstance(record.result, DemuxResult):
        return None
    return record.result.media.duration_ms


def _parts(stage: StageName, spec: JobSpec) -> int:
    return max(1, len(spec.targets)) if stage in _PER_TARGET else 1
