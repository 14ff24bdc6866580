"""`remember`: keep a text for later."""

from typing import Any

from agent_memory.api.call import Call
from agent_memory.api.mcp.arguments import RememberArguments
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ThreadId
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.packing.recalled_text import without_blocks
from agent_memory.memory.service.ingest import Ingested, IngestRequest

DEFAULT_THREAD = "mcp"
_MAX_IDS = 3


async def remember(call: Call, arguments: RememberArguments) -> dict[str, Any]:
    """How many items came of it, and which secrets were taken out."""
    ingested = await call.surface.runtime.memory.ingest.ingest(call.workspace, _request(arguments))
    call.surface.metrics.memory.note_ingested(ingested)
    return _told(ingested)


def _request(arguments: RememberArguments) -> IngestRequest:
    thread = ThreadId(arguments.thread or DEFAULT_THREAD)
    text, at = arguments.text, arguments.occurred_at
    match arguments.kind:
        case "diff":
            return IngestRequest(thread, diffs=(text,), occurred_at=at)
        case "log":
            return IngestRequest(thread, logs=(text,), occurred_at=at)
        case "note":
            if not (own := without_blocks(text)).strip():
                raise InvalidRequest(
                    "text holds only what was recalled; say something new.", "text"
                )
            message = ChatMessage(Role(arguments.said_by), own, None, at, {})
            return IngestRequest(thread, chat=(message,), occurred_at=at)


def _told(ingested: Ingested) -> dict[str, Any]:
    added = ingested.remembered.added
    answer: dict[str, Any] = {"added": len(added), "known": ingested.remembered.num_known}
    if added:
        answer["ids"] = added[:_MAX_IDS]
    if ingested.redactions:
        answer["removed"] = dict(ingested.redactions)
    return answer
