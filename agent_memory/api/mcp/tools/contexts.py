"""`context_get`, `context_put`, `context_search`: documents that agents share."""

import json
from typing import Any

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.mcp.arguments import (
    ContextGetArguments,
    ContextPutArguments,
    ContextSearchArguments,
)
from agent_memory.api.mcp.written import num_tokens
from agent_memory.contexts.condition import ANY, UNCONDITIONAL, Condition
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.key import check_key, check_prefix
from agent_memory.contexts.search import ContextQuery
from agent_memory.errors import InvalidRequest, Unavailable
from agent_memory.memory.ports import TokenCounter

_LISTED = 50
_LESS = 0.8
_MORE = "There are more: narrow the prefix, or raise token_budget."


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


async def context_search(call: Call, arguments: ContextSearchArguments) -> dict[str, Any]:
    """The best documents for a query, with what it found in them; without one, all by key."""
    call.principal.require(Scope.CONTEXTS)
    wanted = Filter(check_prefix(arguments.prefix), (arguments.tag,) if arguments.tag else ())
    if arguments.query is None:
        answer = await _listed(call, wanted)
    else:
        answer = await _found(call, wanted, arguments.query)
    counter = await call.surface.runtime.memory.tokens()
    while answer["contexts"] and num_tokens(answer, counter) > arguments.token_budget:
        answer["contexts"].pop()
        answer["note"] = _MORE
    return answer


async def _listed(call: Call, wanted: Filter) -> dict[str, Any]:
    reader = call.surface.runtime.contexts.reader
    page = await reader.list(call.workspace, wanted, None, _LISTED)
    addresses = [context.present.address for context in page.items]
    entries = [{"key": address.key, "version": address.version} for address in addresses]
    answer: dict[str, Any] = {"contexts": entries}
    return {**answer, "note": _MORE} if page.next_cursor else answer


async def _found(call: Call, wanted: Filter, query: str) -> dict[str, Any]:
    search = call.surface.runtime.context_search
    if search is None:
        raise Unavailable("This server does not search contexts; leave query out to list them.")
    found = await search.search(call.workspace, ContextQuery(query, wanted=wanted, limit=_LISTED))
    entries = [
        {
            "key": hit.stored.context.present.address.key,
            "version": hit.stored.context.present.address.version,
            "snippet": hit.snippet,
        }
        for hit in found.hits
    ]
    answer: dict[str, Any] = {"contexts": entries}
    return {**answer, "note": found.note} if found.note else answer


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
