"""A Ray cluster of several nodes on this machine, as a process: run in the environment ``cluster``.

    python tests/cluster_nodes.py FOLDER NODES GPUS

The head has no cores, like that of a careful site; the last node has the GPUs. The first line of
the output has the addresses; a line ``kill node-N`` on stdin kills that node with all that runs on
it, as a loss of power would; ``add`` adds a node. The cluster ends with stdin. Everything listens
on the loopback interface.
"""

import contextlib
import json
import logging
import os
import socket
import sys

os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # the loopback interface, see ray_machines
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"  # Ray's server for clients dies of it now and then
os.environ["RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S"] = "120"  # machines of tests are busy

from ray.cluster_utils import Cluster

NODE = {"node_ip_address": "127.0.0.1", "object_store_memory": 80_000_000, "memory": 4 << 30}


def main() -> None:
    """Starts the cluster, and obeys the lines of stdin."""
    folder, count, gpus = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        client_port = free.getsockname()[1]
    head = {"num_cpus": 0, "include_dashboard": False, "ray_client_server_port": client_port}
    cluster = Cluster(True, head_node_args=NODE | head | {"temp_dir": folder})
    logging.getLogger("ray").setLevel(logging.ERROR)
    nodes = {}

    def add(gpus: int = 0) -> None:
        name = f"node-{len(nodes)}"
        nodes[name] = cluster.add_node(num_cpus=1, num_gpus=gpus, node_name=name, **NODE)

    for number in range(count):
        add(gpus if number == count - 1 else 0)
    addresses = {"ray": cluster.address, "client": f"ray://127.0.0.1:{client_port}"}
    print(json.dumps(addresses), file=answers, flush=True)
    for line in sys.stdin:
        match line.split():
            case ["kill", name]:
                cluster.remove_node(nodes[name], allow_graceful=False)
            case ["add"]:
                add()
        print("done", file=answers, flush=True)
    cluster.shutdown()


main()
