"""Workspaces: the walls between tenants."""

from agent_memory.ids import WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id

DEFAULT_WORKSPACE = WorkspaceId("default")


class WorkspaceStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure_workspace(self, workspace_id: WorkspaceId = DEFAULT_WORKSPACE) -> WorkspaceId:
        """Make the workspace unless it exists; `InvalidRequest` for an id that may not be."""
        check_id("workspace", workspace_id)
        async with self._database.workspace(workspace_id) as transaction:
            await transaction.run("ensure_workspace", workspace_id=workspace_id)
        return workspace_id

    async def touch_workspace(self, workspace_id: WorkspaceId = DEFAULT_WORKSPACE) -> None:
        """Write its row again as it is; `StorageUnavailable` when the database takes no writes."""
        async with self._database.workspace(workspace_id) as transaction:
            await transaction.run("touch_workspace", workspace_id=workspace_id)
