"""Budgets under parallel requests, clients that leave, and processes that die."""

import asyncio
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agent_memory.access.budgets import Period, Unit
from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.subject import Subject, SubjectKind
from agent_memory.clock import utc_now
from agent_memory.errors import BudgetExceeded
from agent_memory.gateway.accountant import Accountant
from agent_memory.gateway.accounting import Served
from agent_memory.gateway.prices import TokenCounts
from agent_memory.gateway.usage_report import UsageRow
from agent_memory.ids import SessionId
from agent_memory.store.books import BookStore
from agent_memory.store.database import Database
from agent_memory.store.ledger import LedgerStore
from agent_memory.store.rules import RuleStore
from tests.integration.store import replica
from tests.integration.store.conftest import ALPHA, BETA

BUDGET = 1500
NUM_REQUESTS, NUM_LOST = 50, 5


def served(number: int, num_tokens: int, *, is_cancelled: bool = False) -> Served:
    asked = replica.asked(number, "ann")
    return Served(
        request_id=asked.request_id,
        workspace_id=ALPHA,
        key_id=asked.key_id,
        session_id=None,
        surface=asked.surface,
        requested_model=asked.model,
        provider=asked.provider,
        model=asked.model,
        tokens=TokenCounts(output_tokens=num_tokens),
        cost=Decimal(0),
        price_id="local:free",
        status=499 if is_cancelled else 200,
        started_at=utc_now(),
        latency_ms=1.0,
        first_byte_ms=None,
        upstream_ms=1.0,
        is_cancelled=is_cancelled,
    )


async def balance(database: Database) -> tuple[Decimal, Decimal]:
    """Of the one budget: what was spent, and what is held."""
    rules = RuleStore(database)
    budgets = (await rules.rules(ALPHA)).budgets
    [found] = (await rules.balances(ALPHA, budgets, utc_now())).values()
    return found.spent, found.held


async def total(database: Database) -> UsageRow:
    today = utc_now().date()
    [row] = await LedgerStore(database).usage(ALPHA, today - timedelta(days=1), today, ())
    return row


@pytest.fixture
async def budget(database: Database) -> None:
    await RuleStore(database).put_budget(
        ALPHA,
        Subject(SubjectKind.WORKSPACE),
        Unit.TOKENS,
        Decimal(BUDGET),
        Period.TOTAL,
        "UTC",
        "cli",
    )


