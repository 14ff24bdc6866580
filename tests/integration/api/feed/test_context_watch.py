"""`contexts watch` across a restart of the server."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice

import httpx
import orjson
import uvicorn
from fastapi import FastAPI

from agent_memory.access.principal import ApiKeyRecord
from agent_memory.cli.context_watch import changes
from agent_memory.cli.running import RunningServer
from agent_memory.host.presence import Presence
from agent_memory.settings import Settings
from tests.integration.api.feed.conftest import put


@asynccontextmanager
async def serving(app: FastAPI, port: int) -> AsyncIterator[int]:
    """The application on a port, until it is killed."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        server.force_exit = True
        await task


async def test_changes_that_a_restart_hid_are_told_once_and_in_order(
    app: FastAPI, held: tuple[ApiKeyRecord, str]
) -> None:
    running: list[RunningServer] = []
    is_first_seen, is_all_seen = threading.Event(), threading.Event()
    seen: list[int] = []

    def watch() -> None:
        found = changes(
            Settings(),
            ["*"],
            0,
            find=lambda _: running[0] if running else None,
            pause=lambda _: time.sleep(0.05),
        )
        for event in islice(found, 4):
            seen.append(orjson.loads(event.data)["sequence"])
            is_first_seen.set()
        is_all_seen.set()

    def on(port: int) -> RunningServer:
        url = f"http://127.0.0.1:{port}"
        return RunningServer(Presence(url, 1, "m", datetime.now(UTC), ""), held[1])

    watching = asyncio.create_task(asyncio.to_thread(watch))
    async with serving(app, 0) as port:
        running.append(on(port))
        async with client_of(port, held[1]) as client:
            await put(client, "a")
            assert await asyncio.to_thread(is_first_seen.wait, 60)
    running.clear()
    async with serving(app, 0) as port, client_of(port, held[1]) as client:
        for _ in range(2):
            await put(client, "a")
        running.append(on(port))
        await put(client, "b")
        assert await asyncio.to_thread(is_all_seen.wait, 60)
    await watching
    assert seen == [1, 2, 3, 4]


def client_of(port: int, key: str) -> httpx.AsyncClient:
    base, headers = f"http://127.0.0.1:{port}", {"x-api-key": key}
    return httpx.AsyncClient(base_url=base, headers=headers, timeout=60)
