"""Contexts read one after the other, however many there are."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.context import StoredContext
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.store.contexts.rows import ContextRow
from agent_memory.store.database import Database

_LISTED_AT_ONCE = 1_000
_READ_AT_ONCE = 4 * 1024 * 1024
"""Bytes of content, unless one version alone has more."""

_LAST_VERSION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Listed:
    key: ContextKey
    lineage: Lineage
    version: int
    num_bytes: int


class ContextExportStore:
    """Implements `agent_memory.contexts.ports.Exporting`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_all(
        self,
        workspace: WorkspaceId,
        prefix: str,
        now: datetime,
        after: ContextKey | None,
        *,
        with_versions: bool,
    ) -> AsyncIterator[StoredContext]:
        last = None if after is None else _Listed(after, Lineage(""), _LAST_VERSION, 0)
        while listed := await self._list(workspace, prefix, now, last, with_versions=with_versions):
            last = listed[-1]
            for group in _groups(listed):
                for row in await self._read(workspace, group):
                    yield row.stored(workspace)

    async def _list(
        self,
        workspace: WorkspaceId,
        prefix: str,
        now: datetime,
        last: _Listed | None,
        *,
        with_versions: bool,
    ) -> Sequence[_Listed]:
        async with self._database.workspace(workspace) as transaction:
            return await transaction.fetch_all(
                "list_exported_contexts",
                _Listed,
                workspace_id=workspace,
                prefix=prefix,
                now=now,
                after=None if last is None else last.key,
                after_version=None if last is None else last.version,
                with_versions=with_versions,
                limit=_LISTED_AT_ONCE,
            )

    async def _read(self, workspace: WorkspaceId, group: Sequence[_Listed]) -> list[ContextRow]:
        async with self._database.workspace(workspace) as transaction:
            return await transaction.fetch_all(
                "find_exported_contexts",
                ContextRow,
                workspace_id=workspace,
                lineages=[one.lineage for one in group],
                versions=[one.version for one in group],
            )


def _groups(listed: Sequence[_Listed]) -> list[list[_Listed]]:
    """Consecutive entries that are read together."""
    groups: list[list[_Listed]] = []
    room = 0
    for one in listed:
        if not groups or one.num_bytes > room:
            groups.append([])
            room = _READ_AT_ONCE
        groups[-1].append(one)
        room -= one.num_bytes
    return groups
