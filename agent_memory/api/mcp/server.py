"""The server of one request: it knows one caller, so that two can never meet in it."""

from typing import Any

from mcp.server import Server, ServerRequestContext
from mcp.server.subscriptions import ListenHandler
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

import agent_memory
from agent_memory.api.call import Call
from agent_memory.api.mcp.catalogue import INSTRUCTIONS
from agent_memory.api.mcp.outcome import outcome
from agent_memory.api.mcp.protocol import NAME, check_known, tool_list

_Context = ServerRequestContext[Any]


def server_for(call: Call, listening: ListenHandler) -> Server[Any]:
    """The tools for whoever `call` comes from."""

    async def list_tools(_: _Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return tool_list()

    async def call_tool(_: _Context, params: CallToolRequestParams) -> CallToolResult:
        check_known(params.name)
        return await outcome(call, params.name, params.arguments or {})

    return Server(
        NAME,
        version=agent_memory.__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_subscriptions_listen=listening,
    )
