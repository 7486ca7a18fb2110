"""Films on a cluster, through the commands: what is done, what is refused, and what waits."""

import json
import platform
import sys
import time
from pathlib import Path

import fake_cluster
import fake_workspace
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs

from indicsubs.cli.film_runner import (
    FilmRunner,
    _short_folder,
    cluster_hardware,
    film_runner,
    films_at_once,
)
from indicsubs.cli.runner_options import RunnerOptions
from indicsubs.cli.serving import MachineEngines, ServerMachine
from indicsubs.jobs.job_folders import all_jobs
from indicsubs.library.ledger import LEDGER_FILE, Ledger
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import detect
from indicsubs.machine.workspace import Workspace
from indicsubs.run.cluster_processes import ClusterProcesses
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import ClusterMachine, Connect, FilmEnded
from indicsubs_contract.messages.engine import CudaDevice
from indicsubs_contract.stages import StageName
from indicsubs_processes.warm_processes import WarmProcesses

GPU = CudaDevice(name="NVIDIA H100", memory_mib=81559, driver="570.86")
OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en")
ON = (*OPTIONS, "--on", "local")
NEEDED = ("common", "whisperx", "indictrans2")


def machine(
    name: str = "kaveri",
    cpus: float = 16,
    gpus: float = 0,
    cuda: tuple[CudaDevice, ...] = (),
    environments: tuple[str, ...] = ("common",),
) -> ClusterMachine:
    return ClusterMachine(
        name=name,
        cpus=cpus,
        gpus=gpus,
        memory_bytes=8 << 30,
        environments=environments,
        cuda=cuda,
    )


# --- what the machines of a cluster are together ---


def test_a_cluster_has_what_its_machines_have_together() -> None:
    found = cluster_hardware((machine(cpus=16), machine(cpus=4, gpus=2, cuda=(GPU, GPU))))
    assert found.cores == 20
    assert found.memory_mib == 16 << 10
    assert found.cuda == (GPU, GPU)
    assert (found.system, found.machine) == (platform.system(), platform.machine())
    assert found.best_device == "cuda"


def test_a_gpu_that_ray_does_not_give_away_is_not_used() -> None:
    """Someone started Ray there with --num-gpus 0."""
    found = cluster_hardware((machine(gpus=0, cuda=(GPU,)),))
    assert found.cuda == ()


@pytest.mark.parametrize(
    ("machines", "films"),
    [
        ((machine(cpus=2),), 2),
        ((machine(cpus=2), machine(cpus=16, gpus=1)), 19),
        ((machine(cpus=0.5),), 1),
        ((machine(cpus=0.2),), 1),
        ((machine(cpus=64),) * 20, 256),
    ],
)
def test_there_are_films_for_every_core_and_gpu(machines, films: int) -> None:
    assert films_at_once(machines) == films


# --- the runner ---


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    found = fake_workspace.for_commands(tmp_path, monkeypatch)
    fake_cluster.install(found, monkeypatch)
    for number in range(1, 4):
        path = tmp_path / "show" / f"E0{number}.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(film_bytes([*DIALOGUE, path.name]))
    return found


def test_without_a_cluster_this_machine_does_everything(workspace: Workspace) -> None:
    with film_runner(workspace, RunnerOptions(at_once=3)) as runner:
        assert isinstance(runner.processes, WarmProcesses)
        assert runner.processes is runner.questions
        assert runner.hardware == detect(workspace.cache)
        assert runner.at_once == 3
        assert not runner.is_lost
        runner.require_connected()
        runner.require_installed(NEEDED)


def test_with_a_cluster_only_questions_stay_here(workspace: Workspace) -> None:
    options = RunnerOptions(on="ray://kaveri:10001", exchange="s3://b/f", engine_cores=3)
    with film_runner(workspace, options) as runner:
        assert isinstance(runner.processes, ClusterProcesses)
        assert isinstance(runner.questions, WarmProcesses)
        assert runner.hardware.cores == 4
        assert runner.at_once == 4
        runner.require_installed(NEEDED)
    assert fake_cluster.received(workspace) == [
        Connect(address="ray://kaveri:10001", exchange="s3://b/f", engine_cpus=3, engine_gpus=0.5)
    ]
    with film_runner(workspace, RunnerOptions(on="local", at_once=9)) as runner:
        assert runner.at_once == 9


