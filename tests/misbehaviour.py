"""Ways in which a stage can go wrong, for tests of what surrounds stages."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import Failure


class Nonsense(msgspec.Struct):
    """A line that is not a message of a stage."""

    nonsense: str = "nonsense"


def misbehave(behaviour: str, context: Context | None) -> None:  # noqa: C901, PLR0912, PLR0915 (a list)
    """Does what ``behaviour`` names, as in ``die:SIGKILL``; any other text does nothing."""
    if behaviour.startswith("pid+"):
        print(f"served by {os.getpid()}", flush=True)
        behaviour = behaviour.removeprefix("pid+")
    name, _, detail = behaviour.partition(":")
    match name:
        case "later":
            context.report(1, 1, "chunks")
            sys.stderr.flush()
            threading.Timer(0.2, context.report, (1, 1, "chunks")).start()
        case "allocate":
            if len(bytearray(int(detail) << 20).replace(b"\0", b"x")) == 0:
                raise AssertionError
        case "sleep":
            time.sleep(float(detail))
        case "die once":
            if not Path(detail).exists():
                Path(detail).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case "print":
            print("garbage from Python")
            sys.stdout.write("more garbage\n")
            ctypes.CDLL(None).puts(b"garbage from C")
            ctypes.CDLL(None).fflush(None)
            os.write(1, b"garbage to descriptor 1\n")
            subprocess.run(["echo", "garbage from a child"], check=True)
        case "read":
            if sys.stdin.read() or subprocess.run(["cat"], capture_output=True, check=True).stdout:
                raise AssertionError("stdin is the protocol's, not the stage's")
        case "die":
            os.kill(os.getpid(), getattr(signal, detail))
        case "exit":
            os._exit(int(detail))
        case "hang":
            # A child that ignores SIGTERM, as an engine's worker might.
            child = subprocess.Popen(["bash", "-c", "trap '' TERM; sleep 600; true"])
            context.report(0, 1, "chunks", note=f"{os.getpid()} {child.pid}")
            time.sleep(600)
        case "twice":
            context._report_line(Failure(code=FailureCode.BUG, message="first answer"))
        case "nonsense":
            context._report_line(Nonsense())
        case "fail":
            raise IndicsubsError(FailureCode(detail), "It went wrong; do the other thing.")
        case "bug":
            raise ZeroDivisionError("nobody expected that")
        case "memory":
            raise MemoryError
        case "device":
            raise RuntimeError("CUDA failed with error out of memory")
        case "unmapped":
            raise ImportError("libtorch.so: failed to map segment from shared object")
        case "temporary":
            os.close(tempfile.mkstemp()[0])
            subprocess.run(["mktemp"], check=True)
            misbehave(detail, context)
        case "import":
            raise ModuleNotFoundError("No module named 'whisper_of_heart'")
        case _:
            pass
