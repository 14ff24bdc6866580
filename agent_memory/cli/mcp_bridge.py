"""MCP over standard input and output, for a client that starts its servers as processes.

Tools are listed here, so that a client starts at once and without a server. A call goes to `/mcp`
of the server that runs then: it may have been started, or restarted, meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    EmptyResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

import agent_memory
from agent_memory.api.mcp.catalogue import INSTRUCTIONS
from agent_memory.api.mcp.protocol import NAME, check_known, refused, tool_list
from agent_memory.api.mcp.resources.templates import templates
from agent_memory.cli.failures import ServerNotRunning
from agent_memory.cli.mcp_address import Address
from agent_memory.cli.mcp_listening import Relay, Subscribed
from agent_memory.cli.mcp_messages import answer_of, header, message, of_server

_TIMEOUT_S = 120.0
_CONNECT_S = 3.0
_Context = ServerRequestContext[Any]
_Page = PaginatedRequestParams | None


class Bridge:
    """Asks the server that `find` finds. thread: where what is remembered belongs, unless a call
    says so itself."""

    def __init__(
        self, find: Callable[[], Address], http: httpx.AsyncClient, thread: str | None = None
    ) -> None:
        self._find = find
        self._http = http
        self._thread = thread
        self._address: Address | None = None

    def relay(self) -> Relay:
        """What the same server tells of contexts."""
        return Relay(self._find, self._http)

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """What the server answers. That none answers is an outcome of the call as well: the model
        is to say so, or to go on without."""
        params = {"name": name, "arguments": self._with_thread(name, arguments)}
        try:
            answer = await self._answer("tools/call", params, name)
        except (ServerNotRunning, httpx.TransportError) as error:
            return refused(_unanswered(error))
        if "result" in answer:
            return CallToolResult.model_validate(answer["result"])
        return refused(answer["error"]["message"])

    async def ask(self, method: str, params: Mapping[str, Any], name: str = "") -> Any:
        """The result of a method that is no call of a tool; `MCPError` says why there is none."""
        try:
            return of_server(await self._answer(method, params, name))
        except (ServerNotRunning, httpx.TransportError) as error:
            return of_server({"error": {"message": _unanswered(error)}})

    async def _answer(self, method: str, params: Mapping[str, Any], name: str) -> dict[str, Any]:
        try:
            return await self._sent(method, params, name)
        except httpx.TransportError:
            self._address = None
            raise

    async def _sent(self, method: str, params: Mapping[str, Any], name: str) -> dict[str, Any]:
        """A server that was known and is gone may have come back at another port."""
        known = self._address
        if known is not None:
            try:
                return await self._post(known, method, params, name)
            except httpx.ConnectError:
                self._address = None
        self._address = await asyncio.to_thread(self._find)
        return await self._post(self._address, method, params, name)

    async def _post(
        self, address: Address, method: str, params: Mapping[str, Any], name: str
    ) -> dict[str, Any]:
        return answer_of(
            await self._http.post(
                f"{address.url}/mcp",
                json=message(method, params),
                headers=header(address.key, method, name),
            )
        )

    def _with_thread(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(arguments)
        if self._thread is not None and name == "remember":
            given.setdefault("thread", self._thread)
        return given


def bridge_server(bridge: Bridge) -> Server[Any]:
    """The server that a client sees on its pipe, in either era of the protocol."""
    subscribed = Subscribed(bridge.relay())

    async def list_tools(_: _Context, __: _Page) -> ListToolsResult:
        return tool_list()

    async def call_tool(_: _Context, params: CallToolRequestParams) -> CallToolResult:
        check_known(params.name)
        return await bridge.call(params.name, params.arguments or {})

    async def list_resources(_: _Context, page: _Page) -> ListResourcesResult:
        asked = {"cursor": page.cursor} if page is not None and page.cursor else {}
        return ListResourcesResult.model_validate(await bridge.ask("resources/list", asked))

    async def list_templates(_: _Context, __: _Page) -> ListResourceTemplatesResult:
        return templates()

    async def read_resource(_: _Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        read = await bridge.ask("resources/read", {"uri": params.uri}, params.uri)
        return ReadResourceResult.model_validate(read)

    async def listen(
        context: _Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        return await bridge.relay().listen(context, params)

    async def subscribe(context: _Context, params: SubscribeRequestParams) -> EmptyResult:
        subscribed.add(params.uri, context.session)
        return EmptyResult()

    async def unsubscribe(context: _Context, params: UnsubscribeRequestParams) -> EmptyResult:
        subscribed.remove(params.uri, context.session)
        return EmptyResult()

    @asynccontextmanager
    async def lifespan(_: Server[Any]) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {}
        finally:
            await subscribed.close()

    return Server(
        NAME,
        version=agent_memory.__version__,
        instructions=INSTRUCTIONS,
        lifespan=lifespan,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscribe_resource=subscribe,
        on_unsubscribe_resource=unsubscribe,
        on_subscriptions_listen=listen,
    )


async def serve_stdio(find: Callable[[], Address], thread: str | None) -> None:
    """Serve the client at the other end of the pipe until it closes it."""
    timeout = httpx.Timeout(_TIMEOUT_S, connect=_CONNECT_S)
    async with httpx.AsyncClient(timeout=timeout, trust_env=False) as http:
        server = bridge_server(Bridge(find, http, thread))
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


def _unanswered(error: Exception) -> str:
    if isinstance(error, ServerNotRunning):
        return str(error)
    return f"The agent_memory server does not answer: {error}"
