"""Responses that nobody waits for are in the accounts like all others."""

from dataclasses import replace

import httpx
import pytest

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.errors import RateLimited
from agent_memory.gateway.accounting import Admission, Asked, NoAccounts, Served
from agent_memory.gateway.prices import TokenCounts
from agent_memory.testing.runtime import TEST_KEY, ScriptedTurns, scripted_runtime
from agent_memory.turns.models import ModelCard
from tests.unit.api.scripts import PARIS


class Accounts(NoAccounts):
    """Admits all, or nobody, and keeps what was booked."""

    def __init__(self) -> None:
        self.is_open = True
        self.booked: list[Served] = []

    async def admit(self, asked: Asked) -> Admission:
        if not self.is_open:
            raise RateLimited("key 1", "requests", 1, 60, 7)
        return await super().admit(asked)

    async def book(self, served: Served, asked: Asked | None = None) -> None:
        del asked
        self.booked.append(served)


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def client(accounts: Accounts, turns: ScriptedTurns) -> httpx.AsyncClient:
    runtime = replace(scripted_runtime(turns), accounts=accounts)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(runtime, Limits())),
        base_url="http://test",
        headers={"x-api-key": TEST_KEY},
    )


@pytest.fixture
def turns() -> ScriptedTurns:
    return ScriptedTurns(PARIS, [ModelCard("m", 0, 8192)])


_BACKGROUND = ("/v1/responses", {"input": "hi", "background": True, "stream": True})
_COMPACT = ("/v1/responses/compact", {"input": "hi"})


@pytest.mark.parametrize(("path", "body"), [_BACKGROUND, _COMPACT])
async def test_they_are_booked_before_their_end_is_told(
    client: httpx.AsyncClient, accounts: Accounts, path: str, body: dict[str, object]
) -> None:
    assert (await client.post(path, json=body)).status_code == httpx.codes.OK
    [served] = accounts.booked
    assert served.tokens == TokenCounts(input_tokens=5, cache_read_tokens=16, output_tokens=7)
    assert (served.surface, served.status) == ("responses", 200)


@pytest.mark.parametrize(("path", "body"), [_BACKGROUND, _COMPACT])
async def test_none_begins_that_is_not_admitted(
    client: httpx.AsyncClient,
    accounts: Accounts,
    turns: ScriptedTurns,
    path: str,
    body: dict[str, object],
) -> None:
    accounts.is_open = False
    answer = await client.post(path, json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert turns.requests == []
