"""Every part of a server is killed while everything is asked of it."""

import asyncio
import random
import sys
from collections.abc import Callable, Mapping

from tests.acceptance.server import Server
from tests.mixed_load import mixed_load

MAX_PAUSE_S = 2.0
PATIENCE_S = 240.0


def _of(actor: str) -> Callable[[Server], None]:
    return lambda server: server.kill_actor(actor)


def _of_ray(program: str) -> Callable[[Server], None]:
    return lambda server: server.kill_processes(server.ray_processes(program))


def _door(server: Server) -> None:
    server.kill_processes(server.proxies() or server.processes_of("ProxyActor"))


def _whole(server: Server) -> None:
    server.kill_itself()
    server.start()


KILLS: Mapping[str, Callable[[Server], None]] = {
    "engine": _of("BatchEngineActor"),
    "block pool": _of("BlockPoolActor"),
    "sessions": _of("AgentSessionActor"),
    "session directory": _of("SessionDirectoryActor"),
    "replica": _of("ServeReplica"),
    "controller": _of("ServeController"),
    "door": _door,
    "PostgreSQL": Server.kill_postgres,
    "GCS": _of_ray("gcs_server"),
    "raylet": _of_ray("raylet/raylet"),
    "whole server": _whole,
}


async def test_nothing_that_was_acknowledged_is_lost_whatever_is_killed(
    server: Server, num_rounds: int
) -> None:
    """Prints a line a round: the part, seconds until every client was served again, and how often
    a request was made again, by the reason."""
    chance = random.Random(1)  # noqa: S311  not for secrets
    async with mixed_load(server.url, server.key) as load:
        for number in range(num_rounds):
            part = list(KILLS)[number % len(KILLS)]
            load.asking.refused.clear()
            async with load.at_work():
                await asyncio.sleep(chance.uniform(0.5, MAX_PAUSE_S))
                await asyncio.to_thread(KILLS[part], server)
                seconds = await load.progress(PATIENCE_S)
            assert await load.check() == [], f"round {number}, {part}"
            told = f"{seconds:5.1f} s, again: {dict(load.asking.refused)}"
            sys.stdout.write(f"round {number}: {part}, {told}, {load.num_acknowledged} in all\n")
    assert load.storm.watchers[0].faults == []
