"""A generation whose session goes away, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_memory.actors.unheard import keeping_unheard
from agent_memory.cache.lease import StoredBlock
from agent_memory.engine.events import EngineEvent, Restored, Stored
from agent_memory.ids import BlockHash
from agent_memory.wire.streams import Call, Exchange, StreamServer, open_exchange

SECRET = b"s" * 32
BLOCK = StoredBlock(BlockHash("b"), BlockHash("a"), (1, 2), 8, "file")


class Generation:
    """Stores its block when it is cancelled, or when `is_over` is set."""

    def __init__(self) -> None:
        self.is_over = asyncio.Event()
        self.kept: list[Stored] = []
        self.has_ended = asyncio.Event()

    async def answer(self, call: Call) -> None:
        call.on_cancel(self.is_over.set)
        async for event in keeping_unheard(self._events(), call, self._keep):
            call.send(event)
        self.has_ended.set()

    async def _events(self) -> AsyncIterator[EngineEvent]:
        yield Restored(0, 0)
        await self.is_over.wait()
        yield Stored((BLOCK,), 2)

    async def _keep(self, stored: Stored) -> None:
        self.kept.append(stored)


@pytest.fixture
def generation() -> Generation:
    return Generation()


@pytest.fixture
async def exchange(generation: Generation, socket_folder: Path) -> AsyncIterator[Exchange]:
    """Which has heard the first event."""
    server = StreamServer(generation.answer, SECRET)
    address = await server.listen("here", socket_folder / "s.sock", "127.0.0.1")
    exchange = await open_exchange(address, "here", SECRET, "go")
    assert await anext(aiter(exchange)) == Restored(0, 0)
    yield exchange
    exchange.close()
    server.close()


async def test_blocks_that_nobody_hears_of_are_kept(
    generation: Generation, exchange: Exchange
) -> None:
    exchange.close()
    await asyncio.wait_for(generation.has_ended.wait(), 10)
    assert generation.kept == [Stored((BLOCK,), 2)]


async def test_blocks_that_the_caller_hears_of_are_the_callers(
    generation: Generation, exchange: Exchange
) -> None:
    exchange.cancel()
    assert [event async for event in exchange] == [Stored((BLOCK,), 2)]
    await asyncio.wait_for(generation.has_ended.wait(), 10)
    assert generation.kept == []
