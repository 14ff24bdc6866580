"""The memory pool as its callers see it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import ray

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.lookup import NamedActor
from agent_memory.actors.memory import MemoryActor
from agent_memory.actors.options import memory_options
from agent_memory.errors import Unavailable
from agent_memory.ids import WorkspaceId
from agent_memory.memory.service.ingest import Ingested, IngestRequest
from agent_memory.memory.service.recall import RecallRequest, RecallResult

_T = TypeVar("_T")
RESTART_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 600.0


class MemoryPool:
    """Calls go to the actor that has the fewest of ours. All of them may be repeated: the same
    again adds nothing.

    The actors are the pool's own, spread over the nodes, and end with it: those of an earlier job
    would go on with that job's code and database.
    """

    def __init__(self, names: Sequence[str], owned: Sequence[object]) -> None:
        """owned: Ray's handles, which keep the actors alive."""
        self._actors = [NamedActor(name) for name in names]
        self._owned = owned
        self._num_calls = [0] * len(names)

    @classmethod
    async def start(cls, config: RuntimeConfig, num_actors: int) -> "MemoryPool":
        """Returns when every actor answers."""
        actor_class = ray.remote(MemoryActor)
        pool_name = secrets.token_hex(4)
        table = [memory_options(pool_name, number) for number in range(num_actors)]
        owned = [
            actor_class.options(**options.for_ray()).remote(config, options.name)
            for options in table
        ]
        pool = cls([options.name for options in table], owned)
        await asyncio.gather(*(pool._ping(number) for number in range(num_actors)))
        return pool

    @property
    def num_actors(self) -> int:
        return len(self._actors)

    async def ensure_workspace(self, workspace: WorkspaceId) -> None:
        await self._call(lambda actor: actor.ensure_workspace.remote(workspace))

    async def ingest(self, workspace: WorkspaceId, request: IngestRequest) -> Ingested:
        return await self._call(lambda actor: actor.ingest.remote(workspace, request))

    async def recall(self, workspace: WorkspaceId, request: RecallRequest) -> RecallResult:
        return await self._call(lambda actor: actor.recall.remote(workspace, request))

    async def _call(self, method: Callable[[Any], Awaitable[_T]]) -> _T:
        number = min(range(len(self._actors)), key=self._num_calls.__getitem__)
        self._num_calls[number] += 1
        try:
            return await self._actors[number].call_when_there(
                method, RESTART_TIMEOUT_S, Unavailable, answer_timeout_s=ANSWER_TIMEOUT_S
            )
        finally:
            self._num_calls[number] -= 1

    async def _ping(self, number: int) -> None:
        await self._actors[number].call_when_there(
            lambda actor: actor.ping.remote(), RESTART_TIMEOUT_S, Unavailable
        )
