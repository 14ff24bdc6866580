"""What a turn is told of memory: found before it, and put in front of the new words."""

import logging
from dataclasses import replace

from agent_memory.errors import AgentMemoryError
from agent_memory.memory.packing.recalled_text import without_blocks
from agent_memory.memory.service.recollect import Recollect, Said
from agent_memory.sessions.conversation import Conversation
from agent_memory.store.sessions import SessionStore
from agent_memory.turns.messages import Message, Recollection, Role
from agent_memory.turns.request import TurnMemory, TurnRequest

log = logging.getLogger(__name__)

DOES_NOT_FIT = "What was recalled does not fit into the context window beside the prompt."


class TurnRecall:
    """Memory never costs a turn: when it fails, the turn is taken without it, and says why."""

    def __init__(self, recollect: Recollect, sessions: SessionStore) -> None:
        self._recollect = recollect
        self._sessions = sessions

    async def recalled(self, request: TurnRequest) -> TurnRequest:
        """The request with what helps to answer it, where it asks for that and a person speaks."""
        memory = request.memory
        if memory is None or not memory.recall or not (purpose := _purpose(request)):
            return request
        try:
            recollection = await self._find(request, memory, purpose)
        except AgentMemoryError as error:
            log.warning("a turn goes without memory", extra={"reason": str(error)})
            return replace(request, memory=replace(memory, problem=str(error)))
        return replace(request, memory=replace(memory, recollection=recollection))

    async def _find(
        self, request: TurnRequest, memory: TurnMemory, purpose: str
    ) -> Recollection | None:
        found = await self._recollect.recollect(
            request.workspace_id,
            purpose,
            await self._said(request),
            memory.thread_id,
            memory.token_budget,
        )
        if found is None:
            return None
        return Recollection(f"{found.text}\n", found.item_ids, found.num_tokens)

    async def _said(self, request: TurnRequest) -> Said:
        """What the model reads anyway: the conversation, and what was recalled in it before."""
        placed = request.placed
        stored = await Conversation.load(
            self._sessions, request.workspace_id, placed.session_id, placed.branch
        )
        messages = (*(stored.messages if request.is_delta else ()), *request.messages)
        recalled = [m.recollection for m in stored.messages if m.recollection is not None]
        return Said(
            (*(message.text for message in messages), *(one.text for one in recalled)),
            frozenset(item_id for one in recalled for item_id in one.item_ids),
        )


def without_recollection(request: TurnRequest) -> TurnRequest | None:
    """The same turn without what was recalled for it; None when nothing was."""
    memory = request.memory
    if memory is None or memory.recollection is None:
        return None
    return replace(request, memory=replace(memory, recollection=None, problem=DOES_NOT_FIT))


def _purpose(request: TurnRequest) -> str:
    """The words of a person at the end of the request; empty where a tool has the last word."""
    last: Message | None = request.messages[-1] if request.messages else None
    if last is None or last.role is not Role.USER:
        return ""
    return without_blocks(last.text).strip()
