"""The processes of sessions, as the directory handles them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import ray
from ray.exceptions import RayActorError

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.options import AGENT_SESSION, NAMESPACE, SESSION_PREFIX
from agent_memory.actors.session import AgentSessionActor
from agent_memory.ids import SessionId, WorkspaceId, new_id
from agent_memory.sessions.directory import WorkerLost, WorkerSilent, WorkerState
from agent_memory.wire.streams import StreamAddress

_T = TypeVar("_T")

START_TIMEOUT_S = 60.0
STATE_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 30.0
"""A session's event loop never blocks for long, but a starved machine may keep it from running: one
that does not answer for so long is as good as dead."""


class SessionWorker:
    """One `AgentSession` actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def adopt(self, workspace: WorkspaceId, session: SessionId) -> StreamAddress:
        return await self._call(lambda: self._actor.adopt.remote(workspace, session))

    async def hibernate(self) -> bool:
        return await self._call(self._actor.hibernate.remote)

    async def state(self) -> WorkerState:
        try:
            return await asyncio.wait_for(self._actor.state.remote(), STATE_TIMEOUT_S)
        except TimeoutError as error:
            raise WorkerSilent from error
        except RayActorError as error:
            raise WorkerLost(str(error)) from error

    async def wait_until_there(self) -> None:
        await self._call(self._actor.state.remote, START_TIMEOUT_S)
        self._actor.warm_up.remote()  # nobody waits for it

    async def stop(self) -> None:
        with contextlib.suppress(RayActorError):
            ray.kill(self._actor)

    async def _call(
        self, method: Callable[[], Awaitable[_T]], timeout_s: float = ANSWER_TIMEOUT_S
    ) -> _T:
        try:
            return await asyncio.wait_for(method(), timeout_s)
        except (RayActorError, TimeoutError) as error:
            await self.stop()
            raise WorkerLost(str(error)) from error


class SessionWorkers:
    """Starts them, and finds those that are there already."""

    def __init__(self, config: RuntimeConfig) -> None:
        self._config = config
        self._actor_class = ray.remote(AgentSessionActor)

    async def start(self) -> SessionWorker:
        name = new_id(SESSION_PREFIX.rstrip("."))
        options = replace(AGENT_SESSION, name=SESSION_PREFIX + name).for_ray()
        actor = self._actor_class.options(**options).remote(self._config, name)
        worker = SessionWorker(actor)
        await worker.wait_until_there()
        return worker

    async def find(self) -> Sequence[SessionWorker]:
        found = await asyncio.to_thread(ray.util.list_named_actors, all_namespaces=True)
        names = [
            entry["name"]
            for entry in found
            if entry["namespace"] == NAMESPACE and entry["name"].startswith(SESSION_PREFIX)
        ]
        workers = []
        for name in names:
            with contextlib.suppress(ValueError):
                workers.append(SessionWorker(ray.get_actor(name, NAMESPACE)))
        return workers
