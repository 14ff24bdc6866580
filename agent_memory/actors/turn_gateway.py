"""Turns as the surfaces take them: find the session, follow its stream, survive its process."""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import cast

from agent_memory.actors.directory_handle import DirectoryHandle
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.model_catalogue import ModelCatalogue
from agent_memory.actors.place import own_node_id
from agent_memory.actors.turn_recall import TurnRecall, without_recollection
from agent_memory.errors import (
    ConversationMoved,
    EngineLost,
    PromptTooLong,
    SessionMoved,
    StreamInterrupted,
)
from agent_memory.ids import SessionId, new_id
from agent_memory.prompts.identity import conversation_hashes
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.prompting import build_prompt
from agent_memory.store.sessions import SessionStore
from agent_memory.turns.events import ChoiceFinished, TurnEvent, TurnStarted, TurnStep
from agent_memory.turns.models import ModelCard
from agent_memory.turns.placement import Branch, Placement
from agent_memory.turns.request import TurnRequest
from agent_memory.wire.streams import Exchange, PeerLost, open_exchange

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4


class Delivery:
    """What the client has received of one turn, over as many session processes as it takes."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.model_fingerprint = ""
        self._is_started = False
        self._finished: set[int] = set()

    def take(self, step: TurnStep) -> list[TurnEvent]:
        """The events of `step` that are new to the client."""
        self.tokens.extend(step.token_ids)
        return [event for event in step.events if self._is_new(event)]

    def resumed(self, placement: Placement) -> Placement:
        """The same session, which is to go on after what the client has received."""
        by = self.model_fingerprint if self.tokens else ""
        return replace(placement, delivered_tokens=tuple(self.tokens), delivered_by=by)

    def _is_new(self, event: TurnEvent) -> bool:
        match event:
            case TurnStarted(model_fingerprint=fingerprint):
                self.model_fingerprint = fingerprint
                is_new = not self._is_started
                self._is_started = True
            case ChoiceFinished(index=index):
                is_new = index not in self._finished
                self._finished.add(index)
            case _:
                is_new = True
        return is_new


class TurnGateway:
    """Implements `api.runtime.Turns` over the session actors."""

    def __init__(
        self,
        secret: bytes,
        engine: EngineHandle,
        directory: DirectoryHandle,
        store: SessionStore,
        catalogue: ModelCatalogue,
        memory: TurnRecall,
    ) -> None:
        self._secret = secret
        self._engine = engine
        self._directory = directory
        self._store = store
        self._models = catalogue
        self._memory = memory

    async def take_turn(self, request: TurnRequest) -> AsyncIterator[TurnEvent]:
        await self._models.check_is_loaded(request.model)
        request = await self._memory.recalled(await self._place(request))
        delivery = Delivery()
        for _ in range(MAX_ATTEMPTS):
            try:
                async for event in self._attempt(request, delivery):
                    yield event
            except (PeerLost, SessionMoved) as error:
                session_id = request.placed.session_id
                log.warning("session process lost", extra={"session": session_id})
                await self._directory.report_lost(request.workspace_id, session_id)
                self._check_can_go_on(request, delivery, error)
                request = replace(request, placement=delivery.resumed(request.placed))
            except ConversationMoved:
                # Somebody else took the conversation further: this request is a branch of it.
                request = await self._place(request)
            except PromptTooLong:
                if (shorter := without_recollection(request)) is None:
                    raise
                request = shorter
            else:
                await self._afterwards(request)
                return
        raise StreamInterrupted(f"The session's process was lost {MAX_ATTEMPTS} times.")

    async def count_tokens(self, request: TurnRequest) -> int:
        await self._models.check_is_loaded(request.model)
        request = await self._memory.recalled(await self._place(request))
        placed = request.placed
        conversation = await Conversation.load(
            self._store, request.workspace_id, placed.session_id, placed.branch
        )
        try:
            return await self._count(request, conversation)
        except EngineLost:
            # It has died, or another model was loaded: the next one counts anew.
            return await self._count(request, conversation)

    async def _count(self, request: TurnRequest, conversation: Conversation) -> int:
        info = await self._engine.info()
        continuation = conversation.continue_with(request)
        prompt = await build_prompt(
            self._engine, request, continuation, conversation.generated, info
        )
        return len(prompt.tokens)

    async def models(self) -> Sequence[ModelCard]:
        return await self._models.list()

    async def _attempt(self, request: TurnRequest, delivery: Delivery) -> AsyncIterator[TurnEvent]:
        exchange = await self._open(request)
        try:
            async for step in exchange:
                for event in delivery.take(cast("TurnStep", step)):
                    yield event
        finally:
            exchange.close()

    async def _open(self, request: TurnRequest) -> Exchange:
        address = await self._directory.locate(
            request.workspace_id, request.placed.session_id, request.request_id
        )
        return await open_exchange(address, own_node_id(), self._secret, request)

    @staticmethod
    def _check_can_go_on(request: TurnRequest, delivery: Delivery, error: Exception) -> None:
        if request.sampling.n > 1 and delivery.tokens:
            raise StreamInterrupted("The session was lost amid several choices.") from error

    async def _place(self, request: TurnRequest) -> TurnRequest:
        """The request in its session, with what the client has had of the turn already."""
        found = await self._find(request)
        if (before := request.placement) is not None:
            found = replace(
                found, delivered_tokens=before.delivered_tokens, delivered_by=before.delivered_by
            )
        return replace(request, placement=found)

    async def _find(self, request: TurnRequest) -> Placement:
        """The session the client named, else the one whose conversation this continues, else a
        new one: a branch of the one that this continues from an earlier turn on."""
        if request.named_session is not None:
            return Placement(request.named_session)
        if request.raw_prompt is None:
            hashes = [digest for _, digest in conversation_hashes(request.messages)]
            if hashes:
                found = await self._store.find_by_history(request.workspace_id, hashes)
                if found is not None and found.is_head:
                    return Placement(found.session_id, expected_head=found.head_hash)
                if found is not None:
                    branch = Branch(found.session_id, found.turn_id)
                    return Placement(_new_session(request), branch=branch)
        return Placement(_new_session(request))

    async def _afterwards(self, request: TurnRequest) -> None:
        """A completion has no conversation to come back to."""
        if request.raw_prompt is not None:
            await self._directory.let_go(request.workspace_id, request.placed.session_id)


def _new_session(request: TurnRequest) -> SessionId:
    """What is asked for twice at once must come to one session, where it waits for itself."""
    if request.is_repeatable:
        return SessionId(request.turn_id.replace("turn_", "sess_", 1))
    return SessionId(new_id("sess"))
