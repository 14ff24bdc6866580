"""Providers, aliases and prices in PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from agent_memory.access.sealing import Sealing
from agent_memory.errors import NotFound
from agent_memory.gateway.configuration import (
    Alias,
    AliasTarget,
    ListedModel,
    ProviderConfig,
    ProviderKey,
)
from agent_memory.gateway.prices import Rates, SetPrice
from agent_memory.store.database import Database
from agent_memory.store.providers import ProviderStore
from agent_memory.turns.route import Wire

SECRET = "sk-or-v1-0123456789abcdef"
STUB = ProviderConfig(
    "stub",
    Wire.OPENAI,
    "https://models.example/v1",
    (ProviderKey("pk_a", SECRET, 3), ProviderKey("pk_b", "sk-other-99999999")),
    allowed=("gpt-*",),
    priority=2,
)
MODEL = ListedModel("stub", "gpt-x", 1000, 100, 5, has_tools=True, modalities=("text",))


@pytest.fixture
async def store(url: str) -> AsyncIterator[ProviderStore]:
    database = Database(url)
    yield ProviderStore(database, Sealing(b"k" * 32))
    await database.close()


async def test_what_was_set_is_read_again_and_the_keys_are_sealed_meanwhile(
    store: ProviderStore, url: str
) -> None:
    alias = Alias("fast", (AliasTarget("stub/gpt-x", 2),), ("tiny",))
    rates = Rates(Decimal("3.25"), Decimal(15), Decimal("0.3"), Decimal("3.75"))
    price = SetPrice("price_1", "stub", "*", rates, datetime(2026, 1, 1, tzinfo=UTC))
    await store.put_provider(STUB)
    await store.put_alias(alias)
    await store.put_price(price)
    await store.put_models("stub", [MODEL])
    config = await store.load()
    assert config.providers == {"stub": STUB}
    assert config.aliases == {"fast": alias}
    assert list(config.prices) == [price]
    assert list(config.models) == [MODEL]
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT sealed, last_four FROM agent_memory.provider_keys")
        for sealed, last_four in rows.fetchall():
            assert SECRET.encode() not in bytes(sealed)
            assert last_four in {"cdef", "9999"}


async def test_every_change_is_another_version_and_reading_is_none(store: ProviderStore) -> None:
    versions = [await store.version()]
    await store.put_provider(STUB)
    versions.append(await store.version())
    await store.load()
    assert await store.version() == versions[-1]
    await store.set_enabled("stub", is_enabled=False)
    versions.append(await store.version())
    await store.add_key("stub", "sk-third-00000000")
    versions.append(await store.version())
    await store.remove("stub")
    versions.append(await store.version())
    assert versions == sorted(set(versions))


async def test_keys_are_replaced_added_and_dropped(store: ProviderStore) -> None:
    await store.put_provider(STUB)
    added = await store.add_key("stub", "sk-third-00000000")
    await store.drop_key("stub", "pk_a")
    config = await store.load()
    assert [key.key_id for key in config.providers["stub"].keys] == ["pk_b", added.key_id]
    await store.put_provider(ProviderConfig("stub", Wire.OPENAI, "https://models.example/v2"))
    assert len((await store.load()).providers["stub"].keys) == 2


async def test_a_key_sealed_by_another_server_is_left_out(store: ProviderStore, url: str) -> None:
    await store.put_provider(STUB)
    database = Database(url)
    stranger = ProviderStore(database, Sealing(b"x" * 32))
    assert (await stranger.load()).providers["stub"].keys == ()
    await database.close()


async def test_a_list_that_cannot_be_read_stays_as_it_was(store: ProviderStore) -> None:
    await store.put_provider(STUB)
    await store.put_models("stub", [MODEL])
    await store.note_fault("stub", "it is away")
    config = await store.load()
    assert list(config.models) == [MODEL]
    assert config.sync_faults == {"stub": "it is away"}
    await store.remove("stub")
    assert not (await store.load()).models


async def test_what_is_not_there_is_not_found(store: ProviderStore) -> None:
    for work in (store.remove("no"), store.set_enabled("no", is_enabled=True)):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(NotFound):
        await store.add_key("no", "sk-0000000000000")
    with pytest.raises(NotFound):
        await store.remove_alias("no")
