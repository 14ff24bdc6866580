"""The queue's library over our own connections."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from procrastinate.connector import BaseAsyncConnector, Notify

from agent_memory.errors import AgentMemoryError
from agent_memory.jobs.ports import Queue

log = logging.getLogger(__name__)

_RECONNECT_PAUSE_S = 2.0


class QueueConnector(BaseAsyncConnector):
    """Connects procrastinate to the `Queue` port. It defers nothing: jobs are queued in the
    transactions of those who cause them."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def open_async(self, pool: object = None) -> None:
        """The connections belong to somebody else."""

    async def close_async(self) -> None:
        """Likewise."""

    async def execute_query_async(self, query: str, **arguments: object) -> None:
        await self._queue.execute(query, arguments)

    async def execute_query_one_async(self, query: str, **arguments: object) -> dict[str, Any]:
        return (await self._queue.execute(query, arguments))[0]

    async def execute_query_all_async(
        self, query: str, **arguments: object
    ) -> list[dict[str, Any]]:
        return list(await self._queue.execute(query, arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """For ever. While the database is away the worker finds its jobs by looking for them."""
        channels = tuple(channels)
        while True:
            try:
                async for channel, payload in self._queue.notifications(channels):
                    await on_notification(channel=channel, payload=payload)
            except AgentMemoryError as error:
                log.warning("not listening for jobs", extra={"reason": str(error)})
            await asyncio.sleep(_RECONNECT_PAUSE_S)
