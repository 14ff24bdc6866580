"""Vectors without a model: texts that share words lie close to each other."""

import hashlib
from collections.abc import Sequence

import numpy as np

from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace

HASHING_SPACE = EmbeddingSpace("test", "hashing", 32)


class HashingEmbeddings:
    """Implements `api.runtime.Embeddings`. `error`: what every call raises, when it is set."""

    space: EmbeddingSpace | None = HASHING_SPACE

    def __init__(self) -> None:
        self.error: Exception | None = None

    async def embed(self, texts: Sequence[str], model: str, num_dims: int | None) -> Embedded:
        if self.error is not None:
            raise self.error
        if model != HASHING_SPACE.model:
            raise NotFound("embedding model", model)
        if num_dims not in (None, HASHING_SPACE.num_dims):
            raise InvalidRequest("The vectors have 32 dimensions.", "dimensions")
        return hashed(texts)


def hashed(texts: Sequence[str]) -> Embedded:
    """Each word adds one direction of its own."""
    vectors = np.zeros((len(texts), HASHING_SPACE.num_dims), np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            digest = hashlib.sha256(word.encode()).digest()
            vectors[row] += np.frombuffer(digest, np.int8)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return Embedded(vectors, tuple(len(text.split()) for text in texts))
