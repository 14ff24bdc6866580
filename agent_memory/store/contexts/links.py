"""Relationships between contexts. They go with either of the two."""

from collections.abc import Sequence
from datetime import datetime

from agent_memory.contexts.link import MAX_LISTED, Link
from agent_memory.errors import NotFound
from agent_memory.ids import ContextKey, WorkspaceId
from agent_memory.store.database import Database


class ContextLinkStore:
    """Implements `agent_memory.contexts.ports.Links`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, workspace: WorkspaceId, link: Link) -> Link:
        async with self._database.workspace(workspace) as transaction:
            kept = await transaction.fetch_one(
                "put_context_link",
                Link,
                workspace_id=workspace,
                from_key=link.from_key,
                to_key=link.to_key,
                type=link.type,
                strength=link.strength,
                now=link.created_at,
                by=link.created_by,
            )
        if kept is None:
            raise NotFound("context", f"{link.from_key} or {link.to_key}")
        return kept

    async def list(self, workspace: WorkspaceId, key: ContextKey, now: datetime) -> Sequence[Link]:
        async with self._database.workspace(workspace) as transaction:
            return await transaction.fetch_all(
                "list_context_links",
                Link,
                workspace_id=workspace,
                key=key,
                now=now,
                limit=MAX_LISTED,
            )

    async def delete(
        self, workspace: WorkspaceId, from_key: ContextKey, to_key: ContextKey, kind: str | None
    ) -> int:
        async with self._database.workspace(workspace) as transaction:
            num_deleted = await transaction.fetch_value(
                "delete_context_links",
                workspace_id=workspace,
                from_key=from_key,
                to_key=to_key,
                type=kind,
            )
        return num_deleted if isinstance(num_deleted, int) else 0
