"""The server of one request: it knows one caller, so that two can never meet in it."""

from typing import Any

from mcp.server import Server, ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

import agent_memory
from agent_memory.api.call import Call
from agent_memory.api.mcp.catalogue import INSTRUCTIONS
from agent_memory.api.mcp.faults import as_protocol_errors
from agent_memory.api.mcp.outcome import outcome
from agent_memory.api.mcp.protocol import NAME, check_known, tool_list
from agent_memory.api.mcp.resources.documents import listed, read
from agent_memory.api.mcp.resources.listening import Listening
from agent_memory.api.mcp.resources.templates import templates

_Context = ServerRequestContext[Any]
_Page = PaginatedRequestParams | None


def server_for(call: Call, listening: Listening) -> Server[Any]:
    """The tools and the resources for whoever `call` comes from."""

    async def list_tools(_: _Context, __: _Page) -> ListToolsResult:
        return tool_list()

    async def call_tool(_: _Context, params: CallToolRequestParams) -> CallToolResult:
        check_known(params.name)
        return await outcome(call, params.name, params.arguments or {})

    async def list_resources(_: _Context, page: _Page) -> ListResourcesResult:
        with as_protocol_errors():
            return await listed(call, None if page is None else page.cursor)

    async def list_templates(_: _Context, __: _Page) -> ListResourceTemplatesResult:
        return templates()

    async def read_resource(_: _Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        with as_protocol_errors():
            return await read(call, params.uri)

    async def listen(
        context: _Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        with as_protocol_errors():
            return await listening.listen(call, context, params)

    return Server(
        NAME,
        version=agent_memory.__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_subscriptions_listen=listen,
    )
