"""Conversations as a whole, and the whole of a workspace's memory."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.memory_examples import CONVERSATION, ERASED, MESSAGE
from agent_memory.api.openapi import answers, takes
from agent_memory.api.page_answer import page_answer
from agent_memory.api.schemas.memory.messages import ConversationBody
from agent_memory.api.translators.memory_messages import (
    erased_json,
    messages_json,
    statistics_json,
    thread_json,
)
from agent_memory.ids import ThreadId

router = APIRouter(prefix="/v1/memory", tags=["Memory"])

_PAGE = {"data": [CONVERSATION], "next_cursor": None}
_MEASURED = {
    **CONVERSATION,
    "by_kind": {"chat": 2},
    "by_role": {"user": 1, "assistant": 1},
    "by_state": {"active": 2},
    "num_characters": 97,
    "first_occurred_at": "2026-01-01T09:00:00+00:00",
    "last_occurred_at": "2026-01-01T09:01:00+00:00",
}


@router.get(
    "/conversations",
    summary="List the conversations",
    responses=answers("A page, the last used first.", _PAGE),
)
async def list_conversations(
    request: Request,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The workspace's conversations, page by page."""
    call = await Call.open(request, Scope.MEMORY)
    conversations = call.surface.runtime.memory.conversations
    return page_answer(await conversations.list(call.workspace, cursor, limit), thread_json)


@router.get(
    "/conversations/{id}",
    summary="Read a conversation",
    responses=answers(
        "A page of its messages, the oldest first.",
        {"conversation": CONVERSATION, "messages": [MESSAGE], "next_cursor": None},
    ),
)
async def read_conversation(
    request: Request,
    id: str,  # noqa: A002  the path's word
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """The conversation with its messages, page by page."""
    call = await Call.open(request, Scope.MEMORY)
    conversations = call.surface.runtime.memory.conversations
    thread, page = await conversations.read(call.workspace, ThreadId(id), cursor, limit)
    now = datetime.fromtimestamp(call.surface.clock(), UTC)
    return json_answer(
        {
            "conversation": thread_json(thread),
            "messages": messages_json(page.items, now),
            "next_cursor": page.next_cursor,
        }
    )


@router.get(
    "/conversations/{id}/statistics",
    summary="Measure a conversation",
    responses=answers("What it holds.", _MEASURED),
)
async def measure_conversation(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Items by kind, role and state; archived ones too."""
    call = await Call.open(request, Scope.MEMORY)
    conversations = call.surface.runtime.memory.conversations
    return json_answer(statistics_json(await conversations.measure(call.workspace, ThreadId(id))))


@router.put(
    "/conversations/{id}",
    summary="Name a conversation",
    openapi_extra=takes(ConversationBody, {"title": "The missing order"}),
    responses=answers("The conversation.", CONVERSATION),
)
async def rename_conversation(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Give it another title."""
    call = await Call.open(request, Scope.MEMORY)
    body = await call.read(ConversationBody)
    conversations = call.surface.runtime.memory.conversations
    return json_answer(
        thread_json(await conversations.rename(call.workspace, ThreadId(id), body.title))
    )


@router.delete(
    "/conversations/{id}",
    summary="Erase a conversation",
    responses=answers("The erased items.", ERASED),
)
async def erase_conversation(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """With its raw texts, and everything that was derived from them. 409 under legal hold."""
    call = await Call.open(request, Scope.MEMORY)
    conversations = call.surface.runtime.memory.conversations
    return json_answer(erased_json(await conversations.erase(call.workspace, ThreadId(id))))


@router.delete(
    "",
    summary="Erase the whole memory of the workspace",
    responses=answers("The erased items.", ERASED),
)
async def erase_memory(request: Request) -> Response:
    """Every conversation, item and raw text; policies stay. 409 when something is held."""
    call = await Call.open(request, Scope.ADMIN)
    return json_answer(
        erased_json(await call.surface.runtime.memory.conversations.erase_all(call.workspace))
    )