@pytest.mark.usefixtures("budget")
async def test_nothing_is_overspent_when_a_process_dies_amid_parallel_requests(
    database: Database, url: str
) -> None:
    """Two processes' accountants share the budget; a third is killed with requests open. What the
    ledger says is what was served, to the token."""
    lost = await asyncio.create_subprocess_exec(
        sys.executable,
        replica.__file__,
        url,
        "ann",
        str(NUM_LOST),
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert lost.stdout is not None
    assert await lost.stdout.readline() == b"ready\n"
    assert await balance(database) == (Decimal(0), Decimal(NUM_LOST * replica.MOST))
    desks = [Accountant(BookStore(database), LocalLimiter()) for _ in range(2)]
    dice = random.Random(7)  # noqa: S311  a test that repeats itself
    used = num_refused = 0

    async def ask(number: int) -> None:
        nonlocal used, num_refused
        asked, desk = replica.asked(number, "ann"), desks[number % 2]
        try:
            await desk.admit(asked)
        except BudgetExceeded:
            num_refused += 1
            return
        is_cancelled = dice.random() < 0.3
        num_tokens = dice.randrange(0 if is_cancelled else 40, replica.MOST + 1)
        await asyncio.sleep(dice.random() / 20)
        used += num_tokens
        await desk.book(served(number, num_tokens, is_cancelled=is_cancelled), asked)

    lost.kill()
    await lost.wait()
    killed_at = time.monotonic()
    await asyncio.gather(*(ask(number) for number in range(NUM_REQUESTS)))
    await asyncio.gather(*(desk.finish() for desk in desks))
    assert num_refused > 0
    spent, held = await balance(database)
    assert spent == used
    assert spent + held <= BUDGET

    await asyncio.sleep(max(0, killed_at + 2 * replica.LEASE.total_seconds() - time.monotonic()))
    assert await balance(database) == (Decimal(used), Decimal(0))
    books = BookStore(database)
    assert await books.settle_lost(ALPHA, timedelta(0)) == NUM_LOST
    assert await books.settle_lost(ALPHA, timedelta(0)) == 0

    everything = used + NUM_LOST * replica.NUM_STREAMED
    assert await balance(database) == (Decimal(everything), Decimal(0))
    row = await total(database)
    assert row.tokens.output_tokens == everything <= BUDGET
    assert row.num_requests == NUM_REQUESTS - num_refused + NUM_LOST
    assert row.num_errors == NUM_LOST


@pytest.mark.usefixtures("budget")
async def test_a_request_is_settled_once_however_often_it_is_tried(database: Database) -> None:
    desk, books = Accountant(BookStore(database), LocalLimiter()), BookStore(database)
    asked = replica.asked(1, "ann")
    await desk.admit(asked)
    [[entry]] = desk._open.values()
    await asyncio.gather(
        *(books.settle(entry.entry_id, served(1, 10), is_reserved=True) for _ in range(5))
    )
    assert await balance(database) == (Decimal(10), Decimal(0))
    assert (await total(database)).num_requests == 1
    await books.settle("use_1", served(2, 10), is_reserved=False)
    await books.settle("use_1", served(2, 10), is_reserved=False)
    assert (await total(database)).num_requests == 2


@pytest.mark.usefixtures("budget")
async def test_another_workspace_sees_nothing_of_rules_and_ledger(database: Database) -> None:
    await BookStore(database).settle("use_1", served(1, 10), is_reserved=False)
    rules = await RuleStore(database).rules(BETA)
    assert (rules.limits, rules.budgets) == ((), ())
    ledger = LedgerStore(database)
    assert (await ledger.lines(BETA, None, 50)).items == []
    assert len((await ledger.lines(ALPHA, None, 50)).items) == 1


async def test_the_ledger_is_read_page_by_page(database: Database) -> None:
    books, ledger = BookStore(database), LedgerStore(database)
    for number in range(5):
        await books.settle(f"use_{number}", served(number, 1), is_reserved=False)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await ledger.lines(ALPHA, cursor, 2)
        seen += [line.entry_id for line in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [f"use_{number}" for number in reversed(range(5))]


async def test_a_new_session_is_charged_under_the_name_that_it_gets(database: Database) -> None:
    rules = RuleStore(database)
    subject = Subject(SubjectKind.SESSION)
    amount = Decimal(BUDGET)
    await rules.put_budget(ALPHA, subject, Unit.TOKENS, amount, Period.TOTAL, "UTC", "cli")
    desk = Accountant(BookStore(database), LocalLimiter())
    for number in range(2):
        asked = replace(replica.asked(number, "ann"), session_id=SessionId(f"sess_new{number}"))
        await desk.admit(asked)
        answer = replace(served(number, 10), session_id=SessionId("sess_real"))
        await desk.book(answer, asked)
    await desk.finish()

    budgets = (await rules.rules(ALPHA)).budgets
    found = await rules.balances(ALPHA, budgets, utc_now())

    spent = {key.subject_id: one.spent for key, one in found.items() if one.spent}
    assert spent == {"sess_real": Decimal(20)}
    assert all(one.held == Decimal(0) for one in found.values())


@pytest.mark.usefixtures("budget")
async def test_the_ledger_does_not_say_which_session_an_unstored_turn_belonged_to(
    database: Database,
) -> None:
    desk = Accountant(BookStore(database), LocalLimiter())
    session = SessionId("canary")
    for number, is_stored in ((1, False), (2, True)):
        named = replica.asked(number, "ann")
        asked = replace(named, session_id=session, is_stored=is_stored)
        await desk.admit(asked)
        answer = replace(served(number, 10), session_id=session, is_stored=is_stored)
        await desk.book(answer, asked)
    await desk.finish()
    lines = (await LedgerStore(database).lines(ALPHA, None, 50)).items
    assert [line.served.session_id for line in lines] == ["canary", None]
