"""Contexts without a database."""

import copy
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from agent_memory.contexts.change import Change, ChangeOp
from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.context import Cause, ClosedBody, Context, StoredContext, VersionInfo
from agent_memory.contexts.document import Document
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.key_ring import KeyRing
from agent_memory.contexts.link import Link
from agent_memory.contexts.policy import ContextPolicy
from agent_memory.contexts.service.contexts import Contexts, Stores, compose_contexts
from agent_memory.contexts.usage import Analytics, Measures
from agent_memory.errors import Conflict
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.pages import Page
from agent_memory.work.once import Once


@dataclass
class _Place:
    """The contexts of one workspace."""

    contexts: dict[ContextKey, Context] = field(default_factory=dict)
    versions: dict[tuple[Lineage, int], tuple[VersionInfo, ClosedBody]] = field(
        default_factory=dict
    )
    changes: list[Change] = field(default_factory=list)
    calls: dict[str, tuple[str, str]] = field(default_factory=dict)
    policy: ContextPolicy = field(default_factory=ContextPolicy)

    def find(self, key: ContextKey, version: int | None) -> StoredContext | None:
        context = self.contexts.get(key)
        if context is None:
            return None
        address = context.present.address
        found = self.versions.get((address.lineage, version or address.version))
        return None if found is None else StoredContext(context, *found)


class DictContexts:
    """Implements `ContextStore` and `Policies`. Transactions are taken one after the other."""

    def __init__(self) -> None:
        self.places: dict[WorkspaceId, _Place] = {}

    @asynccontextmanager
    async def writing(self, workspace: WorkspaceId) -> AsyncIterator["_DictWriting"]:
        before = copy.deepcopy(self._place(workspace))
        try:
            yield _DictWriting(self._place(workspace))
        except BaseException:
            self.places[workspace] = before
            raise

    async def find(
        self,
        workspace: WorkspaceId,
        key: ContextKey,
        now: datetime,
        version: int | None = None,
        *,
        with_body: bool = True,
    ) -> StoredContext | None:
        del with_body
        found = self._place(workspace).find(key, version)
        return None if found is None or found.context.lifetime.is_over(now) else found

    async def list(
        self,
        workspace: WorkspaceId,
        wanted: Filter,
        now: datetime,
        cursor: str | None,
        limit: int,
    ) -> Page[Context]:
        found = [
            context
            for key, context in sorted(self._place(workspace).contexts.items())
            if _is_wanted(context, wanted)
            and not context.lifetime.is_over(now)
            and key > (cursor or "")
        ]
        page = found[:limit]
        return Page(page, page[-1].present.address.key if len(found) > limit else None)

    async def list_versions(
        self, workspace: WorkspaceId, lineage: Lineage, before: int | None, limit: int
    ) -> Sequence[VersionInfo]:
        found = [
            info
            for (life, number), (info, _) in self._place(workspace).versions.items()
            if life == lineage and (before is None or number < before)
        ]
        return sorted(found, key=lambda info: -info.address.version)[:limit]

    async def extend(
        self, workspace: WorkspaceId, key: ContextKey, lineage: Lineage, expires_at: datetime
    ) -> None:
        del lineage
        contexts = self._place(workspace).contexts
        lifetime = replace(contexts[key].lifetime, expires_at=expires_at)
        contexts[key] = replace(contexts[key], lifetime=lifetime)

    async def list_expired(
        self, workspace: WorkspaceId, now: datetime, limit: int
    ) -> Sequence[ContextKey]:
        contexts = self._place(workspace).contexts
        return [key for key, one in contexts.items() if one.lifetime.is_over(now)][:limit]

    async def drop_retired(self, workspace: WorkspaceId, before: datetime) -> int:
        del workspace, before
        return 0

    async def drop_changes(self, workspace: WorkspaceId, before: datetime) -> int:
        del workspace, before
        return 0

    async def list_sealed(
        self, workspace: WorkspaceId, other_than: str, limit: int
    ) -> Sequence[tuple[VersionInfo, ClosedBody]]:
        versions = self._place(workspace).versions.values()
        known = {other_than, None}
        return [found for found in versions if found[1].sealed_with not in known][:limit]

    async def reseal(self, version: VersionInfo, was: ClosedBody, body: ClosedBody) -> bool:
        address = version.address
        versions = self._place(address.workspace).versions
        if versions.get((address.lineage, address.version)) != (version, was):
            return False
        versions[address.lineage, address.version] = (version, body)
        return True

    async def read_all(
        self,
        workspace: WorkspaceId,
        prefix: str,
        now: datetime,
        after: ContextKey | None,
        *,
        with_versions: bool,
    ) -> AsyncIterator[StoredContext]:
        place = self._place(workspace)
        found = sorted(place.versions.values(), key=lambda it: (it[0].address.key, it[0].made_at))
        for info, body in found:
            number = info.address.version
            if info.address.key <= (after or ""):
                continue
            context = place.contexts.get(info.address.key)
            if context is None or context.present.address.lineage != info.address.lineage:
                continue
            is_kept = with_versions or number == context.present.address.version
            is_meant = info.address.key.startswith(prefix) and not context.lifetime.is_over(now)
            if is_kept and is_meant:
                yield StoredContext(context, info, body)

    async def get_policy(self, workspace: WorkspaceId) -> ContextPolicy:
        return self._place(workspace).policy

    async def set_policy(self, workspace: WorkspaceId, policy: ContextPolicy, by: str) -> None:
        del by
        self._place(workspace).policy = policy

    def _place(self, workspace: WorkspaceId) -> _Place:
        return self.places.setdefault(workspace, _Place())


