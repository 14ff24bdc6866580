"""The memory of a data directory over its HTTP API, whether a server is running on it or not.

Without one, the same application answers in this process, over the database alone: what needs a
model is not there, and vectors are made when a server runs again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import orjson

from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.cli.database import with_database
from agent_memory.cli.failures import ServerRefused
from agent_memory.cli.running import PROBE_TIMEOUT_S, RunningServer, find_server
from agent_memory.errors import InvalidRequest
from agent_memory.host.offline_runtime import offline_runtime
from agent_memory.ids import WorkspaceId
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.workspaces import DEFAULT_WORKSPACE, WorkspaceStore

_T = TypeVar("_T")
_TIMEOUT_S = 600.0
_OFFLINE_URL = "http://offline"


class MemoryApi:
    """Calls by path. `ServerRefused` and `InvalidRequest` say what the server said."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        **params: str | int | None,
    ) -> Any:
        """The JSON that the route answers; parameters that are None are left out."""
        given = httpx.QueryParams({name: one for name, one in params.items() if one is not None})
        request = self._http.build_request(method, path, json=body, params=given, headers=headers)
        return orjson.loads(await self._answer(request))

    async def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Sequence[tuple[str, str]] = (),
    ) -> bytes:
        """What the route answers to bytes, as bytes."""
        request = self._http.build_request(
            method, path, content=content, params=list(params), headers=headers
        )
        return await self._answer(request)

    async def _answer(self, request: httpx.Request) -> bytes:
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            raise ServerRefused(f"The server does not answer any more: {error}") from error
        if not response.is_success:
            raise _refusal(response)
        return response.content


def with_memory(
    settings: Settings,
    workspace: str,
    work: Callable[[MemoryApi], Awaitable[_T]],
    *,
    may_create: bool = False,
) -> _T:
    """The result of `work` on the memory of a workspace."""
    server = find_server(settings)
    if server is not None:
        return asyncio.run(_online(server, workspace, work))

    async def offline(database: Database) -> _T:
        place = await WorkspaceStore(database).ensure_workspace(WorkspaceId(workspace))
        async with _offline_client(database, place, settings) as http:
            return await work(MemoryApi(http))

    return with_database(settings, None, offline, may_create=may_create)


async def _online(
    server: RunningServer, workspace: str, work: Callable[[MemoryApi], Awaitable[_T]]
) -> _T:
    if workspace != DEFAULT_WORKSPACE:
        # The key that the server left for this command belongs to one workspace.
        message = "A running server reaches another workspace with a key of that one."
        raise InvalidRequest(message, "workspace")
    async with httpx.AsyncClient(
        base_url=server.presence.url,
        headers={"Authorization": f"Bearer {server.key}"},
        timeout=httpx.Timeout(_TIMEOUT_S, connect=PROBE_TIMEOUT_S),
        trust_env=False,
    ) as http:
        return await work(MemoryApi(http))


@asynccontextmanager
async def _offline_client(
    database: Database, workspace: WorkspaceId, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(offline_runtime(database, workspace, settings), Limits())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url=_OFFLINE_URL, headers={"Authorization": "Bearer offline"}
    ) as http:
        yield http


def _refusal(response: httpx.Response) -> Exception:
    try:
        problem = orjson.loads(response.content)
        detail = str(problem["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ServerRefused(f"The server answered {response.status_code}.")
    match response.status_code:
        case 400 | 413:
            return InvalidRequest(detail, problem.get("param"))
        case _:
            return ServerRefused(detail)
