"""The soft limit of a budget: one job for each subject and window that reaches it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from agent_memory.access.budgets import Budget, Cost, Period, SoftLimit, Unit, holds_of
from agent_memory.access.sealing import Sealing
from agent_memory.access.subject import Caller, Subject, SubjectKind
from agent_memory.errors import InvalidRequest
from agent_memory.gateway.accounting import Asked, Served
from agent_memory.gateway.books import Reservation
from agent_memory.gateway.prices import TokenCounts
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId, new_id
from agent_memory.store.books import BookStore
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore
from agent_memory.store.rules import RuleStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.work.job import JobKind

OURS, KEY = WorkspaceId("ours"), KeyId("key_1")
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
SOFT = SoftLimit(Decimal(80), "https://hooks.example.com", "whsec_c2VjcmV0")


async def budget_of(rules: RuleStore, soft: SoftLimit | None) -> Budget:
    return await rules.put_budget(
        OURS,
        Subject(SubjectKind.SESSION),
        Unit.TOKENS,
        Decimal(1000),
        Period.TOTAL,
        "UTC",
        "cli",
        soft,
    )


async def use(books: BookStore, budget: Budget, session: str, tokens: int) -> None:
    """One request of the session that reads so many tokens."""
    caller = Caller(OURS, KEY, session=session)
    asked = Asked(
        RequestId(new_id("req")), OURS, KEY, SessionId(session), "messages", "local", "m", tokens, 0
    )
    holds = holds_of([budget], caller, Cost(tokens, Decimal(0)), NOW)
    entry = new_id("use")
    await books.reserve(Reservation(entry, asked, holds, NOW))
    served = Served(
        asked.request_id,
        OURS,
        KEY,
        SessionId(session),
        "messages",
        "m",
        "local",
        "m",
        TokenCounts(tokens),
        None,
        None,
        200,
        NOW,
        1.0,
        None,
        0.0,
    )
    await books.settle(entry, served, is_reserved=True)
    await books.settle(entry, served, is_reserved=True)


async def warned(database: Database) -> list[tuple[object, object]]:
    page = await JobStore(database).list_jobs(OURS, kind=JobKind.WARN_OF_BUDGET)
    return sorted((job.args["subject_id"], job.args["spent"]) for job in page.items)


async def test_a_job_is_queued_once_when_the_soft_limit_is_reached(database: Database) -> None:
    await WorkspaceStore(database).create_workspace(OURS, "cli")
    rules, books = RuleStore(database, sealing=Sealing(bytes(32))), BookStore(database)
    budget = await budget_of(rules, SOFT)
    await use(books, budget, "sess_a", 79)
    assert await warned(database) == []
    await use(books, budget, "sess_a", 1)
    await use(books, budget, "sess_a", 50)
    await use(books, budget, "sess_b", 90)
    assert await warned(database) == [("sess_a", "80"), ("sess_b", "90")]
    assert await rules.receiver(OURS, budget.budget_id) == (SOFT.url, SOFT.secret)


async def test_the_secret_that_signs_opens_with_no_other_key(database: Database) -> None:
    await WorkspaceStore(database).create_workspace(OURS, "cli")
    budget = await budget_of(RuleStore(database, sealing=Sealing(bytes(32))), SOFT)
    stranger = RuleStore(database, sealing=Sealing(bytes([1]) * 32))
    with pytest.raises(InvalidRequest, match="sealed with another key"):
        await stranger.receiver(OURS, budget.budget_id)


async def test_without_a_soft_limit_nobody_is_told(database: Database) -> None:
    await WorkspaceStore(database).create_workspace(OURS, "cli")
    rules, books = RuleStore(database, sealing=Sealing(bytes(32))), BookStore(database)
    budget = await budget_of(rules, None)
    await use(books, budget, "sess_a", 900)
    assert await warned(database) == []
    assert await rules.receiver(OURS, budget.budget_id) is None


async def test_a_soft_limit_that_is_set_again_is_told_again(database: Database) -> None:
    await WorkspaceStore(database).create_workspace(OURS, "cli")
    rules, books = RuleStore(database, sealing=Sealing(bytes(32))), BookStore(database)
    budget = await budget_of(rules, SOFT)
    await use(books, budget, "sess_a", 80)
    await budget_of(rules, SoftLimit(Decimal(100), SOFT.url, SOFT.secret))
    await use(books, budget, "sess_a", 20)
    assert await warned(database) == [("sess_a", "100"), ("sess_a", "80")]
