"""Memory for every agent that speaks the Model Context Protocol."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.mcp.origin import check_origin
from agent_memory.api.openapi import answers

if TYPE_CHECKING:
    from agent_memory.api.mcp.endpoint import Endpoint

router = APIRouter(tags=["Memory"])

_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
_CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "recall", "arguments": {"purpose": "Which database?"}, "_meta": _META},
}
_ANSWER = {
    "memory": "<recalled_memory>\n…\n[1] user: We chose PostgreSQL.\n</recalled_memory>",
    "ids": {"1": "item_5e0c"},
    "recall_id": "recall_01",
}
_RESULT = {"content": [], "structuredContent": _ANSWER, "isError": False, "resultType": "complete"}


@router.post(
    "/mcp",
    summary="Call memory's tools by the Model Context Protocol",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": _CALL}},
        }
    },
    responses=answers("The answer of one message.", {"jsonrpc": "2.0", "id": 1, "result": _RESULT}),
)
async def mcp(request: Request) -> Response:
    """Streamable HTTP without sessions: versions 2026-07-28, 2025-11-25 and 2025-06-18. The tools
    are remember, recall, expand, working_set and feedback, and three for contexts, which are also
    resources."""
    call = await Call.open(request, Scope.MEMORY)
    check_origin(request, request.app.state.origins)
    return (await _endpoint(request)).response(call)


async def _endpoint(request: Request) -> "Endpoint":
    """Made with the first request: the SDK takes more than a second to import, and most servers
    are never asked."""
    state = request.app.state
    if not hasattr(state, "mcp_endpoint"):
        module = await asyncio.to_thread(import_module, "agent_memory.api.mcp.endpoint")
        if not hasattr(state, "mcp_endpoint"):
            state.mcp_endpoint = module.Endpoint()
    return cast("Endpoint", state.mcp_endpoint)
