"""Contexts read, listed, and traced back."""

from collections.abc import Callable
from datetime import datetime

from agent_memory.contexts.context import Context, ReadContext, VersionInfo
from agent_memory.contexts.diffing import Diff, compare
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.ports import ContextStore
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.contexts.service.pen import ContextPen
from agent_memory.contexts.service.read_tally import ReadTally
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.ids import ContextKey, WorkspaceId
from agent_memory.pages import Page


class ContextReader:
    """Nothing that has expired is ever returned."""

    def __init__(
        self,
        store: ContextStore,
        pen: ContextPen,
        clock: Callable[[], datetime],
        tally: ReadTally,
    ) -> None:
        self._store = store
        self._pen = pen
        self._clock = clock
        self._tally = tally

    async def get(
        self, workspace: WorkspaceId, key: ContextKey, version: int | None = None
    ) -> ReadContext:
        """The present version, or another one that is kept. Reading makes a sliding context live
        longer. `NotFound` without it."""
        now = self._clock()
        stored = await self._store.find(workspace, key, now, version)
        if stored is None:
            self._tally.miss(workspace)
            raise NotFound("context", key if version is None else f"{key}@{version}")
        self._tally.hit(workspace, key, stored.version.address.lineage)
        await self._slide(workspace, stored.context, now)
        document = await beside_loop(stored.version.size, lambda: self._pen.opened(stored))
        return ReadContext(stored.context, stored.version, document)

    async def list(
        self, workspace: WorkspaceId, wanted: Filter, cursor: str | None, limit: int
    ) -> Page[Context]:
        """By key."""
        return await self._store.list(workspace, wanted, self._clock(), cursor, limit)

    async def list_versions(
        self, workspace: WorkspaceId, key: ContextKey, cursor: str | None, limit: int
    ) -> Page[VersionInfo]:
        """The newest first. `NotFound` without the context."""
        stored = await self._store.find(workspace, key, self._clock())
        if stored is None:
            raise NotFound("context", key)
        before = None if cursor is None else _read_cursor(cursor)
        lineage = stored.context.present.address.lineage
        found = await self._store.list_versions(workspace, lineage, before, limit + 1)
        page = found[:limit]
        return Page(page, str(page[-1].address.version) if len(found) > limit else None)

    async def diff(
        self, workspace: WorkspaceId, key: ContextKey, before: int | None, after: int | None
    ) -> Diff:
        """What `after` has that `before` has not; by default, the present version and the one
        before it. `NotFound` without either."""
        new = await self.get(workspace, key, after)
        number = new.version.address.version - 1 if before is None else before
        old = await self.get(workspace, key, number)
        size = old.version.size + new.version.size
        return await beside_loop(
            size, lambda: compare(old.version, old.document, new.version, new.document)
        )

    async def _slide(self, workspace: WorkspaceId, context: Context, now: datetime) -> None:
        lifetime = context.lifetime
        renewed = lifetime.renewed(now)
        if not lifetime.is_sliding or lifetime.expires_at is None or renewed.expires_at is None:
            return
        if (renewed.expires_at - lifetime.expires_at).total_seconds() >= 1:
            address = context.present.address
            await self._store.extend(workspace, address.key, address.lineage, renewed.expires_at)


def _read_cursor(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise InvalidRequest("The cursor is not valid; use next_cursor.", "cursor")
    return int(text)
