"""Limits that several processes share through a real Redis."""

import asyncio
import random
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from agent_memory.access.buckets import Draw, Refusal, Slot
from agent_memory.access.limiter import LocalLimiter, Taken
from agent_memory.errors import Unavailable
from agent_memory.store.shared_limiter import SharedLimiter
from tests.integration.store.conftest import temporary_folder
from tests.integration.store.redis_server import redis_server, running_redis

FEW = Draw("few", 2, 3600, 1)
MANY = Draw("many", 100, 3600, 10)
PLACE = Slot("busy", 3)


@pytest.fixture
def redis() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    program = redis_server()
    assert program is not None
    with temporary_folder() as folder, running_redis(program, folder) as running:
        yield running


@asynccontextmanager
async def limiter(url: str, *, is_open: bool = True) -> AsyncIterator[SharedLimiter]:
    made = SharedLimiter(url, is_open=is_open)
    try:
        yield made
    finally:
        await made.close()


async def test_two_processes_share_buckets_and_places(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, _ = redis
    async with limiter(url) as one, limiter(url) as other:
        assert await one.take("a", [FEW, MANY], [PLACE]) == Taken((1, 90, 2))
        taken = await other.take("b", [FEW, MANY], [PLACE])
        assert isinstance(taken, Taken)
        assert [round(left) for left in taken.left] == [0, 80, 1]
        refused = await one.take("c", [MANY, FEW], [PLACE])
        assert isinstance(refused, Refusal)
        assert (refused.key, round(refused.wait_s / 10)) == ("few", 180)
        await other.give_back("b", [FEW, MANY], [0, 25], [PLACE])
        taken = await one.take("d", [FEW, Draw("many", 100, 3600, 0)], [PLACE])
        assert isinstance(taken, Taken)
        assert [round(left) for left in taken.left] == [0, 65, 1]


async def test_the_script_says_what_one_process_would_say(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    """Random requests, asked of both. Buckets fill up too slowly for the time between to matter."""
    url, _ = redis
    dice = random.Random(3)  # noqa: S311  a test that repeats itself
    local = LocalLimiter(lambda: 0.0)
    async with limiter(url) as shared:
        open_ones: list[tuple[str, list[Draw], list[Slot]]] = []
        for number in range(200):
            draws = [
                Draw(f"b{at}", 50.0 * (at + 1), 1e9, float(dice.randrange(0, 40)))
                for at in range(3)
                if dice.random() < 0.7
            ]
            slots = [Slot(f"p{at}", 2 + at) for at in range(2) if dice.random() < 0.5]
            if not draws and not slots:
                continue
            expected = await local.take(str(number), draws, slots)
            found = await shared.take(str(number), draws, slots)
            if isinstance(expected, Refusal):
                assert isinstance(found, Refusal)
                assert found.key == expected.key
            else:
                assert isinstance(found, Taken)
                assert found.left == pytest.approx(expected.left, abs=1e-3)
                open_ones.append((str(number), draws, slots))
            if open_ones and dice.random() < 0.6:
                holder, draws, slots = open_ones.pop(dice.randrange(len(open_ones)))
                used = [float(dice.randrange(0, 40)) for _ in draws]
                await local.give_back(holder, draws, used, slots)
                await shared.give_back(holder, draws, used, slots)


async def test_no_more_than_there_is_goes_to_many_at_once(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, _ = redis
    async with limiter(url) as one, limiter(url) as other:
        taken = await asyncio.gather(
            *((one, other)[at % 2].take(str(at), [Draw("b", 10, 1e9, 1)], []) for at in range(50))
        )
    assert sum(isinstance(one, Taken) for one in taken) == 10


async def test_without_redis_each_process_limits_by_itself_or_refuses(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, process = redis
    async with limiter(url) as opened, limiter(url, is_open=False) as closed:
        await opened.take("a", [FEW], [])
        assert opened.problem() is None
        process.kill()
        process.wait()
        assert await opened.take("b", [FEW], []) == Taken((1,))
        assert isinstance(await opened.take("c", [FEW], []), Taken)
        assert isinstance(await opened.take("d", [FEW], []), Refusal)
        await opened.give_back("b", [FEW], [0], [])
        assert "does not answer" in (opened.problem() or "")
        with pytest.raises(Unavailable, match="Redis"):
            await closed.take("a", [FEW], [])
