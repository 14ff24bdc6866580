"""Contexts read through a real Redis: never stale, never slow, and nothing legible in it."""

import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from redis.asyncio import Redis

from agent_memory.clock import utc_now
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.contexts.service.pen import Writer
from agent_memory.ids import ContextKey
from agent_memory.store.contexts.body_cache import PATIENCE_S, RedisBodies
from agent_memory.store.database import Database
from agent_memory.store.stored_contexts import stored_contexts
from tests.integration.store.conftest import ALPHA
from tests.integration.store.contexts.conftest import KEY
from tests.integration.store.redis_server import redis_server, running_redis

PLAN = ContextKey("plan")
WRITER = Writer(ALPHA, "key_1")
CANARY = "the canary sings at midnight"
LONG_S = 10.0
"""A busy machine is no Redis that is away."""


@pytest.fixture
def redis(place: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    program = redis_server()
    assert program is not None
    with running_redis(program, place) as running:
        yield running


class Replica:
    """One of several processes that serve the same contexts."""

    def __init__(self, database: Database, url: str, patience_s: float = LONG_S) -> None:
        self.now_s = 0.0
        self.bodies = RedisBodies(url, lambda: self.now_s, patience_s)
        self.contexts: Contexts = stored_contexts(database, [KEY], utc_now, bodies=self.bodies)

    async def write(self, mark: str, *, is_sealed: bool = False) -> None:
        document = Document.of(Format.TEXT, (mark + CANARY * 2000).encode())
        draft = Draft(PLAN, document, is_sealed=is_sealed, is_packed=False)
        await self.contexts.writer.put(WRITER, draft)

    async def read(self) -> str:
        """The mark of what is read."""
        found = await self.contexts.reader.get(ALPHA, PLAN)
        await self.bodies.settle()
        return found.document.body.decode().removesuffix(CANARY * 2000)


@pytest.fixture
async def replicas(
    database: Database, redis: tuple[str, "subprocess.Popen[bytes]"]
) -> AsyncIterator[tuple[Replica, Replica]]:
    both = Replica(database, redis[0]), Replica(database, redis[0])
    yield both
    for replica in both:
        await replica.bodies.close()


async def stored(url: str) -> list[object]:
    """All that Redis holds, names and values."""
    client = Redis.from_url(url)
    try:
        names = await client.keys()
        return [*names, *[await client.get(name) for name in names]]
    finally:
        await client.aclose()


async def test_a_body_that_one_replica_has_read_another_one_gets_from_redis(
    replicas: tuple[Replica, Replica], url: str
) -> None:
    one, other = replicas
    await one.write("1")
    await one.read()
    with psycopg.connect(url) as connection:
        rewrite = "UPDATE agent_memory.context_versions SET body = repeat('x', 50000)::bytea"
        connection.execute(rewrite)

    assert await other.read() == "1"


async def test_a_read_after_a_write_is_never_stale_also_when_redis_was_paused_meanwhile(
    replicas: tuple[Replica, Replica], redis: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    one, other = replicas
    await one.write("1")
    assert (await one.read(), await other.read()) == ("1", "1")

    redis[1].send_signal(signal.SIGSTOP)
    await one.write("2")
    assert (await one.read(), await other.read()) == ("2", "2")
    redis[1].send_signal(signal.SIGCONT)

    for mark in "345":
        await one.write(mark)
        assert (await other.read(), await one.read()) == (mark, mark)


@pytest.mark.parametrize("sign", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_redis_that_stops_or_dies_fails_no_read(
    sign: signal.Signals, database: Database, redis: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    replica = Replica(database, redis[0], PATIENCE_S)
    await replica.write("1")
    await replica.read()

    redis[1].send_signal(sign)
    assert await replica.read() == "1"
    redis[1].send_signal(signal.SIGCONT)
    await replica.bodies.close()


async def test_a_redis_that_was_slow_is_left_alone_for_a_while(
    database: Database, redis: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    replica = Replica(database, redis[0])
    await replica.write("1")
    await replica.read()
    version = (await replica.contexts.reader.get(ALPHA, PLAN)).version
    named = version.address, str(version.sha256)
    hasty = RedisBodies(redis[0], lambda: replica.now_s, patience_s=0.0)

    assert await hasty.get(*named) is None
    hasty.patience_s = LONG_S
    assert await hasty.get(*named) is None
    replica.now_s = 60.0
    assert await hasty.get(*named) is not None
    await hasty.close()
    await replica.bodies.close()


async def test_no_redis_at_all_fails_no_read(database: Database, place: Path) -> None:
    replica = Replica(database, f"unix://{place}/nothing.sock")
    await replica.write("1")

    assert await replica.read() == "1"
    await replica.bodies.close()


async def test_nothing_in_redis_can_be_read_without_the_database(
    replicas: tuple[Replica, Replica], redis: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    one, _ = replicas
    await one.write("1")
    await one.read()
    kept = await stored(redis[0])
    await one.contexts.writer.end(WRITER, PLAN, erases=True)

    assert len(kept) == 2
    assert not [value for value in kept if "canary" in repr(value) or "plan" in repr(value)]


async def test_sealed_bodies_never_reach_redis(
    replicas: tuple[Replica, Replica], redis: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    one, other = replicas
    await one.write("1", is_sealed=True)

    assert (await one.read(), await other.read()) == ("1", "1")
    assert await stored(redis[0]) == []


async def test_what_somebody_else_wrote_into_redis_is_not_believed(
    replicas: tuple[Replica, Replica], redis: tuple[str, "subprocess.Popen[bytes]"]
) -> None:
    one, other = replicas
    await one.write("1")
    await one.read()
    client = Redis.from_url(redis[0])
    for name in await client.keys():
        await client.set(name, b"forged" * 10)
    await client.aclose()

    assert await other.read() == "1"
