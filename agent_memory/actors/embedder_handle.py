"""One embedder as it is called, wherever it runs."""

from collections.abc import Sequence

from agent_memory.actors.lookup import NamedActor
from agent_memory.actors.options import embedder_name
from agent_memory.errors import Unavailable
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.embedder_stats import EmbedderStats
from agent_memory.providers.embedders import Embedders, EmbedderSilent, ServingSpaces
from agent_memory.settings import Settings


class EmbedderHandle:
    """Implements `providers.embedders.RemoteEmbedder`."""

    def __init__(self, number: int) -> None:
        self._actor = NamedActor(embedder_name(number))

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose, timeout_s: float
    ) -> Embedded:
        return await self._actor.call(
            lambda actor: actor.embed.remote(space, list(texts), purpose), timeout_s, EmbedderSilent
        )

    async def stats(self, timeout_s: float) -> EmbedderStats:
        return await self._actor.call(lambda actor: actor.stats.remote(), timeout_s, Unavailable)


def embedders_of(settings: Settings, spaces: ServingSpaces) -> Embedders:
    """The embedders that run under these settings, as one pool."""
    handles = [EmbedderHandle(number) for number in range(settings.num_embedders)]
    return Embedders(settings, spaces, handles)
