"""`context_get`, `context_put`, `context_list`: documents that agents share."""

import json
from typing import Any

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.mcp.arguments import (
    ContextGetArguments,
    ContextListArguments,
    ContextPutArguments,
)
from agent_memory.api.mcp.written import num_tokens
from agent_memory.contexts.condition import ANY, UNCONDITIONAL, Condition
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.key import check_key, check_prefix
from agent_memory.errors import InvalidRequest
from agent_memory.memory.ports import TokenCounter

_LISTED = 50
_LESS = 0.8


async def context_get(call: Call, arguments: ContextGetArguments) -> dict[str, Any]:
    """The text from `offset` on, as much of it as has room; `next_offset` where more follows."""
    call.principal.require(Scope.CONTEXTS)
    runtime = call.surface.runtime
    read = await runtime.contexts.reader.get(
        call.workspace, check_key(arguments.key), arguments.version
    )
    if read.document.format is Format.BYTES:
        raise InvalidRequest("This context is not text; read it over HTTP.", "key")
    text = read.document.body.decode("utf-8", errors="replace")[arguments.offset :]
    version = read.version.address.version
    counter = await runtime.memory.tokens()
    return _fitted(text, version, arguments, counter)


async def context_put(call: Call, arguments: ContextPutArguments) -> dict[str, Any]:
    """The version that was written; a model that read an older one is told so instead."""
    call.principal.require(Scope.CONTEXTS)
    key, body = check_key(arguments.key), arguments.text.encode("utf-8", "surrogatepass")
    document = Document.of(Format.JSON if _is_json(arguments.text) else Format.TEXT, body)
    writer = call.surface.runtime.contexts.writer
    receipt = await writer.put(
        writer_of(call), Draft(key, document), _condition(arguments.expected_version)
    )
    return {"version": receipt.version}


async def context_list(call: Call, arguments: ContextListArguments) -> dict[str, Any]:
    """Keys with their versions, by key."""
    call.principal.require(Scope.CONTEXTS)
    wanted = Filter(check_prefix(arguments.prefix), (arguments.tag,) if arguments.tag else ())
    reader = call.surface.runtime.contexts.reader
    page = await reader.list(call.workspace, wanted, arguments.cursor, _LISTED)
    found: dict[str, Any] = {
        "contexts": {
            context.present.address.key: context.present.address.version for context in page.items
        }
    }
    return {**found, "next_cursor": page.next_cursor} if page.next_cursor else found


def _fitted(
    text: str, version: int, arguments: ContextGetArguments, counter: TokenCounter
) -> dict[str, Any]:
    size = len(text)
    while True:
        answer: dict[str, Any] = {"text": text[:size], "version": version}
        if size < len(text):
            answer["next_offset"] = arguments.offset + size
        if size == 0 or num_tokens(answer, counter) <= arguments.token_budget:
            return answer
        size = int(min(size, arguments.token_budget * 8) * _LESS)


def _condition(expected: int | None) -> Condition:
    """0 expects that there is none yet."""
    if expected is None:
        return UNCONDITIONAL
    return Condition(matches_none=(ANY,)) if expected == 0 else Condition((str(expected),))


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False
