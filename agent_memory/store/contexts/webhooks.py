"""Webhooks in PostgreSQL, and the jobs that changes cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.access.sealing import Sealing
from agent_memory.contexts.change import Change
from agent_memory.contexts.document import Document
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.webhooks.webhook import MAX_WEBHOOKS, Webhook
from agent_memory.errors import Conflict, NotFound
from agent_memory.ids import JobId, WorkspaceId
from agent_memory.store.contexts.change_log import read_changes
from agent_memory.store.database import Database
from agent_memory.store.jobs import enqueue_job
from agent_memory.store.transaction import Transaction
from agent_memory.work.job import JobKind, JobQueue, NewJob


@dataclass(frozen=True, slots=True)
class _WebhookRow:
    webhook_id: str
    url: str
    patterns: list[str]
    secret: str | None
    sealed_secret: bytes | None
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    disabled_because: str | None

    def webhook(self, secret: str) -> Webhook:
        return Webhook(
            webhook_id=self.webhook_id,
            url=self.url,
            patterns=[KeyPattern(text) for text in self.patterns],
            secret=secret,
            created_at=self.created_at,
            created_by=self.created_by,
            disabled_at=self.disabled_at,
            disabled_because=self.disabled_because,
        )


@dataclass(frozen=True, slots=True)
class _OpenSecretRow:
    webhook_id: str
    secret: str


async def queue_webhooks(
    transaction: Transaction, workspace: WorkspaceId, change: Change, _: Document | None
) -> None:
    """A job for each webhook that the change is for: it is there exactly if the change is."""
    await transaction.run(
        "queue_webhooks",
        workspace_id=workspace,
        key=change.key,
        seq=change.seq,
        kind=JobKind.DELIVER_WEBHOOK,
        queue=JobQueue.WEBHOOKS,
    )


class WebhookStore:
    """Implements `agent_memory.contexts.webhooks.ports.Webhooks`. sealing: of the secrets, which
    are in the database in no other form."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing

    async def add(self, workspace: WorkspaceId, webhook: Webhook) -> None:
        async with self._database.workspace(workspace) as transaction:
            added = await transaction.fetch_value(
                "add_webhook",
                workspace_id=workspace,
                webhook_id=webhook.webhook_id,
                url=webhook.url,
                patterns=[pattern.text for pattern in webhook.patterns],
                sealed_secret=self._sealing.seal(
                    webhook.secret, _place(workspace, webhook.webhook_id)
                ),
                created_at=webhook.created_at,
                created_by=webhook.created_by,
                most=MAX_WEBHOOKS,
            )
        if added is None:
            raise Conflict(f"A workspace has at most {MAX_WEBHOOKS} webhooks.")

    async def get(self, workspace: WorkspaceId, webhook_id: str) -> Webhook:
        for row in await self._list(workspace, webhook_id):
            return row.webhook(self._opened(workspace, row))
        raise NotFound("webhook", webhook_id)

    async def list(self, workspace: WorkspaceId) -> Sequence[Webhook]:
        return [row.webhook(secret="") for row in await self._list(workspace, None)]

    async def remove(self, workspace: WorkspaceId, webhook_id: str) -> None:
        async with self._database.workspace(workspace) as transaction:
            removed = await transaction.fetch_value(
                "remove_webhook", workspace_id=workspace, webhook_id=webhook_id
            )
        if removed is None:
            raise NotFound("webhook", webhook_id)

    async def disable(self, workspace: WorkspaceId, webhook_id: str, reason: str) -> None:
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "disable_webhook", workspace_id=workspace, webhook_id=webhook_id, reason=reason
            )

    async def queue_test(self, workspace: WorkspaceId, webhook_id: str) -> JobId:
        if not await self._list(workspace, webhook_id):
            raise NotFound("webhook", webhook_id)
        job = NewJob(JobKind.DELIVER_WEBHOOK, {"webhook_id": webhook_id, "seq": None})
        async with self._database.workspace(workspace) as transaction:
            return await enqueue_job(transaction, job)

    async def find_change(self, workspace: WorkspaceId, seq: int) -> Change | None:
        async with self._database.workspace(workspace) as transaction:
            found = await read_changes(transaction, workspace, seq - 1, 1)
        return found[0] if found and found[0].seq == seq else None

    async def seal_all(self, workspace: WorkspaceId) -> int:
        """Seal the secrets that an earlier version stored as they are; how many."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_open_webhook_secrets", _OpenSecretRow, workspace_id=workspace
            )
            for row in rows:
                sealed = self._sealing.seal(row.secret, _place(workspace, row.webhook_id))
                await transaction.run(
                    "seal_webhook_secret",
                    workspace_id=workspace,
                    webhook_id=row.webhook_id,
                    sealed=sealed,
                )
        return len(rows)

    async def _list(self, workspace: WorkspaceId, webhook_id: str | None) -> Sequence[_WebhookRow]:
        async with self._database.workspace(workspace) as transaction:
            return await transaction.fetch_all(
                "list_webhooks", _WebhookRow, workspace_id=workspace, webhook_id=webhook_id
            )

    def _opened(self, workspace: WorkspaceId, row: _WebhookRow) -> str:
        if row.sealed_secret is not None:
            sealed = bytes(row.sealed_secret)
            return self._sealing.open(sealed, _place(workspace, row.webhook_id))
        return row.secret or ""


def _place(workspace: WorkspaceId, webhook_id: str) -> str:
    """What a sealed secret is bound to."""
    return f"webhook {webhook_id} of {workspace}"
