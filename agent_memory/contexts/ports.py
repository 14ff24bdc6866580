"""Ports of contexts. Every method sees one workspace; another's keys do not exist."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from agent_memory.contexts.change import Change
from agent_memory.contexts.context import Cause, ClosedBody, Context, StoredContext, VersionInfo
from agent_memory.contexts.document import Document
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.link import Link
from agent_memory.contexts.policy import ContextPolicy
from agent_memory.contexts.usage import Analytics
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.pages import Page
from agent_memory.work.once import Once


class Writing(Protocol):
    """One transaction of the only writer that the workspace has at the moment."""

    async def find(
        self, key: ContextKey, version: int | None = None, *, with_body: bool = True
    ) -> StoredContext | None:
        """The context as it stands, expired or not, with the content of `version`; without
        `with_body`, of the present version, it comes without content."""
        ...

    async def keep(
        self, context: Context, body: ClosedBody, document: Document, num_kept: int
    ) -> Change:
        """Write the present version of a context and what is true of all of it. num_kept: versions
        that stay, the newest ones; 0: all. document: what `body` holds."""
        ...

    async def end(self, version: VersionInfo, cause: Cause, now: datetime, by: str) -> Change:
        """Remove the context. Its versions are kept for a while after a deletion, and go at once
        when it is erased or has expired: an erasure takes those of earlier lineages with it."""
        ...

    async def vacate(self, version: VersionInfo, to: ContextKey) -> Change:
        """Let go of the key of `version`, the last one under it: all versions of the context, and
        its relationships, have the key `to` from now on. `InvalidRequest` where one is sealed."""
        ...

    async def forget(self, key: ContextKey, by: str) -> int:
        """Remove every version of the key, of contexts deleted earlier too; how many those were."""
        ...

    async def list_keys(self, prefix: str, limit: int) -> Sequence[ContextKey]:
        """The keys that begin so, expired ones too."""
        ...

    async def policy(self) -> ContextPolicy: ...

    async def find_call(self, once: Once) -> str | None:
        """The outcome of the first call of its key; `Conflict` if that asked for something else."""
        ...

    async def keep_call(self, once: Once, outcome: str) -> None:
        """outcome: JSON."""
        ...


class ContextStore(Protocol):
    """Where contexts are kept."""

    def writing(self, workspace: WorkspaceId) -> AbstractAsyncContextManager[Writing]:
        """Committed at its end, whole; nothing of it happened after an error."""
        ...

    async def find(
        self,
        workspace: WorkspaceId,
        key: ContextKey,
        now: datetime,
        version: int | None = None,
        *,
        with_body: bool = True,
    ) -> StoredContext | None:
        """None where there is no such key, or it is expired, or has no such version. Without
        `with_body` the present version comes without content."""
        ...

    async def list(
        self,
        workspace: WorkspaceId,
        wanted: Filter,
        now: datetime,
        cursor: str | None,
        limit: int,
    ) -> Page[Context]:
        """By key."""
        ...

    async def list_versions(
        self, workspace: WorkspaceId, lineage: Lineage, before: int | None, limit: int
    ) -> Sequence[VersionInfo]:
        """The newest first; those below `before`."""
        ...

    async def extend(
        self, workspace: WorkspaceId, key: ContextKey, lineage: Lineage, expires_at: datetime
    ) -> None:
        """Let it live until then, unless it lives longer."""
        ...


class Policies(Protocol):
    """What holds for all contexts of a workspace."""

    async def get_policy(self, workspace: WorkspaceId) -> ContextPolicy: ...

    async def set_policy(self, workspace: WorkspaceId, policy: ContextPolicy, by: str) -> None: ...


class Sweeping(Protocol):
    """What is dropped when nobody can ask for it any more."""

    async def list_expired(
        self, workspace: WorkspaceId, now: datetime, limit: int
    ) -> Sequence[ContextKey]: ...

    async def drop_retired(self, workspace: WorkspaceId, before: datetime) -> int:
        """Versions of contexts that were deleted before then; how many."""
        ...

    async def drop_changes(self, workspace: WorkspaceId, before: datetime) -> int:
        """Changes that were made before then; how many."""
        ...


class Sealed(Protocol):
    """Where sealed versions are found by the key that seals them."""

    async def list_sealed(
        self, workspace: WorkspaceId, other_than: str, limit: int
    ) -> Sequence[tuple[VersionInfo, ClosedBody]]:
        """Versions that another key seals."""
        ...

    async def reseal(self, version: VersionInfo, was: ClosedBody, body: ClosedBody) -> bool:
        """Put `body` in the place of `was`; False when that is not there any more."""
        ...


class Exporting(Protocol):
    """Where all contexts are read."""

    def read_all(
        self,
        workspace: WorkspaceId,
        prefix: str,
        now: datetime,
        after: ContextKey | None,
        *,
        with_versions: bool,
    ) -> AsyncIterator[StoredContext]:
        """By key and version, some at a time: the present versions of what lives at `now`, whose
        key begins so and comes after `after`; or all that are kept."""
        ...


class Links(Protocol):
    """Relationships between contexts that live."""

    async def put(self, workspace: WorkspaceId, link: Link) -> Link:
        """As it is kept; `NotFound` unless both contexts live when it is made."""
        ...

    async def list(self, workspace: WorkspaceId, key: ContextKey, now: datetime) -> Sequence[Link]:
        """Those from it and to it, the strongest first."""
        ...

    async def delete(
        self, workspace: WorkspaceId, from_key: ContextKey, to_key: ContextKey, kind: str | None
    ) -> int:
        """Of this type, or of all; how many."""
        ...


class Usage(Protocol):
    """Where it is counted how contexts are used."""

    async def count_reads(
        self,
        workspace: WorkspaceId,
        reads: Mapping[tuple[ContextKey, Lineage], int],
        num_misses: int,
        now: datetime,
    ) -> None: ...

    async def analyse(
        self,
        workspace: WorkspaceId,
        session_id: str | None,
        agent_id: str | None,
        now: datetime,
    ) -> Analytics: ...
