"""`AgentSession`: the process in which one live session exists."""

import contextlib
import logging
import time

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.niceness import give_way
from agent_memory.actors.place import StreamedActor
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.clock import utc_now
from agent_memory.errors import AgentMemoryError, InvariantBroken, SessionMoved
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.sessions.directory import WorkerState
from agent_memory.sessions.local_answer import LocalAnswerer
from agent_memory.sessions.memory_tool import ContextMemoryTool
from agent_memory.sessions.rounds import RoundsAnswerer
from agent_memory.sessions.session import Session, Surroundings
from agent_memory.store.database import Database
from agent_memory.store.sessions import SessionStore
from agent_memory.store.stored_contexts import stored_contexts
from agent_memory.telemetry import configure_logging, request_id_var
from agent_memory.turns.request import TurnRequest
from agent_memory.wire.streams import Call, StreamAddress

log = logging.getLogger(__name__)

EXPECTED_S = 10.0
"""For so long a turn that was announced may take to arrive: until then the session stays."""


class AgentSessionActor:
    """Holds at most one `Session`. It is blank (warm) until it adopts one, and blank again when
    that hibernates."""

    def __init__(self, config: RuntimeConfig, name: str) -> None:
        configure_logging(name, config.settings.log_level, config.log_file("sessions"))
        give_way()
        self._database = Database(config.database_url, max_size=2)
        self._engine = EngineHandle(config.secret)
        self._pool = PoolHandle()
        contexts = stored_contexts(self._database, config.settings.context_key_ring, utc_now)
        answerer = LocalAnswerer(self._engine, self._pool)
        self._surroundings = Surroundings(
            RoundsAnswerer(answerer, ContextMemoryTool(contexts)), SessionStore(self._database)
        )
        self._session: Session | None = None
        self._last_used = time.monotonic()
        self._num_expected = 0
        self._stream = StreamedActor(name, config, self._answer)

    async def warm_up(self) -> None:
        """Meet whom the first turn will need, while nobody waits; who is not there is met then."""
        await self._stream.address()
        with contextlib.suppress(AgentMemoryError):
            await self._database.ping()
        with contextlib.suppress(AgentMemoryError):
            await self._pool.meet(await self._engine.info())

    async def adopt(self, workspace_id: WorkspaceId, session_id: SessionId) -> StreamAddress:
        """Become this session; returns where its turns are taken."""
        held = self._session
        if held is not None and (held.workspace_id, held.session_id) != (workspace_id, session_id):
            raise InvariantBroken(f"this process holds session {held.session_id}")
        if held is None:
            self._session = Session(workspace_id, session_id, self._surroundings)
        self._num_expected += 1
        self._last_used = time.monotonic()
        return await self._stream.address()

    async def hibernate(self) -> bool:
        """Let go of the session unless a turn is running; True when the process is blank now."""
        if self._is_busy():
            return False
        self._session = None
        self._num_expected = 0
        return True

    async def state(self) -> WorkerState:
        session = self._session
        idle_s = time.monotonic() - self._last_used
        if session is None:
            return WorkerState(None, None, is_busy=False, idle_s=idle_s)
        return WorkerState(session.workspace_id, session.session_id, self._is_busy(), idle_s)

    def _is_busy(self) -> bool:
        """A turn is running, or on its way here: whoever adopts has one."""
        if self._session is None:
            return False
        is_expected = self._num_expected > 0 and time.monotonic() - self._last_used < EXPECTED_S
        return is_expected or self._session.is_busy

    async def _answer(self, call: Call) -> None:
        match call.request:
            case TurnRequest() as request:
                await self._take_turn(call, request)
            case other:
                raise InvariantBroken(f"a session does not know {type(other).__name__}")

    async def _take_turn(self, call: Call, request: TurnRequest) -> None:
        session, session_id = self._session, request.placed.session_id
        if session is None or (session.workspace_id, session.session_id) != (
            request.workspace_id,
            session_id,
        ):
            raise SessionMoved("The session is not here.")
        self._num_expected = max(0, self._num_expected - 1)
        request_id_var.set(request.request_id)
        turn = session.take_turn(request, deliver=call.send)
        call.on_cancel(turn.cancel)
        await turn.wait()
        self._last_used = time.monotonic()
        log.info("turn ended", extra={"session": session_id})
