"""The application over HTTP on loopback, a fresh one for each test, and clients of it."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx2
import pytest
import uvicorn
from agent_memory_client import AsyncClient, Client

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.testing.postgres import embedded_database
from agent_memory.testing.runtime import TEST_KEY, ScriptedTurns, scripted_runtime
from tests.integration.client.stored_app import StoredApp
from tests.unit.api.scripts import MODEL, PARIS

_T = TypeVar("_T")


class Door:
    """One server for all tests, and the application behind it for each."""

    def __init__(self) -> None:
        self.app: Any = None
        config = uvicorn.Config(self, port=0, log_level="warning", lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    def open(self) -> str:
        self._thread.start()
        while not self._server.started:
            threading.Event().wait(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The result of `work` on the server's own loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="session")
def door() -> Iterator[tuple[Door, str]]:
    door = Door()
    yield door, door.open()
    door.close()


@pytest.fixture
def url(door: tuple[Door, str]) -> str:
    door[0].app = create_app(scripted_runtime(ScriptedTurns(PARIS, [MODEL])), Limits())
    return door[1]


@pytest.fixture(scope="session")
def stored(door: tuple[Door, str]) -> Iterator[StoredApp]:
    with (
        TemporaryDirectory(prefix="am-client-") as folder,
        embedded_database(Path(folder) / "postgres") as url,
    ):
        app = StoredApp(url)
        yield app
        door[0].run(app.close())


@pytest.fixture
def stored_key(door: tuple[Door, str], stored: StoredApp) -> str:
    """Of a workspace in which nothing is yet."""
    door[0].app = stored.app
    return door[0].run(stored.new_key())


@pytest.fixture
def stored_client(door: tuple[Door, str], stored_key: str) -> Iterator[Client]:
    http = httpx2.Client(timeout=20, verify=_unread())
    with Client(door[1], stored_key, http=http) as client:
        yield client


@pytest.fixture
async def stored_async_client(
    door: tuple[Door, str], stored_key: str
) -> AsyncIterator[AsyncClient]:
    http = httpx2.AsyncClient(timeout=20, verify=_unread())
    async with AsyncClient(door[1], stored_key, http=http) as client:
        yield client


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, TEST_KEY, http=httpx2.Client(timeout=20, verify=_unread())) as client:
        yield client


@pytest.fixture
async def async_client(url: str) -> AsyncIterator[AsyncClient]:
    http = httpx2.AsyncClient(timeout=20, verify=_unread())
    async with AsyncClient(url, TEST_KEY, http=http) as client:
        yield client


def _unread() -> ssl.SSLContext:
    """Without the certificates of authorities, which take longer to read than a test."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
