"""Idempotency keys that nobody will use again."""

from datetime import timedelta

from agent_memory.ids import WorkspaceId
from agent_memory.store.database import Database


class RememberedCallStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def drop_calls(self, workspace: WorkspaceId, age: timedelta) -> int:
        """Forget what calls older than `age` did; how many that were."""
        async with self._database.workspace(workspace) as transaction:
            dropped = await transaction.fetch_value(
                "drop_old_calls", workspace_id=workspace, age=age
            )
        return dropped if isinstance(dropped, int) else 0
