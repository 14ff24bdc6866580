"""Requests of the Responses API, read with all that they refer to."""

from dataclasses import replace

from agent_memory.api.call import Call
from agent_memory.api.identity import (
    checked_session_id,
    is_codex,
    session_of_cache_key,
    thread_of_codex,
)
from agent_memory.api.schemas.responses import InputTokensBody
from agent_memory.api.translators.responses.history import (
    History,
    begins_with,
    has_same_instructions,
    without_instructions,
)
from agent_memory.api.translators.responses.kept import Kept
from agent_memory.api.translators.responses.request import Reading
from agent_memory.errors import InvalidRequest, TurnNotFound
from agent_memory.ids import SessionId, TurnId
from agent_memory.turns.names import turn_of


async def reading_of(call: Call, body: InputTokensBody) -> Reading:
    """What the request of `call` is read with."""
    headers = call.request.headers
    session = (
        call.session(body.session_id)
        or thread_of_codex(headers)
        or session_of_cache_key(body.prompt_cache_key)
    )
    return Reading(
        identity=call.turn(session),
        limits=call.surface.limits,
        seal=call.surface.runtime.seal,
        history=await history_of(call, body),
        created_at=int(call.surface.clock()),
        is_codex=is_codex(headers),
    )


async def history_of(call: Call, body: InputTokensBody) -> History:
    """What `previous_response_id` or `conversation` refer to. Raises `NotFound`."""
    if body.previous_response_id and body.conversation:
        raise InvalidRequest(
            "previous_response_id and conversation exclude each other.", "conversation"
        )
    if body.previous_response_id:
        turn = turn_of(body.previous_response_id)
        if turn is None:
            raise TurnNotFound(body.previous_response_id)
        return await _after(call, body, turn, None)
    if body.conversation is None:
        return History()
    given = body.conversation if isinstance(body.conversation, str) else body.conversation.id
    session = checked_session_id(given, "conversation")
    return await _in_conversation(call, body, session)


async def _in_conversation(call: Call, body: InputTokensBody, session: SessionId) -> History:
    runtime = call.surface.runtime
    added = (await runtime.conversations.get(call.workspace, session)).added
    transcript = await runtime.sessions.transcript(call.workspace, session)
    if not transcript.generated:
        return History(session=session, added=added)
    history = await _after(call, body, transcript.generated[-1].turn_id, session)
    return replace(history, added=added)


async def _after(
    call: Call, body: InputTokensBody, turn: TurnId, session: SessionId | None
) -> History:
    turns = call.surface.runtime.named_turns
    found = await turns.find(call.workspace, turn)
    if found is None:
        raise TurnNotFound(body.previous_response_id or turn)
    kept = Kept.read(found.kept)
    if has_same_instructions(kept.instructions, body):
        return History(turn, session)
    messages = tuple(await turns.messages_after(call.workspace, turn))
    if not kept.is_of_response and begins_with(messages, body.instructions):
        return History(turn, session)
    return History(turn, session, without_instructions(messages, kept.instructions))
