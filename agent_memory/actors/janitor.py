"""`Janitor`: the actor that runs jobs and keeps the schedule."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeAlias

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.embedder_handle import embedders_of
from agent_memory.actors.niceness import give_way
from agent_memory.jobs.spec import Spec
from agent_memory.jobs.worker import JobWorker
from agent_memory.providers.embedders import Embedders
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.job_queue import JobQueueStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.telemetry import configure_logging
from agent_memory.work.registry import SCHEDULE

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 8

SpecsOf: TypeAlias = Callable[[Database, JobQueueStore, Embedders, Settings], Sequence[Spec]]
"""Composes what the jobs do, in the process that runs them."""


class JanitorActor:
    """Owns one `JobWorker`, which works from the moment the actor is made: a restarted actor runs
    its constructor only. It has a thread and an event loop of its own, so that the actor answers
    whatever a job does."""

    def __init__(self, config: RuntimeConfig, specs_of: SpecsOf) -> None:
        configure_logging("janitor", config.settings.log_level, config.log_file("janitor"))
        give_way()
        self._config = config
        self._specs_of = specs_of
        self._made: Future[tuple[JobWorker, asyncio.AbstractEventLoop]] = Future()
        threading.Thread(target=self._run, name="jobs", daemon=True).start()

    async def drain(self, grace_s: float) -> None:
        """Take no more jobs; returns when the running ones have finished or been put back."""
        worker, loop = await asyncio.wrap_future(self._made)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(worker.drain(grace_s), loop))

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        except Exception:
            log.exception("the janitor ended")

    async def _work(self) -> None:
        database = Database(self._config.database_url, max_size=MAX_CONNECTIONS)
        queue = JobQueueStore(database, self._config.database_url)
        embedders = embedders_of(self._config.settings, SpaceStore(database))
        specs = self._specs_of(database, queue, embedders, self._config.settings)
        worker = JobWorker(specs, queue, SCHEDULE)
        self._made.set_result((worker, asyncio.get_running_loop()))
        try:
            await worker.run()
        finally:
            await database.close()
