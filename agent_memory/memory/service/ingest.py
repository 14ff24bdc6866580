"""Remembering raw texts."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.ingestion import Prepared, Remembered
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.ports import Ingestion
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.service.retelling import Retelling
from agent_memory.memory.service.size_limit import check_size

ONE_BREATH_CHARS = 8_000
"""Texts shorter than this are read at once; longer ones beside whatever else the process does."""


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """Raw texts by what they are. `occurred_at`: of what has no date of its own; None is now.

    notes: of what could not be read already, passed on to whoever asked. is_record: it was written
    down before, so that the same words are the same whenever they are handed in.
    """

    thread_id: ThreadId
    chat: tuple[ChatMessage, ...] = ()
    diffs: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    purpose: str | None = None
    occurred_at: datetime | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_record: bool = False

    @property
    def num_chars(self) -> int:
        return sum(map(len, (*self.diffs, *self.logs, *(m.content for m in self.chat))))


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an ingestion did. `num_drafts`: what was derived, by kind, known or not."""

    remembered: Remembered
    num_drafts: Mapping[str, int]
    notes: tuple[str, ...]
    redactions: Mapping[str, int]


class RedactionPolicies(Protocol):
    """Where it is kept what a workspace has removed from its texts."""

    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        """The policy in force and its version; the default one, of version 0, where none is set."""
        ...


Prepare = Callable[[IngestRequest, datetime, RedactionPolicy, int], Sequence[Prepared]]
"""(what was handed in, when it happened, the policy, its version) -> redacted and derived."""

Settle = Callable[[WorkspaceId, Sequence[ItemId]], Awaitable[None]]
"""Lets new statements take the place of older ones about the same."""


async def settle_statements(
    settle: Settle, workspace: WorkspaceId, prepared: Sequence[Prepared], remembered: Remembered
) -> None:
    """Only what people and models say takes anything's place; diffs and logs save the way."""
    is_said = any(draft.kind is ItemKind.CHAT for entry in prepared for draft in entry.drafts)
    if is_said and remembered.added:
        await settle(workspace, remembered.added)


class Ingest:
    """Redact, derive, store: in this order, so that no secret is ever written."""

    def __init__(
        self,
        store: Ingestion,
        policies: RedactionPolicies,
        prepare: Prepare,
        settle: Settle,
        retelling: Retelling,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._retelling = retelling
        self._policies = policies
        self._prepare = prepare
        self._settle = settle
        self._clock = clock

    async def ingest(
        self, workspace: WorkspaceId, request: IngestRequest, idempotency_key: str | None = None
    ) -> Ingested:
        """Durable, and findable by words, on return. The same call again adds nothing; the same
        words, without a date and a key, are another message once something else was said.

        Raises `ItemTooLarge` for a text of more than 100 KiB, `InvalidRequest` when there is none.
        """
        _check(request)
        policy, version = await self._policies.get_redaction(workspace)
        prepared = await self._prepared(request, policy, version)
        if idempotency_key is None and not request.is_record:
            prepared = [await self._retelling.told_apart(workspace, one) for one in prepared]
        remembered = await self._store.remember(workspace, prepared, idempotency_key)
        await settle_statements(self._settle, workspace, prepared, remembered)
        kinds = Counter(draft.kind.value for entry in prepared for draft in entry.drafts)
        redactions: Counter[str] = Counter()
        for entry in prepared:
            redactions.update(entry.redactions or {})
        notes = (*request.notes, *(note for entry in prepared for note in entry.notes))
        return Ingested(remembered, kinds, notes, redactions)

    async def _prepared(
        self, request: IngestRequest, policy: RedactionPolicy, version: int
    ) -> Sequence[Prepared]:
        occurred_at = request.occurred_at or self._clock()
        if request.num_chars <= ONE_BREATH_CHARS:
            return self._prepare(request, occurred_at, policy, version)
        return await asyncio.to_thread(self._prepare, request, occurred_at, policy, version)


def _check(request: IngestRequest) -> None:
    if not (request.chat or request.diffs or request.logs):
        raise InvalidRequest("materials must have chat, diffs or logs.", "materials")
    for at, message in enumerate(request.chat):
        check_size(message.content, f"materials.chat.{at}.content")
    for name, texts in (("diffs", request.diffs), ("logs", request.logs)):
        for at, text in enumerate(texts):
            check_size(text, f"materials.{name}.{at}")
