"""Rows of contexts as values."""

from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.context import (
    Address,
    Cause,
    ClosedBody,
    Context,
    Lifetime,
    StoredContext,
    Traits,
    VersionInfo,
)
from agent_memory.contexts.document import Format
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.store.memory.safe_json import unescape_mapping
from agent_memory.store.safe_text import unescape


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version; `body` is empty where it was not asked for."""

    lineage: Lineage
    version: int
    key: ContextKey
    cause: str
    from_version: int | None
    format: str
    media_type: str
    size: int
    sha256: str | None
    encoding: str
    sealed_with: str | None
    tags: list[str]
    metadata: dict[str, Json]
    session_id: str | None
    agent_id: str | None
    made_at: datetime
    made_by: str
    body: bytes

    def info(self, workspace: WorkspaceId) -> VersionInfo:
        return VersionInfo(
            address=Address(workspace, self.key, self.lineage, self.version),
            cause=Cause(self.cause),
            format=Format(self.format),
            media_type=self.media_type,
            size=self.size,
            sha256=self.sha256,
            is_sealed=self.sealed_with is not None,
            traits=Traits(
                tuple(unescape(tag) for tag in self.tags),
                unescape_mapping(self.metadata),
                self.session_id,
                self.agent_id,
            ),
            made_at=self.made_at,
            made_by=self.made_by,
            from_version=self.from_version,
        )

    def closed(self) -> ClosedBody:
        return ClosedBody(bytes(self.body), self.encoding, self.sealed_with)


@dataclass(frozen=True, slots=True)
class ContextRow(VersionRow):
    """A context with its present version."""

    ttl_s: int | None
    is_sliding: bool
    expires_at: datetime | None
    keep_versions: int | None
    created_at: datetime
    created_by: str
    num_reads: int
    last_read_at: datetime | None

    def context(self, workspace: WorkspaceId) -> Context:
        return Context(
            present=self.info(workspace),
            lifetime=Lifetime(self.ttl_s, self.is_sliding, self.expires_at),
            keep_versions=self.keep_versions,
            created_at=self.created_at,
            created_by=self.created_by,
            num_reads=self.num_reads,
            last_read_at=self.last_read_at,
        )

    def stored(self, workspace: WorkspaceId) -> StoredContext:
        context = self.context(workspace)
        return StoredContext(context, context.present, self.closed())


@dataclass(frozen=True, slots=True)
class KeyRow:
    key: ContextKey
