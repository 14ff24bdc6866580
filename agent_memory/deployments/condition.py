"""Whether the runtime is fit to serve, part by part, and what its actors count."""

import asyncio
from collections.abc import Awaitable
from typing import assert_never

from prometheus_client import Metric

from agent_memory.actors.directory_handle import DirectoryHandle
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.api.runtime import Health
from agent_memory.cache.stats import PoolStats
from agent_memory.deployments.background_metrics import embedding_metrics, job_metrics
from agent_memory.deployments.kv_metrics import (
    engine_metrics,
    model_metrics,
    pool_metrics,
    session_metrics,
)
from agent_memory.deployments.metric_family import exposition
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import AgentMemoryError, Unavailable
from agent_memory.providers.embedders import Embedders
from agent_memory.sessions.directory import DirectoryStats
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore

CHECK_TIMEOUT_S = 3.0


class RuntimeCondition:
    """Implements `api.runtime.Condition`."""

    def __init__(
        self,
        database: Database,
        directory: DirectoryHandle,
        pool: PoolHandle,
        engine: EngineHandle,
        jobs: JobStore,
        embedders: Embedders,
    ) -> None:
        self._database = database
        self._directory = directory
        self._pool = pool
        self._engine = engine
        self._jobs = jobs
        self._embedders = embedders
        self._is_started = False

    async def health(self) -> Health:
        names = ("storage", "engine", "sessions")
        results = await asyncio.gather(
            _check(self._database.ping()),
            _check(self._engine.info(CHECK_TIMEOUT_S)),
            _check(self._check_sessions()),
        )
        checks = dict(zip(names, results, strict=True))
        is_ready = all(result == "ok" for result in results)
        self._is_started = self._is_started or is_ready
        # Told, but no reason to send requests elsewhere: memory is found by its words meanwhile.
        checks["embeddings"] = self._embedders.problem() or "ok"
        return Health(self._is_started, is_ready, checks)

    async def metrics(self) -> str:
        parts = await asyncio.gather(
            self._directory.stats(),
            self._pool.stats(),
            self._engine.stats(),
            self._model_metrics(),
            return_exceptions=True,
        )
        told: list[Metric] = []
        for part in parts:
            match part:
                case DirectoryStats():
                    told += session_metrics(part)
                case PoolStats():
                    told += pool_metrics(part)
                case EngineStats():
                    told += engine_metrics(part)
                case list():
                    told += part
                case None | Unavailable():
                    continue  # The pool knows nothing before the first turn.
                case BaseException():
                    raise part
                case _:
                    assert_never(part)
        told += embedding_metrics(await self._embedders.condition())
        told += await self._job_metrics()
        return exposition(told) if told else ""

    async def _model_metrics(self) -> list[Metric]:
        return model_metrics(
            [status.entry for status in await self._engine.models(CHECK_TIMEOUT_S)]
        )

    async def _job_metrics(self) -> list[Metric]:
        try:
            return job_metrics(await self._jobs.count_all_jobs())
        except Unavailable:
            return []

    async def _check_sessions(self) -> None:
        if (await self._directory.stats()).is_draining:
            raise Unavailable("draining: no new turns are taken")


async def _check(probe: Awaitable[object]) -> str:
    """The word "ok", or what is wrong in a sentence."""
    try:
        await asyncio.wait_for(probe, CHECK_TIMEOUT_S)
    except AgentMemoryError as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:.0f} s"
    return "ok"
