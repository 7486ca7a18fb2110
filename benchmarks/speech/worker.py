"""Calls one function of a contender, in a process of its own.

    python -m benchmarks.speech.worker MODULE FUNCTION ARGUMENTS.json RESULT.json

``MODULE`` is a module of ``benchmarks.speech.contenders``. The result goes to a file, because
engines print to stdout.
"""

import importlib
import json
import sys
from pathlib import Path


def peak_bytes() -> int | None:
    """Returns the most memory that this program had; None where the system does not say.

    The peak of ``getrusage`` would count the memory of the parent before the program began.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def peak_gpu_bytes() -> int | None:
    """Returns the most memory of the GPU that torch had; None where it had none.

    Memory that other libraries take, and torch's own context, are not counted.
    """
    torch = sys.modules.get("torch")  # not imported here, because that takes seconds
    if torch is None or not torch.cuda.is_available():
        return None
    return torch.cuda.max_memory_allocated() or None


def main() -> None:
    """Calls the function and writes its result."""
    module, function, arguments, result = sys.argv[1:]
    contender = importlib.import_module(f"benchmarks.speech.contenders.{module}")
    value = getattr(contender, function)(**json.loads(Path(arguments).read_bytes()))
    document = {
        "value": value,
        "peak_bytes": peak_bytes(),
        "peak_gpu_bytes": peak_gpu_bytes(),
    }
    Path(result).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