class _DictWriting:
    """Implements `Writing`."""

    def __init__(self, place: _Place) -> None:
        self._place = place

    async def find(
        self, key: ContextKey, version: int | None = None, *, with_body: bool = True
    ) -> StoredContext | None:
        del with_body
        return self._place.find(key, version)

    async def keep(
        self, context: Context, body: ClosedBody, document: Document, num_kept: int
    ) -> Change:
        del document
        version = context.present
        address = version.address
        self._place.contexts[address.key] = context
        self._place.versions[address.lineage, address.version] = (version, body)
        for number in range(1, address.version - num_kept + 1 if num_kept else 0):
            self._place.versions.pop((address.lineage, number), None)
        is_new = address.version == 1 or version.cause is Cause.MOVE
        op = ChangeOp.STORED if is_new else ChangeOp.UPDATED
        return self._changed(op, version.cause, version, version.made_at, version.made_by)

    async def end(self, version: VersionInfo, cause: Cause, now: datetime, by: str) -> Change:
        del self._place.contexts[version.address.key]
        if cause is not Cause.DELETE:
            await self.forget(version.address.key, by)
        return self._changed(ChangeOp.DELETED, cause, version, now, by)

    async def vacate(self, version: VersionInfo, to: ContextKey) -> Change:
        place, address = self._place, version.address
        for name, (info, body) in list(place.versions.items()):
            if info.address.lineage == address.lineage:
                moved = replace(info, address=replace(info.address, key=to))
                place.versions[name] = (moved, body)
        del place.contexts[address.key]
        by, now = version.made_by, version.made_at
        return self._changed(ChangeOp.DELETED, Cause.MOVE, version, now, by)

    async def forget(self, key: ContextKey, by: str) -> int:
        del by
        gone = [
            place for place, (info, _) in self._place.versions.items() if info.address.key == key
        ]
        for place in gone:
            del self._place.versions[place]
        return len(gone)

    async def list_keys(self, prefix: str, limit: int) -> Sequence[ContextKey]:
        return [key for key in sorted(self._place.contexts) if key.startswith(prefix)][:limit]

    async def policy(self) -> ContextPolicy:
        return self._place.policy

    async def find_call(self, once: Once) -> str | None:
        asked, outcome = self._place.calls.get(once.key, (once.request_hash, ""))
        if asked != once.request_hash:
            raise Conflict(f"The idempotency key '{once.key}' was used for something else.")
        return outcome or None

    async def keep_call(self, once: Once, outcome: str) -> None:
        self._place.calls[once.key] = (once.request_hash, outcome)

    def _changed(
        self, op: ChangeOp, cause: Cause, version: VersionInfo, at: datetime, by: str
    ) -> Change:
        address, traits = version.address, version.traits
        change = Change(
            len(self._place.changes) + 1,
            op,
            cause,
            address.key,
            address.lineage,
            address.version,
            at,
            by,
            traits.session_id,
            traits.agent_id,
        )
        self._place.changes.append(change)
        return change


class DictLinks:
    """Implements `Links`; both contexts are taken to live."""

    def __init__(self) -> None:
        self._links: list[Link] = []

    async def put(self, workspace: WorkspaceId, link: Link) -> Link:
        await self.delete(workspace, link.from_key, link.to_key, link.type)
        self._links.append(link)
        return link

    async def list(self, workspace: WorkspaceId, key: ContextKey, now: datetime) -> Sequence[Link]:
        del workspace, now
        return [link for link in self._links if key in {link.from_key, link.to_key}]

    async def delete(
        self, workspace: WorkspaceId, from_key: ContextKey, to_key: ContextKey, kind: str | None
    ) -> int:
        del workspace
        gone = [
            link
            for link in self._links
            if (link.from_key, link.to_key) == (from_key, to_key) and kind in {None, link.type}
        ]
        self._links = [link for link in self._links if link not in gone]
        return len(gone)


class NoUsage:
    """Implements `Usage` where nothing is counted."""

    async def count_reads(
        self,
        workspace: WorkspaceId,
        reads: Mapping[tuple[ContextKey, Lineage], int],
        num_misses: int,
        now: datetime,
    ) -> None:
        del workspace, reads, num_misses, now

    async def analyse(
        self,
        workspace: WorkspaceId,
        session_id: str | None,
        agent_id: str | None,
        now: datetime,
    ) -> Analytics:
        del workspace, session_id, agent_id, now
        return Analytics(Measures(0, 0, 0, 0, 0, None, None, 0, 0, 0), (), ())


def dict_contexts(
    keys: Sequence[bytes] = (),
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    store: DictContexts | None = None,
) -> Contexts:
    """All of contexts over dictionaries."""
    store = store or DictContexts()
    stores = Stores(store, store, store, store, store, DictLinks(), NoUsage())
    return compose_contexts(stores, ContextCodec(KeyRing(keys)), clock)


def _is_wanted(context: Context, wanted: Filter) -> bool:
    address, traits = context.present.address, context.present.traits
    return (
        address.key.startswith(wanted.prefix)
        and set(wanted.tags) <= set(traits.tags)
        and wanted.session_id in {None, traits.session_id}
        and wanted.agent_id in {None, traits.agent_id}
    )
