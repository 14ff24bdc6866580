"""Contexts as resources of the Model Context Protocol, over a real database and socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp_types import BlobResourceContents, TextResourceContents

from agent_memory.cli.mcp_address import Address
from agent_memory.cli.mcp_bridge import Bridge, bridge_server
from agent_memory.store.keys import KeyStore
from tests.integration.api.feed.conftest import OTHER, WORKSPACE

BOTH = ["memory", "contexts"]


@pytest.fixture
async def key(keys: KeyStore) -> str:
    return (await keys.create_key(WORKSPACE, "both", BOTH))[1]


@asynccontextmanager
async def over_http(port: int, key: str, mode: str = "auto") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(
            streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http), mode=mode
        ) as client,
    ):
        yield client


@asynccontextmanager
async def over_a_pipe(port: int, key: str, mode: str = "auto") -> AsyncIterator[Client]:
    address = Address(f"http://127.0.0.1:{port}", key)
    async with (
        httpx.AsyncClient(timeout=30) as http,
        Client(bridge_server(Bridge(lambda: address, http)), mode=mode) as client,
    ):
        yield client


WAYS = {"http": over_http, "pipe": over_a_pipe}


async def put(client: httpx.AsyncClient, key: str, data: str) -> None:
    body = {"data": data, "format": "text"}
    assert (await client.put(f"/v1/contexts/{key}", json=body)).is_success


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_contexts_are_listed_by_pages_and_read_as_they_were_written(
    client: httpx.AsyncClient, port: int, key: str, way: str, mode: str
) -> None:
    operations = [
        {"op": "put", "key": f"n/{number:03}", "data": "x", "format": "text"}
        for number in range(100)
    ]
    await client.post("/v1/contexts/batch", json={"operations": operations})
    await put(client, "team/pl%C3%A4ne a", "Grüße </recalled_memory>\n")
    image = {"content-type": "image/x"}
    await client.put("/v1/contexts/team/z", content=b"\xff\x00", headers=image)
    async with WAYS[way](port, key, mode) as mcp:
        first = await mcp.list_resources()
        assert len(first.resources) == 100
        rest = await mcp.list_resources(cursor=first.next_cursor)
        assert [one.uri for one in rest.resources] == [
            "context://team/pl%C3%A4ne%20a",
            "context://team/z",
        ]
        assert rest.next_cursor is None
        [template] = (await mcp.list_resource_templates()).resource_templates
        assert template.uri_template == "context://{+key}"
        for uri in ("context://team/pl%C3%A4ne%20a", "context://team/pläne a"):
            [text] = (await mcp.read_resource(uri)).contents
            assert isinstance(text, TextResourceContents)
            assert text.text == "Grüße </recalled_memory>\n"
        [blob] = (await mcp.read_resource("context://team/z")).contents
        assert isinstance(blob, BlobResourceContents)
        assert (blob.blob, blob.mime_type) == ("/wA=", "image/x")
        with pytest.raises(MCPError) as caught:
            await mcp.read_resource("context://none")
        assert caught.value.error.code == -32602


@pytest.mark.parametrize("way", list(WAYS))
async def test_a_listener_hears_of_its_documents_and_of_new_ones(
    client: httpx.AsyncClient, port: int, key: str, way: str
) -> None:
    await put(client, "plan", "1")
    await put(client, "other", "1")
    async with (
        WAYS[way](port, key) as mcp,
        asyncio.timeout(20),
        mcp.listen(resources_list_changed=True, resource_subscriptions=["context://plan"]) as heard,
    ):
        await _until_heard(client, heard)
        await put(client, "other", "2")
        await put(client, "plan", "2")
        assert await anext(heard) == ResourceUpdated("context://plan")
        await put(client, "new", "1")
        assert await anext(heard) == ResourcesListChanged()
        await client.delete("/v1/contexts/plan")
        assert {await anext(heard), await anext(heard)} == {
            ResourceUpdated("context://plan"),
            ResourcesListChanged(),
        }


async def _until_heard(client: httpx.AsyncClient, heard: AsyncIterator[object]) -> None:
    """A pipe acknowledges before the server behind it does: its listener hears from then on."""
    first = asyncio.ensure_future(anext(heard))
    number = 0
    while not first.done():
        await put(client, f"probe/{number}", "1")
        number += 1
        await asyncio.wait([first], timeout=0.3)
    assert first.result() == ResourcesListChanged()
    while await _is_told_within(heard, 0.5):
        pass


async def _is_told_within(heard: AsyncIterator[object], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await anext(heard)
    except TimeoutError:
        return False
    return True


async def test_an_earlier_client_on_a_pipe_subscribes_to_single_documents(
    client: httpx.AsyncClient, port: int, key: str
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def take(told: Any) -> None:
        if uri := getattr(getattr(told, "params", None), "uri", None):
            heard.put_nowait(uri)

    address = Address(f"http://127.0.0.1:{port}", key)
    async with httpx.AsyncClient(timeout=30) as http, asyncio.timeout(20):
        server = bridge_server(Bridge(lambda: address, http))
        async with Client(server, mode="legacy", message_handler=cast("Any", take)) as mcp:
            with pytest.warns(MCPDeprecationWarning):
                await mcp.session.subscribe_resource("context://plan")
            while heard.empty():
                await put(client, "plan", "again")
                await asyncio.sleep(0.2)
            assert heard.get_nowait() == "context://plan"


@pytest.mark.parametrize("way", list(WAYS))
async def test_workspaces_never_meet_in_resources(
    client: httpx.AsyncClient, port: int, keys: KeyStore, way: str
) -> None:
    await put(client, "plan", "ours")
    theirs = (await keys.create_key(OTHER, "theirs", BOTH))[1]
    async with WAYS[way](port, theirs) as mcp:
        assert (await mcp.list_resources()).resources == []
        with pytest.raises(MCPError):
            await mcp.read_resource("context://plan")
        async with mcp.listen(
            resources_list_changed=True, resource_subscriptions=["context://plan"]
        ) as heard:
            await asyncio.sleep(0.5)
            await put(client, "plan", "ours again")
            await put(client, "more", "ours")
            assert not await _is_told_within(heard, 0.7)


async def test_a_revoked_key_ends_a_listen_to_documents(
    client: httpx.AsyncClient, port: int, keys: KeyStore
) -> None:
    await put(client, "plan", "1")
    record, key = await keys.create_key(WORKSPACE, "short", BOTH)
    async with (
        over_a_pipe(port, key) as mcp,
        asyncio.timeout(20),
        mcp.listen(resource_subscriptions=["context://plan"]) as heard,
    ):
        await asyncio.sleep(0.3)
        await keys.revoke_key(WORKSPACE, record.key_id)
        async with asyncio.timeout(5):
            assert [one async for one in heard] == []


async def test_a_key_without_the_scope_sees_no_documents(
    client: httpx.AsyncClient, port: int, keys: KeyStore
) -> None:
    await put(client, "plan", "1")
    key = (await keys.create_key(WORKSPACE, "memory", ["memory"]))[1]
    async with over_http(port, key) as mcp:
        assert (await mcp.list_resources()).resources == []
        with pytest.raises(MCPError, match="contexts"):
            await mcp.read_resource("context://plan")
        with pytest.raises(MCPError, match="contexts"):
            async with mcp.listen(resource_subscriptions=["context://plan"]):
                pass


async def test_a_sealed_document_is_read_by_its_key_and_listed_without_content(
    client: httpx.AsyncClient, port: int, key: str
) -> None:
    body = {"data": "canary-71", "format": "text", "encrypt": True}
    assert (await client.put("/v1/contexts/secret", json=body)).is_success
    async with over_http(port, key) as mcp:
        listed = await mcp.list_resources()
        assert "canary-71" not in listed.model_dump_json()
        [text] = (await mcp.read_resource("context://secret")).contents
    assert isinstance(text, TextResourceContents)
    assert text.text == "canary-71"
