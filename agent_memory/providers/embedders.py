"""The embedders as memory, surfaces and jobs see them: a pool that answers, or says so at once."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.errors import (
    EmbeddingRefused,
    EmbeddingUnavailable,
    InvalidRequest,
    QueueFull,
)
from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.recalled import Embedding
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.breaker import CircuitBreaker
from agent_memory.providers.choice import chosen_space
from agent_memory.providers.embedder_stats import EmbedderStats
from agent_memory.settings import Settings

QUERY_TIMEOUT_S = 3.0
"""A question that is not embedded by then is answered by words."""
DOCUMENTS_TIMEOUT_S = 300.0
STATS_TIMEOUT_S = 2.0
SERVING_KNOWN_S = 5.0
"""A space that was just retired keeps its vectors for longer than this."""
MAX_KNOWN_SPACES = 10_000


class EmbedderSilent(EmbeddingUnavailable):
    """An embedder is dead, restarting, or slow."""


class ServingSpaces(Protocol):
    """Which space a workspace's vectors lie in."""

    async def find_serving(self, workspace: WorkspaceId) -> EmbeddingSpace | None:
        """None as long as the workspace has no vectors."""
        ...


class RemoteEmbedder(Protocol):
    """One embedder, in a process of its own that may be restarting."""

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose, timeout_s: float
    ) -> Embedded:
        """As `EmbeddingProvider.embed`. Raises `EmbedderSilent` when no answer comes in time."""
        ...

    async def stats(self, timeout_s: float) -> EmbedderStats:
        """Raises `Unavailable` when no answer comes in time."""
        ...


@dataclass(frozen=True, slots=True)
class EmbeddingCondition:
    """For health and metrics. state: "off", "ready", or "failing" while nothing is tried."""

    state: str
    last_error: str
    embedders: tuple[EmbedderStats, ...]


class Embedders:
    """Calls go to the embedder that this process has asked least; a space that fails again and
    again is not tried for a while. Implements `memory.ports.Embedder`."""

    def __init__(
        self,
        settings: Settings,
        spaces: ServingSpaces,
        embedders: Sequence[RemoteEmbedder],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedders = embedders
        self._num_texts = [0] * len(embedders)
        self._spaces = spaces
        self._clock = clock
        self._breakers: dict[EmbeddingSpace, CircuitBreaker] = {}
        self._serving: dict[WorkspaceId, tuple[EmbeddingSpace, float]] = {}
        self._last_error = ""
        self._settings = settings

    @property
    def space(self) -> EmbeddingSpace:
        """The space that new vectors belong to; `EmbeddingRefused` when there is none."""
        space = chosen_space(self._settings)
        if space is None:
            raise EmbeddingRefused(
                "This server makes no embeddings: AGENT_MEMORY_EMBEDDING_PROVIDER is 'none'."
            )
        return space

    async def embed_query(self, workspace: WorkspaceId, text: str) -> Embedding | None:
        if self._settings.embedding_provider == "none":
            return None
        space = await self.find_serving(workspace)
        if space is None:
            return None
        try:
            embedded = await self.embed(space, [text], Purpose.QUERY, QUERY_TIMEOUT_S)
        except (EmbeddingUnavailable, InvalidRequest, QueueFull):
            return None
        return Embedding(space.space_id, tuple(embedded.vectors[0].tolist()))

    async def find_serving(self, workspace: WorkspaceId) -> EmbeddingSpace | None:
        """The space that the workspace's questions are asked in, as of some seconds ago."""
        known = self._serving.get(workspace)
        if known is not None and self._clock() < known[1]:
            return known[0]
        space = await self._spaces.find_serving(workspace)
        if len(self._serving) >= MAX_KNOWN_SPACES:
            self._serving.clear()
        if space is not None:
            self._serving[workspace] = (space, self._clock() + SERVING_KNOWN_S)
        return space

    async def embed(
        self,
        space: EmbeddingSpace,
        texts: Sequence[str],
        purpose: Purpose,
        timeout_s: float = DOCUMENTS_TIMEOUT_S,
    ) -> Embedded:
        """As `EmbeddingProvider.embed`; at once `EmbeddingUnavailable` while the space fails."""
        breaker = self._breakers.setdefault(space, CircuitBreaker(self._clock))
        if not breaker.try_one():
            raise EmbeddingUnavailable(f"Embeddings are not available now: {self._last_error}")
        try:
            embedded = await self._call(space, texts, purpose, timeout_s)
        except EmbeddingUnavailable as error:
            self._last_error = str(error)
            # Documents may be slow because there are many of them: that says nothing.
            if purpose is Purpose.QUERY or not isinstance(error, EmbedderSilent):
                breaker.fail(is_lasting=isinstance(error, EmbeddingRefused))
            raise
        except (InvalidRequest, QueueFull):
            breaker.succeed()
            raise
        breaker.succeed()
        return embedded

    def problem(self) -> str | None:
        """Why there are no vectors now, as far as this process knows; None when there are, or are
        to be none."""
        if self._settings.embedding_provider == "none":
            return None
        try:
            space = self.space
        except EmbeddingRefused as error:
            return str(error)
        breaker = self._breakers.get(space)
        is_failing = breaker is not None and breaker.is_open
        return f"failing: {self._last_error}" if is_failing else None

    async def condition(self) -> EmbeddingCondition:
        """How the pool does. What the embedders count is left out of those that do not answer."""
        if self._settings.embedding_provider == "none":
            return EmbeddingCondition("off", "", ())
        problem = self.problem()
        answers = await asyncio.gather(
            *(embedder.stats(STATS_TIMEOUT_S) for embedder in self._embedders),
            return_exceptions=True,
        )
        stats = tuple(answer for answer in answers if isinstance(answer, EmbedderStats))
        last_error = problem or next((one.last_error for one in stats if one.last_error), "")
        return EmbeddingCondition("failing" if problem else "ready", last_error, stats)

    async def _call(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose, timeout_s: float
    ) -> Embedded:
        number = min(range(len(self._embedders)), key=self._num_texts.__getitem__)
        self._num_texts[number] += len(texts)
        try:
            return await self._embedders[number].embed(space, texts, purpose, timeout_s)
        finally:
            self._num_texts[number] -= len(texts)
