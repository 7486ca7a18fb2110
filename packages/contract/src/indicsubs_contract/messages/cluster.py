"""The lines between the orchestrator and the process that runs stages on a cluster."""

from typing import TypeAlias

from indicsubs_contract.messages.engine import CudaDevice, Device
from indicsubs_contract.messages.envelope import Failure, Manifest, Result
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.structs import Message


class ClusterMessage(Message, frozen=True, kw_only=True, tag_field="type"):
    """A line to or from the process; the field ``type`` of its JSON says which kind it is."""


class Connect(ClusterMessage, frozen=True, kw_only=True, tag="connect"):
    """The first line: which cluster is used, and how."""

    address: str
    """``local`` starts Ray on this machine; others are addresses as Ray takes them."""
    exchange: str | None = None
    """The URL, as fsspec takes it, of a folder that all machines reach. Files travel through it.
    None where all machines have the folders of the jobs and of the films at the same paths."""
    engine_cpus: int | None = None
    """The cores for an engine on the CPU. None: half of the smallest machine's, and at most 4."""
    engine_gpus: float = 0.5
    """The part of a GPU for an engine on a GPU."""


class StageCall(ClusterMessage, frozen=True, kw_only=True, tag="call"):
    """A request of a stage, for whichever machine has room."""

    number: int
    """The number of the call; its answers have the same one."""
    film: int
    """The number of the film; calls of films with lower numbers come first."""
    environment: str
    command: tuple[str, ...]
    """The command that starts the stage in the root of a checkout."""
    silence_limit_s: float
    device: Device
    model_bytes: int
    """The size on the disk of the models that the stage loads."""
    manifest: Manifest

    @property
    def stage(self) -> StageName:
        """The stage that the request is for."""
        return StageName(type(self.manifest.request).__struct_config__.tag)


class FilmEnded(ClusterMessage, frozen=True, kw_only=True, tag="film_ended"):
    """A film needs no further stage: its files in the exchange can be removed."""

    film: int


class ClusterMachine(Message, frozen=True, kw_only=True):
    """A machine of a cluster."""

    name: str
    cpus: float
    """The cores that Ray may give to stages."""
    gpus: float
    memory_bytes: int
    """The memory that Ray may give to stages."""
    environments: tuple[str, ...]
    """The environments that are built in its checkout."""
    cuda: tuple[CudaDevice, ...] = ()
    """The GPUs that its driver lists."""


class Connected(ClusterMessage, frozen=True, kw_only=True, tag="connected"):
    """The answer to :class:`Connect`: every machine can run stages."""

    machines: tuple[ClusterMachine, ...]


class Refused(ClusterMessage, frozen=True, kw_only=True, tag="refused"):
    """The answer to :class:`Connect` where the cluster cannot be used."""

    failure: Failure


class CallProgress(ClusterMessage, frozen=True, kw_only=True, tag="call_progress"):
    """The progress of a call."""

    number: int
    progress: Progress


class CallBegun(ClusterMessage, frozen=True, kw_only=True, tag="call_begun"):
    """A machine has a call."""

    number: int
    machine: str


class CallNote(ClusterMessage, frozen=True, kw_only=True, tag="call_note"):
    """What happened to a call on its way, for the log of the job."""

    number: int
    text: str


class CallAnswer(ClusterMessage, frozen=True, kw_only=True, tag="call_answer"):
    """The answer to a call."""

    number: int
    answer: Result | Failure


ToCluster: TypeAlias = Connect | StageCall | FilmEnded
FromCluster: TypeAlias = Connected | Refused | CallBegun | CallProgress | CallNote | CallAnswer
