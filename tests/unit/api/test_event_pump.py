"""The pump hands out what has come, waits without cancelling, and closes what it reads."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent_memory.api.event_pump import EventPump
from agent_memory.errors import StreamInterrupted
from agent_memory.turns.events import Ping, TurnEvent
from tests.unit.api.scripts import FINISHED, STARTED


class Source:
    """A turn that says what it is told, when it is told."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[TurnEvent | Exception | None] = asyncio.Queue()
        self.is_closed = False
        self.num_taken = 0

    async def events(self) -> AsyncIterator[TurnEvent]:
        try:
            while (event := await self.queue.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                self.num_taken += 1
                yield event
        finally:
            self.is_closed = True

    def say(self, *events: TurnEvent | Exception | None) -> None:
        for event in events:
            self.queue.put_nowait(event)


async def test_silence_gives_empty_batches_and_loses_nothing() -> None:
    source = Source()
    source.say(STARTED)
    async with EventPump([source.events()], 0.01) as pump:
        batches = pump.batches()
        assert await anext(batches) == [(0, STARTED)]
        assert await anext(batches) == ()
        assert await anext(batches) == ()
        source.say(FINISHED, None)
        assert await anext(batches) == [(0, FINISHED)]
        with pytest.raises(StopAsyncIteration):
            await anext(batches)


async def test_an_error_comes_after_the_events_before_it() -> None:
    source = Source()
    source.say(STARTED, StreamInterrupted("lost"))
    async with EventPump([source.events()], 1) as pump:
        batches = pump.batches()
        assert await anext(batches) == [(0, STARTED)]
        with pytest.raises(StreamInterrupted, match="lost"):
            await anext(batches)


async def test_an_error_before_the_start_is_raised_at_once() -> None:
    first, second = Source(), Source()
    first.say(STARTED)
    second.say(StreamInterrupted("lost"))
    async with EventPump([first.events(), second.events()], 1) as pump:
        with pytest.raises(StreamInterrupted, match="lost"):
            await pump.started()
    assert first.is_closed
    assert second.is_closed


async def test_leaving_closes_the_turn_in_the_middle_of_its_wait() -> None:
    source = Source()
    source.say(STARTED)
    async with EventPump([source.events()], 1) as pump:
        await pump.started()
        assert not source.is_closed
    assert source.is_closed


async def test_a_reader_that_does_not_read_holds_the_turn_back() -> None:
    source = Source()
    source.say(STARTED, *[Ping()] * 5000, FINISHED, None)
    async with EventPump([source.events()], 1) as pump:
        await pump.started()
        for _ in range(5):
            await asyncio.sleep(0)
        assert source.num_taken <= 1024
        num_events = 0
        async for batch in pump.batches():
            num_events += len(batch)
        assert num_events == 5002
