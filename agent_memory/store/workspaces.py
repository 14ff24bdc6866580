"""Workspaces: the walls between tenants."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.ids import WorkspaceId
from agent_memory.store.audit import append_audit
from agent_memory.store.database import Database
from agent_memory.store.identifiers import check_id


@dataclass(frozen=True, slots=True)
class _WorkspaceRow:
    workspace_id: WorkspaceId


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

    async def create_workspace(self, workspace_id: WorkspaceId, actor: str) -> None:
        """Make a workspace; `Conflict` when it exists. actor: who makes it, for its audit log."""
        check_id("workspace", workspace_id)
        async with self._database.workspace(workspace_id) as transaction:
            await transaction.run("create_workspace", workspace_id=workspace_id)
            await append_audit(transaction, workspace_id, actor, "workspace.create", workspace_id)

    async def list_workspaces(self) -> Sequence[WorkspaceId]:
        """All workspaces of the server, in the order of their ids."""
        async with self._database.no_workspace() as transaction:
            rows = await transaction.fetch_all("list_workspaces", _WorkspaceRow)
        return sorted(row.workspace_id for row in rows)
