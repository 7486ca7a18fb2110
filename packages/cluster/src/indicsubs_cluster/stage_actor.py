"""Runs on a machine of the cluster: owns the processes of stages, and passes calls to them."""

import logging
import os
import queue
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from indicsubs_cluster.exchange import Exchange, LocalFiles
from indicsubs_cluster.failures import failure_of
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import CallAnswer, CallNote, CallProgress, StageCall
from indicsubs_contract.messages.envelope import Failure, Manifest, Result
from indicsubs_contract.messages.files import ModelFolder, SourceFile
from indicsubs_contract.source_files import file_state
from indicsubs_contract.walk import transform
from indicsubs_contract.wire import decode_call, encode_line
from indicsubs_processes.checkout import checkout_digest, checkout_of
from indicsubs_processes.environments import CACHE_FOLDER, is_built, process_variables
from indicsubs_processes.model_fingerprint import model_fingerprint
from indicsubs_processes.own_folder import own_folder
from indicsubs_processes.process_limits import Limits
from indicsubs_processes.stage_process import StageLaunch
from indicsubs_processes.warm_processes import WarmProcesses

_LOG = logging.getLogger("indicsubs.cluster")
_POLL_S = 1.0
"""The longest time that :meth:`StageActor.read` waits for a message."""


class Origin(NamedTuple):
    """Where the calls come from."""

    root: str
    """The checkout on the machine of the user."""
    home: str
    """The home folder there."""
    exchange: str | None
    """The URL of this run's folder in the exchange."""
    checkout: str
    """The digest of the code there."""


