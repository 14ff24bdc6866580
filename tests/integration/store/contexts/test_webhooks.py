from datetime import UTC, datetime

import psycopg
import pytest

from agent_memory.access.sealing import Sealing
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.webhooks.webhook import Webhook, new_secret
from agent_memory.errors import InvalidRequest
from agent_memory.store.contexts.webhooks import WebhookStore
from agent_memory.store.database import Database
from tests.integration.store.conftest import ALPHA, BETA

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOOK = Webhook(
    "wh_1", "https://hooks.example.com/", (KeyPattern("*"),), new_secret(), NOON, "key_a"
)


@pytest.fixture
def webhooks(database: Database) -> WebhookStore:
    return WebhookStore(database, Sealing(bytes(32)))


def _rows(url: str) -> str:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT w::text FROM agent_memory.context_webhooks AS w")
        return "\n".join(text for (text,) in found)


async def test_a_secret_is_sealed_in_the_database_and_comes_back_for_deliveries_alone(
    webhooks: WebhookStore, url: str
) -> None:
    await webhooks.add(ALPHA, HOOK)

    assert (await webhooks.get(ALPHA, "wh_1")).secret == HOOK.secret
    assert [webhook.secret for webhook in await webhooks.list(ALPHA)] == [""]
    assert HOOK.webhook_id in _rows(url)
    assert HOOK.secret not in _rows(url)
    assert HOOK.secret.encode().hex() not in _rows(url)


async def test_secrets_of_an_earlier_version_work_and_are_sealed(
    webhooks: WebhookStore, url: str
) -> None:
    await webhooks.add(ALPHA, HOOK)
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE agent_memory.context_webhooks SET secret = %s, sealed_secret = NULL",
            (HOOK.secret,),
        )

    assert (await webhooks.get(ALPHA, "wh_1")).secret == HOOK.secret
    assert await webhooks.seal_all(BETA) == 0
    assert await webhooks.seal_all(ALPHA) == 1
    assert await webhooks.seal_all(ALPHA) == 0
    assert (await webhooks.get(ALPHA, "wh_1")).secret == HOOK.secret
    assert HOOK.secret not in _rows(url)


async def test_a_secret_that_was_moved_to_another_webhook_does_not_open(
    webhooks: WebhookStore, url: str
) -> None:
    await webhooks.add(ALPHA, HOOK)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE agent_memory.context_webhooks SET webhook_id = 'wh_2'")

    with pytest.raises(InvalidRequest):
        await webhooks.get(ALPHA, "wh_2")
