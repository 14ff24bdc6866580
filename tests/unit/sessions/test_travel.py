"""Sessions fork and leave while there is no engine."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

from agent_memory.sessions.travel import SessionTravel
from agent_memory.engine.info import EngineInfo
from agent_memory.errors import EngineUnavailable
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.sessions.archive.manifest import FILE, Manifest, Reader, decode_manifest
from agent_memory.sessions.archive.tar_stream import TarReader
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.traces import Traces
from agent_memory.turns.transcript import SessionRecord

WORKSPACE = WorkspaceId("w")
HERE, FORK = SessionId("sess_here"), SessionId("sess_fork")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SESSION = PortableSession(
    HERE,
    "tiny",
    None,
    (Message(Role.USER, (Text("hello"),)), Message(Role.ASSISTANT, (Text("hi"),))),
    (
        PortableTurn(
            TurnId(""),
            "r",
            "tiny",
            position=1,
            finish_reason=FinishReason.STOP,
            usage=Usage(2, 0, 1),
            head_hash="h",
            started_at=NOW,
            traces=Traces("weights", (7,), "<assistant>", 3, read_tokens=(1, 2)),
        ),
    ),
)


class Copies:
    """One session, and the copies that were made of it."""

    def __init__(self) -> None:
        self.saved = {HERE: SESSION}

    async def load(self, workspace: WorkspaceId, session: SessionId) -> PortableSession:
        assert workspace == WORKSPACE
        return self.saved[session]

    async def save(
        self,
        workspace: WorkspaceId,
        session: SessionId,
        copy: PortableSession,
        *,
        is_twin: bool,
    ) -> SessionRecord:
        assert is_twin
        self.saved[session] = replace(copy, session_id=session)
        return SessionRecord(session, workspace, NOW, NOW, 1, 2, 3, None, copy.model)


class NoEngine:
    async def info(self) -> EngineInfo:
        raise EngineUnavailable("No node offers 'mlx'.")


def travel(copies: Copies) -> SessionTravel:
    pool = object()  # it is not asked for anything
    return SessionTravel(copies, pool, NoEngine())  # type: ignore[arg-type]


async def test_a_session_forks_without_an_engine() -> None:
    copies = Copies()
    record = await travel(copies).fork(WORKSPACE, HERE, FORK, None)
    assert record.session_id == FORK
    assert copies.saved[FORK].messages == SESSION.messages


async def test_a_session_is_exported_without_an_engine_but_for_its_kv() -> None:
    pieces: AsyncIterator[bytes] = await travel(Copies()).export(WORKSPACE, HERE)
    archive = TarReader(pieces)
    entry = await archive.next_entry()
    assert entry is not None
    assert entry.name == FILE
    encoded = b"".join([piece async for piece in archive.content(1000)])
    assert decode_manifest(encoded, Reader("weights", 100)) == Manifest(SESSION, None, (1, 2, 7))
    assert await archive.next_entry() is None
