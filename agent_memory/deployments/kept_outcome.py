"""The outcome of a probe that is too dear to be asked for by every load balancer."""

import asyncio
import time
from collections.abc import Callable

from agent_memory.deployments.readiness import Probe
from agent_memory.errors import AgentMemoryError

KEPT_S = 5.0


class KeptOutcome:
    """A probe that runs once in `kept_s` seconds at most, and once at a time: all who ask while it
    runs get its outcome, and none of them stops it by leaving. `clock` counts seconds."""

    def __init__(
        self, probe: Probe, kept_s: float = KEPT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._probe = probe
        self._kept_s = kept_s
        self._clock = clock
        self._task: asyncio.Task[AgentMemoryError | None] | None = None
        self._ended_at = 0.0

    async def __call__(self) -> None:
        if self._task is None or (self._task.done() and self._is_old()):
            self._task = asyncio.create_task(self._run())
        if (error := await asyncio.shield(self._task)) is not None:
            raise error.with_traceback(None)

    def _is_old(self) -> bool:
        return self._clock() - self._ended_at >= self._kept_s

    async def _run(self) -> AgentMemoryError | None:
        try:
            await self._probe()
        except AgentMemoryError as error:
            return error
        finally:
            self._ended_at = self._clock()
        return None
