"""Whether the runtime is fit to serve, part by part, and what its actors count."""

import asyncio
from typing import assert_never

from prometheus_client import Metric

from agent_memory.access.limiter import Limiter
from agent_memory.actors.directory_handle import DirectoryHandle
from agent_memory.actors.engine_handle import EngineHandle
from agent_memory.actors.pool_handle import PoolHandle
from agent_memory.api.runtime import Health
from agent_memory.cache.stats import PoolStats
from agent_memory.deployments.background_metrics import (
    embedding_metrics,
    job_metrics,
    limit_metric,
)
from agent_memory.deployments.kept_outcome import KeptOutcome
from agent_memory.deployments.kv_metrics import (
    engine_metrics,
    model_metrics,
    pool_metrics,
    session_metrics,
)
from agent_memory.deployments.metric_family import exposition
from agent_memory.deployments.readiness import CHECK_TIMEOUT_S, Probe, Readiness
from agent_memory.engine.stats import EngineStats
from agent_memory.errors import Unavailable
from agent_memory.providers.embedders import Embedders
from agent_memory.sessions.directory import DirectoryStats
from agent_memory.store.database import Database
from agent_memory.store.jobs import JobStore
from agent_memory.store.workspaces import WorkspaceStore


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
        disk: Probe | None,
        limiter: Limiter,
    ) -> None:
        """disk: asks the disk that the database lies on, where that is a disk of ours."""
        self._directory = directory
        self._pool = pool
        self._engine = engine
        self._jobs = jobs
        self._embedders = embedders
        self._limiter = limiter
        self._is_started = False
        self._readiness = Readiness(
            {
                "storage": KeptOutcome(WorkspaceStore(database).touch_workspace),
                **({} if disk is None else {"disk": KeptOutcome(disk)}),
                "sessions": self._check_sessions,
            },
            {"engine": lambda: engine.info(CHECK_TIMEOUT_S)},
        )

    async def health(self) -> Health:
        verdict = await self._readiness.check()
        checks = dict(verdict.checks)
        self._is_started = self._is_started or verdict.is_ready
        # Told, but no reason to send requests elsewhere: memory is found by its words meanwhile.
        checks["embeddings"] = self._embedders.problem() or "ok"
        # Told only: whether requests are refused meanwhile is a setting.
        checks["limits"] = self._limiter.problem() or "ok"
        return Health(self._is_started, verdict.is_ready, checks)

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
        told.append(limit_metric(self._limiter.problem()))
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
