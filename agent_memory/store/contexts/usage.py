"""How contexts are used, counted and told."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from agent_memory.contexts.usage import DAYS_TOLD, MOST_READ, Analytics, Day, Measures, MostRead
from agent_memory.errors import InvariantBroken
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.store.database import Database


class ContextUsageStore:
    """Implements `agent_memory.contexts.ports.Usage`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_reads(
        self,
        workspace: WorkspaceId,
        reads: Mapping[tuple[ContextKey, Lineage], int],
        num_misses: int,
        now: datetime,
    ) -> None:
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "count_context_reads",
                workspace_id=workspace,
                keys=[key for key, _ in reads],
                lineages=[lineage for _, lineage in reads],
                counts=list(reads.values()),
                num_reads=sum(reads.values()),
                num_misses=num_misses,
                now=now,
            )

    async def analyse(
        self,
        workspace: WorkspaceId,
        session_id: str | None,
        agent_id: str | None,
        now: datetime,
    ) -> Analytics:
        meant = {"workspace_id": workspace, "session_id": session_id, "agent_id": agent_id}
        async with self._database.workspace(workspace) as transaction:
            measures = await transaction.fetch_one("measure_contexts", Measures, now=now, **meant)
            most_read = await transaction.fetch_all(
                "list_most_read_contexts", MostRead, now=now, limit=MOST_READ, **meant
            )
            days = await transaction.fetch_all(
                "list_context_days", Day, since=now - timedelta(days=DAYS_TOLD), **meant
            )
        if measures is None:
            raise InvariantBroken("a count came without a row")
        return Analytics(measures, most_read, days)
