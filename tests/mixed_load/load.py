"""Chat, tools, recall, ingest, imports and contexts at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import httpx

from tests.context_storm import Storm, Watcher, Writer, raging
from tests.mixed_load.asking import PAUSE_S, Asking
from tests.mixed_load.rememberer import Rememberer
from tests.mixed_load.talker import Talker
from tests.mixed_load.traveller import Traveller

_TIMEOUT_S = 60.0


class Client(Protocol):
    """Does one thing over and over, and knows afterwards what must be there."""

    num_acknowledged: int

    async def run(self) -> None: ...
    async def check(self) -> list[str]: ...


@dataclass
class Load:
    """All clients of one server."""

    asking: Asking
    clients: Sequence[Client]
    storm: Storm

    @property
    def num_acknowledged(self) -> int:
        contexts = sum(writer.acknowledged for writer in self.storm.writers)
        return contexts + sum(client.num_acknowledged for client in self.clients)

    async def progress(self, timeout_s: float) -> float:
        """Seconds until every client had one more answer. Raises `TimeoutError`."""
        loop = asyncio.get_running_loop()
        began_at, before = loop.time(), [client.num_acknowledged for client in self.clients]
        async with asyncio.timeout(timeout_s):
            while any(  # noqa: ASYNC110  the clients have no event for it
                client.num_acknowledged <= count
                for client, count in zip(self.clients, before, strict=True)
            ):
                await asyncio.sleep(PAUSE_S)
        return loop.time() - began_at

    async def check(self) -> list[str]:
        """What is lost, doubled, heard twice or not reused, once nothing else goes on."""
        faults = [fault for client in self.clients for fault in await client.check()]
        async with raging(self.storm, with_writers=False):
            return faults + await self.storm.settle(patience_s=180.0)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """All of them, until the end of the block. Raises the error of a client that ended."""
        async with raging(self.storm):
            tasks = [asyncio.create_task(client.run()) for client in self.clients]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end


@asynccontextmanager
async def mixed_load(url: str, key: str) -> AsyncIterator[Load]:
    """Seven clients beside writers and watchers of contexts."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_TIMEOUT_S) as client:
        asking = Asking(client)
        clients: list[Client] = [Talker(asking, f"talker-{number}") for number in range(3)]
        clients += [Talker(asking, "caller", with_tool=True)]
        clients += [Rememberer(asking, f"thread-{number}") for number in range(2)]
        clients += [Traveller(asking, "traveller")]
        writers = [Writer(client, f"/v1/contexts/counter/{number}") for number in range(2)]
        yield Load(asking, clients, Storm(client, writers, [Watcher(client)]))
