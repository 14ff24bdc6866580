"""Sessions fork, leave and arrive while there is no engine."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_memory.engine.info import EngineInfo
from agent_memory.errors import EngineUnavailable, InvalidRequest
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.sessions.archive.manifest import FILE, Manifest, Reader, decode_manifest
from agent_memory.sessions.archive.tar_stream import TarReader
from agent_memory.sessions.travel import SessionTravel
from agent_memory.turns.events import FinishReason, Usage
from agent_memory.turns.messages import Message, Role, Text
from agent_memory.turns.portable import PortableSession, PortableTurn
from agent_memory.turns.traces import Traces
from agent_memory.turns.transcript import SessionRecord

WORKSPACE = WorkspaceId("w")
HERE, FORK, NEW = SessionId("sess_here"), SessionId("sess_fork"), SessionId("sess_new")
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
        assert is_twin == (session == FORK)
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


async def test_a_session_is_imported_without_an_engine_by_its_words() -> None:
    copies = Copies()
    archive = await travel(copies).export(WORKSPACE, HERE)
    arrival = await travel(copies).arrive(WORKSPACE, NEW, archive)
    assert arrival.session.session_id == NEW
    assert arrival.num_cached_tokens == 0
    assert arrival.note is not None
    assert "No node offers 'mlx'." in arrival.note
    assert copies.saved[NEW].messages == SESSION.messages


async def test_tokens_that_no_model_has_looked_at_are_not_kept() -> None:
    """The engine that comes later would take them for those of its own turns."""
    copies = Copies()
    archive = await travel(copies).export(WORKSPACE, HERE)
    await travel(copies).arrive(WORKSPACE, NEW, archive)
    assert [turn.traces for turn in copies.saved[NEW].turns] == [None]
    assert copies.saved[NEW].turns[0].usage == SESSION.turns[0].usage


async def test_a_damaged_archive_is_refused_without_an_engine_too() -> None:
    copies = Copies()
    whole = b"".join([piece async for piece in await travel(copies).export(WORKSPACE, HERE)])

    async def cut() -> AsyncIterator[bytes]:
        yield whole[:700]

    with pytest.raises(InvalidRequest, match="cut off"):
        await travel(copies).arrive(WORKSPACE, NEW, cut())
    assert set(copies.saved) == {HERE}
