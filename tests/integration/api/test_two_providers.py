"""A session that two providers share, in PostgreSQL, through the surfaces of both protocols."""

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.ids import SessionId
from agent_memory.store.answered_turns import AnsweredTurnStore
from agent_memory.store.database import Database
from agent_memory.store.sessions import SessionStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.runtime import TEST_KEY, TEST_WORKSPACE
from tests.integration.api.conftest import client_of
from tests.two_providers import FAR, TwoProviders

NEAR = "scripted"


@pytest.fixture
async def two(database: Database) -> TwoProviders:
    await WorkspaceStore(database).ensure_workspace(TEST_WORKSPACE)
    near, far = ("near one", "near two"), ("far one", "far two")
    return TwoProviders(SessionStore(database), AnsweredTurnStore(database), near, far)


@pytest.fixture
def app(two: TwoProviders) -> FastAPI:
    return create_app(two.runtime(), Limits())


async def say(client: httpx.AsyncClient, path: str, model: str, talk: list[object]) -> str:
    body = {"model": model, "max_tokens": 50, "messages": talk}
    answer = await client.post(path, json=body)
    assert answer.status_code == httpx.codes.OK, answer.text
    said = answer.json()
    text = (
        said["content"][0]["text"]
        if path == "/v1/messages"
        else said["choices"][0]["message"]["content"]
    )
    talk.append({"role": "assistant", "content": text})
    return str(answer.headers["x-session-id"])


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
async def test_a_session_goes_on_under_either_provider(
    app: FastAPI, two: TwoProviders, database: Database, url: str, path: str
) -> None:
    talk: list[object] = []
    sessions = set()
    async with client_of(app, TEST_KEY) as client:
        for number, model in enumerate((NEAR, FAR, NEAR, FAR), 1):
            talk.append({"role": "user", "content": f"question {number}"})
            sessions.add(await say(client, path, model, talk))

    [session] = sessions
    transcript = await SessionStore(database).load_transcript(TEST_WORKSPACE, SessionId(session))
    assert [message.text for message in transcript.messages] == [
        *("question 1", "near one", "question 2", "far one"),
        *("question 3", "near two", "question 4", "far two"),
    ]
    assert transcript.sequence == (
        *two.engine.requests[1].prompt_tokens,
        *map(ord, "near two"),
    )
    with psycopg.connect(url) as owner:
        rows = owner.execute(
            "SELECT model, model_fingerprint IS NULL, tokens IS NULL, num_shared IS NULL,"
            " finish_reason, completion_tokens FROM agent_memory.turns ORDER BY ordinal"
        ).fetchall()
    assert rows == [
        (NEAR, False, False, False, "stop", 9),
        (FAR, True, True, True, "stop", 2),
        (NEAR, False, False, False, "stop", 9),
        (FAR, True, True, True, "stop", 2),
    ]
