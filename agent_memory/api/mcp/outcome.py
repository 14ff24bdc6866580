"""The outcome of a call: an answer, or one sentence that a model can act on."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp_types import CallToolResult

from agent_memory.api.call import Call
from agent_memory.api.errors import fault_of
from agent_memory.api.json_body import judged
from agent_memory.api.mcp.catalogue import TOOLS
from agent_memory.api.mcp.protocol import answered, refused
from agent_memory.api.mcp.tools.contexts import context_get, context_put, context_search
from agent_memory.api.mcp.tools.expand import expand
from agent_memory.api.mcp.tools.feedback import feedback
from agent_memory.api.mcp.tools.recall import recall
from agent_memory.api.mcp.tools.remember import remember
from agent_memory.api.mcp.tools.working_set import working_set
from agent_memory.errors import AgentMemoryError, NotFound

_RUNS: Mapping[str, Callable[[Call, Any], Awaitable[dict[str, Any]]]] = {
    "remember": remember,
    "recall": recall,
    "expand": expand,
    "working_set": working_set,
    "feedback": feedback,
    "context_get": context_get,
    "context_put": context_put,
    "context_search": context_search,
}

_FOUND_BY = {
    "item": "Use an id that recall or working_set answered.",
    "context": "context_search tells which there are.",
}


async def outcome(call: Call, name: str, arguments: Mapping[str, object]) -> CallToolResult:
    """The result of calling a tool that there is."""
    try:
        given = judged(arguments, TOOLS[name].arguments, call.surface.limits)
        return answered(await _RUNS[name](call, given))
    except NotFound as error:
        return refused(f"{error} {_FOUND_BY.get(error.kind, '')}".rstrip())
    except AgentMemoryError as error:
        return refused(fault_of(error).message)
