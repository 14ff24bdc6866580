"""The part of a server that lives in Ray. Import it only when the environment is prepared."""

import asyncio
import http.client
import logging
import time
from typing import Any

import ray
from ray import serve
from ray._private import worker

from agent_memory.actors.directory_handle import DirectoryHandle
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.environment import runtime_folder
from agent_memory.actors.gateway import application
from agent_memory.actors.options import MLX_RESOURCE, NAMESPACE
from agent_memory.actors.runtime import make_config, start_actors, stop_actors
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import AgentMemoryError, Unavailable
from agent_memory.settings import Settings

APPLICATION = "agent_memory"
OBJECT_STORE_BYTES = 100 * 1024 * 1024
"""Ray's objects carry only small values here; tokens and KV go other ways."""

READY_TIMEOUT_S = 900.0
"""Large models take minutes to load."""

DRAIN_PERIOD_S = 0.1

_NUM_CPUS = 64
"""Logical slots: Ray is not to hold back actors that mostly wait."""


class RayRuntime:
    """A local Ray, or a cluster that is there already, with the product's actors and gateway."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_local = settings.ray_address is None

    def start(self) -> None:
        """Start Ray, or join the cluster at `ray_address`."""
        if self._is_local:
            ray.init(
                num_cpus=_NUM_CPUS,
                resources={MLX_RESOURCE: 1},
                include_dashboard=False,
                namespace=NAMESPACE,
                object_store_memory=OBJECT_STORE_BYTES,
                log_to_driver=False,
                logging_level="ERROR",
                _temp_dir=str(runtime_folder(self._settings.home) / "ray"),
            )
        else:
            ray.init(self._settings.ray_address, namespace=NAMESPACE, log_to_driver=False)

    def start_actors(self, database_url: str) -> None:
        self._config = make_config(self._settings, database_url, spans_nodes=not self._is_local)
        start_actors(self._config)

    def serve(self) -> None:
        """Bring the gateway up on the server's address."""
        settings = self._settings
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        serve.start(
            proxy_location="HeadOnly",
            http_options={"host": settings.host, "port": settings.port},
        )
        serve.run(application(self._config), name=APPLICATION, route_prefix="/")

    def wait_until_ready(self) -> EngineInfo:
        """Until the engine has its model and the gateway says so. Raises what hinders it."""
        info = asyncio.run(self._engine_info())
        deadline = time.monotonic() + READY_TIMEOUT_S
        while (problem := _health_problem(self._settings)) is not None:
            if time.monotonic() > deadline:
                raise Unavailable(f"The server does not become ready: {problem}")
            time.sleep(0.05)
        return info

    def drain(self) -> int:
        """Refuse new turns and let running ones finish; returns how many did not in time."""
        return asyncio.run(self._drain())

    def is_alive(self) -> bool:
        """False once a process of the local Ray has ended that nothing else brings back."""
        node = _own_node()
        return node is None or not node.dead_processes()

    def stop(self) -> None:
        """End the gateway, the actors and, if it is ours, Ray. Harmless when there is none."""
        if not ray.is_initialized():
            return
        node = _own_node()
        if node is not None and node.dead_processes():
            # Nobody is left to ask for an orderly end.
            node.kill_all_processes(check_alive=False, allow_graceful=False)
            return
        serve.shutdown()
        stop_actors()
        ray.shutdown()

    async def _engine_info(self) -> EngineInfo:
        return await EngineHandle(self._config.secret).info(READY_TIMEOUT_S)

    async def _drain(self) -> int:
        directory = DirectoryHandle()
        deadline = time.monotonic() + self._settings.drain_grace_s
        try:
            await directory.drain()
            num_busy = await directory.num_busy()
            while num_busy and time.monotonic() < deadline:
                await asyncio.sleep(DRAIN_PERIOD_S)
                num_busy = await directory.num_busy()
        except AgentMemoryError:
            return 0
        return num_busy


def _own_node() -> Any:
    """The Ray node that this process started (it has no public name), or None."""
    return worker._global_node if ray.is_initialized() else None


def _health_problem(settings: Settings) -> str | None:
    """What `/health/ready` complains of, or None when it does not."""
    connection = http.client.HTTPConnection(settings.host, settings.port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except OSError as error:
        return str(error)
    finally:
        connection.close()
    return None if answer.status == http.client.OK else body
