"""What the accounts are told of turns, by every surface."""

from dataclasses import replace
from decimal import Decimal

import httpx
import pytest
from fastapi import FastAPI

from agent_memory.access.budgets import Budget, Period, Unit
from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.limits import Limit, Metric
from agent_memory.access.subject import Subject, SubjectKind
from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.errors import EngineUnavailable
from agent_memory.gateway.accountant import Accountant
from agent_memory.gateway.books import Reservation, Rules
from agent_memory.ids import SessionId
from agent_memory.testing.books import DictBooks
from agent_memory.testing.runtime import ScriptedTurns, scripted_runtime
from agent_memory.turns.events import TextDelta
from agent_memory.turns.request import TurnRequest
from tests.unit.api.scripts import FINISHED, MODEL, STARTED, USAGE, stop

ASK = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Where?"}]}


@pytest.fixture
def books() -> DictBooks:
    return DictBooks()


@pytest.fixture
def found() -> list[TurnRequest]:
    """The turns whose session was looked for."""
    return []


@pytest.fixture
def app(turns: ScriptedTurns, books: DictBooks, found: list[TurnRequest]) -> FastAPI:
    async def find_session(turn: TurnRequest) -> SessionId:
        found.append(turn)
        return SessionId("sess_by_history")

    runtime = replace(
        scripted_runtime(turns),
        accounts=Accountant(books, LocalLimiter()),
        find_session=find_session,
    )
    return create_app(runtime, Limits(ping_interval_s=0.02))


@pytest.fixture(params=["whole", "stream"])
def body(request: pytest.FixtureRequest) -> dict[str, object]:
    return {**ASK, "stream": request.param == "stream"}


async def test_an_answer_is_booked_with_what_it_used(
    client: httpx.AsyncClient, books: DictBooks, body: dict[str, object]
) -> None:
    await client.post("/v1/messages", json=body, headers={"X-Agent-ID": "writer"})
    [served] = books.settled.values()
    tokens = served.tokens
    assert (tokens.prompt_tokens, tokens.cache_read_tokens, tokens.output_tokens) == (
        USAGE.prompt_tokens,
        USAGE.cached_tokens,
        USAGE.completion_tokens,
    )
    assert (served.status, served.agent, served.session_id) == (200, "writer", "sess_scripted")
    assert served.requested_model == "m"


async def test_a_turn_that_fails_midway_is_booked_with_what_was_sent(
    client: httpx.AsyncClient, books: DictBooks, turns: ScriptedTurns, body: dict[str, object]
) -> None:
    turns.script = [STARTED, TextDelta(0, "Par", 2), EngineUnavailable("gone")]
    await client.post("/v1/messages", json=body)
    [served] = books.settled.values()
    assert (served.status, served.error_code) == (503, "engine_unavailable")
    assert served.tokens.output_tokens == 2


async def test_a_turn_that_cannot_begin_is_booked_with_nothing(
    client: httpx.AsyncClient, books: DictBooks, turns: ScriptedTurns, body: dict[str, object]
) -> None:
    turns.script = [EngineUnavailable("gone")]
    assert (await client.post("/v1/messages", json=body)).status_code == 503
    [served] = books.settled.values()
    assert (served.status, served.tokens.prompt_tokens) == (503, 0)


async def test_an_answer_that_is_told_again_used_nothing(
    client: httpx.AsyncClient, books: DictBooks, turns: ScriptedTurns, body: dict[str, object]
) -> None:
    turns.script = [replace(STARTED, is_repeat=True), TextDelta(0, "Paris.", 0), stop(), FINISHED]
    await client.post("/v1/messages", json=body, headers={"Idempotency-Key": "k"})
    [served] = books.settled.values()
    assert served.is_repeat
    assert (served.tokens.prompt_tokens, served.tokens.output_tokens) == (0, 0)


async def test_nothing_is_counted_where_no_rule_needs_it(
    client: httpx.AsyncClient, turns: ScriptedTurns
) -> None:
    await client.post("/v1/messages", json=ASK)
    assert len(turns.requests) == 1


def held_of(books: DictBooks, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is held for each request from now on."""
    budget = Budget("b", Subject(SubjectKind.KEY), Unit.TOKENS, Decimal(1000), Period.TOTAL)
    books.current = Rules(budgets=(budget,))
    held: list[int] = []
    reserve = books.reserve

    async def noted(reservation: Reservation) -> None:
        held.extend(int(hold.amount) for hold in reservation.holds)
        await reserve(reservation)

    monkeypatch.setattr(books, "reserve", noted)
    return held


async def test_each_round_of_the_memory_tool_may_read_the_prompt_again(
    client: httpx.AsyncClient,
    books: DictBooks,
    turns: ScriptedTurns,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns.script = [EngineUnavailable("gone")]
    held = held_of(books, monkeypatch)
    tool = {"type": "memory_20250818", "name": "memory"}
    body = {**ASK, "max_tokens": 10, "tools": [tool]}
    await client.post("/v1/messages", json=body)
    await client.post("/v1/messages", json={**body, "memory_tool": True})
    assert held == [25 + 10, 387 + 10]  # 21 * 1.15, and of 16 rounds, rounded up


async def test_of_a_turn_without_a_bound_the_rest_of_the_window_is_held(
    client: httpx.AsyncClient,
    books: DictBooks,
    turns: ScriptedTurns,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And all of it, for each of the answers that are asked for."""
    turns.model_cards = [replace(MODEL, context_window=121)]
    turns.script = [EngineUnavailable("gone")]
    held = held_of(books, monkeypatch)
    unbounded = {"model": "m", "messages": ASK["messages"]}
    await client.post("/v1/chat/completions", json=unbounded)
    await client.post("/v1/chat/completions", json={**unbounded, "n": 3})
    assert held == [25 + 100, 25 + 300]  # 21 * 1.15, rounded up


async def test_a_session_is_looked_for_where_a_rule_is_about_sessions(
    client: httpx.AsyncClient, books: DictBooks, found: list[TurnRequest]
) -> None:
    session = Subject(SubjectKind.SESSION, "sess_by_history")
    books.current = Rules((Limit("l", session, Metric.REQUESTS, 1, per_s=3600),))
    statuses = [(await client.post("/v1/messages", json=ASK)).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert len(found) == 2


async def test_a_request_that_a_limit_refuses_is_not_in_the_ledger(
    client: httpx.AsyncClient, books: DictBooks, turns: ScriptedTurns
) -> None:
    books.current = Rules((Limit("l", Subject(SubjectKind.KEY), Metric.REQUESTS, 0),))
    assert (await client.post("/v1/messages", json=ASK)).status_code == 429
    assert (turns.requests, books.settled) == ([], {})
