"""`agent-memory serve`: everything on one machine, started, watched and stopped."""

import importlib
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from agent_memory.deployments.disk_probe import check_disk
from agent_memory.device.cpu.blas import openblas_hint
from agent_memory.device.mlx_backend import check_backend
from agent_memory.device.models.model_choice import ServedModel, resolve_model
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import Unavailable
from agent_memory.host.environment import prepare_environment, runtime_folder
from agent_memory.host.local_storage import LocalStorage
from agent_memory.host.open_files import raise_open_file_limit
from agent_memory.host.preflight import DataDirLock, wait_until_port_is_free
from agent_memory.host.presence import Presence, clear_presence, read_presence, write_presence
from agent_memory.host.reporting import Banner, Reporter
from agent_memory.host.stop_signals import StopSignals
from agent_memory.settings import Settings

WATCH_PERIOD_S = 1.0
ORPHANS_TIMEOUT_S = 15.0
"""For how long what a killed server has left may hold its port: it ends when Ray's processes have
noticed, which takes a few seconds."""


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


def run_server(settings: Settings, reporter: Reporter) -> int:
    """Serve until a signal asks for the end. Returns the exit code.

    Errors of `agent_memory.errors` raised here mean that nothing was left running.
    """
    started = time.monotonic()
    home = settings.home
    stop = StopSignals()
    raise_open_file_limit()
    with DataDirLock(home):
        stop.listen()
        check_disk(home)
        wait_until_port_is_free(settings.host, settings.port, _patience_s(settings))
        if settings.ray_address is None:
            check_backend()
        reporter.step("Checking the model")
        model = resolve_model(settings)
        storage = LocalStorage(settings)
        # The thread must outlive the database it starts: its children end with it.
        with ThreadPoolExecutor(1, thread_name_prefix="storage") as storage_thread:
            try:
                _serve(settings, model, reporter, storage, storage_thread, stop, started)
            finally:
                clear_presence(home)
                storage_thread.submit(storage.stop).result()
        shutil.rmtree(runtime_folder(home), ignore_errors=True)
    reporter.note("Stopped. Everything acknowledged is on disk.")
    return 0


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
        _watch(settings.home, runtime, storage, storage_thread, stop)
        if runtime.is_alive():
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
    home: Path,
    runtime: LocalRuntime,
    storage: LocalStorage,
    storage_thread: ThreadPoolExecutor,
    stop: StopSignals,
) -> None:
    """Until a signal comes, see to it that the database runs and that Ray lives."""
    while not stop.wait(WATCH_PERIOD_S):
        storage_thread.submit(storage.keep_running).result()
        if not runtime.is_alive():
            logs = runtime_folder(home) / "ray" / "session_latest" / "logs"
            raise Unavailable(f"Ray ended unexpectedly; its logs are in {logs}.")
