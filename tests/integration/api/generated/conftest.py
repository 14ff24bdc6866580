"""The application over a real database, on a real socket, for requests that are generated."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import uvicorn
from fastapi import FastAPI
from schemathesis import config, openapi
from schemathesis.specs.openapi.schemas import OpenApiSchema

from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.principal import ALL_SCOPES
from agent_memory.access.sealing import Sealing
from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.api.openapi import openapi_document
from agent_memory.api.runtime import Runtime
from agent_memory.deployments.administration import administration_of
from agent_memory.errors import NotFound
from agent_memory.gateway.accountant import Accountant
from agent_memory.ids import WorkspaceId
from agent_memory.providers.far.client import Deadlines
from agent_memory.providers.far.desk import ProviderDesk
from agent_memory.store.authenticator import KeyAuthenticator
from agent_memory.store.books import BookStore
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.providers import ProviderStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import database_name, fresh_database
from agent_memory.testing.runtime import ScriptedTurns, scripted_runtime
from tests.integration.api.generated.sense import holder_of, make_sensible

OURS = WorkspaceId("ours")


@dataclass(frozen=True)
class Served:
    """A server of the application: where it is, and a key that may do everything."""

    url: str
    key: str
    app: FastAPI


@pytest.fixture(scope="module")
def served(postgres: str) -> Iterator[Served]:
    with fresh_database(postgres, database_name(postgres)) as url:
        server = _Server(url)
        yield server.start()
        server.stop()


@pytest.fixture(scope="module")
def described(served: Served) -> OpenApiSchema:
    """The served document, as the generator of requests reads it."""
    project = config.ProjectConfig(
        base_url=served.url,
        generation=config.GenerationConfig(max_examples=2, deterministic=True),
        phases=config.PhasesConfig(
            coverage=config.CoveragePhaseConfig(unexpected_methods={"TRACE"})
        ),
    )
    loaded = openapi.from_dict(
        openapi_document(served.app),
        config=config.SchemathesisConfig(projects=config.ProjectsConfig(default=project)),
    )
    loaded.auth()(holder_of(served.key))
    make_sensible(loaded)
    return loaded


class _Server:
    def __init__(self, url: str) -> None:
        self._url = url
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._is_started = threading.Event()
        self._server: uvicorn.Server
        self._served: Served

    def start(self) -> Served:
        self._thread.start()
        assert self._is_started.wait(30)
        return self._served

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _serve(self) -> None:
        database = Database(self._url)
        await WorkspaceStore(database).ensure_workspace(OURS)
        keys = KeyStore(database)
        _, key = await keys.create_key(OURS, "admin", sorted(ALL_SCOPES))
        app = create_app(_runtime(database, keys), Limits())
        settings = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none")
        self._server = uvicorn.Server(settings)
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self._served = Served(f"http://127.0.0.1:{port}", key, app)
        self._is_started.set()
        await serving
        await database.close()


class _Desk(ProviderDesk):
    """Its providers are on no network."""

    async def check(self, provider: str) -> int:
        if provider not in (await self.config()).providers:
            raise NotFound("provider", provider)
        return 3


def _runtime(database: Database, keys: KeyStore) -> Runtime:
    table = ProviderStore(database, Sealing(bytes(32)))
    return replace(
        scripted_runtime(ScriptedTurns(())),
        keys=KeyAuthenticator(keys),
        accounts=Accountant(BookStore(database), LocalLimiter()),
        administration=administration_of(database, Sealing(bytes(32))),
        providers=_Desk(table, (), Deadlines()),
    )
