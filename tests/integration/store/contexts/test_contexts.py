"""Contexts over a real database: versions, conditions, lifetimes, the feed, sealing."""

import asyncio
from dataclasses import replace

import pytest

from agent_memory.contexts.change import Change
from agent_memory.contexts.condition import Condition
from agent_memory.contexts.document import Document, Format
from agent_memory.contexts.draft import Draft, WantedLifetime
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.service.contexts import Contexts
from agent_memory.contexts.service.pen import Writer
from agent_memory.errors import Conflict, ContextKeyMissing, NotFound, PreconditionFailed
from agent_memory.ids import ContextKey, WorkspaceId
from agent_memory.store.audit import AuditStore
from agent_memory.store.database import Database
from agent_memory.store.stored_contexts import stored_contexts
from agent_memory.store.transaction import Transaction
from agent_memory.work.once import Once
from tests.integration.store.contexts.conftest import KEY, SetClock

PLAN = ContextKey("team/plan")


def draft(body: bytes, key: ContextKey = PLAN) -> Draft:
    return Draft(key, Document.of(Format.JSON, body))


async def changes(database: Database, workspace: WorkspaceId) -> list[tuple[int, str, str, int]]:
    """The feed of a workspace."""
    async with database.workspace(workspace) as transaction:
        cursor = await transaction._connection.execute(
            "SELECT seq, op, key, version FROM context_changes ORDER BY seq"
        )
        return [tuple(row) for row in await cursor.fetchall()]


async def test_what_is_put_is_read_byte_for_byte(contexts: Contexts, alpha: Writer) -> None:
    body = b'{ "n": 1.10, "big": 123456789012345678901234567890, "n": 2 }'
    receipt = await contexts.writer.put(alpha, draft(body))
    read = await contexts.reader.get(alpha.workspace, PLAN)
    assert (receipt.version, receipt.op, receipt.seq) == (1, "stored", 1)
    assert read.document.body == body
    assert read.version.sha256 == receipt.sha256 == Document.of(Format.JSON, body).sha256


async def test_of_two_who_change_the_same_version_one_is_told(
    contexts: Contexts, alpha: Writer
) -> None:
    first = await contexts.writer.put(alpha, draft(b"1"))
    seen = Condition(matches=(first.etag.strip('"'),))
    await contexts.writer.put(alpha, draft(b"2"), seen)
    with pytest.raises(PreconditionFailed) as refused:
        await contexts.writer.put(alpha, draft(b"3"), seen)
    assert refused.value.version == 2
    assert refused.value.sha256 == Document.of(Format.JSON, b"2").sha256
    assert (await contexts.reader.get(alpha.workspace, PLAN)).document.body == b"2"


async def test_fifty_writers_that_compare_and_set_lose_nothing(
    contexts: Contexts, database: Database, alpha: Writer
) -> None:
    await contexts.writer.put(alpha, replace(draft(b"0"), keep_versions=0))

    async def increment(times: int) -> None:
        while times:
            read = await contexts.reader.get(alpha.workspace, PLAN)
            expected = Condition(matches=(read.version.etag.strip('"'),))
            body = str(int(read.document.body) + 1).encode()
            try:
                await contexts.writer.put(alpha, draft(body), expected)
            except PreconditionFailed:
                continue
            times -= 1

    await asyncio.gather(*(increment(2) for _ in range(20)))
    assert (await contexts.reader.get(alpha.workspace, PLAN)).document.body == b"40"
    versions = await contexts.reader.list_versions(alpha.workspace, PLAN, None, 100)
    assert [info.address.version for info in versions.items] == list(range(41, 0, -1))
    assert [seq for seq, *_ in await changes(database, alpha.workspace)] == list(range(1, 42))


async def test_a_write_that_fails_takes_no_number(
    contexts: Contexts, database: Database, alpha: Writer
) -> None:
    await contexts.writer.put(alpha, draft(b"1"))
    with pytest.raises(PreconditionFailed):
        await contexts.writer.put(alpha, draft(b"2"), Condition(matches_none=("*",)))
    await contexts.writer.end(alpha, PLAN)
    assert await changes(database, alpha.workspace) == [
        (1, "stored", PLAN, 1),
        (2, "deleted", PLAN, 1),
    ]


async def test_each_workspace_has_its_own_contexts_and_numbers(
    contexts: Contexts, alpha: Writer, beta: Writer
) -> None:
    await contexts.writer.put(alpha, draft(b"1"))
    assert (await contexts.writer.put(beta, draft(b"2"))).seq == 1
    await contexts.writer.end(beta, PLAN)
    assert (await contexts.reader.get(alpha.workspace, PLAN)).document.body == b"1"
    with pytest.raises(NotFound):
        await contexts.reader.get(beta.workspace, PLAN)


