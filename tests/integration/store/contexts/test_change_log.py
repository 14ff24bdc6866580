"""The feed as it is kept, and who may read it."""

import asyncio

import psycopg
import pytest

from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.feed.feed import Feed
from agent_memory.contexts.feed.hub import Hub
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.feed.reader import FeedReader
from agent_memory.contexts.key import check_key
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.contexts.service.pen import Writer
from agent_memory.errors import Unauthenticated
from agent_memory.store.contexts.change_log import ContextChangeLog
from agent_memory.store.contexts.readers import FeedReaders
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from tests.integration.store.conftest import ALPHA, BETA

ALL = KeyPattern("*")


@pytest.fixture
def changes(database: Database, url: str) -> ContextChangeLog:
    return ContextChangeLog(database, url)


@pytest.fixture
def readers(database: Database) -> FeedReaders:
    return FeedReaders(database)


def text(key: str, content: str = "x") -> Draft:
    return Draft(check_key(key), Document.of(Format.TEXT, content.encode()))


async def test_the_log_tells_each_workspace_its_own_changes(
    contexts: Contexts, changes: ContextChangeLog, alpha: Writer, beta: Writer
) -> None:
    for key in ("plan", "team/a", "plan"):
        await contexts.writer.put(alpha, text(key))
    await contexts.writer.put(beta, text("theirs"))
    await contexts.writer.end(alpha, check_key("team/a"))
    page = await changes.read(ALPHA, 0, 10)
    assert page is not None
    assert [(it.seq, it.op, it.key, it.version) for it in page.changes] == [
        (1, "stored", "plan", 1),
        (2, "stored", "team/a", 1),
        (3, "updated", "plan", 2),
        (4, "deleted", "team/a", 1),
    ]
    assert await changes.head(ALPHA) == 4
    assert await changes.head(BETA) == 1
    present = await changes.present(ALPHA, [ALL])
    assert (present.seq, [(it.key, it.version) for it in present.contexts]) == (4, [("plan", 2)])


async def test_numbers_that_are_dropped_or_to_come_are_not_readable(
    contexts: Contexts, changes: ContextChangeLog, alpha: Writer, url: str
) -> None:
    for _ in range(4):
        await contexts.writer.put(alpha, text("plan"))
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM agent_memory.context_changes WHERE seq <= 2")
    assert await changes.read(ALPHA, 1, 10) is None
    assert await changes.read(ALPHA, 5, 10) is None
    kept = await changes.read(ALPHA, 2, 10)
    assert kept is not None
    assert [it.seq for it in kept.changes] == [3, 4]
    empty = await changes.read(ALPHA, 4, 10)
    assert empty is not None
    assert empty.through == 4


async def test_the_present_state_can_be_of_a_beginning_or_of_one_key(
    contexts: Contexts, changes: ContextChangeLog, alpha: Writer
) -> None:
    for key in ("plan", "team/a", "team/b"):
        await contexts.writer.put(alpha, text(key))
    team = await changes.present(ALPHA, [KeyPattern("team/*")])
    plan = await changes.present(ALPHA, [KeyPattern("plan")])
    assert [it.key for it in team.contexts] == ["team/a", "team/b"]
    assert [it.key for it in plan.contexts] == ["plan"]


async def test_a_commit_wakes_the_reader_of_every_replica(
    contexts: Contexts, changes: ContextChangeLog, alpha: Writer
) -> None:
    replicas = []
    for _ in range(2):
        hub = Hub()
        reader = FeedReader(hub, changes, changes, poll_s=60)
        replicas.append((Feed(hub, changes, reader), reader))
    async with replicas[0][0].listening(ALPHA) as one, replicas[1][0].listening(ALPHA) as other:
        for (feed, _), listener in zip(replicas, (one, other), strict=True):
            assert [told async for told in feed.subscribe(listener, [ALL], None)] == []
        await asyncio.sleep(0.5)  # both listen
        await contexts.writer.put(alpha, text("plan"))
        for listener in (one, other):
            assert await listener.wait(5)
            assert [it.seq for it in listener.take()] == [1]
    for _, reader in replicas:
        await reader.close()


async def test_a_ticket_admits_its_holder_once(keys: KeyStore, readers: FeedReaders) -> None:
    _, raw = await keys.create_key(ALPHA, "browser", ["memory"])
    holder = await keys.find_key(raw)
    ticket = await readers.issue(holder)
    assert await readers.take(ticket) == holder
    for useless in (ticket, "amt_0", ""):
        with pytest.raises(Unauthenticated):
            await readers.take(useless)


async def test_the_ticket_of_a_revoked_key_admits_nobody(
    keys: KeyStore, readers: FeedReaders
) -> None:
    record, raw = await keys.create_key(ALPHA, "browser", ["memory"])
    ticket = await readers.issue(await keys.find_key(raw))
    await keys.revoke_key(ALPHA, record.key_id)
    with pytest.raises(Unauthenticated):
        await readers.take(ticket)


async def test_a_ticket_that_has_grown_old_admits_nobody(
    keys: KeyStore, readers: FeedReaders, url: str
) -> None:
    _, raw = await keys.create_key(ALPHA, "browser", ["memory"])
    ticket = await readers.issue(await keys.find_key(raw))
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE agent_memory.context_tickets SET expires_at = now() - '1s'::interval"
        )
    with pytest.raises(Unauthenticated):
        await readers.take(ticket)


async def test_revoked_keys_and_keys_of_others_are_not_live(
    keys: KeyStore, readers: FeedReaders
) -> None:
    live, _ = await keys.create_key(ALPHA, "live", ["memory"])
    ended, _ = await keys.create_key(ALPHA, "ended", ["memory"])
    foreign, _ = await keys.create_key(BETA, "foreign", ["memory"])
    await keys.revoke_key(ALPHA, ended.key_id)
    wanted = [live.key_id, ended.key_id, foreign.key_id]
    assert await readers.live_keys(ALPHA, wanted) == {live.key_id}
