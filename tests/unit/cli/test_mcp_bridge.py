"""MCP over a pipe: calls go to the server that runs, and none running is an outcome."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from mcp.client import Client

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.cli.failures import ServerNotRunning
from agent_memory.cli.mcp_address import Address
from agent_memory.cli.mcp_bridge import Bridge, bridge_server
from agent_memory.testing.runtime import TEST_KEY, ScriptedTurns, scripted_runtime

SERVER = Address("http://test", TEST_KEY)


@pytest.fixture
def transport() -> httpx.ASGITransport:
    return httpx.ASGITransport(create_app(scripted_runtime(ScriptedTurns()), Limits()))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_lists_and_calls_through_the_pipe(
    transport: httpx.ASGITransport, mode: str
) -> None:
    async with httpx.AsyncClient(transport=transport) as http:
        server = bridge_server(Bridge(lambda: SERVER, http, thread="shop"))
        async with Client(server, mode=mode) as client:
            assert [tool.name for tool in (await client.list_tools()).tools][:2] == [
                "remember",
                "recall",
            ]
            await client.call_tool("remember", {"text": "We decided to use Redis."})
            recalled = await client.call_tool("recall", {"purpose": "Redis", "thread": "shop"})
            assert "Redis" in recalled.structured_content["memory"]


async def test_without_a_server_the_model_is_told_how_to_start_one() -> None:
    def nowhere() -> Address:
        raise ServerNotRunning("/data")

    async with httpx.AsyncClient() as http:
        told = await Bridge(nowhere, http).call("recall", {"purpose": "x"})
    assert told.is_error
    assert "No server is running on /data. Start one with:" in told.content[0].text  # type: ignore[union-attr]


async def test_a_server_that_restarts_at_another_port_is_found_again(
    transport: httpx.ASGITransport,
) -> None:
    places: Iterator[Address] = iter([Address("http://gone", TEST_KEY), SERVER])

    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    mounts = {"http://gone": httpx.MockTransport(answer)}
    async with httpx.AsyncClient(transport=transport, mounts=mounts) as http:
        bridge = Bridge(lambda: next(places), http)
        first = await bridge.call("recall", {"purpose": "x"})
        assert first.is_error
        assert "does not answer" in first.content[0].text  # type: ignore[union-attr]
        assert not (await bridge.call("recall", {"purpose": "x"})).is_error


async def test_a_refused_key_is_said(transport: httpx.ASGITransport) -> None:
    async with httpx.AsyncClient(transport=transport) as http:
        told = await Bridge(lambda: Address("http://test", "am_wrong"), http).call(
            "recall", {"purpose": "x"}
        )
    assert told.is_error
    assert "set AGENT_MEMORY_KEY" in told.content[0].text  # type: ignore[union-attr]


def test_the_pipe_starts_without_what_only_the_server_needs() -> None:
    """A client waits for it a few seconds, and begins without its tools otherwise."""
    program = "import sys, agent_memory.cli.mcp_bridge; print('fastapi' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout == "False\n"
