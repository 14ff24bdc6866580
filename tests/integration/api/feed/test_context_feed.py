"""The feed of changes as clients read it: over real sockets, from a real database."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from agent_memory.access.principal import ApiKeyRecord
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore
from agent_memory.store.keys import KeyStore
from tests.integration.api.feed.conftest import OTHER, WORKSPACE, put

Message = dict[str, Any]


@asynccontextmanager
async def socket_of(port: int, key: str) -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {key}"}
    async with connect(url_of(port), additional_headers=headers) as socket:
        yield socket


def url_of(port: int) -> str:
    return f"ws://127.0.0.1:{port}/v1/contexts/ws"


async def ask(socket: ClientConnection, kind: str, **payload: object) -> None:
    await socket.send(orjson.dumps({"type": kind, "id": 7, "payload": payload}).decode())


async def hear(socket: ClientConnection) -> Message:
    message: Message = orjson.loads(await asyncio.wait_for(socket.recv(), 10))
    return message


async def test_a_subscriber_hears_of_each_change_of_its_keys(
    client: httpx.AsyncClient, port: int, held: tuple[ApiKeyRecord, str]
) -> None:
    record, key = held
    async with socket_of(port, key) as socket:
        await ask(socket, "subscribe-context", keys=["plan", "team/*"])
        answer = await hear(socket)
        assert (answer["type"], answer["id"], answer["payload"]["sequence"]) == (
            "subscribed-context",
            7,
            0,
        )
        for name in ("plan", "other", "team/a", "plan"):
            await put(client, name)
        await client.delete("/v1/contexts/team/a")
        heard = [await hear(socket) for _ in range(4)]
    told = [(it["type"], it["payload"]["key"], it["payload"]["version"]) for it in heard]
    assert told == [
        ("context-stored", "plan", 1),
        ("context-stored", "team/a", 1),
        ("context-updated", "plan", 2),
        ("context-deleted", "team/a", 1),
    ]
    assert [it["payload"]["sequence"] for it in heard] == [1, 3, 4, 5]
    assert all(it["payload"]["by"] == record.key_id for it in heard)
    assert all("data" not in it["payload"] for it in heard)


async def test_a_subscriber_that_comes_back_hears_what_it_missed_and_then_what_follows(
    client: httpx.AsyncClient, port: int, held: tuple[ApiKeyRecord, str]
) -> None:
    for name in ("plan", "plan", "other", "plan"):
        await put(client, name)
    async with socket_of(port, held[1]) as socket:
        await ask(socket, "subscribe-context", key="plan", since=1)
        heard = [await hear(socket) for _ in range(3)]
        await put(client, "plan")
        heard.append(await hear(socket))
    assert [(it["type"], it["payload"]["sequence"]) for it in heard] == [
        ("context-updated", 2),
        ("context-updated", 4),
        ("subscribed-context", 4),
        ("context-updated", 5),
    ]


async def test_a_number_that_was_never_given_brings_the_present_state(
    client: httpx.AsyncClient, port: int, held: tuple[ApiKeyRecord, str]
) -> None:
    await put(client, "plan")
    async with socket_of(port, held[1]) as socket:
        await ask(socket, "subscribe-context", key="*", since=99)
        reset, ready = await hear(socket), await hear(socket)
    assert (reset["type"], ready["type"]) == ("reset", "subscribed-context")
    assert reset["payload"]["sequence"] == 1
    [state] = reset["payload"]["contexts"]
    assert (state["key"], state["version"]) == ("plan", 1)


async def test_contexts_are_read_and_hearts_beat_over_the_same_socket(
    client: httpx.AsyncClient, port: int, held: tuple[ApiKeyRecord, str]
) -> None:
    await put(client, "plan", {"goal": 1})
    await put(client, "plan", {"goal": 2})
    async with socket_of(port, held[1]) as socket:
        await ask(socket, "get-context", key="plan")
        await ask(socket, "get-context", key="plan", version=1)
        await ask(socket, "get-context", key="none")
        await ask(socket, "heartbeat")
        await ask(socket, "unsubscribe-context", key="plan")
        now, former, none, beat, ended = [await hear(socket) for _ in range(5)]
    assert (now["type"], now["payload"]["data"]) == ("context", {"goal": 2})
    assert former["payload"]["data"] == {"goal": 1}
    assert (none["type"], none["payload"]["code"]) == ("error", "not_found")
    assert beat["type"] == "heartbeat"
    assert ended["payload"] == {"keys": []}


@pytest.mark.parametrize(
    "sent",
    [
        "not json",
        "[]",
        '{"type": "shout"}',
        '{"type": "subscribe-context", "payload": {"key": "a*b"}}',
        '{"type": "subscribe-context", "payload": {"key": 5}}',
        '{"type": "subscribe-context", "payload": {"key": "a", "since": -1}}',
        '{"type": "subscribe-context", "payload": []}',
    ],
)
async def test_what_is_not_understood_is_an_error_and_the_socket_stays_open(
    port: int, held: tuple[ApiKeyRecord, str], sent: str
) -> None:
    async with socket_of(port, held[1]) as socket:
        await socket.send(sent)
        assert (await hear(socket))["type"] == "error"
        await ask(socket, "heartbeat")
        assert (await hear(socket))["type"] == "heartbeat"


async def test_a_message_that_is_too_long_closes_the_socket(
    port: int, held: tuple[ApiKeyRecord, str]
) -> None:
    async with socket_of(port, held[1]) as socket:
        await socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_nobody_hears_of_another_workspace(
    client: httpx.AsyncClient, port: int, keys: KeyStore
) -> None:
    _, theirs = await keys.create_key(OTHER, "theirs", ["contexts"])
    await put(client, "plan")
    async with socket_of(port, theirs) as socket:
        await ask(socket, "subscribe-context", key="*", since=0)
        assert (await hear(socket))["type"] == "subscribed-context"
        await ask(socket, "get-context", key="plan")
        assert (await hear(socket))["payload"]["code"] == "not_found"
        await put(client, "plan")
        await ask(socket, "heartbeat")
        assert (await hear(socket))["type"] == "heartbeat"


async def refused(url: str, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as error:
        async with connect(url, **options):
            pass
    return error.value.response.status_code


async def test_a_socket_is_refused_before_it_is_accepted(port: int, keys: KeyStore) -> None:
    _, other = await keys.create_key(WORKSPACE, "no contexts", ["memory"])
    _, key = await keys.create_key(WORKSPACE, "reader", ["contexts"])
    url = url_of(port)
    assert await refused(url) == 401
    assert await refused(url, additional_headers={"x-api-key": "am_wrong"}) == 401
    assert await refused(url, additional_headers={"x-api-key": other}) == 403
    assert await refused(f"{url}?ticket=amt_wrong") == 401
    assert await refused(f"{url}?key={key}") == 400
    origin = {"origin": "https://evil.example", "additional_headers": {"x-api-key": key}}
    assert await refused(url, **origin) == 403


async def test_a_page_connects_with_a_ticket_once_or_with_its_key_as_a_subprotocol(
    client: httpx.AsyncClient, port: int, held: tuple[ApiKeyRecord, str]
) -> None:
    ticket = (await client.post("/v1/contexts/ws/tickets")).json()["ticket"]
    own = Origin(f"http://127.0.0.1:{port}")
    async with connect(f"{url_of(port)}?ticket={ticket}", origin=own) as socket:
        await ask(socket, "heartbeat")
        assert (await hear(socket))["type"] == "heartbeat"
    assert await refused(f"{url_of(port)}?ticket={ticket}") == 401
    protocols = [Subprotocol("agent-memory"), Subprotocol(f"key.{held[1]}")]
    allowed = Origin("https://pages.example")
    async with connect(url_of(port), subprotocols=protocols, origin=allowed) as socket:
        assert socket.subprotocol == "agent-memory"
        await ask(socket, "heartbeat")
        assert (await hear(socket))["type"] == "heartbeat"


async def test_a_revoked_key_ends_its_sockets_and_its_streams(
    client: httpx.AsyncClient, port: int, keys: KeyStore, held: tuple[ApiKeyRecord, str]
) -> None:
    async with socket_of(port, held[1]) as socket:
        async with client.stream("GET", "/v1/contexts/changes") as stream:
            await keys.revoke_key(WORKSPACE, held[0].key_id)
            revoked_at = time.monotonic()
            with pytest.raises(ConnectionClosed) as closed:
                await hear(socket)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
            async for _ in stream.aiter_bytes():
                pass
        assert time.monotonic() - revoked_at < 5


async def test_one_reader_too_many_is_told_to_come_later(
    client: httpx.AsyncClient, port: int, held: tuple[ApiKeyRecord, str]
) -> None:
    async with (
        socket_of(port, held[1]),
        socket_of(port, held[1]),
        socket_of(port, held[1]),
        socket_of(port, held[1]) as fourth,
    ):
        with pytest.raises(ConnectionClosed) as closed:
            await hear(fourth)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
        assert (await client.get("/v1/contexts/changes")).status_code == 503


async def events_of(client: httpx.AsyncClient, num_events: int, **request: Any) -> list[Message]:
    """The first events of a stream, each with its id and name."""
    found: list[Message] = []
    async with client.stream("GET", "/v1/contexts/changes", **request) as stream:
        assert stream.status_code == 200
        event: Message = {}
        async with asyncio.timeout(15):
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "data":
                    found.append({**event, "data": orjson.loads(value)})
                    event = {}
                    if len(found) == num_events:
                        return found
                elif name:
                    event[name] = value
    return found


async def test_the_same_feed_is_read_as_server_sent_events(client: httpx.AsyncClient) -> None:
    for name in ("plan", "other", "plan"):
        await put(client, name)
    reading = asyncio.create_task(events_of(client, 3, params={"since": 0, "key": "plan"}))
    await asyncio.sleep(0.3)
    await put(client, "plan")
    events = await reading
    assert [(it["id"], it["event"]) for it in events] == [
        ("1", "context-stored"),
        ("3", "context-updated"),
        ("4", "context-updated"),
    ]
    assert events[1]["data"]["version"] == 2
    later = await events_of(client, 1, params={"since": 0}, headers={"Last-Event-ID": "3"})
    assert later[0]["id"] == "4"
    [reset] = await events_of(client, 1, params={"since": 99})
    assert (reset["event"], reset["data"]["sequence"]) == ("reset", 4)


async def test_webhooks_are_added_listed_without_their_secret_and_deleted(
    client: httpx.AsyncClient, port: int, keys: KeyStore
) -> None:
    body = {"url": "https://hooks.example.com/", "keys": ["team/*"]}
    made = (await client.post("/v1/contexts/webhooks", json=body)).json()
    assert made["secret"].startswith("whsec_")
    [listed] = (await client.get("/v1/contexts/webhooks")).json()["data"]
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    _, theirs = await keys.create_key(OTHER, "theirs", ["contexts"])
    foreign = {"x-api-key": theirs}
    path = f"/v1/contexts/webhooks/{made['id']}"
    assert (await client.delete(path, headers=foreign)).status_code == 404
    assert (await client.post(f"{path}/test", headers=foreign)).status_code == 404
    assert (await client.post(f"{path}/test")).json()["job_id"].startswith("job_")
    assert (await client.delete(path)).status_code == 200
    assert (await client.get("/v1/contexts/webhooks")).json()["data"] == []


async def test_a_webhook_to_a_private_address_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/contexts/webhooks", json={"url": "https://10.0.0.1/"})
    assert response.status_code == 400


async def test_a_change_queues_one_job_for_each_webhook_that_it_is_for(
    client: httpx.AsyncClient, database: Database
) -> None:
    for wanted in (["plan"], ["team/*", "plan"], ["other"]):
        body = {"url": "https://hooks.example.com/", "keys": wanted}
        await client.post("/v1/contexts/webhooks", json=body)
    await put(client, "plan")
    await put(client, "team/a")
    jobs = (await JobStore(database).list_jobs(WORKSPACE)).items
    assert sorted(str(job.args["seq"]) for job in jobs) == ["1", "1", "2"]
    assert {job.kind for job in jobs} == {"deliver_webhook"}
