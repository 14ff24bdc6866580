"""One transaction that writes contexts: content, feed, and what hangs on them, whole or not."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias

import orjson

from agent_memory.contexts.change import Change, ChangeOp
from agent_memory.contexts.context import Cause, ClosedBody, Context, StoredContext, VersionInfo
from agent_memory.contexts.document import Document
from agent_memory.contexts.policy import ContextPolicy
from agent_memory.errors import InvalidRequest, InvariantBroken
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.store.audit import append_audit
from agent_memory.store.contexts.finding import find_context
from agent_memory.store.contexts.policies import read_policy
from agent_memory.store.contexts.rows import KeyRow
from agent_memory.store.memory.safe_json import escape_mapping
from agent_memory.store.remembered_calls import find_call, keep_call
from agent_memory.store.safe_text import escape
from agent_memory.store.transaction import Transaction
from agent_memory.work.once import Once

OnChanged: TypeAlias = Callable[
    [Transaction, WorkspaceId, Change, Document | None], Awaitable[None]
]
"""Called before the commit, after each change: what it writes is there exactly if the change is.
The document is the new content; None where it is sealed, and of deletions."""


async def do_nothing(_: Transaction, __: WorkspaceId, ___: Change, ____: Document | None) -> None:
    """A change that causes nothing."""


class ContextWriting:
    """Implements `agent_memory.contexts.ports.Writing`. The workspace has no other writer until the
    transaction ends, so that its changes are numbered in the order in which they are committed."""

    def __init__(
        self, transaction: Transaction, workspace: WorkspaceId, on_changed: OnChanged
    ) -> None:
        self._transaction = transaction
        self._workspace = workspace
        self._on_changed = on_changed

    async def find(
        self, key: ContextKey, version: int | None = None, *, with_body: bool = True
    ) -> StoredContext | None:
        return await find_context(
            self._transaction, self._workspace, key, None, version, with_body=with_body
        )

    async def keep(
        self, context: Context, body: ClosedBody, document: Document, num_kept: int
    ) -> Change:
        version, lifetime = context.present, context.lifetime
        address, traits = version.address, version.traits
        is_new = address.version == 1 or version.cause is Cause.MOVE
        op = ChangeOp.STORED if is_new else ChangeOp.UPDATED
        seq = await self._transaction.fetch_value(
            "keep_context",
            workspace_id=self._workspace,
            lineage=address.lineage,
            version=address.version,
            key=address.key,
            op=op,
            cause=version.cause,
            from_version=version.from_version,
            format=version.format,
            media_type=version.media_type,
            size=version.size,
            sha256=version.sha256,
            body=body.data,
            encoding=body.encoding,
            sealed_with=body.sealed_with,
            tags=[escape(tag) for tag in traits.tags],
            metadata=orjson.dumps(escape_mapping(traits.metadata)).decode(),
            session_id=traits.session_id,
            agent_id=traits.agent_id,
            made_at=version.made_at,
            made_by=version.made_by,
            ttl_s=lifetime.ttl_s,
            is_sliding=lifetime.is_sliding,
            expires_at=lifetime.expires_at,
            keep_versions=context.keep_versions,
            created_at=context.created_at,
            created_by=context.created_by,
            num_kept=num_kept,
        )
        change = _change(seq, op, version.cause, version, version.made_at, version.made_by)
        await self._audit(
            f"context.{version.cause}", version.made_by, address.key, version=address.version
        )
        told = None if version.is_sealed else document
        await self._on_changed(self._transaction, self._workspace, change, told)
        return change

    async def vacate(self, version: VersionInfo, to: ContextKey) -> Change:
        address = version.address
        num_sealed = await self._transaction.fetch_value(
            "move_context_versions",
            workspace_id=self._workspace,
            lineage=address.lineage,
            from_key=address.key,
            to_key=to,
        )
        if num_sealed:
            raise InvalidRequest(
                f"Versions of the context '{address.key}' are encrypted; it keeps its key.", "key"
            )
        return await self._leave(version, Cause.MOVE, version.made_at, version.made_by)

    async def end(self, version: VersionInfo, cause: Cause, now: datetime, by: str) -> Change:
        await self._put_away(version, cause, now)
        return await self._leave(version, cause, now, by)

    async def _leave(self, version: VersionInfo, cause: Cause, now: datetime, by: str) -> Change:
        """The key is free, and the change is told."""
        address, traits = version.address, version.traits
        seq = await self._transaction.fetch_value(
            "end_context",
            workspace_id=self._workspace,
            key=address.key,
            lineage=address.lineage,
            version=address.version,
            op=ChangeOp.DELETED,
            cause=cause,
            now=now,
            by=by,
            session_id=traits.session_id,
            agent_id=traits.agent_id,
        )
        change = _change(seq, ChangeOp.DELETED, cause, version, now, by)
        if cause not in {Cause.EXPIRY, Cause.MOVE}:
            await self._audit(f"context.{cause}", by, address.key, version=address.version)
        await self._on_changed(self._transaction, self._workspace, change, None)
        return change

    async def _put_away(self, version: VersionInfo, cause: Cause, now: datetime) -> None:
        address = version.address
        if cause is Cause.DELETE:
            await self._transaction.run(
                "retire_context_versions",
                workspace_id=self._workspace,
                lineage=address.lineage,
                now=now,
            )
            return
        await self._delete_versions(address.key, None if cause is Cause.ERASE else address.lineage)

    async def forget(self, key: ContextKey, by: str) -> int:
        num_versions = await self._delete_versions(key, None)
        if num_versions:
            await self._audit("context.erase", by, key, num_versions=num_versions)
        return num_versions

    async def _audit(self, action: str, by: str, key: ContextKey, **detail: object) -> None:
        await append_audit(self._transaction, self._workspace, by, action, key, **detail)

    async def _delete_versions(self, key: ContextKey, lineage: Lineage | None) -> int:
        """lineage: None for all of them."""
        num_deleted = await self._transaction.fetch_value(
            "delete_context_versions", workspace_id=self._workspace, key=key, lineage=lineage
        )
        return num_deleted if isinstance(num_deleted, int) else 0

    async def list_keys(self, prefix: str, limit: int) -> Sequence[ContextKey]:
        rows = await self._transaction.fetch_all(
            "list_context_keys", KeyRow, workspace_id=self._workspace, prefix=prefix, limit=limit
        )
        return [row.key for row in rows]

    async def policy(self) -> ContextPolicy:
        return await read_policy(self._transaction, self._workspace)

    async def find_call(self, once: Once) -> str | None:
        return await find_call(self._transaction, self._workspace, once)

    async def keep_call(self, once: Once, outcome: str) -> None:
        await keep_call(self._transaction, self._workspace, once, outcome)


def _change(
    seq: object, op: ChangeOp, cause: Cause, version: VersionInfo, at: datetime, by: str
) -> Change:
    if not isinstance(seq, int):
        raise InvariantBroken("a change was written without a number")
    address, traits = version.address, version.traits
    return Change(
        seq=seq,
        op=op,
        cause=cause,
        key=address.key,
        lineage=address.lineage,
        version=address.version,
        changed_at=at,
        changed_by=by,
        session_id=traits.session_id,
        agent_id=traits.agent_id,
    )
