"""The local engine's turns: each is taken in its session's process, and survives that process."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from agent_memory.errors import ConversationMoved, EngineLost, SessionMoved, StreamInterrupted
from agent_memory.gateway.placing import Places
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.delivery import Delivery
from agent_memory.sessions.ports import Engine, TranscriptStore
from agent_memory.sessions.prompting import build_prompt
from agent_memory.turns.events import TurnEvent, TurnStep
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4


class StreamLost(Exception):
    """The process at the other end of a turn's stream is gone."""


class TurnStream(Protocol):
    """The steps of a turn that another process takes. It raises that turn's errors, and
    `StreamLost`."""

    def __aiter__(self) -> AsyncIterator[TurnStep]: ...

    def close(self) -> None:
        """Let go of the turn, whether it has ended or not."""
        ...


class TurnStreams(Protocol):
    """The ways to the processes in which sessions live."""

    async def open(self, request: TurnRequest) -> TurnStream:
        """Have the turn taken by its session's process, which is woken if need be. Raises
        `StreamLost`."""
        ...


class Directory(Protocol):
    """Which process holds which session."""

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> None:
        """A stream to this session was cut."""
        ...

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        """The session is not needed for now."""
        ...


class LocalModels(Protocol):
    """The models of this server."""

    async def list(self) -> Sequence[ModelCard]: ...

    async def check_is_loaded(self, model: str) -> None:
        """Raise `ModelNotLoaded` where a model of ours is named and another one is loaded."""
        ...


class LocalTurns:
    """The provider that answers with the local engine. It meets `gateway.provider.Provider`."""

    def __init__(
        self,
        streams: TurnStreams,
        directory: Directory,
        places: Places,
        engine: Engine,
        store: TranscriptStore,
        models: LocalModels,
    ) -> None:
        self._streams = streams
        self._directory = directory
        self._places = places
        self._engine = engine
        self._store = store
        self._models = models

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        await self._models.check_is_loaded(request.model)
        delivery = Delivery()
        for _ in range(MAX_ATTEMPTS):
            try:
                async with aclosing(self._attempt(request, delivery)) as events:
                    async for event in events:
                        yield event
            except (StreamLost, SessionMoved) as error:
                await self._report_lost(request)
                _check_can_go_on(request, delivery, error)
                request = replace(request, placement=delivery.resumed(request.placed))
            except ConversationMoved as error:
                # Somebody else took the conversation further: this request is a branch of it.
                _check_can_go_on(request, delivery, error)
                request = replace(request, placement=delivery.resumed(request.placed))
                request = await self._places.place_again(request, error)
            else:
                await self._afterwards(request)
                return
        raise StreamInterrupted(f"The session's process was lost {MAX_ATTEMPTS} times.")

    async def count(self, request: TurnRequest) -> int:
        await self._models.check_is_loaded(request.model)
        placed = request.placed
        conversation = await Conversation.load(
            self._store, request.workspace_id, placed.session_id, placed.branch
        )
        try:
            return await self._count(request, conversation)
        except EngineLost:
            # It has died, or another model was loaded: the next one counts again.
            return await self._count(request, conversation)

    async def cards(self) -> Sequence[ModelCard]:
        return await self._models.list()

    async def _attempt(
        self, request: TurnRequest, delivery: Delivery
    ) -> AsyncGenerator[TurnEvent, None]:
        stream = await self._streams.open(request)
        try:
            async for step in stream:
                for event in delivery.take(step):
                    yield event
        finally:
            stream.close()

    async def _count(self, request: TurnRequest, conversation: Conversation) -> int:
        info = await self._engine.info()
        continuation = conversation.continue_with(request)
        prompt = await build_prompt(
            self._engine, request, continuation, conversation.generated, info
        )
        return len(prompt.tokens)

    async def _report_lost(self, request: TurnRequest) -> None:
        session_id = request.placed.session_id
        log.warning("session process lost", extra={"session": session_id})
        await self._directory.report_lost(request.workspace_id, session_id)

    async def _afterwards(self, request: TurnRequest) -> None:
        """A completion has no conversation to come back to; nor has a turn that is not stored, in a
        session without a name."""
        is_once = not request.is_stored and request.named_session is None
        if request.raw_prompt is not None or is_once:
            await self._directory.let_go(request.workspace_id, request.placed.session_id)


def _check_can_go_on(request: TurnRequest, delivery: Delivery, error: Exception) -> None:
    if request.sampling.n > 1 and delivery.tokens:
        raise StreamInterrupted("The session was lost amid several choices.") from error
    if not delivery.can_resume:
        message = "The session was lost after tools were run in the turn; send it again."
        raise StreamInterrupted(message) from error
