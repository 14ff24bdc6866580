"""Consent to run the memory tool here, within the turn: by the request, or by its key."""

import re
from collections.abc import Iterable
from dataclasses import replace

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.schemas.anthropic import Tool
from agent_memory.api.schemas.memory_tool import (
    MEMORY_DESCRIPTION,
    MEMORY_SCHEMA,
    MemoryToolConsent,
    MemoryToolField,
)
from agent_memory.contexts.memory_stores.names import prefix_of
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.turns.messages import ToolSpec
from agent_memory.turns.own_tool import MEMORY_TOOL, MemoryTool
from agent_memory.turns.request import TurnRequest

HEADER = "X-Memory-Tool"
OFF = "off"
DEFAULT_STORE = "memories"
_TYPE = re.compile(r"memory_\d{8}")


def is_memory_tool(kind: object) -> bool:
    """Whether `kind` is the type of Claude's own memory tool."""
    return isinstance(kind, str) and _TYPE.fullmatch(kind) is not None


def declares_memory_tool(tools: Iterable[Tool] | None) -> bool:
    """Whether Claude's own memory tool is among them."""
    return any(is_memory_tool(tool.type) for tool in tools or ())


def with_memory_tool(
    call: Call, turn: TurnRequest, field: MemoryToolConsent | None, *, is_declared: bool = False
) -> TurnRequest:
    """The turn, in which the memory tool is run here if its field or header says so, or the key of
    a request that has Claude's own tool. It is added where the request asks for it and has none.
    Such a turn is read here: it does not go on as the client sent it."""
    store = consented_store(call, field, is_declared=is_declared)
    if store is None:
        return turn
    call.principal.require(Scope.CONTEXTS)
    if turn.sampling.n > 1:
        raise InvalidRequest("n must be 1 where the server runs the memory tool.", "n")
    tool = MemoryTool(prefix_of(store).removesuffix("/"), call.principal.key_id)
    form = turn.form
    if not any(spec.name == MEMORY_TOOL for spec in form.tools):
        form = replace(
            form, tools=(*form.tools, ToolSpec(MEMORY_TOOL, MEMORY_DESCRIPTION, MEMORY_SCHEMA))
        )
    return replace(turn, form=form, memory_tool=tool, sent=None)


def consented_store(
    call: Call, field: MemoryToolConsent | None, *, is_declared: bool
) -> str | None:
    """Where the files are; None where nobody has consented."""
    match field:
        case MemoryToolField(store=store):
            return checked_store(store)
        case bool():
            return DEFAULT_STORE if field else None
        case None:
            asked = call.request.headers.get(HEADER)
            if asked is None:
                asked = call.principal.defaults.memory_tool if is_declared else None
            return None if asked is None or asked == OFF else checked_store(asked, HEADER)


def checked_store(store: str, param: str = "memory_tool") -> str:
    """`InvalidRequest` for what cannot be a store."""
    try:
        prefix_of(store)
    except NotFound:
        message = "A store is named by letters, digits, '-', '_' and '.'."
        raise InvalidRequest(message, param) from None
    return store
