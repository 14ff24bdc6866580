"""`Embedder`: the actor around embedding providers."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from agent_memory.actors.config import RuntimeConfig
from agent_memory.actors.niceness import give_way
from agent_memory.errors import AgentMemoryError, InvalidRequest, QueueFull
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.choice import Providers
from agent_memory.providers.embedder_stats import EmbedderStats
from agent_memory.providers.embedding_queue import EmbeddingQueue
from agent_memory.telemetry import configure_logging

log = logging.getLogger(__name__)


class EmbedderActor:
    """Owns a provider for each space that it is asked for, nearly always one; it is made on first
    use, and again on the next use when it cannot be made."""

    def __init__(
        self, config: RuntimeConfig, name: str, providers: Providers | None = None
    ) -> None:
        configure_logging(name, config.settings.log_level, config.log_file(name))
        give_way()
        self._providers = providers or Providers(config.settings)
        self._queues: dict[EmbeddingSpace, EmbeddingQueue] = {}
        self._making = asyncio.Lock()
        self._stats = EmbedderStats(0, 0, 0, 0, 0.0, "")

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded:
        """As `EmbeddingProvider.embed`; `QueueFull` when too much waits already."""
        began_at = time.monotonic()
        try:
            queue = self._queues.get(space) or await self._make(space)
            embedded = await queue.embed(texts, purpose)
        except (InvalidRequest, QueueFull):
            raise
        except AgentMemoryError as error:
            num_failures = self._stats.failures_total + 1
            self._stats = replace(self._stats, failures_total=num_failures, last_error=str(error))
            raise
        self._count(embedded, time.monotonic() - began_at)
        return embedded

    async def stats(self) -> EmbedderStats:
        num_waiting = sum(queue.num_waiting for queue in self._queues.values())
        return replace(self._stats, num_waiting=num_waiting)

    async def _make(self, space: EmbeddingSpace) -> EmbeddingQueue:
        async with self._making:
            if space not in self._queues:
                provider = await asyncio.to_thread(self._providers.provider_of, space)
                self._queues[space] = EmbeddingQueue(provider)
                log.info("embedding provider made", extra={"space": space.space_id})
            return self._queues[space]

    def _count(self, embedded: Embedded, seconds: float) -> None:
        stats = self._stats
        self._stats = replace(
            stats,
            texts_total=stats.texts_total + len(embedded.num_tokens),
            tokens_total=stats.tokens_total + sum(embedded.num_tokens),
            seconds_total=stats.seconds_total + seconds,
            last_error="",
        )
