"""Sessions as the conversations of OpenAI's Responses API."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.identity import checked_session_id
from agent_memory.api.item_pages import item_page
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.responses import (
    AddItemsBody,
    ChangeConversationBody,
    MakeConversationBody,
)
from agent_memory.api.translators.responses.input_items import InputItems, JsonObject
from agent_memory.api.translators.responses.output_items import Item
from agent_memory.api.translators.responses.stored import conversation_items
from agent_memory.errors import NotFound
from agent_memory.ids import SessionId, new_id
from agent_memory.turns.conversation_record import ConversationRecord
from agent_memory.turns.messages import Message
from agent_memory.turns.transcript import SessionRecord

router = APIRouter(prefix="/v1/conversations", tags=["OpenAI"])

_CONVERSATION = {
    "id": "conv_5e0c",
    "object": "conversation",
    "created_at": 1767225600,
    "metadata": {},
}
_ITEM = {
    "id": "msg_5e0c_in_0",
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "hello"}],
}
_ITEMS = {
    "object": "list",
    "data": [_ITEM],
    "first_id": "msg_5e0c_in_0",
    "last_id": "msg_5e0c_in_0",
    "has_more": False,
}
_SAID = {"items": [{"type": "message", "role": "user", "content": "hello"}]}


@router.post(
    "",
    summary="Create a conversation",
    openapi_extra=takes(MakeConversationBody, _SAID, is_required=False),
    responses=answers("The new conversation.", _CONVERSATION),
)
async def create_conversation(request: Request) -> Response:
    """A new session. What `items` say is said first in its first response."""
    call = await Call.open(request, Scope.INFERENCE)
    has_body = bool(await request.body())
    body = await call.read(MakeConversationBody) if has_body else MakeConversationBody()
    said = _messages(call, body.items or ())
    runtime = call.surface.runtime

    async def make(session: SessionId | None) -> SessionRecord:
        return await runtime.sessions.create(call.workspace, session or SessionId(new_id("conv")))

    session = (await call.make_once(make)).session_id
    conversations = runtime.conversations
    record = await conversations.describe(call.workspace, session, body.metadata or {})
    if said:
        record = await conversations.add(call.workspace, session, said)
    return json_answer(_json(record))


@router.get(
    "/{id}", summary="Read a conversation", responses=answers("The conversation.", _CONVERSATION)
)
async def get_conversation(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Any session is one."""
    call = await Call.open(request, Scope.SESSIONS)
    return json_answer(_json(await _record(call, id)))


@router.post(
    "/{id}",
    summary="Describe a conversation",
    openapi_extra=takes(ChangeConversationBody, {"metadata": {"topic": "orders"}}),
    responses=answers("The conversation.", {**_CONVERSATION, "metadata": {"topic": "orders"}}),
)
async def change_conversation(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Give it other metadata."""
    call = await Call.open(request, Scope.SESSIONS)
    body = await call.read(ChangeConversationBody)
    conversations = call.surface.runtime.conversations
    session = checked_session_id(id, "id")
    return json_answer(
        _json(await conversations.describe(call.workspace, session, body.metadata or {}))
    )


@router.delete(
    "/{id}",
    summary="Delete a conversation",
    responses=answers(
        "It is gone.", {"id": "conv_5e0c", "object": "conversation.deleted", "deleted": True}
    ),
)
async def delete_conversation(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """With its session, its responses and its KV."""
    call = await Call.open(request, Scope.SESSIONS)
    session = (await _record(call, id)).session_id
    await call.surface.runtime.sessions.delete(call.workspace, session, keep_shelf=False)
    return json_answer({"id": session, "object": "conversation.deleted", "deleted": True})


@router.get(
    "/{id}/items",
    summary="List the items of a conversation",
    responses=answers("A page, newest first unless told otherwise.", _ITEMS),
)
async def list_items(
    request: Request,
    id: str,  # noqa: A002  the path's word
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
    after: Annotated[str | None, Query(max_length=256)] = None,
) -> Response:
    """All that was said, and what was added since."""
    call = await Call.open(request, Scope.SESSIONS)
    return json_answer(item_page(await _items(call, id), order, after, limit))


@router.post(
    "/{id}/items",
    summary="Add items to a conversation",
    openapi_extra=takes(AddItemsBody, _SAID),
    responses=answers("The items that were added.", _ITEMS),
)
async def add_items(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """The next response says them first."""
    call = await Call.open(request, Scope.INFERENCE)
    body = await call.read(AddItemsBody)
    before = len(await _items(call, id))
    session = checked_session_id(id, "id")
    said = _messages(call, body.items)
    await call.surface.runtime.conversations.add(call.workspace, session, said)
    added = (await _items(call, id))[before:]
    return json_answer(item_page(added, "asc", None, len(added)))


@router.get("/{id}/items/{item_id}", summary="Read one item", responses=answers("The item.", _ITEM))
async def get_item(request: Request, id: str, item_id: str) -> Response:  # noqa: A002  the path's word
    """One item by its id."""
    call = await Call.open(request, Scope.SESSIONS)
    for item in await _items(call, id):
        if item["id"] == item_id:
            return json_answer(item)
    raise NotFound("item", item_id)


def _messages(call: Call, items: Sequence[JsonObject]) -> list[Message]:
    return InputItems(items, call.surface.runtime.seal, call.workspace).messages


async def _record(call: Call, id_: str) -> ConversationRecord:
    session = checked_session_id(id_, "id")
    return await call.surface.runtime.conversations.get(call.workspace, session)


async def _items(call: Call, id_: str) -> list[Item]:
    record = await _record(call, id_)
    runtime = call.surface.runtime
    transcript = await runtime.sessions.transcript(call.workspace, record.session_id)
    said = transcript.generated
    last = await runtime.named_turns.find(call.workspace, said[-1].turn_id) if said else None
    return conversation_items(transcript, last, record.added)


def _json(record: ConversationRecord) -> Item:
    return {
        "id": record.session_id,
        "object": "conversation",
        "created_at": int(record.created_at.timestamp()),
        "metadata": dict(record.metadata),
    }