async def test_what_has_expired_is_gone_to_the_second_and_begins_a_new_life(
    contexts: Contexts, database: Database, alpha: Writer, clock: SetClock
) -> None:
    short = replace(draft(b"1"), lifetime=WantedLifetime(ttl_s=60))
    first = await contexts.writer.put(alpha, short)
    clock.pass_time(59)
    assert (await contexts.reader.list(alpha.workspace, Filter("team/"), None, 10)).items
    clock.pass_time(1)
    with pytest.raises(NotFound):
        await contexts.reader.get(alpha.workspace, PLAN)
    assert not (await contexts.reader.list(alpha.workspace, Filter("team/"), None, 10)).items
    with pytest.raises(PreconditionFailed):
        await contexts.writer.put(alpha, draft(b"2"), Condition(matches=("1",)))
    again = await contexts.writer.put(alpha, draft(b"2"), Condition(matches_none=("*",)))
    assert (again.version, again.lineage != first.lineage) == (1, True)
    assert [op for _, op, *_ in await changes(database, alpha.workspace)] == [
        "stored",
        "deleted",
        "stored",
    ]


async def test_reading_lets_a_sliding_context_live_longer(
    contexts: Contexts, alpha: Writer, clock: SetClock
) -> None:
    sliding = WantedLifetime(ttl_s=60, is_sliding=True)
    await contexts.writer.put(alpha, replace(draft(b"1"), lifetime=sliding))
    for _ in range(3):
        clock.pass_time(50)
        await contexts.reader.get(alpha.workspace, PLAN)
    clock.pass_time(61)
    with pytest.raises(NotFound):
        await contexts.reader.get(alpha.workspace, PLAN)


async def test_only_the_newest_versions_are_kept(contexts: Contexts, alpha: Writer) -> None:
    for number in range(13):
        await contexts.writer.put(alpha, draft(str(number).encode()))
    versions = await contexts.reader.list_versions(alpha.workspace, PLAN, None, 100)
    assert [info.address.version for info in versions.items] == list(range(13, 3, -1))
    assert (await contexts.reader.get(alpha.workspace, PLAN, 4)).document.body == b"3"
    with pytest.raises(NotFound):
        await contexts.reader.get(alpha.workspace, PLAN, 3)


async def test_a_sealed_context_stays_sealed_and_stands_nowhere_in_the_clear(
    contexts: Contexts, database: Database, alpha: Writer
) -> None:
    secret = b'"the canary sings at noon"' * 100
    await contexts.writer.put(alpha, replace(draft(secret), is_sealed=True))
    await contexts.writer.put(alpha, draft(secret + b" "))
    back = await contexts.writer.roll_back(alpha, PLAN, 1)
    read = await contexts.reader.get(alpha.workspace, PLAN)
    assert (back.version, read.document.body, read.version.is_sealed) == (3, secret, True)
    async with database.workspace(alpha.workspace) as transaction:
        rows = await transaction._connection.execute("SELECT body, sha256 FROM context_versions")
        stored = await rows.fetchall()
    assert all(b"canary" not in body and sha256 is None for body, sha256 in stored)
    assert len({body for body, _ in stored}) == 3


async def test_a_sealed_body_that_was_moved_does_not_open(
    contexts: Contexts, database: Database, alpha: Writer
) -> None:
    other = ContextKey("other")
    for key in (PLAN, other):
        await contexts.writer.put(alpha, replace(draft(b'"x"', key), is_sealed=True))
    async with database.workspace(alpha.workspace) as transaction:
        await transaction._connection.execute(
            "UPDATE context_versions SET body = "
            "(SELECT body FROM context_versions WHERE key = 'team/plan') WHERE key = 'other'"
        )
    with pytest.raises(Exception, match="is not what was stored there"):
        await contexts.reader.get(alpha.workspace, other)


async def test_a_repeated_write_is_answered_with_the_first_receipt(
    contexts: Contexts, alpha: Writer
) -> None:
    once = Once.of("k1", b"put 1")
    first = await contexts.writer.put(alpha, draft(b"1"), once=once)
    assert await contexts.writer.put(alpha, draft(b"1"), once=once) == first
    assert (await contexts.reader.get(alpha.workspace, PLAN)).version.address.version == 1
    with pytest.raises(Conflict):
        await contexts.writer.put(alpha, draft(b"2"), once=Once.of("k1", b"put 2"))


