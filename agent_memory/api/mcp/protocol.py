"""Our tools in the words of the protocol."""

from collections.abc import Mapping
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, ListToolsResult, TextContent, Tool

from agent_memory.api.mcp.catalogue import TOOLS, listing
from agent_memory.api.mcp.written import written

NAME = "agent-memory"
LISTED_FOR_MS = 3_600_000
"""Tools change with the version of the server alone."""


def tool_list() -> ListToolsResult:
    """All tools. Private: what is listed may one day depend on the key."""
    tools = [Tool.model_validate(tool) for tool in listing()]
    return ListToolsResult(tools=tools, ttl_ms=LISTED_FOR_MS, cache_scope="private")


def check_known(name: str) -> None:
    """An unknown tool is a fault of the client, not one that its model could mend."""
    if name not in TOOLS:
        raise MCPError(INVALID_PARAMS, f"Unknown tool '{name}'. Known: {', '.join(TOOLS)}.")


def answered(answer: Mapping[str, Any]) -> CallToolResult:
    """The answer twice, for clients that read objects and for those that read text: the same
    JSON, so that it has the same tokens either way."""
    return CallToolResult(
        content=[TextContent(text=written(answer))], structured_content=dict(answer)
    )


def refused(sentence: str) -> CallToolResult:
    """What a model should have done instead, or cannot help."""
    return CallToolResult(content=[TextContent(text=sentence)], is_error=True)