def test_a_machine_without_an_environment_is_named(workspace: Workspace) -> None:
    with (
        film_runner(workspace, RunnerOptions(on="poor")) as runner,
        pytest.raises(IndicsubsError) as refused,
    ):
        runner.require_installed(NEEDED)
    assert refused.value.code is FailureCode.BROKEN_ENVIRONMENT
    assert refused.value.message.startswith("ganga lacks environments: whisperx, indictrans2.")
    assert "just setup whisperx indictrans2" in refused.value.message


def test_a_lost_cluster_is_an_error_with_the_next_step(workspace: Workspace) -> None:
    with film_runner(workspace, RunnerOptions(on="local")) as runner:
        assert isinstance(runner.processes, ClusterProcesses)
        runner.processes._process.popen.kill()
        runner.processes._reader.join(10)
        with pytest.raises(IndicsubsError, match="Give the same command again") as lost:
            runner.require_connected()
    assert lost.value.code is FailureCode.UNREACHABLE


# --- the commands ---


def states(workspace: Workspace) -> dict[str, str]:
    ledger = Ledger(workspace.jobs / LEDGER_FILE)
    found = {Path(film.path).name: film.state for film in ledger.films()}
    ledger.close()
    return found


def test_a_folder_is_done_on_a_cluster(workspace: Workspace, capsys) -> None:
    assert indicsubs("run", "show", *ON, "--beside") == ExitStatus.DONE
    assert "3 film(s), 0 failed." in capsys.readouterr().out
    assert set(states(workspace).values()) == {"done"}
    assert DIALOGUE[0] in Path("show/E02.hin.srt").read_text()
    calls = fake_cluster.calls(workspace)
    assert {call.film for call in calls} == {1, 2, 3}
    assert {call.stage for call in calls} >= {StageName.DEMUX, StageName.ASR}
    ended = {line.film for line in fake_cluster.received(workspace) if isinstance(line, FilmEnded)}
    assert ended == {1, 2, 3}, "the cluster forgets their files"
    assert indicsubs("run", "show", *ON, "--beside") == ExitStatus.DONE
    assert "3 done before" in capsys.readouterr().out


def test_the_job_s_log_names_the_machines(workspace: Workspace) -> None:
    assert indicsubs("run", "show/E01.mp4", *ON) == ExitStatus.DONE
    (job,) = all_jobs(workspace)
    text = job.log.read_text()
    assert "demux: runs on kaveri" in text
    assert "asr: runs on kaveri" in text


def test_one_film_on_a_cluster_is_in_the_ledger(workspace: Workspace) -> None:
    assert indicsubs("run", "show/E01.mp4", *ON) == ExitStatus.DONE
    assert states(workspace) == {"E01.mp4": "done"}
    assert fake_cluster.calls(workspace)


def test_one_film_that_fails_on_a_cluster_has_its_own_status(workspace: Workspace, capsys) -> None:
    Path("show/E01.mp4").write_text("This is not a film.")
    assert indicsubs("run", "show/E01.mp4", *ON) == ExitStatus.BAD_INPUT
    assert "E01.mp4 is not a film" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--from", "asr"), "belong to one film on this machine"),
        (("--force",), "belong to one film on this machine"),
        (("--transcript", "mine.hi.srt"), "without --on"),
    ],
)
def test_what_belongs_to_this_machine_is_refused(workspace, capsys, arguments, problem) -> None:
    Path("mine.hi.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nनमस्ते\n")
    assert indicsubs("run", "film.mp4", *ON, *arguments) == ExitStatus.USAGE
    assert problem in capsys.readouterr().err
    assert not workspace.jobs.exists()


def test_an_exchange_without_a_cluster_is_refused(workspace: Workspace, capsys) -> None:
    status = indicsubs("run", "film.mp4", *OPTIONS, "--exchange", "s3://b/f")
    assert status == ExitStatus.USAGE
    assert "--exchange is about the machines of a cluster" in capsys.readouterr().err
    assert not workspace.jobs.exists()


def test_a_cluster_that_refuses_ends_the_command_before_any_film(workspace, capsys) -> None:
    status = indicsubs("run", "show", *OPTIONS, "--on", "refuse:unreachable")
    assert status == ExitStatus.TRY_AGAIN
    assert capsys.readouterr().err == "error: No Ray answers there. Start it.\n"
    assert not workspace.jobs.exists()


def test_a_machine_that_lacks_an_environment_ends_the_command(workspace, capsys) -> None:
    assert indicsubs("run", "show", *OPTIONS, "--on", "poor") == ExitStatus.UNAVAILABLE
    assert "ganga lacks environments" in capsys.readouterr().err


