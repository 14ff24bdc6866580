"""Limits, budgets, the ledger and the audit log over PostgreSQL, through the official clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import anthropic
import httpx
import httpx2
import openai
import orjson
import psycopg
import pytest
from fastapi import FastAPI
from starlette.types import Message

from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.principal import Scope
from agent_memory.access.sealing import Sealing
from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.deployments.administration import administration_of
from agent_memory.gateway.accountant import Accountant
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.authenticator import KeyAuthenticator
from agent_memory.store.books import BookStore
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.ledger import LedgerStore
from agent_memory.testing.runtime import Pause, ScriptedTurns, Step, scripted_runtime
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent_memory.turns.models import ModelCard

OURS = WorkspaceId("ours")
OK, CREATED, BAD, UNKNOWN, BROKE, DENIED, MANY = 200, 201, 400, 401, 402, 403, 429
PROMPT, ANSWER = 21, 4
STARTED = TurnStarted(TurnId(""), SessionId("sess_1"), Usage(PROMPT, 5), model="scripted")
WORDS: list[Step] = [TextDelta(0, word, 1) for word in ("The ", "capital ", "is ", "Paris.")]
END: list[Step] = [
    ChoiceFinished(0, FinishReason.STOP),
    TurnFinished(Usage(PROMPT, 5, ANSWER)),
]
PARIS: list[Step] = [STARTED, *WORDS, *END]
ASK = {"model": "scripted", "max_tokens": 20, "messages": [{"role": "user", "content": "Where?"}]}


@dataclass
class World:
    """An application whose keys, books and administration are real."""

    app: FastAPI
    turns: ScriptedTurns
    accountant: Accountant
    admin: httpx.AsyncClient
    key: str

    async def set(self, path: str, **body: object) -> httpx.Response:
        response = await self.admin.post(f"/v1/admin/{path}", json=body)
        assert response.status_code in {OK, CREATED}, response.text
        return response

    async def entries(self) -> list[dict[str, object]]:
        await self.accountant.finish()
        response = await self.admin.get("/v1/admin/ledger")
        return list(response.json()["data"])

    async def balance(self) -> dict[str, str]:
        [budget] = (await self.admin.get("/v1/admin/budgets")).json()["data"]
        [counter] = budget["counters"]
        return dict(counter)

    def claude(self) -> anthropic.AsyncAnthropic:
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app))
        return anthropic.AsyncAnthropic(
            api_key=self.key, base_url="http://test", max_retries=0, http_client=http
        )

    def gpt(self) -> openai.AsyncOpenAI:
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app))
        return openai.AsyncOpenAI(
            api_key=self.key, base_url="http://test/v1", max_retries=0, http_client=http
        )


@asynccontextmanager
async def client_of(app: FastAPI, key: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers={"x-api-key": key}
    ) as client:
        yield client


async def leave_after(world: World, word: bytes) -> None:
    """Ask for a stream and go away when `word` has come."""
    is_heard = asyncio.Event()
    sent = [{"type": "http.request", "body": orjson.dumps({**ASK, "stream": True})}]

    async def receive() -> Message:
        if sent:
            return sent.pop()
        await is_heard.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if word in message.get("body", b""):
            is_heard.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/messages",
        "query_string": b"",
        "headers": [(b"x-api-key", world.key.encode())],
        "client": ("127.0.0.1", 1),
    }
    await world.app(scope, receive, send)


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    keys = KeyStore(database)
    _, admin_key = await keys.create_key(OURS, "admin", [Scope.ADMIN, Scope.OPERATOR])
    _, key = await keys.create_key(OURS, "ann", [Scope.INFERENCE])
    turns = ScriptedTurns(PARIS, [ModelCard("scripted", 0, 4096)], num_prompt_tokens=PROMPT)
    accountant = Accountant(BookStore(database), LocalLimiter())
    runtime = replace(
        scripted_runtime(turns),
        keys=KeyAuthenticator(keys, ttl_s=0.05),
        accounts=accountant,
        administration=administration_of(database, Sealing(bytes(32))),
    )
    app = create_app(runtime, Limits())
    async with client_of(app, admin_key) as admin:
        yield World(app, turns, accountant, admin, key)


async def test_every_request_has_its_line_in_the_ledger_whatever_route_it_took(
    world: World,
) -> None:
    claude, gpt = world.claude(), world.gpt()
    await claude.messages.create(**ASK)  # type: ignore[call-overload]
    async with claude.messages.stream(**ASK) as stream:  # type: ignore[arg-type]
        await stream.get_final_text()
    await gpt.chat.completions.create(**ASK)  # type: ignore[call-overload]
    await gpt.completions.create(model="scripted", prompt="Where", max_tokens=5)
    async with client_of(world.app, world.key) as http:
        agent = (await http.post("/v1/agents", json={"session_id": "ann-1"})).json()["id"]
        turn = await http.post(f"/v1/agents/{agent}/turns", json={"message": "Where?"})
    assert turn.headers["X-Provider"] == "local"
    assert turn.headers["X-Cost"] == "0"
    assert float(turn.headers["X-Overhead-Ms"]) >= 0
    whole = {"model": "scripted", "input": "Where?", "max_output_tokens": 20}
    await gpt.responses.create(**whole)  # type: ignore[call-overload]
    await gpt.responses.create(**whole, background=True)  # type: ignore[call-overload]
    async with asyncio.timeout(5):
        while world.accountant.num_open():  # noqa: ASYNC110  it runs while nobody waits for it
            await asyncio.sleep(0.01)
    await gpt.embeddings.create(model="hashing", input=["one text"])

    entries = await world.entries()

    assert [entry["surface"] for entry in reversed(entries)] == [
        "messages",
        "messages",
        "chat_completions",
        "completions",
        "agents",
        "responses",
        "responses",
        "embeddings",
    ]
    assert {entry["status"] for entry in entries} == {OK}
    for entry in entries[1:]:
        assert (entry["input_tokens"], entry["cache_read_tokens"], entry["output_tokens"]) == (
            PROMPT - 5,
            5,
            ANSWER,
        )
    assert entries[3]["agent"] == "ann-1"
    assert entries[3]["session_id"] == "ann-1"


async def test_a_budget_of_tokens_ends_with_402_that_says_when_it_begins_again(
    world: World,
) -> None:
    await world.set("budgets", subject="key", unit="tokens", amount=80, period="day")
    claude, gpt = world.claude(), world.gpt()
    await claude.messages.create(**ASK)  # type: ignore[call-overload]
    assert (await world.balance()) == {
        "subject_id": (await world.entries())[0]["key_id"],
        "spent": "25",
        "reserved": "0",
        "remaining": "55",
    }
    await gpt.chat.completions.create(**ASK)  # type: ignore[call-overload]

    with pytest.raises(openai.APIStatusError) as refused:
        await gpt.chat.completions.create(**ASK)  # type: ignore[call-overload]
    with pytest.raises(anthropic.APIStatusError) as told:
        await claude.messages.create(**ASK)  # type: ignore[call-overload]

    assert refused.value.status_code == told.value.status_code == BROKE
    assert "resets at" in told.value.message
    assert told.value.body["error"]["type"] == "billing_error"  # type: ignore[index]
    assert refused.value.type == "insufficient_quota"
    assert refused.value.response.headers["X-Budget-Reset"].endswith("T00:00:00+00:00")
    assert len(world.turns.requests) == 2 + 4  # counted four times, answered twice
    assert len(await world.entries()) == 2


async def test_limits_refuse_with_429_and_tell_how_they_stand(world: World) -> None:
    await world.set("limits", subject="key", metric="requests", amount=2, per_s=3600)
    claude, gpt = world.claude(), world.gpt()
    raw = await claude.messages.with_raw_response.create(**ASK)  # type: ignore[call-overload]
    assert raw.headers["anthropic-ratelimit-requests-limit"] == "2"
    assert raw.headers["anthropic-ratelimit-requests-remaining"] == "1"
    assert raw.headers["anthropic-ratelimit-requests-reset"].endswith("Z")
    other = await gpt.chat.completions.with_raw_response.create(**ASK)  # type: ignore[call-overload]
    assert other.headers["x-ratelimit-limit-requests"] == "2"
    assert other.headers["x-ratelimit-remaining-requests"] == "0"
    assert "anthropic-ratelimit-requests-limit" not in other.headers

    with pytest.raises(openai.RateLimitError) as refused:
        await gpt.chat.completions.create(**ASK)  # type: ignore[call-overload]
    with pytest.raises(anthropic.RateLimitError):
        await claude.messages.create(**ASK)  # type: ignore[call-overload]

    assert 1700 <= int(refused.value.response.headers["retry-after"]) <= 1800
    assert refused.value.response.headers["x-ratelimit-remaining"] == "0"


async def test_counting_a_prompt_falls_under_limits_and_bounds_and_uses_no_tokens(
    world: World,
) -> None:
    prompt = {"model": "scripted", "messages": [{"role": "user", "content": "Where?"}]}
    await world.set("limits", subject="key", metric="requests", amount=2, per_s=3600)
    await world.set("budgets", subject="key", unit="tokens", amount=80, period="day")

    async with client_of(world.app, world.key) as http:
        counted = await http.post("/v1/messages/count_tokens", json=prompt)
        again = await http.post("/v1/responses/input_tokens", json={"input": "Where?"})
        refused = await http.post("/v1/messages/count_tokens", json=prompt)
        other = await http.post("/v1/responses/input_tokens", json={"input": "Where?"})
    entries = await world.entries()

    assert (counted.status_code, counted.json()) == (OK, {"input_tokens": PROMPT})
    assert counted.headers["anthropic-ratelimit-requests-remaining"] == "1"
    assert (counted.headers["X-Provider"], counted.headers["X-Cost"]) == ("local", "0")
    assert (again.status_code, again.json()["input_tokens"]) == (OK, PROMPT)
    assert [refused.status_code, other.status_code] == [MANY, MANY]
    assert [entry["surface"] for entry in entries] == ["count_tokens", "count_tokens"]
    assert {entry["input_tokens"] for entry in entries} == {0}
    [budget] = (await world.admin.get("/v1/admin/budgets")).json()["data"]
    assert all(one["spent"] == one["reserved"] == "0" for one in budget["counters"])


async def test_a_key_that_is_bound_to_models_counts_with_no_other(world: World) -> None:
    made = await world.set("keys", name="bob", scopes=["inference"], models=["theirs/*"])
    prompt = {"model": "theirs", "messages": [{"role": "user", "content": "Where?"}]}

    async with client_of(world.app, made.json()["key"]) as http:
        refused = await http.post("/v1/messages/count_tokens", json=prompt)

    assert refused.status_code == DENIED
    assert await world.entries() == []


async def test_a_limit_on_addresses_counts_each_and_believes_no_client_from_afar(
    world: World,
) -> None:
    await world.set("limits", subject="address", metric="requests", amount=1, per_s=3600)

    async def status(peer: str, **headers: str) -> int:
        transport = httpx.ASGITransport(world.app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            answer = await http.post(
                "/v1/messages", json=ASK, headers={"x-api-key": world.key, **headers}
            )
        return answer.status_code

    assert await status("10.0.0.1") == OK
    assert await status("10.0.0.1") == MANY
    assert await status("10.0.0.1", **{"x-agent-memory-client": "10.9.9.9"}) == MANY
    assert await status("10.0.0.2") == OK
    assert await status("127.0.0.1", **{"x-agent-memory-client": "10.0.0.2"}) == MANY


async def test_no_more_requests_at_once_than_a_key_may(world: World) -> None:
    await world.set("limits", subject="key", metric="concurrency", amount=2)
    world.turns.script = [STARTED, Pause(0.2), *END]
    gpt = world.gpt()

    results = await asyncio.gather(
        *(gpt.chat.completions.create(**ASK) for _ in range(4)),  # type: ignore[call-overload]
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, openai.RateLimitError)]

    assert len(refused) == 2
    await gpt.chat.completions.create(**ASK)  # type: ignore[call-overload]


async def test_a_client_that_leaves_is_charged_what_it_got(world: World) -> None:
    await world.set("budgets", subject="key", unit="tokens", amount=80, period="total")
    world.turns.script = [STARTED, *WORDS[:2], Pause(30), *WORDS[2:], *END]

    await leave_after(world, b"capital")

    [entry] = await world.entries()

    assert (entry["is_cancelled"], entry["output_tokens"]) == (True, 2)
    assert (entry["status"], entry["error_code"]) == (499, None)
    assert (await world.balance())["spent"] == str(PROMPT + 2)
    assert (await world.balance())["reserved"] == "0"


async def test_a_budget_of_each_session_stands_for_itself(world: World) -> None:
    await world.set("budgets", subject="session", unit="tokens", amount=60, period="total")

    async def ask(session: str) -> int:
        async with client_of(world.app, world.key) as http:
            answer = await http.post("/v1/messages", json=ASK, headers={"X-Session-ID": session})
        return answer.status_code

    assert [await ask("one"), await ask("one"), await ask("two")] == [OK, BROKE, OK]


async def test_what_is_not_known_is_refused(world: World) -> None:
    for path, body in (
        ("limits", {"subject": "key", "metric": "requests", "amount": 1, "period": "day"}),
        ("limits", {"subject": "nobody", "metric": "requests", "amount": 1}),
        ("limits", {"subject": "key", "metric": "wishes", "amount": 1}),
        ("limits", {"subject": "key", "metric": "requests", "amount": -1}),
        ("budgets", {"subject": "key", "unit": "usd", "amount": "NaN", "period": "day"}),
        ("budgets", {"subject": "key", "unit": "usd", "amount": "1", "period": "year"}),
        ("budgets", {"subject": "address", "unit": "usd", "amount": "1", "period": "day"}),
        (
            "budgets",
            {"subject": "key", "unit": "usd", "amount": 1, "period": "day", "time_zone": "X/Y"},
        ),
        ("keys", {"name": "x", "addresses": ["nowhere"]}),
        ("keys", {"name": "x", "limit": 3}),
    ):
        answer = await world.admin.post(f"/v1/admin/{path}", json=body)
        assert answer.status_code == BAD, (path, body, answer.text)
    async with client_of(world.app, world.key) as http:
        for path in ("keys", "limits", "budgets", "ledger", "audit", "workspaces"):
            assert (await http.get(f"/v1/admin/{path}")).status_code == DENIED


async def test_a_key_lives_as_its_administrator_says(world: World) -> None:
    made = await world.set("keys", name="bob", models=["scripted"], addresses=["127.0.0.0/8"])
    old, key_id = made.json()["key"], made.json()["id"]

    async def status(key: str, model: str = "scripted") -> int:
        async with client_of(world.app, key) as http:
            return (await http.post("/v1/messages", json={**ASK, "model": model})).status_code

    async def soon(key: str, wanted: int) -> None:
        async with asyncio.timeout(2):
            while await status(key) != wanted:  # noqa: ASYNC110  the server tells by refusing
                await asyncio.sleep(0.05)

    assert await status(old) == OK
    new = (await world.set(f"keys/{key_id}/rotate", overlap_s=3600)).json()["key"]
    assert [await status(old), await status(new)] == [OK, OK]
    newest = (await world.set(f"keys/{key_id}/rotate")).json()["key"]
    await soon(new, UNKNOWN)
    await soon(old, UNKNOWN)
    path = f"/v1/admin/keys/{key_id}"
    await world.admin.patch(path, json={"disabled": True})
    await soon(newest, UNKNOWN)
    await world.admin.patch(path, json={"disabled": False, "models": ["other/*"]})
    await soon(newest, DENIED)
    await world.admin.patch(path, json={"models": None, "addresses": ["10.0.0.0/8"]})
    await soon(newest, DENIED)
    await world.admin.patch(path, json={"addresses": None})
    await soon(newest, OK)
    await world.admin.delete(path)
    await soon(newest, UNKNOWN)


async def test_usage_is_added_up_the_same_before_and_after_a_day_is_over(
    world: World, database: Database
) -> None:
    gpt = world.gpt()
    for _ in range(3):
        await gpt.chat.completions.create(**ASK)  # type: ignore[call-overload]
    await world.entries()
    by = "day,key,provider,model,agent,session"
    before = (await world.admin.get("/v1/usage", params={"by": by})).json()
    [row] = before["data"]
    assert (row["requests"], row["output_tokens"], row["cost"]) == (3, 3 * ANSWER, "0")
    [day] = (await world.admin.get("/v1/usage")).json()["data"]
    assert day["requests"] == row["requests"]

    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert await LedgerStore(database).roll_up(OURS, tomorrow) == 1
    assert await LedgerStore(database).roll_up(OURS, tomorrow) == 0

    assert (await world.admin.get("/v1/usage", params={"by": by})).json() == before
    text = (await world.admin.get("/v1/usage", params={"by": "model", "format": "csv"})).text
    assert text.splitlines()[0].startswith("model,requests,errors")
    assert text.splitlines()[1].startswith("scripted,3,0")
    bad = await world.admin.get("/v1/usage", params={"by": "colour"})
    assert bad.status_code == BAD


async def test_a_key_sees_what_it_used_and_what_is_left(world: World) -> None:
    await world.set("budgets", subject="workspace", unit="tokens", amount="80", period="month")
    await world.gpt().chat.completions.create(**ASK)  # type: ignore[call-overload]
    await world.entries()

    async with client_of(world.app, world.key) as http:
        mine = (await http.get("/v1/usage/me")).json()

    assert [day["requests"] for day in mine["days"]] == [1]
    [left] = mine["budgets"]
    assert Decimal(left["remaining"]) == 80 - PROMPT - ANSWER
    assert left["resets_at"] is not None


async def test_the_audit_log_is_whole_until_somebody_touches_it(world: World, url: str) -> None:
    limit = (await world.set("limits", subject="key", metric="requests", amount=2)).json()
    await world.admin.delete(f"/v1/admin/limits/{limit['id']}")
    told = (await world.admin.get("/v1/admin/audit")).json()["data"]
    assert [entry["action"] for entry in told[:2]] == ["limit.delete", "limit.set"]
    assert told[1]["detail"]["amount"] == 2
    verify = "/v1/admin/audit/verify"
    assert (await world.admin.get(verify)).json()["is_whole"]

    with psycopg.connect(url) as connection:
        with (
            pytest.raises(psycopg.errors.RaiseException, match="never changed"),
            connection.transaction(),
        ):
            connection.execute("UPDATE agent_memory.audit_log SET actor = 'nobody'")
        connection.execute("ALTER TABLE agent_memory.audit_log DISABLE TRIGGER ALL")
        connection.execute("UPDATE agent_memory.audit_log SET actor = 'eve' WHERE entry_no = 3")
    found = (await world.admin.get(verify)).json()
    assert (found["is_whole"], found["broken_at"]) == (False, 3)


async def test_a_cut_end_of_the_audit_log_is_noticed(world: World, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE agent_memory.audit_log DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM agent_memory.audit_log WHERE entry_no = 2")
    found = (await world.admin.get("/v1/admin/audit/verify")).json()
    assert (found["is_whole"], found["num_entries"], found["broken_at"]) == (False, 1, 2)


async def test_an_operator_makes_a_workspace_whose_administrator_sees_nothing_else(
    world: World,
) -> None:
    made = await world.set("workspaces", id="team")
    again = await world.admin.post("/v1/admin/workspaces", json={"id": "team"})
    assert again.status_code == 409
    async with client_of(world.app, made.json()["key"]) as theirs:
        keys = (await theirs.get("/v1/admin/keys")).json()["data"]
        assert [key["name"] for key in keys] == ["administrator"]
        assert (await theirs.get("/v1/admin/workspaces")).status_code == DENIED
        grab = await theirs.post("/v1/admin/keys", json={"name": "x", "scopes": ["operator"]})
        assert grab.status_code == DENIED
    listed = (await world.admin.get("/v1/admin/workspaces")).json()["data"]
    assert "team" in [one["id"] for one in listed]


async def test_a_soft_limit_needs_an_address_on_the_internet_and_shows_its_secret_once(
    world: World,
) -> None:
    budget = {"subject": "key", "unit": "tokens", "amount": 80, "period": "day"}
    url = "https://hooks.example.com"
    made = await world.set("budgets", **budget, soft_limit="40", webhook_url=url)
    assert made.json()["webhook_secret"].startswith("whsec_")
    assert (made.json()["soft_limit"], made.json()["webhook_url"]) == ("40", url)
    [listed] = (await world.admin.get("/v1/admin/budgets")).json()["data"]
    assert "webhook_secret" not in listed
    for wrong in (
        {"soft_limit": 40},
        {"webhook_url": url},
        {"soft_limit": 0, "webhook_url": url},
        {"soft_limit": 81, "webhook_url": url},
        {"soft_limit": 40, "webhook_url": "http://127.0.0.1/"},
    ):
        response = await world.admin.post("/v1/admin/budgets", json={**budget, **wrong})
        assert response.status_code == BAD, wrong
