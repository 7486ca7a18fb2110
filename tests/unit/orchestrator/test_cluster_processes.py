"""Stages on a cluster, as the orchestrator sees it: one answer for each call, whatever happens."""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import fake_cluster
import fake_workspace
import pytest
from fake_stages import asr_manifest, preparation
from msgspec.structs import replace
from processes import assert_gone
from stage_launches import ignore, launch

from indicsubs.machine.workspace import Workspace
from indicsubs.run.cluster_processes import LOG_FILE, ClusterProcesses
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import CallBegun, Connect, FilmEnded
from indicsubs_contract.messages.envelope import Result
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import encode_line
from indicsubs_processes.runner import StageFailure


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        made = fake_workspace.build(tmp_path_factory.mktemp("checkout"), monkeypatch)
        fake_cluster.install(made, monkeypatch)
        yield made


class Connection:
    """The processes of a cluster, for films whose jobs are folders of a test."""

    def __init__(self, workspace: Workspace, folder: Path, connect: Connect) -> None:
        self.folder = folder
        self.processes = ClusterProcesses(workspace, connect, folder / "short")
        self.pid = self.processes._process.popen.pid

    def run(self, behaviour: str = "", film: int = 1, **how) -> Result:
        """Runs stage asr for a film; its log is that of the film's job."""
        job = self.folder / f"film-{film}"
        job.mkdir(exist_ok=True)
        log = logging.getLogger(f"test.film-{film}")
        return self.processes.of_film(film, log).run(
            launch(job), asr_manifest(job, behaviour), how.pop("on_progress", ignore), **how
        )

    def failure(self, behaviour: str, film: int = 1) -> StageFailure:
        with pytest.raises(StageFailure) as failed:
            self.run(behaviour, film)
        return failed.value


@pytest.fixture
def cluster(workspace: Workspace, tmp_path: Path) -> Iterator[Connection]:
    connection = Connection(workspace, tmp_path, Connect(address="local"))
    yield connection
    connection.processes.close()
    assert_gone([connection.pid])
    assert not list((tmp_path / "short").iterdir()), "Ray's temporary files go with it"


def test_a_cluster_says_what_it_has(cluster: Connection, workspace: Workspace) -> None:
    assert [machine.name for machine in cluster.processes.machines] == ["kaveri", "ganga"]
    assert not cluster.processes.is_lost
    assert fake_cluster.received(workspace) == [Connect(address="local")]


def test_the_wishes_of_the_user_reach_the_cluster(workspace: Workspace, tmp_path: Path) -> None:
    wishes = Connect(
        address="ray://kaveri:10001", exchange="s3://b/f", engine_cpus=8, engine_gpus=1.0
    )
    Connection(workspace, tmp_path, wishes).processes.close()
    assert fake_cluster.received(workspace) == [wishes]


