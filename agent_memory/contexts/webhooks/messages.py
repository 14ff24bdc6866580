"""What a webhook sends."""

from datetime import datetime

import orjson

from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.words import change_json, event_of
from agent_memory.contexts.webhooks.ports import Delivery
from agent_memory.contexts.webhooks.webhook import Webhook
from agent_memory.json_value import Json


def change_delivery(webhook: Webhook, change: Change, now: datetime) -> Delivery:
    body: Json = {
        "type": event_of(change),
        "timestamp": change.changed_at.isoformat(),
        "data": change_json(change),
    }
    return _delivery(webhook, str(change.seq), now, body)


def test_delivery(webhook: Webhook, name: str, now: datetime) -> Delivery:
    """name: tells one test from the next."""
    body: Json = {"type": "webhook-test", "timestamp": now.isoformat(), "data": {}}
    return _delivery(webhook, f"test_{name}", now, body)


def _delivery(webhook: Webhook, name: str, now: datetime, body: Json) -> Delivery:
    return Delivery(
        url=webhook.url,
        secret=webhook.secret,
        message_id=f"msg_{webhook.webhook_id}_{name}",
        sent_at=now,
        body=orjson.dumps(body),
    )
