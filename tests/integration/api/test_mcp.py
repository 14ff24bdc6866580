"""Memory's tools over a real database: two workspaces never meet, and budgets are those of a real
tokenizer."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tokenizers import Tokenizer

from agent_memory import bundled
from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.clock import utc_now
from agent_memory.ids import WorkspaceId
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.service.composition import World
from agent_memory.memory.service.words_only import WordsOnly
from agent_memory.store.database import Database
from agent_memory.store.stored_memory import stored_memory
from agent_memory.testing.runtime import ScriptedTurns, StaticKeys, principal, scripted_runtime
from tests.integration.api.conftest import OURS, client_of
from tests.unit.api.mcp.rpc import call


class RealTokens:
    """Implements `TokenCounter` by the vocabulary of MiniLM."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(Path(bundled.minilm_path()) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)


@pytest.fixture
def counted_app(database: Database) -> FastAPI:
    counter = RealTokens()

    async def tokens() -> TokenCounter:
        return counter

    world = World(WordsOnly(), WordsOnly(), tokens, utc_now)
    keys = StaticKeys({OURS: principal(WorkspaceId("ours"))})
    runtime = scripted_runtime(ScriptedTurns(()), keys=keys, memory=stored_memory(database, world))
    return create_app(runtime, Limits())


async def test_two_workspaces_never_meet(
    ours: httpx.AsyncClient, theirs: httpx.AsyncClient
) -> None:
    kept = await call(theirs, "remember", text="We decided to use Redis for the cache.")
    item = kept["structuredContent"]["ids"][0]
    for tool in ("recall", "working_set"):
        assert (await call(ours, tool, purpose="Redis cache"))["structuredContent"]["memory"] == ""
        found = (await call(theirs, tool, purpose="Redis cache"))["structuredContent"]["memory"]
        assert "Redis" in found
    assert (await call(ours, "expand", id=item))["isError"]
    assert (await call(ours, "feedback", verdict="helpful", item_ids=[item]))["isError"]
    assert not (await call(theirs, "expand", id=item))["isError"]


async def test_whole_answers_keep_to_the_budget_of_a_real_tokenizer(
    counted_app: FastAPI,
) -> None:
    counter = RealTokens()
    async with client_of(counted_app, OURS) as client:
        for number in range(30):
            text = f'We decided that "service {number}" uses\nport {8000 + number}; why:\n\t- "x"'
            await call(client, "remember", text=text, said_by="user", thread=f"t{number}")
        for budget in (256, 400, 1024, 2048):
            for tool in ("recall", "working_set"):
                answer = await call(client, tool, purpose="service port", token_budget=budget)
                assert counter.count(answer["content"][0]["text"]) <= budget
                assert "port 80" in answer["structuredContent"]["memory"]
            [item, *_] = answer["structuredContent"]["ids"].values()
            read = await call(client, "expand", id=item, token_budget=budget)
            assert counter.count(read["content"][0]["text"]) <= budget
