"""The process's worker: it takes jobs, runs them, and takes up those of workers that died."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from procrastinate import App
from procrastinate.worker import Worker

from agent_memory.errors import AgentMemoryError
from agent_memory.jobs.attempt import Attempts, RetryWithBackoff
from agent_memory.jobs.connector import QueueConnector
from agent_memory.jobs.ports import Queue
from agent_memory.jobs.spec import Spec
from agent_memory.work.job import JobKind, JobQueue
from agent_memory.work.period import Period
from agent_memory.work.registry import queue_of

log = logging.getLogger(__name__)

_RESTART_PAUSE_S = 2.0
_MAX_DEATHS = 10
"""A job whose workers died so often is likely what they died of."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one worker. num_webhooks_at_once: in slots of their own, for a receiver may take ten
    seconds to answer. silent_s: a worker that gave no sign of life for so long is dead."""

    num_at_once: int = 4
    num_webhooks_at_once: int = 4
    heartbeat_s: float = 5.0
    silent_s: float = 30.0
    poll_s: float = 2.0


class _Worker(Protocol):
    """The library's worker, which has no types of its own for these."""

    shutdown_graceful_timeout: float | None

    async def run(self) -> None: ...

    def stop(self) -> None: ...


class JobWorker:
    """Runs until it is drained. When the database goes away it waits for it to come back."""

    def __init__(
        self,
        specs: Sequence[Spec],
        queue: Queue,
        schedule: Mapping[JobKind, Period],
        pace: Pace | None = None,
    ) -> None:
        # What it tells of jobs we tell ourselves, with the request's fields.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        self._queue = queue
        self._pace = pace or Pace()
        self._app = _app(specs, queue, schedule)
        self._workers: dict[tuple[JobQueue, ...], _Worker] = {}
        self._is_draining = asyncio.Event()
        self._has_begun = False
        self._has_stopped = asyncio.Event()

    async def run(self) -> None:
        """For ever, until `drain`."""
        self._has_begun = True
        rescuing = asyncio.create_task(self._rescue())
        try:
            async with asyncio.TaskGroup() as lanes:
                for queues, num_at_once in self._lanes():
                    lanes.create_task(self._serve(queues, num_at_once))
        finally:
            rescuing.cancel()
            self._has_stopped.set()

    async def drain(self, grace_s: float) -> None:
        """Take no more jobs and let the running ones finish; those that have not by then are put
        back and run again elsewhere. Returns when the worker has stopped."""
        self._is_draining.set()
        if not self._has_begun:
            return
        for worker in self._workers.values():
            worker.shutdown_graceful_timeout = grace_s
            worker.stop()
        await self._has_stopped.wait()

    def _lanes(self) -> Sequence[tuple[tuple[JobQueue, ...], int]]:
        """Queues whose jobs share slots, and how many."""
        webhooks = (JobQueue.WEBHOOKS,)
        others = tuple(queue for queue in JobQueue if queue not in webhooks)
        return ((others, self._pace.num_at_once), (webhooks, self._pace.num_webhooks_at_once))

    async def _serve(self, queues: tuple[JobQueue, ...], num_at_once: int) -> None:
        while not self._is_draining.is_set():
            await self._run_once(queues, num_at_once)

    async def _run_once(self, queues: tuple[JobQueue, ...], num_at_once: int) -> None:
        worker = self._workers[queues] = self._make(queues, num_at_once)
        try:
            await worker.run()
            log.info("the worker stopped")
        except AgentMemoryError as error:
            log.warning("the worker stopped", extra={"reason": str(error)})
        except Exception:
            log.exception("the worker failed")
        await self._pause(_RESTART_PAUSE_S)

    def _make(self, queues: tuple[JobQueue, ...], num_at_once: int) -> _Worker:
        pace = self._pace
        return Worker(
            self._app,
            name="janitor",
            queues=[queue.value for queue in queues],
            concurrency=num_at_once,
            fetch_job_polling_interval=pace.poll_s,
            abort_job_polling_interval=pace.poll_s,
            update_heartbeat_interval=pace.heartbeat_s,
            stalled_worker_timeout=pace.silent_s,
            install_signal_handlers=False,
        )

    async def _rescue(self) -> None:
        """Put back what was left by workers that died, for ever."""
        while True:
            try:
                num_rescued = await self._queue.rescue_jobs(self._pace.silent_s, _MAX_DEATHS)
            except AgentMemoryError as error:
                log.warning("no jobs rescued", extra={"reason": str(error)})
            else:
                if num_rescued:
                    log.warning("jobs rescued", extra={"num_jobs": num_rescued})
            await asyncio.sleep(self._pace.silent_s / 3)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._is_draining.wait(), seconds)
        except TimeoutError:
            return


def _app(specs: Sequence[Spec], queue: Queue, schedule: Mapping[JobKind, Period]) -> App:
    app = App(connector=QueueConnector(queue))
    for spec in specs:
        task = app.task(
            name=spec.kind,
            queue=queue_of(spec.kind),
            pass_context=True,
            retry=RetryWithBackoff(spec),
        )(Attempts(spec, queue).run)
        if (period := schedule.get(spec.kind)) is not None:
            # The library wants a task that takes a timestamp; ours take any argument.
            app.periodic(cron=period.cron)(cast("Any", task))
    return app
