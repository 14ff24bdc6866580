"""Writes of one transaction: the versions of contexts, and their end."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.condition import UNCONDITIONAL, Condition
from agent_memory.contexts.context import (
    Address,
    Cause,
    Context,
    Lifetime,
    ReadContext,
    StoredContext,
    Traits,
    VersionInfo,
)
from agent_memory.contexts.document import Document
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.policy import ContextPolicy
from agent_memory.contexts.ports import Writing
from agent_memory.contexts.receipt import Receipt
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import ContextKey, Lineage, WorkspaceId, new_id

Rewrite = Callable[[Document], Document]
"""New content out of the present one."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and where. by: the id of the key."""

    workspace: WorkspaceId
    by: str


class ContextPen:
    """Puts, rewrites and ends contexts within a `Writing`. A context that has expired does not
    exist: its end is written before a new life of its key begins."""

    def __init__(self, codec: ContextCodec, clock: Callable[[], datetime]) -> None:
        self._codec = codec
        self._clock = clock

    async def put(
        self,
        writing: Writing,
        writer: Writer,
        draft: Draft,
        condition: Condition = UNCONDITIONAL,
    ) -> Receipt:
        """A new version, or a new context. `PreconditionFailed` unless `condition` holds."""
        held = await self._find(writing, writer, draft.key, with_body=condition.expects_hash)
        self._check(condition, draft.key, held)
        return await self._write(writing, writer, held, draft)

    async def rewrite(
        self,
        writing: Writing,
        writer: Writer,
        key: ContextKey,
        rewrite: Rewrite,
        condition: Condition = UNCONDITIONAL,
    ) -> Receipt:
        """A new version made out of the present one. `NotFound` without it."""
        held = await self._find(writing, writer, key)
        self._check(condition, key, held)
        if held is None:
            raise NotFound("context", key)
        document = await beside_loop(held.version.size, lambda: rewrite(self.opened(held)))
        return await self._write(writing, writer, held, Draft(key, document, Cause.PATCH))

    async def roll_back(
        self,
        writing: Writing,
        writer: Writer,
        key: ContextKey,
        version: int,
        condition: Condition = UNCONDITIONAL,
    ) -> Receipt:
        """A new version with the content, tags and metadata of an earlier one; sealed if that one
        was, or the present one is. `NotFound` without either."""
        held = await self._find(writing, writer, key, with_body=condition.expects_hash)
        self._check(condition, key, held)
        earlier = None if held is None else await writing.find(key, version)
        if held is None or earlier is None:
            raise NotFound("context", key if held is None else f"{key}@{version}")
        draft = Draft(
            key,
            self.opened(earlier),
            Cause.ROLLBACK,
            tags=earlier.version.traits.tags,
            metadata=earlier.version.traits.metadata,
            is_sealed=held.context.present.is_sealed or earlier.version.is_sealed,
            from_version=version,
        )
        return await self._write(writing, writer, held, draft)

    async def move(
        self,
        writing: Writing,
        writer: Writer,
        key: ContextKey,
        to: ContextKey,
        condition: Condition = UNCONDITIONAL,
        document: Document | None = None,
    ) -> Receipt:
        """The context under another key, with its versions, as a new version; `document` is its
        content where that changes. `NotFound` without it, `Conflict` where `to` is taken,
        `InvalidRequest` for a sealed one, whose content is bound to its key."""
        held = await self._find(writing, writer, key)
        self._check(condition, key, held)
        if held is None:
            raise NotFound("context", key)
        if held.version.is_sealed:
            raise InvalidRequest(f"The context '{key}' is encrypted and keeps its key.", "key")
        if await self._find(writing, writer, to, with_body=False) is not None:
            raise Conflict(f"The context '{to}' exists; nothing was moved.")
        draft = Draft(to, document or self.opened(held), Cause.MOVE)
        receipt = await self._write(writing, writer, held, draft)
        last = replace(held.context.present, made_at=self._clock(), made_by=writer.by)
        await writing.vacate(last, to)
        return receipt

    async def end(
        self,
        writing: Writing,
        writer: Writer,
        key: ContextKey,
        cause: Cause,
        condition: Condition = UNCONDITIONAL,
    ) -> Receipt:
        """Delete or erase it. `NotFound` without it."""
        held = await self._find(writing, writer, key, with_body=condition.expects_hash)
        self._check(condition, key, held)
        if held is None:
            raise NotFound("context", key)
        return await self._end(writing, writer, held, cause)

    async def _end(
        self, writing: Writing, writer: Writer, held: StoredContext, cause: Cause
    ) -> Receipt:
        present = held.context.present
        change = await writing.end(present, cause, self._clock(), writer.by)
        return Receipt.of(change, present, None)

    async def expire(self, writing: Writing, writer: Writer, key: ContextKey) -> bool:
        """End it if its time is over; whether it was."""
        held = await writing.find(key, with_body=False)
        if held is None or not held.context.lifetime.is_over(self._clock()):
            return False
        await writing.end(held.context.present, Cause.EXPIRY, self._clock(), writer.by)
        return True

    async def read(self, writing: Writing, key: ContextKey, version: int | None) -> ReadContext:
        """As it stands within the transaction. `NotFound` without it."""
        held = await writing.find(key, version)
        if held is None or held.context.lifetime.is_over(self._clock()):
            raise NotFound("context", key if version is None else f"{key}@{version}")
        return ReadContext(held.context, held.version, self.opened(held))

    def unguessable(self, data: bytes) -> bytes:
        """Bytes that stand for `data`; where there are keys, only they can make them."""
        return self._codec.keys.fingerprint(data) if self._codec.keys.can_seal else data

    def opened(self, stored: StoredContext) -> Document:
        """What the version that was found says."""
        version = stored.version
        body = self._codec.open(stored.body, version.address)
        return Document(version.format, version.media_type, body)

    async def _find(
        self, writing: Writing, writer: Writer, key: ContextKey, *, with_body: bool = True
    ) -> StoredContext | None:
        held = await writing.find(key, with_body=with_body)
        if held is not None and held.context.lifetime.is_over(self._clock()):
            await writing.end(held.context.present, Cause.EXPIRY, self._clock(), writer.by)
            return None
        return held

    def _check(self, condition: Condition, key: ContextKey, held: StoredContext | None) -> None:
        def sha256() -> str | None:
            if held is None or not held.version.is_sealed or not held.body.data:
                return None if held is None else held.version.sha256
            return hashlib.sha256(self._codec.open(held.body, held.version.address)).hexdigest()

        condition.check(key, None if held is None else held.context.present, sha256)

    async def _write(
        self, writing: Writing, writer: Writer, held: StoredContext | None, draft: Draft
    ) -> Receipt:
        policy, now = await writing.policy(), self._clock()
        context = _drafted(writer, held, draft, policy, now)
        version = context.present
        body = await beside_loop(
            version.size,
            lambda: self._codec.close(
                draft.document.body,
                version.address,
                is_sealed=version.is_sealed,
                is_packed=draft.is_packed,
            ),
        )
        kept = policy.keep_versions if context.keep_versions is None else context.keep_versions
        change = await writing.keep(context, body, draft.document, kept)
        receipt = Receipt.of(change, version, context.lifetime.expires_at)
        return receipt.knowing(draft.document.sha256)


