"""Sessions that live in this process, as the local engine's provider sees those of others."""

import asyncio
from collections.abc import AsyncIterator

from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.sessions.answering import Answerer
from agent_memory.sessions.ports import TranscriptStore
from agent_memory.sessions.session import Session, Surroundings
from agent_memory.turns.events import TurnStep
from agent_memory.turns.request import TurnRequest


class NearStream:
    """It meets `sessions.local_turns.TurnStream`."""

    def __init__(self, session: Session, request: TurnRequest) -> None:
        self._steps: asyncio.Queue[TurnStep | None] = asyncio.Queue()
        self._running = session.take_turn(request, self._steps.put_nowait)
        self._running.on_end(lambda: self._steps.put_nowait(None))

    async def __aiter__(self) -> AsyncIterator[TurnStep]:
        while (step := await self._steps.get()) is not None:
            yield step
        await self._running.wait()

    def close(self) -> None:
        self._running.cancel()


class NearSessions:
    """Keeps each session until it is let go. It meets `sessions.local_turns.TurnStreams` and
    `sessions.local_turns.Directory`.

    is_letting_go: False: sessions live on, as one does whose process is busy.
    """

    def __init__(self, answerer: Answerer, store: TranscriptStore) -> None:
        self._surroundings = Surroundings(answerer, store)
        self._live: dict[tuple[WorkspaceId, SessionId], Session] = {}
        self.is_letting_go = True

    async def open(self, request: TurnRequest) -> NearStream:
        place = (request.workspace_id, request.placed.session_id)
        session = self._live.setdefault(place, Session(*place, self._surroundings))
        return NearStream(session, request)

    async def report_lost(self, workspace: WorkspaceId, session: SessionId) -> None:
        self._live.pop((workspace, session), None)

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        if self.is_letting_go:
            self._live.pop((workspace, session), None)
