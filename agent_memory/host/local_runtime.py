"""The part of a server that lives in Ray. Import it only when the environment is prepared."""

import asyncio
import atexit
import contextlib
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import ray
from ray import serve
from ray._private import worker
from ray._private.ray_logging import global_worker_stdstream_dispatcher

from agent_memory.actors.directory_handle import DirectoryHandle
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.janitor_handle import JanitorHandle
from agent_memory.actors.options import MLX_RESOURCE, NAMESPACE
from agent_memory.deployments.front import application, cluster_application
from agent_memory.device.models.model_choice import ServedModel
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import AgentMemoryError, Unavailable
from agent_memory.host.composition import (
    make_config,
    start_actors,
    start_background_actors,
    stop_actors,
)
from agent_memory.host.environment import runtime_folder
from agent_memory.host.own_health import health_problem
from agent_memory.host.patient_start import end_processes_below, start_patiently
from agent_memory.host.remnants import end_remnants
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
    """A local Ray, or a cluster that is there already, with the product's actors and front."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_local = settings.ray_address is None

    def start(self) -> None:
        """Start Ray, or join the cluster at `ray_address`."""
        with _translated_errors("Ray does not start"), _own_process_group():
            if self._is_local:
                folder = runtime_folder(self._settings.home) / "ray"
                start_patiently(self._init, partial(end_processes_below, folder))
            else:
                self._init()
        # What Ray would print here (that an actor was ended which we ended) helps nobody.
        global_worker_stdstream_dispatcher.remove_handler("ray_print_logs")

    def _init(self) -> None:
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

    def start_actors(self, database_url: str, model: ServedModel) -> None:
        self._config = make_config(self._settings, database_url, spans_nodes=not self._is_local)
        start_actors(self._config, model)

    def serve(self) -> None:
        """Bring the front up on the server's address."""
        settings = self._settings
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        with _translated_errors("Ray Serve does not start"):
            serve.start(
                proxy_location="HeadOnly",
                http_options={"host": settings.host, "port": settings.port},
            )
            build = application if self._is_local else cluster_application
            serve.run(build(self._config), name=APPLICATION, route_prefix="/")

    def wait_until_ready(self) -> EngineInfo:
        """Until the engine has its model and the front says so. Raises what hinders it."""
        info = asyncio.run(self._engine_info())
        deadline = time.monotonic() + READY_TIMEOUT_S
        while (problem := health_problem(self._settings.url)) is not None:
            if time.monotonic() > deadline:
                raise Unavailable(f"The server did not become ready: {problem}")
            time.sleep(0.05)
        return info

    def start_background(self) -> None:
        """Start what a server can be ready without. Returns at once."""
        start_background_actors(self._config)

    def drain(self) -> int:
        """Refuse new turns and let running ones finish; returns how many did not in time."""
        return asyncio.run(self._drain())

    def is_alive(self) -> bool:
        """False once a process of the local Ray has ended that nothing else brings back."""
        node = _own_node()
        return node is None or not node.dead_processes()

    def stop(self) -> None:
        """End the front, the actors and, if it is ours, Ray. Harmless when there is none."""
        if not ray.is_initialized():
            return
        node = _own_node()
        if node is not None and node.dead_processes():
            # Nobody is left to ask for an orderly end: asking takes a minute, at the exit too.
            node.kill_all_processes(check_alive=False, allow_graceful=False)
            atexit.unregister(worker.shutdown)
            end_remnants(self._settings.home)
            return
        _stop_listening()
        serve.shutdown()
        stop_actors()
        ray.shutdown()

    async def _engine_info(self) -> EngineInfo:
        return await EngineHandle(self._config.secret).info(READY_TIMEOUT_S)

    async def _drain(self) -> int:
        """Turns and jobs side by side."""
        num_busy, _ = await asyncio.gather(self._drain_turns(), self._drain_jobs())
        return num_busy

    async def _drain_jobs(self) -> None:
        with contextlib.suppress(Unavailable):
            await JanitorHandle().drain(self._settings.drain_grace_s)

    async def _drain_turns(self) -> int:
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


def _stop_listening() -> None:
    """Hear no more of Ray's errors: it would print that its controller, told to end, has ended."""
    worker.global_worker.threads_stopped.set()
    worker.global_worker.gcs_error_subscriber.close()


@contextmanager
def _translated_errors(what: str) -> Iterator[None]:
    """Ray fails in many ways; a person needs the last line of it and where the rest lies."""
    try:
        yield
    except AgentMemoryError:
        raise
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise Unavailable(f"{what}: {reason}") from error


@contextmanager
def _own_process_group() -> Iterator[None]:
    """Leave the processes that start here in a process group of their own.

    Ray makes this process the leader of one, so that what it starts can be ended together. Going
    back to the group we came from, a signal to that one (Ctrl-C in a terminal, `timeout`) reaches
    this process alone, which then ends the others in order.
    """
    group = os.getpgrp()
    try:
        yield
    finally:
        if os.getpgrp() != group:
            os.setpgid(0, group)


def _own_node() -> Any:
    """The Ray node that this process started (it has no public name), or None."""
    return worker._global_node if ray.is_initialized() else None
