"""Turns that this process takes itself: those of providers without an engine of ours."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent_memory.errors import AgentMemoryError, ConversationMoved
from agent_memory.gateway.placing import Places
from agent_memory.sessions.answering import Answerer
from agent_memory.sessions.local_turns import Directory
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.sessions.session import Session, Surroundings
from agent_memory.turns.events import TurnEvent, TurnFinished, TurnStep
from agent_memory.turns.request import TurnRequest

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 4


class DirectTurns:
    """Takes each turn in a session that lives as long as the turn.

    The same session may live in a process of its own, for the local engine. That process is let go
    when the turn is committed, so that it reads the conversation again; what two providers do to
    one session at the same time, the store keeps apart (see `TurnCommit.built_on`).
    """

    def __init__(
        self, answerer: Answerer, store: TranscriptStore, places: Places, directory: Directory
    ) -> None:
        self._surroundings = Surroundings(answerer, store)
        self._places = places
        self._directory = directory

    async def take(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        """The events of one turn. Closing the generator cancels the turn."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            has_begun = False
            try:
                async with aclosing(self._attempt(request)) as events:
                    async for event in events:
                        has_begun = True
                        yield event
            except ConversationMoved as error:
                if has_begun or attempt == MAX_ATTEMPTS:
                    raise
                request = await self._places.place_again(request, error)
            else:
                return

    async def _attempt(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        async with aclosing(self._steps(request)) as steps:
            async for step in steps:
                for event in step.events:
                    if isinstance(event, TurnFinished):
                        await self._let_go(request)
                    yield event

    async def _steps(self, request: TurnRequest) -> AsyncGenerator[TurnStep, None]:
        steps: asyncio.Queue[TurnStep | None] = asyncio.Queue()
        session = Session(request.workspace_id, request.placed.session_id, self._surroundings)
        running = session.take_turn(request, steps.put_nowait)
        running.on_end(lambda: steps.put_nowait(None))
        try:
            while (step := await steps.get()) is not None:
                yield step
            await running.wait()
        finally:
            running.cancel()

    async def _let_go(self, request: TurnRequest) -> None:
        try:
            await self._directory.let_go(request.workspace_id, request.placed.session_id)
        except AgentMemoryError as error:
            log.warning("a session's process was not let go", extra={"reason": str(error)})
