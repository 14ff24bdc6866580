"""The interface of every provider of embeddings."""

from collections.abc import Sequence
from typing import Protocol

from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose


class EmbeddingProvider(Protocol):
    """A model that turns texts into vectors."""

    @property
    def space(self) -> EmbeddingSpace:
        """Whose vectors these are."""
        ...

    async def embed(self, texts: Sequence[str], purpose: Purpose) -> Embedded:
        """All texts or none. A text that is too long for the model is cut.

        `EmbeddingUnavailable` when trying again may help, `EmbeddingRefused` when it does not,
        `InvalidRequest` when it is one of these texts that the model does not take.
        """
        ...

    async def close(self) -> None:
        """Let go of threads and connections."""
        ...
