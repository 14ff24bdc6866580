"""Sealed versions, by the key that seals them."""

from collections.abc import Sequence

from agent_memory.contexts.context import ClosedBody, VersionInfo
from agent_memory.ids import WorkspaceId
from agent_memory.store.contexts.rows import VersionRow
from agent_memory.store.database import Database


class SealedContextStore:
    """Implements `agent_memory.contexts.ports.Sealed`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_sealed(
        self, workspace: WorkspaceId, other_than: str, limit: int
    ) -> Sequence[tuple[VersionInfo, ClosedBody]]:
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_sealed_contexts",
                VersionRow,
                workspace_id=workspace,
                other_than=other_than,
                limit=limit,
            )
        return [(row.info(workspace), row.closed()) for row in rows]

    async def reseal(self, version: VersionInfo, was: ClosedBody, body: ClosedBody) -> bool:
        address = version.address
        async with self._database.workspace(address.workspace) as transaction:
            is_done = await transaction.fetch_value(
                "reseal_context",
                workspace_id=address.workspace,
                lineage=address.lineage,
                version=address.version,
                body=body.data,
                sealed_with=body.sealed_with,
                was=was.sealed_with,
            )
        return bool(is_done)