def test_where_the_connection_is_lost_the_films_that_wait_go_on_waiting(
    workspace: Workspace, capsys
) -> None:
    lost = ("--initial-prompt", "lose the connection", "--at-once", "1")
    assert indicsubs("run", "show", *ON, *lost) == 1
    captured = capsys.readouterr()
    assert "The connection to the cluster was lost" in captured.err
    assert states(workspace) == {"E01.mp4": "failed", "E02.mp4": "waiting", "E03.mp4": "waiting"}
    assert indicsubs("run", "show", *ON) == ExitStatus.DONE
    assert set(states(workspace).values()) == {"done"}


def test_a_queue_whose_cluster_is_lost_before_any_film_is_not_done(
    workspace: Workspace, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert indicsubs("queue", "add", "show", *OPTIONS) == ExitStatus.DONE
    monkeypatch.setattr(FilmRunner, "is_lost", True)
    assert indicsubs("queue", "run", "--on", "local") == ExitStatus.TRY_AGAIN
    assert "no further film was begun" in capsys.readouterr().err
    assert set(states(workspace).values()) == {"waiting"}


def test_a_watcher_whose_cluster_is_lost_ends_with_an_error(
    workspace: Workspace, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no sign of new code, after which it would start itself again."""

    def restart(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("indicsubs.cli.watch_command.restart", restart)
    monkeypatch.setattr(FilmRunner, "is_lost", True)
    assert indicsubs("watch", "show", *ON) == ExitStatus.TRY_AGAIN
    assert "The connection to the cluster was lost" in capsys.readouterr().err


def test_a_server_whose_cluster_is_lost_says_so_and_connects_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FilmRunner, "is_lost", True)
    machine = ServerMachine(
        workspace=workspace,
        runner=RunnerOptions(on="local"),
        stage_limit=1,
        settings=None,  # type: ignore[arg-type]  of requests, and there are none
    )
    engines = MachineEngines(machine, lambda: None)
    monkeypatch.setattr("indicsubs.server.worker._AGAIN_S", 0.01)
    engines.worker.start()
    deadline = time.monotonic() + 30
    while engines.trouble is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert engines.trouble.startswith("The connection to the cluster was lost")
    monkeypatch.setattr(FilmRunner, "is_lost", False)
    while engines.trouble is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    engines.worker.stop()


# --- the environment ---


@pytest.fixture
def built(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def build(self: EnvironmentManager, name: str, announce) -> bool:
        names.append(name)
        return True

    monkeypatch.setattr(EnvironmentManager, "build", build)
    (workspace.root / "demo").mkdir()
    (workspace.root / "demo" / "expand.py").touch()
    monkeypatch.setattr(
        EnvironmentManager, "python_command", lambda *_: [sys.executable, "-c", "pass"]
    )
    return names


@pytest.mark.parametrize(
    ("given", "expected"), [((), False), (("all",), False), (("cluster",), True)]
)
def test_only_who_names_the_environment_of_ray_gets_it(built, given, expected: bool) -> None:
    assert indicsubs("setup", *given) == ExitStatus.DONE
    assert ("cluster" in built) is expected
    if given != ("cluster",):
        assert {"common", "whisperx"} <= set(built)


def test_all_environments_and_that_of_ray(built) -> None:
    assert indicsubs("setup", "all", "cluster") == ExitStatus.DONE
    assert {"common", "mlx", "cluster"} <= set(built)


def test_an_unknown_environment_is_refused_with_those_there_are(built, capsys) -> None:
    assert indicsubs("setup", "ray") == ExitStatus.USAGE
    assert "mlx, indicconformer, cluster, or all" in capsys.readouterr().err.replace("\n", " ")
    assert not built


def environments(capsys) -> list[str]:
    indicsubs("doctor", "--json")
    report = json.loads(capsys.readouterr().out)
    return [environment["name"] for environment in report["environments"]]


def test_the_doctor_looks_at_the_environment_of_ray_where_there_is_one(
    workspace: Workspace, capsys
) -> None:
    assert environments(capsys)[-1] == "cluster"
    (workspace.root / "venv" / "cluster").rename(workspace.root / "elsewhere")
    assert "cluster" not in environments(capsys)


def test_a_folder_that_another_user_has_made_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    monkeypatch.setattr("indicsubs.cli.film_runner._SHORT", str(tmp_path / "link"))
    with pytest.raises(IndicsubsError, match="belongs to another user"):
        _short_folder()
    monkeypatch.setattr("indicsubs.cli.film_runner._SHORT", str(tmp_path / "own"))
    assert _short_folder().stat().st_mode & 0o77 == 0
