from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from agent_memory.access.keys import parse_key
from agent_memory.access.principal import Principal, Scope
from agent_memory.errors import Conflict, InvalidRequest, NotFound, Unauthenticated
from agent_memory.ids import KeyId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from tests.integration.store.conftest import ALPHA, BETA

START = datetime(2026, 5, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(database: Database, clock: Clock) -> KeyStore:
    return KeyStore(database, clock)


async def test_a_new_key_opens_its_workspace(keys: KeyStore) -> None:
    record, raw = await keys.create_key(ALPHA, "laptop", {Scope.INFERENCE, Scope.SESSIONS})

    principal = await keys.find_key(raw)

    scopes = frozenset({Scope.INFERENCE, Scope.SESSIONS})
    assert principal == Principal(record.key_id, ALPHA, scopes)
    assert (record.name, record.scopes, record.created_at) == ("laptop", scopes, START)
    assert (record.expires_at, record.revoked_at, record.last_used_at) == (None, None, None)


async def test_a_key_says_what_its_turns_ask_of_memory(keys: KeyStore) -> None:
    record, raw = await keys.create_key(ALPHA, "claude", {Scope.INFERENCE}, memory="recall")
    assert (await keys.find_key(raw)).memory == "recall"
    assert [key.memory for key in await keys.list_keys(ALPHA)] == [record.memory] == ["recall"]


async def test_the_database_does_not_know_the_secret(keys: KeyStore, url: str) -> None:
    _, raw = await keys.create_key(ALPHA, "laptop", ["admin"])

    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT k::text FROM agent_memory.api_keys k").fetchall()
    key = parse_key(raw)
    assert key is not None
    assert len(rows) == 1
    assert key.key_id in rows[0][0]
    assert key.secret not in rows[0][0]


async def test_a_wrong_secret_and_an_unknown_id_are_refused_alike(keys: KeyStore) -> None:
    _, raw = await keys.create_key(ALPHA, "laptop", ["admin"])
    _, other = await keys.create_key(ALPHA, "other", ["admin"])

    for wrong in (raw[:16] + other[16:], "am_000000000000_" + "s" * 32):
        with pytest.raises(Unauthenticated, match="not known"):
            await keys.find_key(wrong)


async def test_what_is_not_a_key_is_refused(keys: KeyStore) -> None:
    with pytest.raises(Unauthenticated, match="am_"):
        await keys.find_key("sk-ant-something\x00")


async def test_a_key_ends_when_it_expires(keys: KeyStore, clock: Clock) -> None:
    _, raw = await keys.create_key(ALPHA, "short", ["admin"], START + timedelta(hours=1))
    clock.now = START + timedelta(minutes=59)
    await keys.find_key(raw)

    clock.now = START + timedelta(hours=1)

    with pytest.raises(Unauthenticated, match="expired"):
        await keys.find_key(raw)


async def test_a_revoked_key_is_refused_and_stays_so(keys: KeyStore, clock: Clock) -> None:
    record, raw = await keys.create_key(ALPHA, "laptop", ["admin"])

    revoked = await keys.revoke_key(ALPHA, record.key_id)
    clock.now += timedelta(hours=1)
    again = await keys.revoke_key(ALPHA, record.key_id)

    assert revoked.revoked_at == again.revoked_at == START
    with pytest.raises(Unauthenticated, match="revoked"):
        await keys.find_key(raw)


async def test_keys_are_listed_newest_first_with_the_revoked(keys: KeyStore, clock: Clock) -> None:
    first, _ = await keys.create_key(ALPHA, "first", ["admin"])
    clock.now += timedelta(seconds=1)
    await keys.create_key(ALPHA, "second", ["inference"])
    await keys.revoke_key(ALPHA, first.key_id)

    listed = await keys.list_keys(ALPHA)

    assert [record.name for record in listed] == ["second", "first"]
    assert [record.revoked_at is not None for record in listed] == [False, True]


async def test_use_is_noted_once_a_minute(keys: KeyStore, clock: Clock) -> None:
    _, raw = await keys.create_key(ALPHA, "laptop", ["admin"])

    async def last_used_after(seconds: float) -> datetime | None:
        clock.now = START + timedelta(seconds=seconds)
        await keys.find_key(raw)
        return (await keys.list_keys(ALPHA))[0].last_used_at

    assert await last_used_after(5) == START + timedelta(seconds=5)
    assert await last_used_after(64) == START + timedelta(seconds=5)
    assert await last_used_after(65) == START + timedelta(seconds=65)


async def test_whether_there_is_any_key_is_known_without_a_workspace(keys: KeyStore) -> None:
    assert not await keys.has_any_key()

    record, _ = await keys.create_key(BETA, "laptop", ["admin"])
    await keys.revoke_key(BETA, record.key_id)

    assert await keys.has_any_key()


async def test_a_key_of_another_workspace_does_not_exist(keys: KeyStore) -> None:
    record, raw = await keys.create_key(ALPHA, "laptop", ["admin"])

    with pytest.raises(NotFound):
        await keys.revoke_key(BETA, record.key_id)
    assert await keys.list_keys(BETA) == ()
    assert (await keys.find_key(raw)).workspace_id == ALPHA


async def test_a_key_that_does_not_exist_cannot_be_revoked(keys: KeyStore) -> None:
    with pytest.raises(NotFound, match="000000000000"):
        await keys.revoke_key(ALPHA, KeyId("000000000000"))


async def test_a_key_of_bad_form_is_not_made(keys: KeyStore) -> None:
    with pytest.raises(InvalidRequest):
        await keys.create_key(ALPHA, "", ["admin"])
    with pytest.raises(InvalidRequest):
        await keys.create_key(ALPHA, "laptop", ["everything"])
    with pytest.raises(InvalidRequest):
        await keys.create_key(ALPHA, "laptop", ["admin"], START - timedelta(days=1))
    assert await keys.list_keys(ALPHA) == ()


async def test_a_key_needs_a_workspace_that_exists(keys: KeyStore) -> None:
    with pytest.raises(Conflict):
        await keys.create_key(WorkspaceId("nowhere"), "laptop", ["admin"])
