"""Connects the orchestrator, by lines on stdin and stdout, with a Ray cluster."""

import logging
import os
import queue
import sys
import threading

import msgspec

from indicsubs_cluster.driver import serve
from indicsubs_contract.wire import encode_line


def main() -> None:
    """Answers lines until stdin ends; whatever libraries print goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    writing = threading.Lock()

    def read() -> None:
        for line in requests:
            lines.put(line)
        lines.put(b"")

    def answer(message: msgspec.Struct) -> None:
        with writing:
            answers.write(encode_line(message))

    threading.Thread(target=read, daemon=True).start()
    serve(lines, answer)


if __name__ == "__main__":
    main()
