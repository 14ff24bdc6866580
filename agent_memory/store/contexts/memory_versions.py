"""Versions of memories in PostgreSQL."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

import orjson

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.memory_stores.names import VersionName
from agent_memory.contexts.memory_stores.versions import MemoryVersion, VersionFilter
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.pages import Page
from agent_memory.store.contexts.rows import KeyRow, VersionRow
from agent_memory.store.database import Database


@dataclass(frozen=True, slots=True)
class _MemoryVersionRow(VersionRow):
    redacted_at: datetime | None
    redacted_by: str | None
    is_deletion: bool


class _Place(TypedDict):
    before_at: datetime | None
    before_lineage: str
    before_version: int
    before_deletion: bool


_NEWEST = _Place(before_at=None, before_lineage="", before_version=0, before_deletion=False)


class MemoryVersionStore:
    """Implements `agent_memory.contexts.memory_stores.versions.MemoryVersions`."""

    def __init__(self, database: Database, codec: ContextCodec) -> None:
        self._database = database
        self._codec = codec

    async def find_key(
        self, workspace: WorkspaceId, prefix: str, lineage: Lineage
    ) -> ContextKey | None:
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "find_memory_key", KeyRow, workspace_id=workspace, prefix=prefix, lineage=lineage
            )
        return None if row is None else row.key

    async def list(
        self,
        workspace: WorkspaceId,
        prefix: str,
        wanted: VersionFilter,
        cursor: str | None,
        limit: int,
        *,
        with_content: bool,
    ) -> Page[MemoryVersion]:
        place = _NEWEST if cursor is None else _read_cursor(cursor)
        rows = await self._read(workspace, prefix, wanted, None, place, limit + 1, with_content)
        page = [self._version(workspace, row, with_content) for row in rows[:limit]]
        return Page(page, _cursor(rows[limit - 1]) if len(rows) > limit else None)

    async def get(
        self, workspace: WorkspaceId, prefix: str, name: VersionName, *, with_content: bool
    ) -> MemoryVersion | None:
        wanted = VersionFilter(lineage=name.lineage)
        rows = await self._read(workspace, prefix, wanted, name, _NEWEST, 1, with_content)
        return self._version(workspace, rows[0], with_content) if rows else None

    async def redact(self, workspace: WorkspaceId, prefix: str, name: VersionName, by: str) -> bool:
        async with self._database.workspace(workspace) as transaction:
            redacted = await transaction.fetch_value(
                "redact_memory_version",
                workspace_id=workspace,
                prefix=prefix,
                lineage=name.lineage,
                version=name.version,
                by=by,
            )
        return redacted is not None

    async def _read(
        self,
        workspace: WorkspaceId,
        prefix: str,
        wanted: VersionFilter,
        name: VersionName | None,
        place: _Place,
        limit: int,
        with_body: bool,
    ) -> Sequence[_MemoryVersionRow]:
        async with self._database.workspace(workspace) as transaction:
            return await transaction.fetch_all(
                "list_memory_versions",
                _MemoryVersionRow,
                workspace_id=workspace,
                prefix=prefix,
                lineage=wanted.lineage,
                version=None if name is None else name.version,
                is_deletion=None if name is None else name.version is None,
                made_by=wanted.made_by,
                session_id=wanted.session_id,
                operation=wanted.operation,
                since=wanted.since,
                until=wanted.until,
                limit=limit,
                with_body=with_body,
                **place,
            )

    def _version(
        self, workspace: WorkspaceId, row: _MemoryVersionRow, with_content: bool
    ) -> MemoryVersion:
        info = row.info(workspace)
        has_content = with_content and not row.is_deletion and row.redacted_at is None
        content = self._codec.open(row.closed(), info.address) if has_content else None
        return MemoryVersion(info, row.is_deletion, row.redacted_at, row.redacted_by, content)


def _cursor(row: _MemoryVersionRow) -> str:
    place = [row.made_at.isoformat(), row.lineage, row.version, row.is_deletion]
    return urlsafe_b64encode(orjson.dumps(place)).decode()


def _read_cursor(text: str) -> _Place:
    try:
        at, lineage, version, is_deletion = orjson.loads(urlsafe_b64decode(text.encode()))
        return _Place(
            before_at=datetime.fromisoformat(at),
            before_lineage=str(lineage),
            before_version=int(version),
            before_deletion=bool(is_deletion),
        )
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidRequest("The page is not valid; use next_page.", "page") from error
