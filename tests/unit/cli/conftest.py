"""A server for commands to talk to: the real HTTP surface over scripted turns, without a socket."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.cli.running import RunningServer
from agent_memory.host.presence import Presence
from agent_memory.testing.runtime import (
    TEST_KEY,
    MemorySessions,
    ScriptedTurns,
    StaticCondition,
    scripted_runtime,
)


class AppTransport(httpx.BaseTransport):
    """Hands requests to an application in this process."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        inner = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        response = await httpx.ASGITransport(self._app).handle_async_request(inner)
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content)


class StubServer(RunningServer):
    """A running server whose HTTP goes to an application in this process."""

    def __init__(self, app: FastAPI) -> None:
        presence = Presence("http://test", 4711, "tiny", datetime(2026, 1, 1, tzinfo=UTC), "")
        super().__init__(presence, TEST_KEY)
        object.__setattr__(self, "_app", app)

    _app: FastAPI

    def client(self, timeout_s: float | None = 30.0) -> httpx.Client:
        return httpx.Client(
            transport=AppTransport(self._app),
            base_url=self.presence.url,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=timeout_s,
        )


@dataclass
class Scene:
    """What stands behind the server."""

    turns: ScriptedTurns = field(default_factory=ScriptedTurns)
    sessions: MemorySessions = field(default_factory=MemorySessions)
    condition: StaticCondition = field(default_factory=StaticCondition)

    def server(self) -> RunningServer:
        runtime = scripted_runtime(self.turns, self.sessions, condition=self.condition)
        return StubServer(create_app(runtime, Limits()))


@pytest.fixture
def scene() -> Scene:
    return Scene()