async def test_what_hangs_on_a_change_is_written_with_it_or_not_at_all(
    database: Database, alpha: Writer, clock: SetClock
) -> None:
    told: list[tuple[Change, Document | None]] = []

    async def refuse_deletions(
        transaction: Transaction, workspace: WorkspaceId, change: Change, document: Document | None
    ) -> None:
        told.append((change, document))
        if change.op == "deleted":
            raise Conflict("no")

    contexts = stored_contexts(database, [KEY], clock, refuse_deletions)
    await contexts.writer.put(alpha, draft(b"1"))
    await contexts.writer.put(alpha, replace(draft(b"2"), is_sealed=True))
    with pytest.raises(Conflict):
        await contexts.writer.end(alpha, PLAN)
    assert [document and document.body for _, document in told] == [b"1", None, None]
    assert (await contexts.reader.get(alpha.workspace, PLAN)).document.body == b"2"


async def test_another_key_takes_the_place_of_the_first_while_all_is_read(
    contexts: Contexts, database: Database, alpha: Writer, clock: SetClock
) -> None:
    other = bytes(32)
    for number in range(3):
        await contexts.writer.put(alpha, replace(draft(str(number).encode()), is_sealed=True))
    both = stored_contexts(database, [other, KEY], clock)
    assert (await both.reader.get(alpha.workspace, PLAN)).document.body == b"2"
    with pytest.raises(ContextKeyMissing):
        await stored_contexts(database, [other], clock).reader.get(alpha.workspace, PLAN)
    assert [await both.upkeep.reseal(alpha.workspace, 2) for _ in range(3)] == [2, 1, 0]
    later = stored_contexts(database, [other], clock)
    assert (await later.reader.get(alpha.workspace, PLAN, 1)).document.body == b"0"


async def test_what_has_expired_is_swept_and_told(
    contexts: Contexts, database: Database, alpha: Writer, clock: SetClock
) -> None:
    short = WantedLifetime(ttl_s=60)
    await contexts.writer.put(alpha, replace(draft(b"1"), lifetime=short))
    await contexts.writer.put(alpha, draft(b"2", ContextKey("stays")))
    clock.pass_time(60)
    assert (await contexts.upkeep.sweep(alpha.workspace)).num_expired == 1
    assert (await changes(database, alpha.workspace))[-1] == (3, "deleted", PLAN, 1)
    assert (await contexts.upkeep.sweep(alpha.workspace)).num_expired == 0
    assert (await contexts.reader.get(alpha.workspace, ContextKey("stays"))).document.body == b"2"


async def test_what_is_erased_is_in_no_row(
    contexts: Contexts, database: Database, alpha: Writer
) -> None:
    for _ in range(2):
        await contexts.writer.put(alpha, draft(b'"canary"'))
    await contexts.writer.end(alpha, PLAN)
    await contexts.writer.put(alpha, draft(b'"canary"'))
    await contexts.writer.end(alpha, PLAN, erases=True)
    async with database.workspace(alpha.workspace) as transaction:
        rows = await transaction._connection.execute("SELECT count(*) FROM context_versions")
        assert await rows.fetchone() == (0,)


async def test_a_deleted_context_can_still_be_erased(contexts: Contexts, alpha: Writer) -> None:
    await contexts.writer.put(alpha, draft(b"1"))
    await contexts.writer.end(alpha, PLAN)
    assert await contexts.writer.forget(alpha, PLAN) == 1
    with pytest.raises(NotFound):
        await contexts.writer.forget(alpha, PLAN)


async def test_every_write_stands_in_the_audit_log_exactly_if_it_happened(
    database: Database, contexts: Contexts, alpha: Writer, beta: Writer
) -> None:
    seen = Condition(matches=("7",))
    await contexts.writer.put(alpha, draft(b"1"))
    await contexts.writer.rewrite(alpha, PLAN, lambda _: Document.of(Format.JSON, b"2"))
    await contexts.writer.roll_back(alpha, PLAN, 1)
    with pytest.raises(PreconditionFailed):
        await contexts.writer.put(alpha, draft(b"4"), seen)
    await contexts.writer.move(alpha, PLAN, ContextKey("team/next"))
    await contexts.writer.end(alpha, ContextKey("team/next"))
    await asyncio.gather(*(contexts.writer.put(beta, draft(b"%d" % n)) for n in range(4)))

    log = AuditStore(database)
    page = await log.list(alpha.workspace, None, 50)
    assert [(entry.action, entry.subject, entry.actor) for entry in reversed(page.items)] == [
        ("context.put", "team/plan", "key_alpha"),
        ("context.patch", "team/plan", "key_alpha"),
        ("context.rollback", "team/plan", "key_alpha"),
        ("context.move", "team/next", "key_alpha"),
        ("context.delete", "team/next", "key_alpha"),
    ]
    for workspace, num_entries in ((alpha.workspace, 5), (beta.workspace, 4)):
        verdict = await log.verify(workspace)
        assert (verdict.is_whole, verdict.num_entries) == (True, num_entries)
