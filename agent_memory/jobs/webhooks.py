"""The job that sends one change to one webhook."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.webhooks.messages import change_delivery, test_delivery
from agent_memory.contexts.webhooks.ports import Delivery, Sender, Webhooks
from agent_memory.contexts.webhooks.webhook import Webhook
from agent_memory.errors import NotFound, WebhookUndelivered
from agent_memory.ids import WorkspaceId
from agent_memory.jobs.forms import STRICT
from agent_memory.jobs.spec import JobRun, Outcome

_GONE = 410


@dataclass(frozen=True, slots=True)
class WebhookArgs:
    """seq: of the change; None for a test."""

    __pydantic_config__ = STRICT

    webhook_id: str
    seq: int | None = None


class DeliverWebhook:
    """A failed delivery fails the job, which is tried again and in the end is dead: a dead letter,
    which can be sent again by `POST /v1/workers/jobs/{id}/retry`."""

    def __init__(self, webhooks: Webhooks, sender: Sender, clock: Callable[[], datetime]) -> None:
        self._webhooks = webhooks
        self._sender = sender
        self._clock = clock

    async def do(self, run: JobRun, workspace: WorkspaceId, args: WebhookArgs) -> Outcome:
        try:
            webhook = await self._webhooks.get(workspace, args.webhook_id)
        except NotFound:
            return {"skipped": "The webhook was deleted."}
        if webhook.disabled_at is not None:
            return {"skipped": "The webhook is disabled."}
        delivery = await self._delivery(run, workspace, webhook, args.seq)
        if delivery is None:
            return {"skipped": "The change is not kept any more."}
        status = await self._sender.send(delivery)
        if status == _GONE:
            await self._webhooks.disable(
                workspace, webhook.webhook_id, "The receiver answered 410."
            )
        elif not 200 <= status < 300:
            raise WebhookUndelivered(f"The receiver answered {status}.")
        return {"status": status, "message_id": delivery.message_id}

    async def _delivery(
        self, run: JobRun, workspace: WorkspaceId, webhook: Webhook, seq: int | None
    ) -> Delivery | None:
        if seq is None:
            return test_delivery(webhook, str(run.job_no), self._clock())
        change = await self._webhooks.find_change(workspace, seq)
        return None if change is None else change_delivery(webhook, change, self._clock())