def test_a_request_is_answered_by_a_machine(
    cluster: Connection, workspace: Workspace, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    begun: list[bool] = []
    result = cluster.run(on_progress=seen.append, meanwhile=lambda: begun.append(True))
    assert result.result.segments == 1
    assert result.peak_memory_bytes == 5
    assert (tmp_path / "film-1" / result.result.transcript.path).is_file()
    assert [message.done for message in seen] == [1]
    assert begun == [True]
    (call,) = fake_cluster.calls(workspace)
    assert call.film == 1
    assert call.stage is StageName.ASR
    assert call.environment == "whisperx"
    assert call.silence_limit_s == 30
    assert call.manifest.log == "logs/asr.log"
    assert call.manifest.stays, "its process stays, with its models loaded"


def test_the_device_and_the_size_of_the_models_decide_where_it_runs(
    cluster: Connection, workspace: Workspace, tmp_path: Path
) -> None:
    from dataclasses import replace as changed  # of a dataclass

    how = changed(launch(tmp_path), device="cuda", model_bytes=123)
    film = cluster.processes.of_film(4, logging.getLogger("test"))
    film.run(how, asr_manifest(tmp_path), ignore)
    (call,) = fake_cluster.calls(workspace)
    assert (call.device, call.model_bytes, call.film) == ("cuda", 123, 4)


def test_calls_of_many_films_are_answered_each_with_its_own(cluster: Connection) -> None:
    results: dict[int, Result] = {}

    def work(film: int) -> None:
        results[film] = cluster.run(f"sleep:0.{9 - film}", film)

    threads = [threading.Thread(target=work, args=(film,)) for film in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == list(range(1, 9))
    for film, result in results.items():
        assert (cluster.folder / f"film-{film}" / result.result.transcript.path).is_file()
    assert not cluster.processes._calls, "nothing is kept of a call that was answered"


def test_the_log_of_a_job_says_where_its_stages_ran(
    cluster: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cluster.run("move", film=2)
    texts = [(r.name, r.levelname, r.message) for r in caplog.records if "asr: " in r.message]
    assert texts == [
        ("test.film-2", "INFO", "asr: runs on ganga"),
        ("test.film-2", "WARNING", "asr: ganga was lost; another gets the request."),
        ("test.film-2", "INFO", "asr: runs on yamuna"),
    ]


def test_a_failure_names_the_machine_and_the_log(cluster: Connection, tmp_path: Path) -> None:
    failure = cluster.failure("fail:bad_input")
    assert failure.code is FailureCode.BAD_INPUT
    assert failure.stage is StageName.ASR
    log = tmp_path / "film-1" / "logs" / "asr.log"
    assert failure.message == f"On kaveri: It went wrong; do the other thing. Log: {log}"
    assert not cluster.processes.is_lost
    cluster.run(film=2)


@pytest.mark.parametrize("code", [FailureCode.UNREACHABLE, FailureCode.BROKEN_ENVIRONMENT])
def test_a_cluster_that_refuses_says_why(
    workspace: Workspace, tmp_path: Path, code: FailureCode
) -> None:
    with pytest.raises(IndicsubsError, match="No Ray answers there") as refused:
        Connection(workspace, tmp_path, Connect(address=f"refuse:{code}"))
    assert refused.value.code is code
    assert not list((tmp_path / "short").iterdir()), "its process has ended"


@pytest.mark.parametrize(("address", "said"), [("die", "ray: no such library"), ("nonsense", "")])
def test_a_process_that_does_not_connect_names_its_log(
    workspace: Workspace, tmp_path: Path, address: str, said: str
) -> None:
    with pytest.raises(IndicsubsError, match="just setup cluster") as refused:
        Connection(workspace, tmp_path, Connect(address=address))
    assert refused.value.code is FailureCode.BROKEN_ENVIRONMENT
    log = workspace.cache / LOG_FILE
    assert refused.value.message.endswith(str(log))
    assert said in log.read_text()
    assert not list((tmp_path / "short").iterdir())


def test_a_server_that_is_no_ray_and_says_nothing_is_not_waited_for(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs.run.cluster_processes._CONNECT_S", 1.0)
    with pytest.raises(IndicsubsError, match="--on silent: no cluster has answered") as refused:
        Connection(workspace, tmp_path, Connect(address="silent"))
    assert refused.value.code is FailureCode.UNREACHABLE
    assert not list((tmp_path / "short").iterdir()), "its process has ended"


def test_a_process_that_no_longer_gets_calls_is_lost_though_its_child_lives(
    cluster: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ``uv run``, only the process of uv may have been killed."""
    monkeypatch.setattr(cluster.processes._process, "send", lambda _: False)
    assert cluster.failure("").code is FailureCode.UNREACHABLE
    assert cluster.processes.is_lost, "so that no further film is begun"


def test_a_cluster_needs_its_environment(workspace: Workspace, tmp_path: Path) -> None:
    ready = workspace.root / "venv" / "cluster" / ".indicsubs-ready"
    ready.rename(tmp_path / "ready")
    try:
        with pytest.raises(IndicsubsError, match="just setup cluster") as refused:
            Connection(workspace, tmp_path, Connect(address="local"))
    finally:
        (tmp_path / "ready").rename(ready)
    assert refused.value.code is FailureCode.BROKEN_ENVIRONMENT


def in_hand(cluster: Connection, behaviours: list[str]) -> tuple[list[threading.Thread], list]:
    """Begins calls, each in a thread, whose failures are in the list; waits until all are sent."""
    failures: list[StageFailure] = []

    def work(film: int, behaviour: str) -> None:
        try:
            cluster.run(behaviour, film)
        except StageFailure as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=work, args=(film, behaviour), daemon=True)
        for film, behaviour in enumerate(behaviours, 1)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(cluster.processes._calls) < len(behaviours):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return threads, failures


def test_every_call_fails_where_the_connection_is_lost(
    cluster: Connection, workspace: Workspace
) -> None:
    threads, failures = in_hand(cluster, ["hang", "wait for a machine"])
    failures.append(cluster.failure("lose the connection", film=9))
    for thread in threads:
        thread.join(20)
    assert [failure.code for failure in failures] == [FailureCode.UNREACHABLE] * 3
    for failure in failures:
        assert "The connection to the cluster was lost" in failure.message
        assert str(workspace.cache / LOG_FILE) in failure.message
    assert cluster.processes.is_lost
    assert cluster.failure("").code is FailureCode.UNREACHABLE, "and so does every later one"


def test_a_line_that_is_no_answer_loses_the_connection(cluster: Connection) -> None:
    """Which call it was for cannot be known: waiting for its answer could last for ever."""
    assert cluster.failure("garble").code is FailureCode.UNREACHABLE
    assert cluster.processes.is_lost


def test_a_call_that_is_sent_while_the_connection_is_lost_does_not_wait_for_ever(
    cluster: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.failure("lose the connection")
    monkeypatch.setattr(cluster.processes._process, "send", lambda _: True)  # to a full pipe
    assert cluster.failure("").code is FailureCode.UNREACHABLE


def test_the_end_of_a_run_interrupts_what_is_in_hand(cluster: Connection) -> None:
    threads, failures = in_hand(cluster, ["hang", "wait for a machine"])
    cluster.processes.close()
    for thread in threads:
        thread.join(20)
    assert [failure.code for failure in failures] == [FailureCode.INTERRUPTED] * 2
    assert {failure.message for failure in failures} == {"asr was stopped."}
    assert cluster.failure("").code is FailureCode.INTERRUPTED
    cluster.processes.close()


def test_a_process_that_does_not_leave_is_ended(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs.run.cluster_processes._LEAVE_S", 0.2)
    connection = Connection(workspace, tmp_path, Connect(address="slow to leave"))
    connection.processes.close()
    assert_gone([connection.pid])


def test_an_answer_to_a_call_of_before_is_of_no_call(cluster: Connection) -> None:
    late = CallBegun(number=99, machine="kaveri")
    cluster.processes._process.lines.put(encode_line(late))
    cluster.processes._fail(99)
    cluster.run()
    assert not cluster.processes.is_lost


def test_the_cluster_forgets_the_files_of_a_film_that_has_ended(
    cluster: Connection, workspace: Workspace
) -> None:
    film = cluster.processes.of_film(3, logging.getLogger("test"))
    film.close()
    cluster.run()  # the lines before it have arrived
    assert FilmEnded(film=3) in fake_cluster.received(workspace)
    cluster.processes.close()
    film.close()


def test_what_only_processes_of_this_machine_need_does_nothing(
    cluster: Connection, workspace: Workspace, tmp_path: Path
) -> None:
    film = cluster.processes.of_film(3, logging.getLogger("test"))
    film.prepare(launch(tmp_path), preparation())
    film.discard(StageName.ASR)
    cluster.processes.release_idle()
    cluster.run()
    assert len(fake_cluster.received(workspace)) == 2


def test_a_log_is_of_one_run(cluster: Connection, workspace: Workspace, tmp_path: Path) -> None:
    cluster.run()
    cluster.processes.close()
    second = Connection(workspace, tmp_path, Connect(address="again"))
    second.processes.close()
    assert fake_cluster.received(workspace) == [Connect(address="again")]


def test_a_damaged_model_is_refused_with_the_machine(cluster: Connection, tmp_path: Path) -> None:
    (tmp_path / "film-1").mkdir()
    manifest = asr_manifest(tmp_path / "film-1")
    wrong = replace(manifest.request.audio, sha256="1")
    manifest = replace(manifest, request=replace(manifest.request, audio=wrong))
    film = cluster.processes.of_film(1, logging.getLogger("test"))
    with pytest.raises(StageFailure, match=r"^.*On kaveri: \./audio\.wav has changed"):
        film.run(launch(tmp_path / "film-1"), manifest, ignore)
