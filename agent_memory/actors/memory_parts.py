"""Memory over PostgreSQL, composed for the process that serves it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from agent_memory.ids import WorkspaceId
from agent_memory.memory.ports import Embedder
from agent_memory.memory.recalled import Candidates, Query, Recalled
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.composition import Reading, Surroundings, compose
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.recall import Tokens
from agent_memory.store.database import Database
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore


def stored_memory(database: Database, embedder: Embedder, tokens: Tokens) -> Memory:
    """All of memory over `database`."""
    reading: Reading = ItemStore(database)
    return compose(
        Surroundings(
            ingestion=IngestionStore(database),
            search=SearchStore(database),
            reading=reading,
            redaction_policies=_Policies(),
            embedder=embedder,
            rank=_rank,
            tokens=tokens,
            clock=_now,
        )
    )


class _Policies:
    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        del workspace
        return RedactionPolicy(), 0


async def _rank(workspace: WorkspaceId, query: Query, candidates: Candidates) -> Sequence[Recalled]:
    del workspace, query
    scored = [
        Recalled(
            found.item,
            0.5 * found.bm25 + found.bm25_window + found.num_shared_keys,
            {"bm25": found.bm25, "bm25_window": found.bm25_window},
        )
        for found in candidates.found
    ]
    return sorted(scored, key=lambda entry: -entry.score)


def _now() -> datetime:
    return datetime.now(UTC)
