"""An S3 server on this machine: moto's, in the environment ``cluster``."""

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from cluster_of_nodes import PYTHON

BUCKET = "archive"
_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@dataclass(frozen=True)
class S3Server:
    """A running server with an empty bucket."""

    url: str

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that lead clients to it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def objects(self) -> list[str]:
        """The names of all objects in the bucket."""
        with urllib.request.urlopen(f"{self.url}/{BUCKET}?list-type=2&max-keys=1000") as answer:
            return re.findall("<Key>(.*?)</Key>", answer.read().decode())


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server on the loopback interface, which ends with the block."""
    with subprocess.Popen(
        [PYTHON, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        port = int(cast("IO[str]", process.stdout).readline())
        server = S3Server(f"http://127.0.0.1:{port}")
        request = urllib.request.Request(f"{server.url}/{BUCKET}", method="PUT")
        urllib.request.urlopen(request).close()
        yield server
        cast("IO[str]", process.stdin).close()
