"""`agent-memory serve`: everything on one machine, started, watched and stopped."""

import importlib
import os
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Protocol

from agent_memory.deployments.disk_probe import check_disk
from agent_memory.device.cpu.blas import openblas_hint
from agent_memory.device.mlx_backend import check_backend
from agent_memory.device.models.model_choice import ServedModel, resolve_model
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import Unavailable
from agent_memory.host.door import Door
from agent_memory.host.environment import prepare_environment, runtime_folder
from agent_memory.host.local_storage import LocalStorage
from agent_memory.host.open_files import raise_open_file_limit
from agent_memory.host.preflight import DataDirLock, wait_until_port_is_free
from agent_memory.host.presence import Presence, clear_presence, read_presence, write_presence
from agent_memory.host.remnants import end_remnants
from agent_memory.host.reporting import Banner, Reporter
from agent_memory.host.restart import (
    MOST_IN_A_ROW,
    SOUND_AFTER_S,
    Restart,
    begin_again,
    begun_again,
)
from agent_memory.host.stand_in import StandIn
from agent_memory.host.stop_signals import StopSignals
from agent_memory.settings import Settings

WATCH_PERIOD_S = 1.0
ORPHANS_TIMEOUT_S = 15.0
"""For how long what a killed server has left may hold its port."""


class LocalRuntime(Protocol):
    """The part of a server that lives in Ray (see `local_runtime`)."""

    def start(self) -> None: ...

    def start_actors(self, database_url: str, model: ServedModel) -> None: ...

    def serve(self) -> None: ...

    def wait_until_ready(self) -> EngineInfo: ...

    def start_background(self) -> None: ...

    def is_alive(self) -> bool: ...

    def drain(self) -> int: ...

    def stop(self) -> None: ...


class _RayEnded(Exception):
    """A process of Ray's has ended that nothing brings back. stand_in: answers meanwhile."""

    def __init__(self, stand_in: StandIn | None, seconds: float) -> None:
        super().__init__()
        self.listener = None if stand_in is None else stand_in.listener
        self.seconds = seconds


def run_server(settings: Settings, reporter: Reporter) -> int:
    """Serve until a signal asks for the end. Returns the exit code.

    A server whose Ray has ended begins again: everything acknowledged is on disk. Errors of
    `agent_memory.errors` raised here mean that nothing was left running.
    """
    begun = begun_again()
    try:
        _run(settings, reporter, begun.listener)
    except _RayEnded as ended:
        count = 1 if ended.seconds > SOUND_AFTER_S else begun.count + 1
        if count > MOST_IN_A_ROW:
            raise Unavailable(
                f"Ray ended unexpectedly {count} times in a row; `agent-memory logs` shows why."
            ) from None
        begin_again(Restart(count, ended.listener))
    reporter.note("Stopped. Everything acknowledged is on disk.")
    return 0


def _run(settings: Settings, reporter: Reporter, listener: socket.socket | None) -> None:
    started = time.monotonic()
    home = settings.home
    stop = StopSignals()
    raise_open_file_limit()
    with DataDirLock(home):
        stop.listen()
        check_disk(home)
        end_remnants(home)
        if listener is None:
            wait_until_port_is_free(settings.host, settings.port, _patience_s(settings))
        if settings.ray_address is None:
            check_backend()
        reporter.step("Checking the model")
        model = resolve_model(settings)
        storage = LocalStorage(settings)
        # The thread must outlive the database it starts: its children end with it.
        with (
            Door(settings.host, settings.port, listener) as door,
            ThreadPoolExecutor(1, thread_name_prefix="storage") as storage_thread,
        ):
            try:
                _serve(settings, model, reporter, storage, storage_thread, stop, started, door)
            finally:
                clear_presence(home)
                storage_thread.submit(storage.stop).result()
        shutil.rmtree(runtime_folder(home), ignore_errors=True)


def _patience_s(settings: Settings) -> float:
    """How long the port may be taken: by the last server here, if it was killed, for a while."""
    killed = read_presence(settings.home)
    return ORPHANS_TIMEOUT_S if killed is not None and killed.url == settings.url else 0.0


def _serve(
    settings: Settings,
    model: ServedModel,
    reporter: Reporter,
    storage: LocalStorage,
    storage_thread: ThreadPoolExecutor,
    stop: StopSignals,
    started: float,
    door: Door,
) -> None:
    first_key_later = storage_thread.submit(storage.start)
    prepare_environment(settings.home, settings.ray_address is None, settings.max_header_bytes)
    reporter.step("Starting Ray and PostgreSQL")
    # Ray reads its environment when it is imported, so it is imported only now.
    module = importlib.import_module("agent_memory.host.local_runtime")
    runtime: LocalRuntime = module.RayRuntime(settings)
    try:
        runtime.start()
        stop.listen()
        first_key = first_key_later.result()
        if stop.wait(0):
            return
        reporter.step(f"Loading {settings.model} and starting the gateway")
        runtime.start_actors(storage.url, model)
        if stop.wait(0):
            return
        runtime.serve()
        info = runtime.wait_until_ready()
        url = settings.url
        presence = Presence(url, os.getpid(), info.model, datetime.now(UTC), storage.url)
        write_presence(settings.home, presence)
        reporter.ready(
            Banner(
                url=url,
                key=first_key,
                model=info.model,
                model_notes=info.notes,
                data_dir=str(settings.home),
                seconds=time.monotonic() - started,
                engine_notes=_engine_notes(),
            )
        )
        stop.has_started = True
        storage_thread.submit(storage.first_key_was_shown).result()
        runtime.start_background()
        if settings.ray_address is None:
            door.watch()
        ready_at = time.monotonic()
        if not _watch(runtime, storage, storage_thread, stop):
            reporter.note("Ray ended unexpectedly; the server starts again.")
            raise _RayEnded(door.hand_over(), time.monotonic() - ready_at)
        reporter.step("Draining: running turns finish, new ones are refused")
        if num_cut := runtime.drain():
            reporter.note(f"{num_cut} turns did not finish in time; they can be sent again.")
        reporter.step("Stopping")
    finally:
        runtime.stop()


def _engine_notes() -> tuple[str, ...]:
    hint = openblas_hint()
    return (hint,) if hint is not None else ()


def _watch(
    runtime: LocalRuntime,
    storage: LocalStorage,
    storage_thread: ThreadPoolExecutor,
    stop: StopSignals,
) -> bool:
    """Until a signal comes, see to it that the database runs. False as soon as Ray has ended."""
    while not stop.wait(WATCH_PERIOD_S):
        storage_thread.submit(storage.keep_running).result()
        if not runtime.is_alive():
            return False
    return runtime.is_alive()
