"""Memory for a turn: found before it, and put in front of the new words."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from agent_memory.errors import AgentMemoryError, PromptTooLong
from agent_memory.gateway.provider import Provider
from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.extraction.own_words import own_words
from agent_memory.memory.packing.recalled_text import without_blocks
from agent_memory.memory.service.recollect import Recollected, Said
from agent_memory.turns.events import TurnEvent
from agent_memory.turns.messages import Message, Recollection, Role
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnMemory, TurnRequest

log = logging.getLogger(__name__)

DOES_NOT_FIT = "What was recalled does not fit into the context window beside the prompt."


class Recollections(Protocol):
    """Memory, asked for what helps with a purpose."""

    async def recollect(
        self,
        workspace: WorkspaceId,
        purpose: str,
        said: Said,
        thread_id: ThreadId | None,
        token_budget: int,
    ) -> Recollected | None:
        """What helps with `purpose` and is not in `said`; None when nothing does."""
        ...


class Transcripts(Protocol):
    """The conversations as they are stored."""

    async def messages_before(self, request: TurnRequest) -> Sequence[Message]:
        """The stored messages of the session that `request` was placed in."""
        ...


class Remembering:
    """A provider that recalls before each turn that asks for it. It meets `Provider`.

    Memory never costs a turn: when it fails, the turn is taken without it, and says why.
    """

    def __init__(
        self, following: Provider, recollections: Recollections, transcripts: Transcripts
    ) -> None:
        self._following = following
        self._recollections = recollections
        self._transcripts = transcripts

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        request = await self._recalled(request)
        has_begun = False
        try:
            async with aclosing(self._following.answer(request)) as events:
                async for event in events:
                    has_begun = True
                    yield event
        except PromptTooLong:
            shorter = without_recollection(request)
            if shorter is None or has_begun:
                raise
            async with aclosing(self._following.answer(shorter)) as events:
                async for event in events:
                    yield event

    async def count(self, request: TurnRequest) -> int:
        return await self._following.count(await self._recalled(request))

    async def cards(self) -> Sequence[ModelCard]:
        return await self._following.cards()

    async def _recalled(self, request: TurnRequest) -> TurnRequest:
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
        found = await self._recollections.recollect(
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
        stored = await self._transcripts.messages_before(request)
        messages = (*(stored if request.is_delta else ()), *request.messages)
        recalled = [m.recollection for m in stored if m.recollection is not None]
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
    return own_words(without_blocks(last.text))
