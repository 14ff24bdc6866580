"""Ports: where webhooks are kept, and what sends them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agent_memory.contexts.change import Change
from agent_memory.contexts.webhooks.webhook import Webhook
from agent_memory.ids import JobId, WorkspaceId


@dataclass(frozen=True, slots=True)
class Delivery:
    """message_id: the same in every attempt, so that a receiver can tell repetitions."""

    url: str
    secret: str = field(repr=False)
    message_id: str
    sent_at: datetime
    body: bytes


class Sender(Protocol):
    async def send(self, delivery: Delivery) -> int:
        """The status of the answer. `WebhookUndelivered` when there is none; `InvalidRequest` for
        an address that may not be."""
        ...


class Webhooks(Protocol):
    """The webhooks of a workspace. Unknown ids raise `NotFound`."""

    async def add(self, workspace: WorkspaceId, webhook: Webhook) -> None:
        """`Conflict` where the workspace has as many as it may."""
        ...

    async def get(self, workspace: WorkspaceId, webhook_id: str) -> Webhook: ...

    async def list(self, workspace: WorkspaceId) -> Sequence[Webhook]:
        """Oldest first, without their secrets."""
        ...

    async def remove(self, workspace: WorkspaceId, webhook_id: str) -> None: ...

    async def disable(self, workspace: WorkspaceId, webhook_id: str, reason: str) -> None: ...

    async def queue_test(self, workspace: WorkspaceId, webhook_id: str) -> JobId:
        """Have a message of the type `webhook-test` sent."""
        ...

    async def find_change(self, workspace: WorkspaceId, seq: int) -> Change | None:
        """None when it is not kept any more."""
        ...
