"""Messages of conversations, one by one."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent_memory.errors import InvalidRequest, InvariantBroken, NotFound
from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.erased import Erased
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.ports import Ingestion, Items
from agent_memory.memory.search.importance import importance
from agent_memory.memory.search.recalled import Query, Recalled
from agent_memory.memory.search.recency import recency
from agent_memory.memory.service.ingest import (
    IngestRequest,
    Prepare,
    RedactionPolicies,
    Settle,
    settle_statements,
)
from agent_memory.memory.service.message_ports import (
    EmbedNow,
    Erasure,
    ItemChanges,
    MessageFinder,
)
from agent_memory.memory.service.recall import Finder
from agent_memory.memory.service.size_limit import check_size

MAX_INLINE = 32
"""So many new messages are embedded before the answer; more are left to a job."""
MAX_SEARCHED = 200


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to keep. `occurred_at`: None is now."""

    conversation_id: ThreadId
    role: Role
    content: str
    metadata: Mapping[str, Json] = field(default_factory=dict)
    importance_override: float | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageChange:
    """None leaves a thing as it is. `resets_importance`: compute it again."""

    content: str | None = None
    metadata: Mapping[str, Json] | None = None
    importance_override: float | None = None
    resets_importance: bool = False


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """What to look for among messages. Empty filters admit all."""

    text: str
    top_k: int
    conversation_id: ThreadId | None = None
    roles: frozenset[Role] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    importance_min: float = 0.0
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Messages as they are stored. `is_embedded`: they can be found by meaning already."""

    messages: tuple[Item, ...]
    is_embedded: bool
    redactions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MessagesFound:
    """The best messages, each with importance and recency among its components."""

    found: tuple[Recalled, ...]
    is_degraded: bool
    note: str


@dataclass(frozen=True, slots=True)
class MessageStores:
    """Where messages are kept, changed and erased."""

    ingestion: Ingestion
    finder: MessageFinder
    items: Items
    changes: ItemChanges
    erasure: Erasure
    policies: RedactionPolicies
    embedder: EmbedNow


class Messages:
    """Add, read, change, erase and search. A message is an item of the kind `chat`."""

    def __init__(
        self,
        stores: MessageStores,
        finder: Finder,
        prepare: Prepare,
        settle: Settle,
        clock: Callable[[], datetime],
    ) -> None:
        self._stores = stores
        self._finder = finder
        self._prepare = prepare
        self._settle = settle
        self._clock = clock

    async def add(
        self, workspace: WorkspaceId, new: Sequence[NewMessage], idempotency_key: str | None = None
    ) -> Kept:
        """Durable, and findable by words, on return; in the order given."""
        for at, message in enumerate(new):
            _check(message.content, f"items.{at}.content" if len(new) > 1 else "content")
        policy, version = await self._stores.policies.get_redaction(workspace)
        now = self._clock()
        prepared = [
            _told_apart(entry, message, f"{idempotency_key or now.isoformat()} {at}")
            for at, message in enumerate(new)
            for entry in self._prepare(_as_ingestion(message), now, policy, version)
        ]
        remembered = await self._stores.ingestion.remember(workspace, prepared, idempotency_key)
        await settle_statements(self._settle, workspace, prepared, remembered)
        messages = await self._stored(workspace, prepared)
        messages = await self._with_overrides(workspace, messages, new)
        return Kept(messages, await self._embedded(workspace, messages), _redactions(prepared))

    async def get(self, workspace: WorkspaceId, message: ItemId) -> Item:
        """`NotFound` for what is no message."""
        item = await self._stores.items.get_item(workspace, message)
        if item.kind is not ItemKind.CHAT:
            raise NotFound("message", message)
        return item

    async def change(self, workspace: WorkspaceId, message: ItemId, change: MessageChange) -> Kept:
        """The message under its id, with its derived items derived again."""
        item = await self.get(workspace, message)
        redactions: Mapping[str, int] = {}
        if change.content is not None or change.metadata is not None:
            redactions = await self._rewrite(workspace, item, change)
        if change.importance_override is not None or change.resets_importance:
            override = change.importance_override
            await self._stores.changes.set_importance(workspace, message, override)
        changed = await self.get(workspace, message)
        return Kept((changed,), await self._embedded(workspace, (changed,)), redactions)

    async def erase(self, workspace: WorkspaceId, message: ItemId) -> Erased:
        """With its raw text, and what was derived from it alone."""
        await self.get(workspace, message)
        return await self._stores.erasure.erase_item(workspace, message)

    async def search(self, workspace: WorkspaceId, query: MessageQuery) -> MessagesFound:
        """The best `top_k` of the messages that the filters admit."""
        now = self._clock()
        question = Query(
            text=query.text,
            now=now,
            thread_ids=() if query.conversation_id is None else (query.conversation_id,),
            kinds=frozenset({ItemKind.CHAT}),
            roles=query.roles,
            metadata=query.metadata or None,
            since=query.since,
            until=query.until,
            importance_min=query.importance_min,
            limit=MAX_SEARCHED,
        )
        found = await self._finder.find(workspace, question)
        weighed = [_weighed(entry, now) for entry in found.ranked]
        admitted = [
            entry for entry in weighed if entry.components["importance"] >= query.importance_min
        ]
        return MessagesFound(tuple(admitted[: query.top_k]), found.is_degraded, found.note)

    async def _rewrite(
        self, workspace: WorkspaceId, item: Item, change: MessageChange
    ) -> Mapping[str, int]:
        content = item.text if change.content is None else change.content
        _check(content, "content")
        message = ChatMessage(
            item.role or Role.USER,
            content,
            item.speaker,
            item.occurred_at,
            item.metadata if change.metadata is None else change.metadata,
        )
        policy, version = await self._stores.policies.get_redaction(workspace)
        request = IngestRequest(item.thread_id, chat=(message,))
        [prepared] = self._prepare(request, item.occurred_at, policy, version)
        if change.content is None:
            metadata = prepared.drafts[0].metadata
            await self._stores.changes.set_metadata(workspace, item.item_id, metadata)
        else:
            await self._stores.changes.replace_message(workspace, item.item_id, prepared)
        return prepared.redactions or {}

    async def _stored(
        self, workspace: WorkspaceId, prepared: Sequence[Prepared]
    ) -> tuple[Item, ...]:
        contents = [(entry.material.thread_id, entry.drafts[0].content_hash) for entry in prepared]
        messages = tuple(await self._stores.finder.find_messages(workspace, contents))
        if len(messages) != len(contents):
            raise InvariantBroken("a message was stored and is not there")
        return messages

    async def _with_overrides(
        self, workspace: WorkspaceId, messages: Sequence[Item], new: Sequence[NewMessage]
    ) -> tuple[Item, ...]:
        kept = []
        for message, wanted in zip(messages, new, strict=True):
            override = wanted.importance_override
            if override not in (None, message.importance_override):
                await self._stores.changes.set_importance(workspace, message.item_id, override)
                kept.append(replace(message, importance_override=override))
            else:
                kept.append(message)
        return tuple(kept)

    async def _embedded(self, workspace: WorkspaceId, messages: Sequence[Item]) -> bool:
        if len(messages) > MAX_INLINE:
            return False
        return await self._stores.embedder.embed_now(workspace, messages)


def _check(content: str, param: str) -> None:
    check_size(content, param)
    if not content.strip():
        raise InvalidRequest(f"{param} must not be blank.", param)


def _as_ingestion(message: NewMessage) -> IngestRequest:
    """Each message is a raw text of its own, so that it can be changed and erased alone."""
    said = ChatMessage(
        message.role,
        message.content,
        occurred_at=message.occurred_at,
        metadata=message.metadata,
    )
    return IngestRequest(message.conversation_id, chat=(said,))


def _told_apart(prepared: Prepared, message: NewMessage, call: str) -> Prepared:
    """Of messages without a date, the same words of another call are another message; a call that
    is repeated under its idempotency key is the same."""
    if message.occurred_at is not None:
        return prepared
    first, *derived = prepared.drafts
    said = replace(first, content_hash=_hash(first.content_hash, call))
    return replace(
        prepared, content_hash=_hash(prepared.content_hash, call), drafts=(said, *derived)
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _weighed(entry: Recalled, now: datetime) -> Recalled:
    """With what its filters and its readers ask for, whatever the ranking made of it."""
    weights = {
        "importance": importance(entry.item, now).value,
        "recency": recency(entry.item, now),
    }
    return replace(entry, components={**weights, **entry.components, **weights})


def _redactions(prepared: Sequence[Prepared]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for entry in prepared:
        for kind, count in (entry.redactions or {}).items():
            counts[kind] = counts.get(kind, 0) + count
    return counts
