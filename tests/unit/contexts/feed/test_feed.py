"""How readers join, catch up and begin again."""

import asyncio
import random

from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.feed import Feed
from agent_memory.contexts.feed.hub import Hub
from agent_memory.contexts.feed.listener import Listener
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.feed.reader import FeedReader
from agent_memory.contexts.feed.state import PresentState
from tests.unit.contexts.feed.dict_log import HERE, DictLog

ALL, TEAM = KeyPattern("*"), KeyPattern("team/*")


class World:
    def __init__(self, max_waiting: int = 1000, poll_s: float = 60.0) -> None:
        self.log = DictLog()
        self.hub = Hub(max_waiting)
        self.reader = FeedReader(self.hub, self.log, self.log, poll_s)
        self.feed = Feed(self.hub, self.log, self.reader)


async def caught_up(
    feed: Feed, listener: Listener, pattern: KeyPattern, since: int | None
) -> list[Change | PresentState]:
    return [told async for told in feed.subscribe(listener, [pattern], since)]


def numbers(told: list[Change | PresentState]) -> list[int]:
    return [one.seq for one in told]


async def test_a_subscription_without_a_number_begins_now() -> None:
    world = World()
    world.log.append("a")
    async with world.feed.listening(HERE) as listener:
        assert await caught_up(world.feed, listener, ALL, None) == []
        world.log.append("b")
        await world.reader.pull(HERE)
        assert [it.key for it in listener.take()] == ["b"]
    await world.reader.close()


async def test_a_reader_that_comes_back_gets_what_it_missed() -> None:
    world = World()
    for key in ("a", "team/a", "b", "team/b"):
        world.log.append(key)
    async with world.feed.listening(HERE) as listener:
        assert numbers(await caught_up(world.feed, listener, TEAM, 2)) == [4]
        world.log.append("team/c")
        await world.reader.pull(HERE)
        assert [it.seq for it in listener.take()] == [5]
    await world.reader.close()


async def test_a_change_that_another_subscription_brings_is_not_repeated() -> None:
    world = World()
    for key in ("team/a", "b"):
        world.log.append(key)
    async with world.feed.listening(HERE) as listener:
        assert numbers(await caught_up(world.feed, listener, TEAM, 0)) == [1]
        assert numbers(await caught_up(world.feed, listener, ALL, 0)) == [2]
    await world.reader.close()


async def test_several_keys_are_caught_up_in_one_order() -> None:
    world = World()
    for key in ("b", "team/a", "other", "b"):
        world.log.append(key)
    async with world.feed.listening(HERE) as listener:
        patterns = [TEAM, KeyPattern("b")]
        told = [one.seq async for one in world.feed.subscribe(listener, patterns, 0)]
        assert told == [1, 2, 4]
        assert listener.stop(TEAM)
        for key in ("team/a", "b"):
            world.log.append(key)
        await world.reader.pull(HERE)
        assert [it.seq for it in listener.take()] == [6]
    await world.reader.close()


async def test_a_number_that_is_not_kept_any_more_brings_the_present_state() -> None:
    world = World()
    for _ in range(5):
        world.log.append("a")
    world.log.num_forgotten = 3
    async with world.feed.listening(HERE) as listener:
        [state] = await caught_up(world.feed, listener, ALL, 1)
        assert isinstance(state, PresentState)
        assert state.seq == 5
        assert [(it.key, it.version) for it in state.contexts] == [("a", 5)]
        world.log.append("a")
        await world.reader.pull(HERE)
        assert [it.seq for it in listener.take()] == [6]
    await world.reader.close()


async def test_a_number_of_the_future_brings_the_present_state_too() -> None:
    world = World()
    world.log.append("a")
    async with world.feed.listening(HERE) as listener:
        [state] = await caught_up(world.feed, listener, ALL, 99)
        assert isinstance(state, PresentState)
    await world.reader.close()


async def test_a_sign_has_new_changes_read_once_for_all_listeners() -> None:
    world = World()
    async with world.feed.listening(HERE) as one, world.feed.listening(HERE) as other:
        for listener in (one, other):
            await caught_up(world.feed, listener, ALL, None)
        world.log.append("a")
        world.log.signs.put_nowait(HERE)
        assert await one.wait(1.0)
        assert await other.wait(1.0)
        assert world.log.num_reads == 1
    await world.reader.close()


async def test_a_lost_sign_delays_a_change_by_one_poll() -> None:
    world = World(poll_s=0.01)
    async with world.feed.listening(HERE) as listener:
        await caught_up(world.feed, listener, ALL, None)
        world.log.append("a")
        assert await listener.wait(1.0)
        assert [it.seq for it in listener.take()] == [1]
    await world.reader.close()


async def test_readers_lose_their_place_where_the_numbers_go_on_elsewhere() -> None:
    world = World()
    for _ in range(3):
        world.log.append("a")
    async with world.feed.listening(HERE) as listener:
        await caught_up(world.feed, listener, ALL, None)
        del world.log.changes[1:]
        await world.reader.pull(HERE)
        assert listener.is_late.is_set()
        assert listener.resume_from == 3
        [state] = await caught_up(world.feed, listener, ALL, listener.resume_from)
        assert isinstance(state, PresentState)
    await world.reader.close()


async def test_readers_that_are_cut_at_random_see_every_change_once_and_in_order() -> None:
    world, chance = World(max_waiting=20), random.Random(7)  # noqa: S311  a test's dice
    num_writes = 600
    seen: list[list[int]] = [[], [], []]

    async def write() -> None:
        for _ in range(num_writes):
            world.log.append(chance.choice(("a", "team/a", "team/b")))
            if chance.random() < 0.7:
                world.log.signs.put_nowait(HERE)
            await asyncio.sleep(0)
        world.log.signs.put_nowait(HERE)

    async def watch(got: list[int]) -> None:
        while not got or got[-1] < num_writes:
            async with world.feed.listening(HERE) as listener:
                got.extend(
                    numbers(await caught_up(world.feed, listener, ALL, got[-1] if got else 0))
                )
                while (
                    chance.random() < 0.9
                    and not listener.is_late.is_set()
                    and got[-1:] != [num_writes]
                ):
                    await listener.wait(0.05)
                    got.extend(it.seq for it in listener.take())

    await asyncio.gather(write(), *(watch(got) for got in seen))
    await world.reader.close()
    for got in seen:
        assert got == list(range(1, num_writes + 1))
