"""MCP over standard input and output, for a client that starts its servers as processes.

Tools are listed here, so that a client starts at once and without a server. A call goes to `/mcp`
of the server that runs then: it may have been started, or restarted, meanwhile.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import orjson
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

import agent_memory
from agent_memory.api.mcp.catalogue import INSTRUCTIONS
from agent_memory.api.mcp.protocol import NAME, check_known, refused, tool_list
from agent_memory.cli.failures import ServerNotRunning
from agent_memory.cli.mcp_address import Address
from agent_memory.cli.sse import parse_events

PROTOCOL = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {
        "name": "agent-memory-stdio",
        "version": agent_memory.__version__,
    },
}
_TIMEOUT_S = 120.0
_CONNECT_S = 3.0
_Context = ServerRequestContext[Any]


class Bridge:
    """Calls tools of the server that `find` finds. thread: where what is remembered belongs, unless
    a call says so itself."""

    def __init__(
        self, find: Callable[[], Address], http: httpx.AsyncClient, thread: str | None = None
    ) -> None:
        self._find = find
        self._http = http
        self._thread = thread
        self._address: Address | None = None

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """What the server answers. That none answers is an outcome of the call as well: the model
        is to say so, or to go on without."""
        message = _message(name, self._with_thread(name, arguments))
        try:
            return await self._sent(name, message)
        except ServerNotRunning as error:
            return refused(str(error))
        except httpx.TransportError as error:
            self._address = None
            return refused(f"The agent_memory server does not answer: {error}")

    async def _sent(self, name: str, message: Mapping[str, Any]) -> CallToolResult:
        """A server that was known and is gone may have come back at another port."""
        known = self._address
        if known is not None:
            try:
                return _result(await self._post(known, name, message))
            except httpx.ConnectError:
                self._address = None
        self._address = await asyncio.to_thread(self._find)
        return _result(await self._post(self._address, name, message))

    async def _post(
        self, address: Address, name: str, message: Mapping[str, Any]
    ) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {address.key}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": PROTOCOL,
            "Mcp-Method": "tools/call",
            "Mcp-Name": name,
        }
        return await self._http.post(f"{address.url}/mcp", json=message, headers=headers)

    def _with_thread(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(arguments)
        if self._thread is not None and name == "remember":
            given.setdefault("thread", self._thread)
        return given


def bridge_server(bridge: Bridge) -> Server[Any]:
    """The server that a client sees on its pipe, in either era of the protocol."""

    async def list_tools(_: _Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return tool_list()

    async def call_tool(_: _Context, params: CallToolRequestParams) -> CallToolResult:
        check_known(params.name)
        return await bridge.call(params.name, params.arguments or {})

    return Server(
        NAME,
        version=agent_memory.__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve_stdio(find: Callable[[], Address], thread: str | None) -> None:
    """Serve the client at the other end of the pipe until it closes it."""
    timeout = httpx.Timeout(_TIMEOUT_S, connect=_CONNECT_S)
    async with httpx.AsyncClient(timeout=timeout, trust_env=False) as http:
        server = bridge_server(Bridge(find, http, thread))
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


def _message(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments, "_meta": _META}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def _result(response: httpx.Response) -> CallToolResult:
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return refused("The server refused the key: set AGENT_MEMORY_KEY to one that is valid.")
    answer = _answer(response)
    if "result" in answer:
        return CallToolResult.model_validate(answer["result"])
    error = answer.get("error")
    said = error.get("message") if isinstance(error, dict) else answer.get("detail")
    return refused(said or f"The server answered {response.status_code}.")


def _answer(response: httpx.Response) -> dict[str, Any]:
    """A call that takes long is answered as a stream, whose last message is the answer."""
    text = response.text
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        text = [event.data for event in parse_events(text.splitlines())][-1]
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
