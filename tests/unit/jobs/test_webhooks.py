"""The job that sends one change to one webhook."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from standardwebhooks import Webhook as Verifier

from agent_memory.contexts.change import Change, ChangeOp
from agent_memory.contexts.context import Cause
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.webhooks.ports import Delivery
from agent_memory.contexts.webhooks.webhook import Webhook, new_secret
from agent_memory.errors import NotFound, WebhookUndelivered
from agent_memory.ids import ContextKey, JobId, Lineage, WorkspaceId
from agent_memory.jobs.spec import JobRun, Outcome
from agent_memory.jobs.webhooks import DeliverWebhook, WebhookArgs

HERE = WorkspaceId("ws_here")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CHANGE = Change(
    41, ChangeOp.UPDATED, Cause.PUT, ContextKey("plan"), Lineage("life_1"), 7, NOON, "key_a"
)
HOOK = Webhook(
    "wh_1", "https://hooks.example.com/", (KeyPattern("*"),), new_secret(), NOON, "key_a"
)


class OneWebhook:
    """A store of one webhook and one change."""

    def __init__(self) -> None:
        self.webhook = HOOK

    async def add(self, workspace: WorkspaceId, webhook: Webhook) -> None:
        assert workspace == HERE
        self.webhook = webhook

    async def get(self, workspace: WorkspaceId, webhook_id: str) -> Webhook:
        if (workspace, webhook_id) != (HERE, self.webhook.webhook_id):
            raise NotFound("webhook", webhook_id)
        return self.webhook

    async def list(self, workspace: WorkspaceId) -> Sequence[Webhook]:
        assert workspace == HERE
        return [self.webhook]

    async def remove(self, workspace: WorkspaceId, webhook_id: str) -> None:
        await self.get(workspace, webhook_id)

    async def disable(self, workspace: WorkspaceId, webhook_id: str, reason: str) -> None:
        await self.get(workspace, webhook_id)
        self.webhook = replace(self.webhook, disabled_at=NOON, disabled_because=reason)

    async def queue_test(self, workspace: WorkspaceId, webhook_id: str) -> JobId:
        await self.get(workspace, webhook_id)
        return JobId("job_1")

    async def find_change(self, workspace: WorkspaceId, seq: int) -> Change | None:
        assert workspace == HERE
        return CHANGE if seq == CHANGE.seq else None


class Receiver:
    def __init__(self, status: int = 204) -> None:
        self.status = status
        self.received: list[Delivery] = []

    async def send(self, delivery: Delivery) -> int:
        self.received.append(delivery)
        return self.status


async def deliver(
    hooks: OneWebhook, receiver: Receiver, webhook_id: str = "wh_1", seq: int | None = 41
) -> Outcome:
    async def note(outcome: Outcome) -> None:
        del outcome

    job = DeliverWebhook(hooks, receiver, lambda: NOON)
    return await job.do(JobRun(17, 0, note), HERE, WebhookArgs(webhook_id, seq))


async def test_a_change_is_sent_without_its_content_and_under_one_id() -> None:
    hooks, receiver = OneWebhook(), Receiver()
    for _ in range(2):
        assert (await deliver(hooks, receiver))["status"] == 204
    first, second = receiver.received
    assert first.message_id == second.message_id == "msg_wh_1_41"
    body = orjson.loads(first.body)
    assert (body["type"], body["data"]["key"], body["data"]["version"]) == (
        "context-updated",
        "plan",
        7,
    )
    assert body["data"]["sequence"] == 41
    assert "data" not in body["data"]


@pytest.mark.parametrize("status", [301, 302, 400, 404, 429, 500])
async def test_any_other_answer_than_success_fails_the_attempt(status: int) -> None:
    with pytest.raises(WebhookUndelivered):
        await deliver(OneWebhook(), Receiver(status))


async def test_a_receiver_that_is_gone_gets_nothing_more() -> None:
    hooks, gone = OneWebhook(), Receiver(410)
    await deliver(hooks, gone)
    await deliver(hooks, gone)
    assert len(gone.received) == 1
    assert hooks.webhook.disabled_because == "The receiver answered 410."


async def test_what_is_not_there_any_more_is_passed_over() -> None:
    receiver = Receiver()
    assert "deleted" in str(await deliver(OneWebhook(), receiver, "wh_other"))
    assert "not kept" in str(await deliver(OneWebhook(), receiver, seq=40))
    assert receiver.received == []


async def test_each_test_has_an_id_of_its_own() -> None:
    receiver = Receiver()
    await deliver(OneWebhook(), receiver, seq=None)
    [sent] = receiver.received
    assert sent.message_id == "msg_wh_1_test_17"
    assert orjson.loads(sent.body)["type"] == "webhook-test"
    assert Verifier(sent.secret).sign(sent.message_id, sent.sent_at, sent.body.decode())
