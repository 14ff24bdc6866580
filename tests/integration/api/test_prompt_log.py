"""Prompts that are logged: by whom the policy names, redacted, for a time."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.principal import Scope
from agent_memory.access.sealing import Sealing
from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.deployments.administration import administration_of
from agent_memory.gateway.accountant import Accountant
from agent_memory.gateway.prompt_log import PromptLog
from agent_memory.ids import SessionId, TurnId, WorkspaceId
from agent_memory.store.authenticator import KeyAuthenticator
from agent_memory.store.books import BookStore
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.memory.policies import PolicyStore
from agent_memory.store.prompt_log import PromptLogStore
from agent_memory.store.sessions import SessionStore
from agent_memory.testing.runtime import ScriptedTurns, Step, scripted_runtime
from agent_memory.turns.events import (
    ChoiceFinished,
    FinishReason,
    TextDelta,
    TurnFinished,
    TurnStarted,
    Usage,
)

OURS, THEIRS = WorkspaceId("ours"), WorkspaceId("theirs")
OK, BAD, DENIED, UNKNOWN = 200, 400, 403, 404
ASK = {
    "model": "scripted",
    "max_tokens": 20,
    "messages": [{"role": "user", "content": "I am ann@example.com. Where is it?"}],
}
PARIS: list[Step] = [
    TurnStarted(TurnId(""), SessionId("sess_1"), Usage(21, 5), model="scripted"),
    TextDelta(0, "Ask ", 1),
    TextDelta(0, "bob@example.com.", 1),
    ChoiceFinished(0, FinishReason.STOP),
    TurnFinished(Usage(21, 5, 4)),
]
PATH = "/v1/admin/prompts"


@dataclass
class World:
    admin: httpx.AsyncClient
    ann: httpx.AsyncClient
    bob: httpx.AsyncClient
    stranger: httpx.AsyncClient
    ann_id: str

    async def set(self, **policy: object) -> None:
        response = await self.admin.put(f"{PATH}/policy", json=policy)
        assert response.status_code == OK, response.text

    async def prompts(self, **params: str) -> list[dict[str, object]]:
        response = await self.admin.get(PATH, params=params)
        return list(response.json()["data"])


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    keys = KeyStore(database)
    _, admin = await keys.create_key(OURS, "admin", [Scope.ADMIN])
    ann, ann_key = await keys.create_key(OURS, "ann", [Scope.INFERENCE])
    _, bob = await keys.create_key(OURS, "bob", [Scope.INFERENCE])
    _, stranger = await keys.create_key(THEIRS, "admin", [Scope.ADMIN])
    runtime = replace(
        scripted_runtime(ScriptedTurns(PARIS)),
        keys=KeyAuthenticator(keys, ttl_s=0.05),
        accounts=Accountant(BookStore(database), LocalLimiter(), monotonic=_never_cached()),
        administration=administration_of(database, Sealing(bytes(32))),
        prompt_log=PromptLog(PromptLogStore(database), PolicyStore(database)),
    )
    app = create_app(runtime, Limits())

    @asynccontextmanager
    async def client(key: str) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"x-api-key": key}
        ) as http:
            yield http

    async with client(admin) as a, client(ann_key) as b, client(bob) as c, client(stranger) as d:
        yield World(a, b, c, d, ann.key_id)


def _never_cached() -> Callable[[], float]:
    """A clock by which all rules are old whenever they are asked for."""
    seconds = itertools.count(step=10)
    return lambda: float(next(seconds))


async def test_nothing_is_logged_unless_the_policy_says_so(world: World) -> None:
    await world.ann.post("/v1/messages", json=ASK)
    assert (await world.admin.get(f"{PATH}/policy")).json()["enabled"] is False
    assert await world.prompts() == []


@pytest.mark.parametrize("stream", [False, True])
async def test_a_key_that_the_policy_names_is_logged_and_redacted(
    world: World, *, stream: bool
) -> None:
    await world.set(enabled=False, on_for_keys=[world.ann_id])
    await world.ann.post("/v1/messages", json={**ASK, "stream": stream})
    await world.bob.post("/v1/chat/completions", json={**ASK, "stream": stream})
    [logged] = await world.prompts()
    assert (logged["key_id"], logged["surface"], logged["status"]) == (
        world.ann_id,
        "messages",
        OK,
    )
    assert logged["answer"] == "Ask [redacted:email]."
    assert "I am [redacted:email]. Where is it?" in str(logged["request"])
    assert "example.com" not in str(logged)
    assert logged["num_redacted"] == 2
    again = await world.admin.get(f"{PATH}/{logged['id']}")
    assert again.json() == logged


async def test_a_key_is_left_out_where_all_others_are_logged(world: World) -> None:
    await world.set(enabled=True, off_for_keys=[world.ann_id])
    await world.ann.post("/v1/messages", json=ASK)
    await world.bob.post("/v1/messages", json=ASK)
    [logged] = await world.prompts()
    assert logged["key_id"] != world.ann_id


async def test_a_response_that_is_not_stored_is_not_logged(world: World) -> None:
    await world.set(enabled=True)
    body = {"model": "scripted", "input": "Where?", "store": False}
    assert (await world.ann.post("/v1/responses", json=body)).status_code == OK
    assert await world.prompts() == []


async def test_only_administrators_of_the_workspace_read_it(world: World) -> None:
    await world.set(enabled=True)
    await world.ann.post("/v1/messages", json=ASK)
    [logged] = await world.prompts()
    for path in (PATH, f"{PATH}/policy", f"{PATH}/{logged['id']}"):
        assert (await world.ann.get(path)).status_code == DENIED
    assert (await world.stranger.get(PATH)).json()["data"] == []
    assert (await world.stranger.get(f"{PATH}/{logged['id']}")).status_code == UNKNOWN
    assert (await world.stranger.delete(PATH)).json()["num_prompts"] == 0


async def test_prompts_are_erased_by_key_and_the_audit_log_tells(world: World) -> None:
    await world.set(enabled=True)
    for http in (world.ann, world.bob):
        await http.post("/v1/messages", json=ASK)
    done = await world.admin.delete(PATH, params={"key_id": world.ann_id})
    assert done.json()["num_prompts"] == 1
    [left] = await world.prompts()
    assert left["key_id"] != world.ann_id
    audit = (await world.admin.get("/v1/admin/audit")).json()["data"]
    assert [entry["action"] for entry in audit[:2]] == ["prompts.erase", "prompts.policy"]


async def test_prompts_are_erased_by_their_age(world: World, database: Database) -> None:
    await world.set(enabled=True, keep_days=2)
    await world.ann.post("/v1/messages", json=ASK)
    soon = datetime.now(UTC) + timedelta(days=1)
    assert await PromptLogStore(database, lambda: soon).drop_prompts(OURS) == 0
    later = datetime.now(UTC) + timedelta(days=3)
    assert await PromptLogStore(database, lambda: later).drop_prompts(THEIRS) == 0
    assert await PromptLogStore(database, lambda: later).drop_prompts(OURS) == 1
    assert await world.prompts() == []


async def test_a_deleted_session_leaves_no_prompt(world: World, database: Database) -> None:
    sessions = SessionStore(database)
    await sessions.create_session(OURS, SessionId("sess_1"), "scripted")
    await world.set(enabled=True)
    await world.ann.post("/v1/messages", json=ASK)
    assert len(await world.prompts(session_id="sess_1")) == 1
    await sessions.delete_session(OURS, SessionId("sess_1"))
    assert await world.prompts() == []


async def test_a_policy_that_may_not_be_is_400(world: World) -> None:
    policies: list[dict[str, object]] = [
        {"enabled": True, "keep_days": 0},
        {"enabled": True, "on_for_keys": ["a"], "off_for_keys": ["a"]},
        {"enabled": True, "unknown": 1},
        {"on_for_keys": []},
    ]
    for policy in policies:
        assert (await world.admin.put(f"{PATH}/policy", json=policy)).status_code == BAD
