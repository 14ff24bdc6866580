"""Versions of memories, those of deleted ones too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent_memory.contexts.context import VersionInfo
from agent_memory.contexts.memory_stores.names import VersionName
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.pages import Page


@dataclass(frozen=True, slots=True)
class MemoryVersion:
    """content: None where it was not asked for, of deletions, and where it was redacted."""

    info: VersionInfo
    is_deletion: bool
    redacted_at: datetime | None
    redacted_by: str | None
    content: bytes | None

    @property
    def operation(self) -> str:
        if self.is_deletion:
            return "deleted"
        return "created" if self.info.address.version == 1 else "modified"


@dataclass(frozen=True, slots=True)
class VersionFilter:
    """Which versions are asked for; None: any."""

    lineage: Lineage | None = None
    operation: str | None = None
    made_by: str | None = None
    session_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class MemoryVersions(Protocol):
    """prefix: of the keys of the store."""

    async def find_key(
        self, workspace: WorkspaceId, prefix: str, lineage: Lineage
    ) -> ContextKey | None:
        """The key of a living memory."""
        ...

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
        """The newest first."""
        ...

    async def get(
        self, workspace: WorkspaceId, prefix: str, name: VersionName, *, with_content: bool
    ) -> MemoryVersion | None: ...

    async def redact(self, workspace: WorkspaceId, prefix: str, name: VersionName, by: str) -> bool:
        """Remove its content for good; False where it is the present one, or not there."""
        ...