class StageActor:
    """Owns processes of stages, which stay for further calls with their models loaded.

    Args:
        origin: Where the calls come from.
        memory_bytes: The memory for the processes.
    """

    def __init__(self, origin: Origin, memory_bytes: int) -> None:
        self._origin = origin
        self._root = checkout_of(__file__)
        self._has_same_code = checkout_digest(self._root) == origin.checkout
        self._stack = ExitStack()
        self._temporary = self._stack.enter_context(
            own_folder(self._root / CACHE_FOLDER / "temporary")
        )
        self._exchange = None if origin.exchange is None else Exchange(origin.exchange)
        self._files = LocalFiles(self._root / CACHE_FOLDER / "exchange")
        # One call at a time: the processes of other stages wait with their models.
        limits = Limits(slots={}, memory_bytes={"cpu": memory_bytes})
        self._processes = WarmProcesses(limits, self._temporary / "stages")
        self._known_models: set[ModelFolder] = set()
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def started(self) -> str:
        """Returns the name of the machine, as a sign that the actor has started."""
        return this_machine()

    def begin(self, line: bytes) -> None:
        """Begins a call; :meth:`read` returns its answers."""
        threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def read(self) -> list[bytes]:
        """Returns the messages of the call since the last time: progress, at last an answer.

        It waits for up to a second, and returns nothing if there is no message by then.
        """
        lines: list[bytes] = []
        try:
            lines.append(self._answers.get(timeout=_POLL_S))
            while True:
                lines.append(self._answers.get_nowait())
        except queue.Empty:
            return lines

    def _serve(self, line: bytes) -> None:
        answer: Result | Failure
        number = 0
        try:
            call = decode_call(line)
            number = call.number
            answer = self._run(call)
        except Exception as error:
            _LOG.exception("The call failed.")
            answer = failure_of(error)
        self._say(CallAnswer(number=number, answer=answer))

    def _say(self, message: CallAnswer | CallNote | CallProgress) -> None:
        self._answers.put(encode_line(message))

    def _run(self, call: StageCall) -> Result:
        """Runs a call on this machine.

        Raises:
            IndicsubsError: This machine lacks something that the call needs.
            StageFailure: The stage failed.
            OSError: The storage has a fault.
        """
        self._check(call)
        manifest = transform(call.manifest, self._own_part)
        if self._exchange is None:
            return self._answer(call, manifest)
        folder = self._temporary / "job"
        with self._exchange.fetched(manifest, call.film, folder, self._files) as local:
            try:
                result = self._answer(call, local)
            finally:
                self._exchange.offer_log(local, call.film)
            self._exchange.offer_result(local, result, call.film)
            return result

    def _check(self, call: StageCall) -> None:
        if not self._has_same_code:  # a machine that has joined since the command was given
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                "It has another version of indicsubs than the machine that gave the command. All"
                " machines need the same checkout, with `just setup cluster`.",
            )
        if not is_built(self._root, call.environment):
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"The environment {call.environment} is not installed. Build it there: just setup"
                f" {call.environment}",
            )

    def _own_part(self, part: object) -> object:
        """Returns the reference to a model or to a film as it is on this machine.

        Raises:
            IndicsubsError: As :meth:`_own_model`.
        """
        match part:
            case ModelFolder():
                return self._own_model(part)
            case SourceFile():
                return with_own_state(part)
            case _:
                return part

    def _own_model(self, part: ModelFolder) -> ModelFolder:
        """Returns the reference to a model as it is on this machine.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` where the model is not here, or is another one.
        """
        own = replace(part, folder=self._own_path(part.folder))
        if own not in self._known_models:
            folder = Path(own.folder)
            if not folder.is_dir() or model_fingerprint(folder) != part.fingerprint:
                state = "has other files than" if folder.is_dir() else "is not there, unlike"
                raise IndicsubsError(
                    FailureCode.MISSING_MODEL,
                    f"The model {part.name} ({folder}) {state} on the machine that gave the"
                    f" command. Fetch it there: just models fetch {part.name}",
                )
            self._known_models.add(own)
        return own

    def _own_path(self, path: str) -> str:
        """Returns a path of the user's machine as a path of this one."""
        own = {self._origin.root: str(self._root), self._origin.home: str(Path.home())}
        for there, here in own.items():
            if path.startswith(f"{there}/"):
                return here + path.removeprefix(there)
        return path

    def _answer(self, call: StageCall, manifest: Manifest) -> Result:
        """Returns the answer of the stage's process, which is started where there is none.

        Raises:
            StageFailure: As :meth:`indicsubs_processes.warm_processes.WarmProcesses.run`.
        """
        launch = StageLaunch(
            stage=call.stage,
            environment=call.environment,
            command=list(call.command),
            # Ray has set the GPUs and the threads of this process in os.environ.
            variables=process_variables(self._root, call.environment),
            folder=self._root,
            log=Path(manifest.job) / (manifest.log or "stage.log"),
            temporary=self._temporary / "stage",
            silence_limit_s=call.silence_limit_s,
            device=call.device,
            model_bytes=call.model_bytes,
        )
        return self._processes.run(
            call.film,
            lambda text: self._say(CallNote(number=call.number, text=text)),
            launch,
            manifest,
            lambda progress: self._say(CallProgress(number=call.number, progress=progress)),
            lambda: None,
        )


def with_own_state(source: SourceFile) -> SourceFile:
    """Returns the reference to a file of the user's with the state that the file has here.

    On shared storage, only the number of the device differs from machine to machine. Where anything
    else differs, the stage reads the whole file for its fingerprint.
    """
    try:
        state = file_state(Path(source.path))
    except OSError:
        return source  # the stage says what is wrong, or the file is fetched
    if state.split()[1:] != source.state.split()[1:]:
        return source
    return replace(source, state=state)


def this_machine() -> str:
    """Returns the name of the machine: that which ``ray start --node-name`` gave it, or its own."""
    import ray

    own = ray.get_runtime_context().get_node_id()
    for node in ray.nodes():
        if node["NodeID"] == own and node["NodeName"] != node["NodeManagerAddress"]:
            return node["NodeName"]
    return os.uname().nodename
