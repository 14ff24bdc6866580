"""Sessions as the surfaces list, read and delete them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from agent_memory.cache.stats import PoolStats
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import EngineUnavailable, NotFound, PoolLost
from agent_memory.ids import BlockHash, BlockOwner, SessionId, WorkspaceId, block_owner
from agent_memory.pages import Page
from agent_memory.sessions.catalogue import SessionCatalogue
from agent_memory.sessions.directory import DirectoryStats
from agent_memory.turns.sequence import TokenIds
from agent_memory.turns.transcript import SessionRecord, Transcript

WORKSPACE = WorkspaceId("w")
HERE = SessionId("sess_here")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Store:
    """Records of sessions, without anything said in them."""

    def __init__(self) -> None:
        self.records: dict[SessionId, SessionRecord] = {}

    async def create_session(
        self, workspace: WorkspaceId, session: SessionId, model: str
    ) -> SessionRecord:
        record = SessionRecord(session, workspace, NOW, NOW, 0, 0, 0, None, model)
        self.records[session] = record
        return record

    async def get_session(self, workspace: WorkspaceId, session: SessionId) -> SessionRecord:
        del workspace
        if session not in self.records:
            raise NotFound("session", session)
        return self.records[session]

    async def list_sessions(
        self, workspace: WorkspaceId, cursor: str | None, limit: int
    ) -> Page[SessionRecord]:
        del workspace, cursor
        return Page(list(self.records.values())[:limit])

    async def delete_session(self, workspace: WorkspaceId, session: SessionId) -> None:
        del workspace
        del self.records[session]

    async def count_sessions(self, workspace: WorkspaceId) -> int:
        del workspace
        return len(self.records)

    async def load_transcript(self, workspace: WorkspaceId, session: SessionId) -> Transcript:
        return Transcript(await self.get_session(workspace, session), (), ())

    async def load_sequences(
        self, workspace: WorkspaceId, session: SessionId
    ) -> Sequence[TokenIds]:
        del workspace, session
        return [(1, 2), (1, 3)]


class Directory:
    def __init__(self) -> None:
        self.let_gone: list[SessionId] = []
        self.forgotten: list[SessionId] = []

    async def let_go(self, workspace: WorkspaceId, session: SessionId) -> None:
        del workspace
        self.let_gone.append(session)

    async def forget(self, workspace: WorkspaceId, session: SessionId) -> None:
        del workspace
        self.forgotten.append(session)

    async def stats(self) -> DirectoryStats:
        return DirectoryStats(1, 2, 3, 0, is_draining=False)


class LostBlocks:
    """The pool of a server without an engine."""

    async def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence[Sequence[int]]
    ) -> Sequence[BlockHash]:
        raise PoolLost(f"no pool to erase {len(sequences)} sequences of {owner}, {workspace}")

    async def stats(self) -> PoolStats | None:
        raise PoolLost("no pool")


class LostEngine:
    async def drop(self, hashes: Sequence[BlockHash]) -> None:
        raise EngineUnavailable(f"no engine to drop {hashes}")

    async def stats(self) -> EngineStats:
        raise EngineUnavailable("no engine")


class Blocks(LostBlocks):
    """A pool that keeps what it was told to erase."""

    def __init__(self, *evicted: BlockHash) -> None:
        self.erased: list[tuple[BlockOwner, list[tuple[int, ...]]]] = []
        self._evicted = evicted

    async def erase(
        self, workspace: WorkspaceId, owner: BlockOwner, sequences: Sequence[Sequence[int]]
    ) -> Sequence[BlockHash]:
        del workspace
        self.erased.append((owner, [tuple(tokens) for tokens in sequences]))
        return self._evicted


class Engine(LostEngine):
    def __init__(self) -> None:
        self.dropped: list[BlockHash] = []

    async def drop(self, hashes: Sequence[BlockHash]) -> None:
        self.dropped += hashes


async def model_name() -> str:
    return "tiny"


def without_engine() -> tuple[SessionCatalogue, Store, Directory]:
    store, directory = Store(), Directory()
    catalogue = SessionCatalogue(store, directory, LostBlocks(), LostEngine(), model_name)
    return catalogue, store, directory


async def test_sessions_are_made_listed_and_read_without_an_engine() -> None:
    catalogue, _, _ = without_engine()
    made = await catalogue.create(WORKSPACE, None)
    assert made.model == "tiny"
    assert made.session_id.startswith("sess_")
    assert await catalogue.get(WORKSPACE, made.session_id) == made
    assert await catalogue.list(WORKSPACE, None, 9) == ([made], None)
    assert (await catalogue.transcript(WORKSPACE, made.session_id)).session == made


async def test_what_can_be_counted_is_counted_without_an_engine() -> None:
    catalogue, _, _ = without_engine()
    await catalogue.create(WORKSPACE, HERE)
    stats = await catalogue.stats(WORKSPACE)
    assert (stats["sessions"], stats["directory_num_live"], stats["directory_num_warm"]) == (
        1,
        1,
        2,
    )
    assert not any(name.startswith(("pool_", "engine_")) for name in stats)


async def test_a_session_is_deleted_after_its_process_and_its_blocks() -> None:
    store, directory, engine = Store(), Directory(), Engine()
    blocks = Blocks(BlockHash("aa"))
    catalogue = SessionCatalogue(store, directory, blocks, engine, model_name)
    await catalogue.create(WORKSPACE, HERE)
    await catalogue.delete(WORKSPACE, HERE, keep_shelf=False)
    assert directory.forgotten == [HERE]
    assert blocks.erased == [(block_owner(WORKSPACE, HERE), [(1, 2), (1, 3)])]
    assert engine.dropped == ["aa"]
    assert store.records == {}


async def test_a_session_whose_blocks_cannot_be_erased_is_not_deleted() -> None:
    catalogue, store, _ = without_engine()
    await catalogue.create(WORKSPACE, HERE)
    with pytest.raises(PoolLost):
        await catalogue.delete(WORKSPACE, HERE, keep_shelf=False)
    assert HERE in store.records


async def test_a_session_that_keeps_its_shelf_only_lets_its_process_go() -> None:
    catalogue, store, directory = without_engine()
    await catalogue.create(WORKSPACE, HERE)
    await catalogue.delete(WORKSPACE, HERE, keep_shelf=True)
    assert (directory.let_gone, directory.forgotten) == ([HERE], [])
    assert HERE in store.records


async def test_a_session_that_is_not_there_is_not_deleted() -> None:
    catalogue, _, directory = without_engine()
    with pytest.raises(NotFound):
        await catalogue.delete(WORKSPACE, HERE, keep_shelf=True)
    assert directory.let_gone == []
