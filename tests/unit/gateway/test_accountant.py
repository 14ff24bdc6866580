"""The accountant: who is admitted, and what is booked."""

from decimal import Decimal

import pytest

from agent_memory.access.budgets import Budget, Period, Unit
from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.limits import Limit, Metric
from agent_memory.access.subject import Subject, SubjectKind
from agent_memory.errors import BudgetExceeded, PriceUnknown, RateLimited, StorageUnavailable
from agent_memory.gateway import accountant as module
from agent_memory.gateway.accountant import Accountant
from agent_memory.gateway.accounting import Asked, Needs, Served
from agent_memory.gateway.books import Rules
from agent_memory.gateway.prices import FREE, Price, Rates, TokenCounts
from agent_memory.ids import KeyId, RequestId, SessionId, WorkspaceId
from agent_memory.testing.books import AT, DictBooks

KEY = Subject(SubjectKind.KEY)
DEAR = Price("dear", (Rates(Decimal(10), Decimal(100), Decimal(1), Decimal(20)),))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(
    request: str = "r",
    key: str = "ann",
    prompt: int = 100,
    most: int | None = 10,
    price: Price | None = FREE,
) -> Asked:
    return Asked(
        RequestId(request),
        WorkspaceId("w"),
        KeyId(key),
        None,
        "messages",
        "local",
        "tiny",
        prompt,
        most,
        price,
    )


def served(asked: Asked, output: int = 5, session: str | None = None) -> Served:
    return Served(
        request_id=asked.request_id,
        workspace_id=asked.workspace_id,
        key_id=asked.key_id,
        session_id=None if session is None else SessionId(session),
        surface=asked.surface,
        requested_model=asked.model,
        provider=asked.provider,
        model=asked.model,
        tokens=TokenCounts(input_tokens=asked.num_prompt_tokens, output_tokens=output),
        cost=Decimal(0),
        price_id=None,
        status=200,
        started_at=AT,
        latency_ms=1,
        first_byte_ms=None,
        upstream_ms=1,
    )


def tokens(amount: int) -> Budget:
    return Budget("b", KEY, Unit.TOKENS, Decimal(amount), Period.TOTAL)


def accounts(books: DictBooks, clock: Clock | None = None) -> Accountant:
    clock = clock or Clock()
    return Accountant(books, LocalLimiter(clock), lambda: AT, clock)


async def test_the_most_is_held_and_what_was_used_takes_its_place() -> None:
    books = DictBooks(Rules(budgets=(tokens(1000),)))
    desk = accounts(books)
    first = asked()
    await desk.admit(first)
    [balance] = books.balances.values()
    assert (balance.held, balance.spent) == (Decimal(125), Decimal(0))  # 100 * 1.15 + 10
    await desk.book(served(first))
    [balance] = books.balances.values()
    assert (balance.held, balance.spent) == (Decimal(0), Decimal(105))
    assert desk.num_open() == 0


async def test_what_a_refused_request_took_from_limits_is_given_back() -> None:
    limit = Limit("l", KEY, Metric.REQUESTS, 1)
    place = Limit("p", KEY, Metric.CONCURRENCY, 1)
    books = DictBooks(Rules((limit, place), (tokens(50),)))
    desk = accounts(books)
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            await desk.admit(asked())
    assert desk.num_open() == 0
    small = asked(prompt=1, most=1)
    admission = await desk.admit(small)
    assert [standing.remaining for standing in admission.standings] == [0, 0]


async def test_limits_are_of_each_subject_for_itself_and_say_when_to_ask_again() -> None:
    books = DictBooks(Rules((Limit("l", KEY, Metric.REQUESTS, 1, per_s=10),)))
    clock = Clock()
    desk = accounts(books, clock)
    await desk.admit(asked("1"))
    await desk.admit(asked("2", key="bob"))
    with pytest.raises(RateLimited) as refused:
        await desk.admit(asked("3"))
    assert refused.value.retry_after_s == 10
    assert "key 'ann'" in str(refused.value)
    clock.now = 10
    await desk.admit(asked("4"))


async def test_tokens_are_taken_beforehand_and_corrected_afterwards() -> None:
    limit = Limit("l", KEY, Metric.OUTPUT_TOKENS, 100)
    desk = accounts(DictBooks(Rules((limit,))))
    first = asked(most=90)
    assert [one.remaining for one in (await desk.admit(first)).standings] == [10]
    with pytest.raises(RateLimited):
        await desk.admit(asked("2", most=20))
    await desk.book(served(first, output=5))
    assert [one.remaining for one in (await desk.admit(asked("3", most=20))).standings] == [75]


async def test_two_requests_of_one_id_are_two() -> None:
    """Clients choose request ids, and may choose the same one again."""
    books = DictBooks(Rules(budgets=(tokens(1000),)))
    desk = accounts(books)
    first, second = asked(prompt=10), asked(prompt=20)
    await desk.admit(first)
    await desk.admit(second)
    await desk.book(served(second), second)
    await desk.book(served(first), first)
    assert len(books.settled) == 2
    [balance] = books.balances.values()
    assert (balance.held, balance.spent) == (Decimal(0), Decimal(10 + 20 + 5 + 5))


async def test_a_request_is_booked_once() -> None:
    books = DictBooks()
    desk = accounts(books)
    only = asked()
    await desk.admit(only)
    await desk.book(served(only, session="found-later"), only)
    await desk.book(served(only), only)
    assert len(books.settled) == 1


async def test_a_database_that_was_away_gets_the_line_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_RETRY_S", (0, 0, 0))
    books = DictBooks(Rules(budgets=(tokens(1000),)))
    books.errors = [StorageUnavailable("away"), StorageUnavailable("away")]
    desk = accounts(books)
    only = asked()
    await desk.admit(only)
    await desk.book(served(only), only)
    await desk.finish()
    assert len(books.settled) == 1


async def test_money_is_held_at_the_dearest_rates() -> None:
    money = Budget("m", KEY, Unit.USD, Decimal(1), Period.TOTAL)
    books = DictBooks(Rules(budgets=(money,)))
    await accounts(books).admit(asked(price=DEAR))
    [balance] = books.balances.values()
    assert balance.held == (Decimal(115) * 20 + 10 * 100) / 1_000_000


async def test_a_budget_of_money_refuses_a_model_without_a_price() -> None:
    money = Budget("m", KEY, Unit.USD, Decimal(1), Period.TOTAL)
    desk = accounts(DictBooks(Rules(budgets=(money,))))
    with pytest.raises(PriceUnknown, match="tiny"):
        await desk.admit(asked(price=None))


async def test_rules_are_read_once_a_second() -> None:
    books = DictBooks()
    clock = Clock()
    desk = accounts(books, clock)
    for number in range(5):
        await desk.admit(asked(str(number)))
    assert books.num_reads == 1
    clock.now = 1
    await desk.admit(asked("later"))
    assert books.num_reads == 2


async def test_only_rules_about_sizes_and_sessions_need_them() -> None:
    workspace = WorkspaceId("w")
    assert await accounts(DictBooks()).needs(workspace) == Needs()
    requests = DictBooks(Rules((Limit("l", KEY, Metric.REQUESTS, 1),)))
    assert await accounts(requests).needs(workspace) == Needs()
    budgets = DictBooks(Rules(budgets=(tokens(1),)))
    assert await accounts(budgets).needs(workspace) == Needs(sizes=True)
    session = Limit("l", Subject(SubjectKind.SESSION), Metric.REQUESTS, 1)
    assert await accounts(DictBooks(Rules((session,)))).needs(workspace) == Needs(session=True)
