"""OpenAI's client, before the application over a real database with a scripted engine."""

from dataclasses import replace

import httpx
import httpx2
import pytest
from fastapi import FastAPI
from openai import AsyncOpenAI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.ids import WorkspaceId
from agent_memory.sessions.catalogue import SessionCatalogue
from agent_memory.store.answered_turns import AnsweredTurnStore
from agent_memory.store.conversations import ConversationStore
from agent_memory.store.database import Database
from agent_memory.store.sessions import SessionStore
from agent_memory.testing.runtime import StaticKeys, principal
from tests.two_providers import TwoProviders

OURS, THEIRS = "am_ours", "am_theirs"


class _Nothing:
    """Processes and blocks of sessions, of which there are none."""

    async def let_go(self, *_: object) -> None: ...

    async def forget(self, *_: object) -> None: ...

    async def erase(self, *_: object) -> tuple[()]:
        return ()


class Server:
    """The application, and what its engine read."""

    def __init__(self, database: Database, *answers: str) -> None:
        sessions = SessionStore(database)
        self.database = database
        self.two = TwoProviders(sessions, AnsweredTurnStore(database), answers)

        async def model_name() -> str:
            return "scripted"

        nothing: object = _Nothing()
        catalogue = SessionCatalogue(sessions, nothing, nothing, nothing, model_name)  # type: ignore[arg-type]
        keys = StaticKeys({key: principal(WorkspaceId(key[3:])) for key in (OURS, THEIRS)})
        runtime = replace(
            self.two.runtime(),
            sessions=catalogue,
            keys=keys,
            conversations=ConversationStore(database),
        )
        self.app: FastAPI = create_app(runtime, Limits())

    def client(self, key: str = OURS) -> AsyncOpenAI:
        return AsyncOpenAI(
            api_key=key,
            base_url="http://test/v1",
            http_client=httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app)),
            max_retries=0,
        )

    def http(self, key: str = OURS) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://test",
            headers={"x-api-key": key},
        )

    def read(self, number: int) -> str:
        """The prompt that the engine read in that generation."""
        return self.two.read(number)


@pytest.fixture
def server(database: Database) -> Server:
    """It says one to six, in turn."""
    return Server(database, "one", "two", "three", "four", "five", "six")
