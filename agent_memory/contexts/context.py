"""A context and its versions, as they stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from agent_memory.contexts.document import Document, Format
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.json_value import Json


class Cause(StrEnum):
    """What made a version, or ended a context."""

    PUT = "put"
    PATCH = "patch"
    ROLLBACK = "rollback"
    IMPORT = "import"
    MOVE = "move"
    """The context has another key from this version on; under the old one it ended."""
    DELETE = "delete"
    ERASE = "erase"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is kept beside the content, with each version. It is never sealed."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Json] = field(default_factory=dict)
    session_id: str | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a context lives. ttl_s: seconds from each write and, if it is sliding, each read.
    expires_at: the moment from which it is gone; None: never."""

    ttl_s: int | None = None
    is_sliding: bool = False
    expires_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def renewed(self, now: datetime) -> "Lifetime":
        """The same with its time to live counted from now; a fixed end stays."""
        if self.ttl_s is None:
            return self
        return replace(self, expires_at=now + timedelta(seconds=self.ttl_s))


@dataclass(frozen=True, slots=True)
class Address:
    """Which version of which key: sealed content is bound to it."""

    workspace: WorkspaceId
    key: ContextKey
    lineage: Lineage
    version: int


@dataclass(frozen=True, slots=True)
class ClosedBody:
    """Content in the form in which it is stored. encoding: `plain` or `zstd`; sealed_with: the id
    of the key that seals it; None where nothing does."""

    data: bytes
    encoding: str
    sealed_with: str | None = None


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version without its content. size: of the content in bytes. sha256: of the content; None
    where it is sealed. from_version: the one that was rolled back to."""

    address: Address
    cause: Cause
    format: Format
    media_type: str
    size: int
    sha256: str | None
    is_sealed: bool
    traits: Traits
    made_at: datetime
    made_by: str
    from_version: int | None = None

    @property
    def etag(self) -> str:
        """A strong entity tag (RFC 9110): of this version in this life of the key."""
        return f'"{self.address.lineage}.{self.address.version}"'


@dataclass(frozen=True, slots=True)
class Context:
    """A key as it stands. keep_versions: how many are kept, 0 for all; None: as the workspace's
    policy says."""

    present: VersionInfo
    lifetime: Lifetime
    keep_versions: int | None
    created_at: datetime
    created_by: str
    num_reads: int = 0
    last_read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredContext:
    """A context as the store has it. version: the one that was asked for; body: its content."""

    context: Context
    version: VersionInfo
    body: ClosedBody


@dataclass(frozen=True, slots=True)
class ReadContext:
    """A context with the content of the version that was asked for."""

    context: Context
    version: VersionInfo
    document: Document
