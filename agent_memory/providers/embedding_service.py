"""Embeddings for surfaces: the one model there is, by its name and in the size asked for."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent_memory.errors import (
    EmbeddingRefused,
    EmbeddingUnavailable,
    InvalidRequest,
    NotFound,
    QueueFull,
)
from agent_memory.ids import WorkspaceId
from agent_memory.memory.items.item import Item
from agent_memory.memory.vectors.embedded_text import embedded_text
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.providers.choice import can_shorten
from agent_memory.providers.embedders import Embedders

NOW_TIMEOUT_S = 2.0
"""Work that takes longer than this is left to a job."""
MAX_NOW = 32


class VectorStore(Protocol):
    """Where vectors are kept."""

    async def put_vectors(
        self,
        workspace: WorkspaceId,
        space_id: str,
        items: Sequence[Item],
        vectors: NDArray[np.float32],
    ) -> int:
        """One vector an item, in their order; returns how many were new."""
        ...


class EmbeddingService:
    """Implements `api.runtime.Embeddings`."""

    def __init__(self, embedders: Embedders) -> None:
        self._embedders = embedders

    @property
    def space(self) -> EmbeddingSpace | None:
        try:
            return self._embedders.space
        except EmbeddingRefused:
            return None

    async def embed(self, texts: Sequence[str], model: str, num_dims: int | None) -> Embedded:
        space = self._embedders.space
        if model not in {space.model, space.space_id}:
            raise NotFound("embedding model", model)
        check_size(space, num_dims)
        embedded = await self._embedders.embed(space, texts, Purpose.DOCUMENT)
        if num_dims is None or num_dims == space.num_dims:
            return embedded
        return shortened(embedded, num_dims)


def check_size(space: EmbeddingSpace, num_dims: int | None) -> None:
    """`InvalidRequest` unless the model's vectors can have so many dimensions."""
    if num_dims is None or num_dims == space.num_dims:
        return
    if num_dims > space.num_dims or not can_shorten(space):
        raise InvalidRequest(
            f"The vectors of '{space.model}' have {space.num_dims} dimensions here.", "dimensions"
        )


def shortened(embedded: Embedded, num_dims: int) -> Embedded:
    """The first dimensions, of length 1 again: what models that are made for it would give."""
    vectors = embedded.vectors[:, :num_dims]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return Embedded(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), embedded.num_tokens)


class InlineEmbedding:
    """Gives a few new items vectors before their writer is answered, when that is quick."""

    def __init__(self, embedders: Embedders, vectors: VectorStore) -> None:
        self._embedders = embedders
        self._vectors = vectors

    async def embed_now(self, workspace: WorkspaceId, items: Sequence[Item]) -> bool:
        """False when it must wait for the job that was queued with the items."""
        if not items:
            return True
        if len(items) > MAX_NOW:
            return False
        space = await self._embedders.find_serving(workspace)
        if space is None:
            return False
        texts = [embedded_text(item) for item in items]
        try:
            embedded = await self._embedders.embed(space, texts, Purpose.DOCUMENT, NOW_TIMEOUT_S)
        except (EmbeddingUnavailable, InvalidRequest, QueueFull):
            return False
        await self._vectors.put_vectors(workspace, space.space_id, items, embedded.vectors)
        return True
