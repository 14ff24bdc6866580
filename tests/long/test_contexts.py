"""Contexts of a whole server: counts that fifty change at once, and kill -9 under writers."""

import asyncio
import os
import random
import signal
import sys

from tests.acceptance.server import Server
from tests.context_storm import Writer, raging, storm

NUM_WRITERS, NUM_INCREMENTS = 50, 200
MAX_PAUSE_S = 3.0


async def test_fifty_writers_lose_none_of_ten_thousand_increments(server: Server) -> None:
    async with storm(server.url, server.key, 1, 0, timeout_s=300) as one:
        writers = [Writer(one.client, one.writers[0].path) for _ in range(NUM_WRITERS)]
        await asyncio.gather(*(writer.increments(NUM_INCREMENTS) for writer in writers))

        read = await one.client.get(one.writers[0].path)

    last = NUM_WRITERS * NUM_INCREMENTS
    assert (read.json()["data"], read.json()["version"]) == (last, last)


async def test_nothing_is_lost_or_heard_twice_however_the_server_is_killed(
    server: Server, num_rounds: int
) -> None:
    chance = random.Random(1)  # noqa: S311  not for secrets
    async with storm(server.url, server.key) as one:
        for number in range(num_rounds):
            async with raging(one):
                await asyncio.sleep(chance.uniform(0.5, MAX_PAUSE_S))
                kill = (kill_postgres, kill_replica, kill_server)[number % 3]
                await asyncio.to_thread(kill, server)
                await asyncio.sleep(chance.uniform(0.5, MAX_PAUSE_S))
            async with raging(one, with_writers=False):
                assert await one.settle(patience_s=180.0) == [], f"round {number}, {kill.__name__}"
            acknowledged = sum(writer.acknowledged for writer in one.writers)
            told = f"round {number}: {kill.__name__}, {acknowledged} acknowledged"
            sys.stdout.write(f"{told}\n")


def kill_postgres(server: Server) -> None:
    server.kill_postgres()


def kill_replica(server: Server) -> None:
    for pid in server.processes_of("ServeReplica"):
        os.kill(pid, signal.SIGKILL)


def kill_server(server: Server) -> None:
    server.kill()
    server.start()