def _drafted(
    writer: Writer,
    held: StoredContext | None,
    draft: Draft,
    policy: ContextPolicy,
    now: datetime,
) -> Context:
    """The context as it will stand."""
    present = None if held is None else held.context.present
    was = Traits() if present is None else present.traits
    is_sealed = draft.is_sealed
    if is_sealed is None:
        is_sealed = present is not None and present.is_sealed
    version = VersionInfo(
        address=_next_address(writer, draft.key, present),
        cause=draft.cause,
        format=draft.document.format,
        media_type=draft.document.media_type,
        size=len(draft.document.body),
        sha256=None if is_sealed else draft.document.sha256,
        is_sealed=is_sealed,
        traits=Traits(
            was.tags if draft.tags is None else draft.tags,
            was.metadata if draft.metadata is None else draft.metadata,
            draft.session_id or was.session_id,
            draft.agent_id or was.agent_id,
        ),
        made_at=now,
        made_by=writer.by,
        from_version=draft.from_version,
    )
    context = None if held is None else held.context
    kept = None if context is None else context.keep_versions
    return Context(
        present=version,
        lifetime=_lifetime(None if context is None else context.lifetime, draft, policy, now),
        keep_versions=kept if draft.keep_versions is None else draft.keep_versions,
        created_at=now if context is None else context.created_at,
        created_by=writer.by if context is None else context.created_by,
    )


def _next_address(writer: Writer, key: ContextKey, present: VersionInfo | None) -> Address:
    if present is None:
        return Address(writer.workspace, key, Lineage(new_id("life")), 1)
    before = present.address
    return Address(writer.workspace, key, before.lineage, before.version + 1)


def _lifetime(was: Lifetime | None, draft: Draft, policy: ContextPolicy, now: datetime) -> Lifetime:
    """As asked for; else a time to live counts again, and a fixed end stays."""
    if draft.lifetime is not None:
        wanted = draft.lifetime
        return policy.lifetime(now, wanted.ttl_s, wanted.expires_at, is_sliding=wanted.is_sliding)
    if was is None:
        return policy.lifetime(now, None, None, is_sliding=False)
    return was.renewed(now)
