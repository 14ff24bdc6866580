"""The HTTP surface, sessions and a real engine in one process: no Ray, and no database."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fastapi import FastAPI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.api.runtime import Runtime
from agent_memory.device.engine import MlxEngine
from agent_memory.device.event_stream import EventStream
from agent_memory.engine.events import EngineEvent
from agent_memory.engine.info import EngineInfo
from agent_memory.engine.request import GenerationRequest
from agent_memory.errors import ConversationMoved
from agent_memory.gateway.placing import Places, Placing
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.prompts.request import PromptRequest, RenderedPrompt
from agent_memory.sessions.conversation import Conversation
from agent_memory.sessions.local_answer import LocalAnswerer
from agent_memory.sessions.memory_tool import ContextMemoryTool
from agent_memory.sessions.prompting import build_prompt
from agent_memory.sessions.rounds import MemoryToolRunner, RoundsAnswerer
from agent_memory.sessions.session import Session, Surroundings
from agent_memory.settings import Settings
from agent_memory.testing.engine import MemoryStore, OpenPool
from agent_memory.testing.runtime import MemorySessions, ScriptedTurns, scripted_runtime
from agent_memory.turns.events import TurnEvent, TurnStep
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest
from agent_memory.turns.transcript import Transcript

__all__ = ["EngineTurns", "app_of_model"]


class _Generation:
    def __init__(self, stream: EventStream) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[EngineEvent]:
        return self._stream

    def cancel(self) -> None:
        self._stream.cancel()

    def close(self) -> None:
        self._stream.cancel()


class _Engine:
    """An engine as sessions see it."""

    def __init__(self, engine: MlxEngine) -> None:
        self._engine = engine

    async def info(self) -> EngineInfo:
        return self._engine.info

    async def render(self, request: PromptRequest) -> RenderedPrompt:
        return self._engine.render(request)

    async def generate(self, request: GenerationRequest) -> _Generation:
        return _Generation(self._engine.generate(request))


class _Sessions(MemorySessions):
    """The sessions that turns have been taken in."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__()
        self._store = store

    async def transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript:
        return await self._store.load_transcript(workspace, session)


class EngineTurns:
    """Turns of real sessions over a real engine, each in its place; no KV is kept between turns."""

    def __init__(
        self, engine: MlxEngine, store: MemoryStore, places: Places, runner: MemoryToolRunner
    ) -> None:
        self._engine = _Engine(engine)
        self._places = places
        self.pool = OpenPool()
        answerer = LocalAnswerer(self._engine, self.pool)
        self._surroundings = Surroundings(RoundsAnswerer(answerer, runner), store)
        self._sessions: dict[tuple[WorkspaceId, SessionId], Session] = {}

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        try:
            async for event in self._attempt(request):
                yield event
        except ConversationMoved as error:
            async for event in self._attempt(await self._places.place_again(request, error)):
                yield event

    async def _attempt(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        steps: asyncio.Queue[TurnStep | None] = asyncio.Queue()
        running = self._session_of(request).take_turn(request, steps.put_nowait)
        ending = asyncio.create_task(running.wait())
        ending.add_done_callback(lambda _: steps.put_nowait(None))
        try:
            while (step := await steps.get()) is not None:
                for event in step.events:
                    yield event
            await ending
        finally:
            running.cancel()

    async def count(self, request: TurnRequest) -> int:
        placed = request.placed
        conversation = await Conversation.load(
            self._surroundings.store, request.workspace_id, placed.session_id, placed.branch
        )
        prompt = await build_prompt(
            self._engine,
            request,
            conversation.continue_with(request),
            conversation.generated,
            await self._engine.info(),
        )
        return len(prompt.tokens)

    async def cards(self) -> Sequence[ModelCard]:
        info = await self._engine.info()
        return [ModelCard(info.model, 0, info.context_window)]

    def _session_of(self, request: TurnRequest) -> Session:
        place = (request.workspace_id, request.placed.session_id)
        return self._sessions.setdefault(place, Session(*place, self._surroundings))


@contextmanager
def app_of_model(
    folder: Path,
    settings: Settings | None = None,
    change: Callable[[Runtime], Runtime] = lambda runtime: runtime,
) -> Iterator[FastAPI]:
    """The application over the model in `folder`, with the key `TEST_KEY`. Many turns at once cost
    hardly more than one, for they are decoded in one batch. change: puts other parts into it."""
    settings = settings or Settings.model_validate({"max_batch_size": 32})
    engine = MlxEngine.load(folder, folder.name, settings, None)
    store = MemoryStore()
    places = Places(store)
    runtime = scripted_runtime(ScriptedTurns())
    runner = ContextMemoryTool(runtime.contexts)
    runtime = replace(
        runtime,
        turns=Placing(EngineTurns(engine, store, places, runner), places),
        sessions=_Sessions(store),
        named_turns=store,
    )
    try:
        yield create_app(change(runtime), Limits())
    finally:
        engine.close()
