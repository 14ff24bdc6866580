import asyncio

import pytest

from agent_memory.cache.import_line import MAX_WAITING, ImportLine
from agent_memory.errors import QueueFull


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_of_a_tenant_at_a_time_and_others_beside_it() -> None:
    line = ImportLine(max_at_once=2)
    await line.enter("a")
    second = asyncio.create_task(line.enter("a"))
    await settle()
    assert not second.done()
    await line.enter("b")
    line.leave("a")
    await second


async def test_who_came_first_is_first_and_a_tenant_that_may_not_keeps_nobody_waiting() -> None:
    line = ImportLine(max_at_once=2)
    await line.enter("a")
    await line.enter("b")
    came: list[str] = []

    async def come(tenant: str) -> None:
        await line.enter(tenant)
        came.append(tenant)

    tasks = [asyncio.create_task(come(tenant)) for tenant in ("a", "c", "d")]
    await settle()
    line.leave("b")
    await settle()
    assert came == ["c"]
    line.leave("a")
    await settle()
    assert came == ["c", "a"]
    line.leave("c")
    await asyncio.gather(*tasks)
    assert came == ["c", "a", "d"]


async def test_too_many_waiting_are_told_when_to_come_again() -> None:
    line = ImportLine()
    await line.enter("a")
    waiting = [asyncio.create_task(line.enter("a")) for _ in range(MAX_WAITING)]
    await settle()
    with pytest.raises(QueueFull) as told:
        await line.enter("a")
    assert told.value.retry_after_s > 0
    await line.enter("b")
    for task in waiting:
        task.cancel()


async def test_nobody_waits_for_ever() -> None:
    line = ImportLine(max_at_once=1, max_wait_s=0.01)
    await line.enter("a")
    with pytest.raises(QueueFull):
        await line.enter("b")
    line.leave("a")
    await line.enter("b")


@pytest.mark.parametrize("comes_first", ["turn", "end"])
async def test_who_gives_up_takes_no_place(comes_first: str) -> None:
    line = ImportLine(max_at_once=1)
    await line.enter("a")
    waiting = asyncio.create_task(line.enter("b"))
    await settle()
    if comes_first == "turn":
        line.leave("a")
        waiting.cancel()
    else:
        waiting.cancel()
        line.leave("a")
    await asyncio.wait([waiting])
    await asyncio.wait_for(line.enter("c"), 1)
