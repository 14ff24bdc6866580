"""What of contexts is dropped when nobody can ask for it any more."""

from collections.abc import Sequence
from datetime import datetime

from agent_memory.ids import ContextKey, WorkspaceId
from agent_memory.store.contexts.rows import KeyRow
from agent_memory.store.database import Database


class ContextSweepStore:
    """Implements `agent_memory.contexts.ports.Sweeping`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_expired(
        self, workspace: WorkspaceId, now: datetime, limit: int
    ) -> Sequence[ContextKey]:
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_expired_contexts", KeyRow, workspace_id=workspace, now=now, limit=limit
            )
        return [row.key for row in rows]

    async def drop_retired(self, workspace: WorkspaceId, before: datetime) -> int:
        return await self._drop("drop_retired_context_versions", workspace, before)

    async def drop_changes(self, workspace: WorkspaceId, before: datetime) -> int:
        return await self._drop("drop_context_changes", workspace, before)

    async def _drop(self, statement: str, workspace: WorkspaceId, before: datetime) -> int:
        async with self._database.workspace(workspace) as transaction:
            num_dropped = await transaction.fetch_value(
                statement, workspace_id=workspace, before=before
            )
        return num_dropped if isinstance(num_dropped, int) else 0
