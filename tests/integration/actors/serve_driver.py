"""Bring three deployments up on a cluster: `serve_driver.py ADDRESS PORT NUM_REPLICAS CONFIG`.

A process of its own, as `serve run` is one: they stay when it ends. CONFIG is a file with the
pickled configuration of the runtime whose actors are there.
"""

import pickle
import sys
from pathlib import Path

import ray
from ray import serve

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.options import NAMESPACE
from agent_memory.deployments.front import cluster_application


def main(address: str, port: str, num_replicas: str, config_file: str) -> None:
    config = pickle.loads(Path(config_file).read_bytes())
    assert isinstance(config, RuntimeConfig)
    ray.init(address, namespace=NAMESPACE)
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": int(port)})
    serve.run(cluster_application(config, int(num_replicas)), name="agent_memory")


if __name__ == "__main__":
    main(*sys.argv[1:])
