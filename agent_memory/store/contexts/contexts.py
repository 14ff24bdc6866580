"""Contexts: found, listed, written."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from agent_memory.contexts.context import Context, StoredContext, VersionInfo
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.key import check_key
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.pages import Page
from agent_memory.store.contexts.body_cache import LEAST_BYTES, BodyCache
from agent_memory.store.contexts.finding import find_context
from agent_memory.store.contexts.rows import ContextRow, VersionRow
from agent_memory.store.contexts.writing import ContextWriting, OnChanged, do_nothing
from agent_memory.store.database import Database
from agent_memory.store.memory.pages import check_limit, has_more
from agent_memory.store.safe_text import escape


class StoredContexts:
    """Implements `agent_memory.contexts.ports.ContextStore`."""

    def __init__(
        self,
        database: Database,
        on_changed: OnChanged = do_nothing,
        bodies: BodyCache | None = None,
    ) -> None:
        """bodies: where large ones may be had as well."""
        self._database = database
        self._on_changed = on_changed
        self._bodies = bodies

    @asynccontextmanager
    async def writing(self, workspace: WorkspaceId) -> AsyncIterator[ContextWriting]:
        async with self._database.workspace(workspace) as transaction:
            await transaction.run("lock_contexts", workspace_id=workspace)
            yield ContextWriting(transaction, workspace, self._on_changed)

    async def find(
        self,
        workspace: WorkspaceId,
        key: ContextKey,
        now: datetime,
        version: int | None = None,
        *,
        with_body: bool = True,
    ) -> StoredContext | None:
        if self._bodies is not None and with_body and version is None:
            return await self._find_beside(self._bodies, workspace, key, now)
        async with self._database.workspace(workspace) as transaction:
            return await find_context(
                transaction, workspace, key, now, version, with_body=with_body
            )

    async def _find_beside(
        self, bodies: BodyCache, workspace: WorkspaceId, key: ContextKey, now: datetime
    ) -> StoredContext | None:
        """The version is always the database's word; its body may come from elsewhere."""
        async with self._database.workspace(workspace) as transaction:
            head = await find_context(
                transaction, workspace, key, now, None, most_bytes=LEAST_BYTES
            )
        if head is None or head.body.data or head.version.sha256 is None or not head.version.size:
            return head
        body = await bodies.get(head.version.address, head.version.sha256)
        if body is not None:
            return replace(head, body=body)
        async with self._database.workspace(workspace) as transaction:
            found = await find_context(transaction, workspace, key, now, None)
        if found is not None and found.version.sha256 is not None:
            bodies.put(found.version.address, found.version.sha256, found.body)
        return found

    async def list(
        self,
        workspace: WorkspaceId,
        wanted: Filter,
        now: datetime,
        cursor: str | None,
        limit: int,
    ) -> Page[Context]:
        check_limit(limit)
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_contexts",
                ContextRow,
                workspace_id=workspace,
                prefix=wanted.prefix,
                tags=[escape(tag) for tag in wanted.tags],
                session_id=wanted.session_id,
                agent_id=wanted.agent_id,
                now=now,
                after=None if cursor is None else _read_cursor(cursor),
                limit=limit + 1,
            )
        page = [row.context(workspace) for row in rows[:limit]]
        return Page(page, _cursor(rows[limit - 1].key) if has_more(rows, limit) else None)

    async def list_versions(
        self, workspace: WorkspaceId, lineage: Lineage, before: int | None, limit: int
    ) -> Sequence[VersionInfo]:
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_context_versions",
                VersionRow,
                workspace_id=workspace,
                lineage=lineage,
                before=before,
                limit=limit,
            )
        return [row.info(workspace) for row in rows]

    async def extend(
        self, workspace: WorkspaceId, key: ContextKey, lineage: Lineage, expires_at: datetime
    ) -> None:
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "extend_context",
                workspace_id=workspace,
                key=key,
                lineage=lineage,
                expires_at=expires_at,
            )


def _cursor(key: ContextKey) -> str:
    return urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> ContextKey:
    try:
        padded = text + "=" * (-len(text) % 4)
        return check_key(urlsafe_b64decode(padded.encode()).decode(), "cursor")
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("The cursor is not valid; use next_cursor.", "cursor") from error
