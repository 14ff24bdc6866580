import asyncio

from agent_memory.sessions.keyed_locks import KeyedLocks


async def test_who_holds_one_key_keeps_nobody_from_another() -> None:
    locks = KeyedLocks[str]()
    async with locks.of("a"), asyncio.timeout(1), locks.of("b"):
        assert locks.is_held("a")
        assert locks.is_held("b")


async def test_one_key_is_held_by_one_at_a_time_in_the_order_of_coming() -> None:
    locks = KeyedLocks[str]()
    told: list[str] = []

    async def hold(name: str) -> None:
        async with locks.of("a"):
            told.append(f"{name} in")
            await asyncio.sleep(0)
            told.append(f"{name} out")

    await asyncio.gather(hold("x"), hold("y"))
    assert told == ["x in", "x out", "y in", "y out"]


async def test_a_key_that_is_held_is_not_waited_for_if_one_asks_so() -> None:
    locks = KeyedLocks[str]()
    async with locks.of("a"), locks.if_free("a") as is_free:
        assert not is_free
    async with locks.if_free("a") as is_free:
        assert is_free
        assert locks.is_held("a")


async def test_nothing_is_left_of_a_key_that_nobody_holds() -> None:
    locks = KeyedLocks[str]()
    async with locks.of("a"):
        pass
    assert not locks.is_held("a")
