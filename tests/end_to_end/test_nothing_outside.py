"""A run touches nothing outside: no network, and no file in the folder of temporary files."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from demo_runs import DEMO, DEMO_OPTIONS, ROOT, command

from indicsubs.machine.environments import EnvironmentManager
from indicsubs_contract.engines import ENGINES

ALONE = ["unshare", "--map-root-user", "--net"]
"""Runs a command without any network: even the machine's own address is down."""
CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
TOUCHED = re.compile(r"^.*sa_family=AF_INET.*$", re.MULTILINE)
"""A call to a network address. (urllib3 asks at its import whether there is IPv6 by binding a
socket to this machine's own address, and sends nothing.)"""


def is_possible() -> bool:
    """Whether this machine has strace and allows networks of one's own."""
    if not shutil.which("strace") or not shutil.which("unshare"):
        return False
    return (
        subprocess.run(
            [*ALONE, "strace", "-o", "/dev/null", "true"], capture_output=True, check=False
        ).returncode
        == 0
    )


@pytest.fixture(autouse=True)
def needs_a_network_of_its_own() -> None:
    if not is_possible():
        pytest.skip("strace or unshare --net is not here, or not allowed (as in many containers)")


@pytest.mark.parametrize("backend", ["whisperx", "mlx", "indicconformer"])
def test_a_run_needs_no_network_and_leaves_no_temporary_file(backend: str, tmp_path: Path) -> None:
    environments = EnvironmentManager(ROOT)
    if not environments.is_environment_installed(ENGINES[backend].environment):
        pytest.skip(f"the environment of {backend} is not installed")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    trace = tmp_path / "trace"
    run = subprocess.run(
        [
            *ALONE,
            *("strace", "--follow-forks", "--quiet=all", "-e", CALLS, "-o", str(trace)),
            *command(tmp_path / "out", "run", DEMO / "clip.mp4", *DEMO_OPTIONS, "-t", "en"),
            *("--backend", backend),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=os.environ | {"TMPDIR": str(temporary)},
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert not TOUCHED.findall(trace.read_text())
    assert not list(temporary.iterdir())
    assert not list((tmp_path / "out").glob("*/*/*/*/stages/.*")), "nor in the job"
