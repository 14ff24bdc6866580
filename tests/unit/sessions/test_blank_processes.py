"""The line before processes that are plain numbers."""

import asyncio
from itertools import count

import pytest

from agent_memory.errors import QueueFull
from agent_memory.sessions.blank_processes import MOST_STARTS_AT_ONCE, BlankProcesses


class Starter:
    """Starts processes that are numbers, one after `may_start` is set."""

    def __init__(self) -> None:
        self._numbers = count()
        self.num_starting = 0
        self.most_starting = 0
        self.may_start = asyncio.Event()

    async def start(self) -> int:
        self.num_starting += 1
        self.most_starting = max(self.most_starting, self.num_starting)
        await self.may_start.wait()
        await asyncio.sleep(0)
        self.num_starting -= 1
        return next(self._numbers)


async def no_room(_count: int) -> int:
    return 0


def line(starter: Starter, room: int, timeout_s: float = 0.1) -> BlankProcesses[int]:
    return BlankProcesses(starter.start, no_room, lambda: room, timeout_s)


async def test_few_processes_start_at_once_however_many_wait() -> None:
    starter = Starter()
    blank = line(starter, room=10)
    waiting = [asyncio.create_task(blank.take()) for _ in range(6)]
    await asyncio.sleep(0.01)
    assert blank.num_waiting == 6
    starter.may_start.set()
    assert sorted(await asyncio.gather(*waiting)) == list(range(6))
    assert starter.most_starting == MOST_STARTS_AT_ONCE


async def test_one_for_whom_a_process_starts_is_not_turned_away() -> None:
    starter = Starter()
    blank = line(starter, room=1, timeout_s=0.02)
    first = asyncio.create_task(blank.take())
    await asyncio.sleep(0.01)
    second = asyncio.create_task(blank.take())
    with pytest.raises(QueueFull):
        await second
    starter.may_start.set()
    assert await first == 0


async def test_what_becomes_free_goes_to_the_line_at_once() -> None:
    blank = line(Starter(), room=0, timeout_s=5)
    waiting = asyncio.create_task(blank.take())
    await asyncio.sleep(0.01)
    blank.add(7)
    async with asyncio.timeout(0.05):
        assert await waiting == 7
    assert blank.num_ready == 0


async def test_one_that_was_started_ahead_is_ready() -> None:
    starter = Starter()
    starter.may_start.set()
    blank = line(starter, room=1)
    await blank.start_one()
    assert blank.num_ready == 1
    assert not blank.has_room
    assert await blank.take() == 0
