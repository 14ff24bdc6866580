"""Finding named actors and calling them, with Ray's errors translated."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import ray
from ray.exceptions import RayActorError, RayTaskError

from agent_memory.actors.options import MLX_RESOURCE, NAMESPACE
from agent_memory.errors import EngineUnavailable, Unavailable

_T = TypeVar("_T")

RETRY_PAUSE_S = 0.1

NO_MLX_NODE = (
    f"No engine: no node of the cluster offers the custom resource '{MLX_RESOURCE}'. Start one "
    f"with `ray start --address=… --resources='{{\"{MLX_RESOURCE}\": 1}}'`."
)


def is_mlx_node_alive() -> bool:
    """Some live node offers the resource that engines are pinned by."""
    return any(node["Alive"] and node["Resources"].get(MLX_RESOURCE, 0) > 0 for node in ray.nodes())


class _NoAnswerError(Exception):
    """The actor is dead, restarting, not there yet, or silent."""


class NamedActor:
    """A named actor that may be restarting, or wait for a node, at any moment.

    Errors that the actor raises on purpose arrive as they were raised.
    """

    def __init__(self, name: str, needs_mlx: bool = False) -> None:
        self.name = name
        self._needs_mlx = needs_mlx
        self._handle: Any = None

    async def call(
        self, method: Callable[[Any], Awaitable[_T]], timeout_s: float, lost: type[Unavailable]
    ) -> _T:
        """Call once. Raises `lost` when the actor dies, or does not answer in time."""
        try:
            return await self._try(method, timeout_s)
        except _NoAnswerError as error:
            raise lost(str(error)) from error

    async def call_when_there(
        self,
        method: Callable[[Any], Awaitable[_T]],
        timeout_s: float,
        lost: type[Unavailable],
        answer_timeout_s: float = 5.0,
    ) -> _T:
        """Call an idempotent method, repeating it for up to `timeout_s` while the actor restarts.

        Raises `EngineUnavailable` at once when no node could run it.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                return await self._try(method, answer_timeout_s)
            except _NoAnswerError as error:
                await self._check_it_can_come_back()
                if time.monotonic() > deadline:
                    raise lost(str(error)) from error
            await asyncio.sleep(RETRY_PAUSE_S)

    async def _check_it_can_come_back(self) -> None:
        if self._needs_mlx and not await asyncio.to_thread(is_mlx_node_alive):
            raise EngineUnavailable(NO_MLX_NODE)

    async def _try(self, method: Callable[[Any], Awaitable[_T]], timeout_s: float) -> _T:
        try:
            if self._handle is None:
                self._handle = await asyncio.to_thread(ray.get_actor, self.name, NAMESPACE)
            return await asyncio.wait_for(method(self._handle), timeout_s)
        except RayTaskError as error:
            raise error.cause from error
        except (RayActorError, ValueError, TimeoutError) as error:
            self._handle = None
            reason = type(error).__name__
            raise _NoAnswerError(f"{self.name} does not answer ({reason}).") from error
