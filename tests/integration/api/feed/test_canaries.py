"""Words of encrypted and of erased contexts, looked for wherever words could be left."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect

from agent_memory.access.principal import ApiKeyRecord
from agent_memory.api.runtime import Runtime
from agent_memory.clock import utc_now
from agent_memory.contexts.webhooks.ports import Delivery
from agent_memory.jobs.spec import JobRun
from agent_memory.jobs.webhooks import DeliverWebhook, WebhookArgs
from agent_memory.store.contexts.body_cache import RedisBodies
from agent_memory.store.contexts.webhooks import WebhookStore
from agent_memory.store.database import Database
from agent_memory.store.stored_contexts import stored_contexts
from tests.integration.api.feed.conftest import RING, SEALING, WORKSPACE
from tests.integration.api.feed.traces import Told, holding, places
from tests.integration.store.redis_server import redis_server, running_redis

SEALED, OPEN = "sealedcanarykzqw", "opencanaryvjxp"
LARGE = 40_000
"""Characters: such bodies go to Redis."""


@dataclass
class Receiver:
    """Takes what webhooks send."""

    bodies: list[bytes] = field(default_factory=list)

    async def send(self, delivery: Delivery) -> int:
        self.bodies.append(delivery.body)
        return 200


@pytest.fixture
def told() -> Iterator[Told]:
    handler, root = Told(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="am-canary-") as folder:
        yield Path(folder)


@pytest.fixture
def redis(folder: Path) -> Iterator[str]:
    program = redis_server()
    assert program is not None
    with running_redis(program, folder) as (url, _):
        yield url


@pytest.fixture
async def bodies(redis: str) -> AsyncIterator[RedisBodies]:
    bodies = RedisBodies(redis, patience_s=10.0)  # A busy machine is no Redis that is away.
    yield bodies
    await bodies.close()


@pytest.fixture
def runtime(runtime: Runtime, database: Database, bodies: RedisBodies) -> Runtime:
    contexts = stored_contexts(database, RING, utc_now, bodies=bodies)
    return replace(runtime, contexts=contexts)


@asynccontextmanager
async def listening(port: int, key: str) -> AsyncIterator[list[object]]:
    """What a subscriber of everything hears."""
    heard: list[object] = []
    headers = {"Authorization": f"Bearer {key}"}
    url = f"ws://127.0.0.1:{port}/v1/contexts/ws"
    async with connect(url, additional_headers=headers) as socket:
        await socket.send('{"type": "subscribe-context", "payload": {"keys": ["*"], "since": 0}}')

        async def hear() -> None:
            async for message in socket:
                heard.append(orjson.loads(message))  # noqa: PERF401  it never ends

        hearing = asyncio.create_task(hear())
        yield heard
        await asyncio.sleep(0.3)
        hearing.cancel()


async def use(client: httpx.AsyncClient, key: str, word: str, *, is_sealed: bool) -> None:
    """Everything that one does with a context, with `word` in each of its versions."""
    path, options = f"/v1/contexts/{key}", {"encrypt": is_sealed, "compress": False}
    for data in (f"{word} {'x' * LARGE}", {"note": word}, f"{word} again"):
        assert (await client.put(path, json={"data": data, **options})).is_success
        assert word in (await client.get(path)).text
    await client.put(path, json={"data": {"a": {"note": word}}, **options})
    await client.patch(
        path,
        content=orjson.dumps({"b": word}),
        headers={"content-type": "application/merge-patch+json"},
    )
    await client.put(path, json={"data": "x"}, headers={"If-Match": "77"})
    await client.get(f"{path}/diff")
    await client.post(f"{path}/rollback", json={"version": 1})
    assert word in (await client.get(path)).text


async def delivered(database: Database, num_changes: int) -> list[bytes]:
    """What webhooks are sent of all changes."""
    receiver, webhooks = Receiver(), WebhookStore(database, SEALING)
    deliver = DeliverWebhook(webhooks, receiver, utc_now)

    async def note(_: object) -> None:
        """Nobody looks."""

    (webhook,) = await webhooks.list(WORKSPACE)
    for seq in range(1, num_changes + 1):
        await deliver.do(JobRun(seq, 0, note), WORKSPACE, WebhookArgs(webhook.webhook_id, seq))
    return receiver.bodies


async def test_words_of_an_encrypted_context_are_nowhere(
    client: httpx.AsyncClient,
    database: Database,
    port: int,
    held: tuple[ApiKeyRecord, str],
    url: str,
    redis: str,
    bodies: RedisBodies,
    folder: Path,
    told: Told,
) -> None:
    await client.post("/v1/contexts/webhooks", json={"url": "https://a.example/", "keys": ["*"]})
    async with listening(port, held[1]) as heard:
        await use(client, "open", OPEN, is_sealed=False)
        await use(client, "sealed", SEALED, is_sealed=True)
    exported = (await client.get("/v1/contexts/export?versions=true")).content
    await bodies.settle()
    sent = await delivered(database, 12)

    found = await places(url, redis, folder, told, heard, sent)

    assert len(heard) == 13
    assert len(sent) == 12
    assert found["redis"]
    assert holding({**found, "export": exported}, OPEN) == ["dump", "backup", "export"]
    assert holding({**found, "export": exported}, SEALED) == []


async def test_words_of_an_erased_context_are_nowhere(
    client: httpx.AsyncClient,
    database: Database,
    port: int,
    held: tuple[ApiKeyRecord, str],
    url: str,
    redis: str,
    bodies: RedisBodies,
    folder: Path,
    told: Told,
) -> None:
    await client.post("/v1/contexts/webhooks", json={"url": "https://a.example/", "keys": ["*"]})
    async with listening(port, held[1]) as heard:
        await use(client, "kept", "keptcanary", is_sealed=False)
        await use(client, "erased", OPEN, is_sealed=False)
        await bodies.settle()
        assert (await client.delete("/v1/contexts/erased?erase=true")).is_success
    sent = await delivered(database, 13)

    found = await places(url, redis, folder, told, heard, sent)

    assert found["redis"]
    assert holding(found, "keptcanary") == ["dump", "backup"]
    assert holding(found, OPEN) == []
